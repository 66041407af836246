"""The import engine: plan, pre-warm, workers, one row's steps, control, snapshots."""
