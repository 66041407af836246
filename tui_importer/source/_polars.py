"""The one place that imports polars, after setting its memory knob.

`POLARS_CSV_CHUNK_SIZE` (bytes a CSV reading task takes) is undocumented and read once, when polars is imported. Without
it the memory of a streaming CSV read grows with the number of threads; with 1 MiB a read of 1.2 GB stays near 115 MB.
Everything in this layer takes polars from here, so that the order is right by construction.
"""

import os

os.environ.setdefault("POLARS_CSV_CHUNK_SIZE", str(1 << 20))

import polars as pl
from polars.io.plugins import register_io_source

__all__ = ["pl", "register_io_source"]
