"""The commands, each a module with its declaration and its body; heavy imports happen when it runs."""
