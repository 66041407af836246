"""The durable record of a job: one SQLite file, one writer thread."""
