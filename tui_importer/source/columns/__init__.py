"""Columns: which field each is."""
