"""Screens and their dialogs."""
