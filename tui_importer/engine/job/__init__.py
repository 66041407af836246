"""A job: its folder, its state, what an operator does with it."""
