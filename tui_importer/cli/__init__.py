"""The command line: commands, prompts, plain-text progress, exit codes."""
