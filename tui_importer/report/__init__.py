"""Summaries and exports, read from the journal."""
