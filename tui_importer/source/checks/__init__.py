"""Checks: what is wrong with values, rows and the whole file."""
