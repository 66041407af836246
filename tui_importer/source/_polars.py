"""The one place that imports polars, with two of its side effects undone, and refused where it cannot run.

`POLARS_CSV_CHUNK_SIZE` (bytes a CSV reading task takes) is undocumented and read once, when polars is imported. Without
it the memory of a streaming CSV read grows with the number of threads; with 1 MiB a read of 1.2 GB stays near 115 MB.

At its import polars hooks into SIGINT: Ctrl-C then aborts queries in all threads with KeyboardInterrupt, although the
program's own handler wants to finish the rows in flight. Setting Python's handler again takes the hook away. That is
possible in the main thread only; elsewhere `FrozenRows` and `scan` deal with such an interruption.

Its runtime is compiled for processors with AVX2 and others of that time (2013). Before it loads that, polars looks at
the processor and only warns; the process would end at the first such instruction. Here the warning is an error.

Everything in this layer takes polars from here, so that the order is right by construction.
"""

import os
import re
import signal
import threading
import warnings

from tui_importer.source.errors import PolarsUnusable
from tui_importer.text import safe

os.environ.setdefault("POLARS_CSV_CHUNK_SIZE", str(1 << 20))
warnings.filterwarnings("error", "Missing required CPU features", RuntimeWarning)

try:
    import polars as pl
    from polars.io.plugins import register_io_source
except RuntimeWarning as warning:
    _missing = re.search(r"not detected:\s+([^\n]+)", str(warning))
    raise PolarsUnusable(
        f"This processor lacks what polars is compiled for ({safe(_missing[1]) if _missing else 'AVX2'}).",
        "Install its other form beside tui-importer: pip install 'polars[rtcompat]'. On a Mac with an Apple chip use a "
        "Python for that chip.",
    ) from warning
except (ImportError, OSError) as error:
    raise PolarsUnusable(
        f"polars cannot be loaded: {safe(error)}.", "Install tui-importer again, on a system of docs/platforms.md."
    ) from error

_handler = signal.getsignal(signal.SIGINT)
if threading.current_thread() is threading.main_thread() and _handler is not None:
    signal.signal(signal.SIGINT, _handler)

__all__ = ["NOT_LITERAL", "interrupted_by_polars", "pl", "register_io_source"]

NOT_LITERAL = (b"\xef\xbb\xbf", b"\x1f\x8b", b"x\x01", b"x^", b"x\x9c", b"x\xda", b"\x28\xb5\x2f\xfd")
"""Bytes that polars does not take literally where a text begins: it drops a BOM, and inflates gzip, zlib and zstd."""


def interrupted_by_polars() -> bool:
    """Whether a KeyboardInterrupt that was caught here comes from polars' hook: Python raises it in the main thread."""
    return threading.current_thread() is not threading.main_thread()
