"""Widgets that draw themselves from the data they are given."""
