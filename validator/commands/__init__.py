"""The commands, one a module; each is imported only when it is run."""
