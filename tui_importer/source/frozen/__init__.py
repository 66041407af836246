"""Frozen rows: a job's own copy of its source."""
