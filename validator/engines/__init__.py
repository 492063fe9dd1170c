"""Two engines that hold an instance against a contract: a fast one in Rust, and a reference one in Python."""
