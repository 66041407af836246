"""Checks of values, rows and the whole file."""
