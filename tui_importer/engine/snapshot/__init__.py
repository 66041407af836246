"""Snapshots: what a screen knows of a job."""
