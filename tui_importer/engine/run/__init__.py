"""One run of a job: the pre-warm, the workers, one row's steps."""
