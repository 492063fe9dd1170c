"""The parts of a fuzz run: what was sent, what it can refer to, how a finding is made small, how it is sent again."""
