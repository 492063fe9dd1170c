"""An emulator with one fault at a time, and with harmless differences: what the fuzzer must and must not report."""
