"""The console's threads, terminal, log and input."""
