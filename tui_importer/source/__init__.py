"""Reading the operator's CSV with polars: preview, scan, problems, frozen rows. Knows no HTTP."""
