"""The tables of a job: columns, rows, groups of failures."""
