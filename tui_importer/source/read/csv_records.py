"""Splitting text into records with the csv module: slow, exact, and independent of polars.

Used for the header, for samples, and for the few blocks of a source that are not rectangular.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_RECORD = 16 << 20
"""Bytes a record may have; a longer one is taken for a quote that is never closed."""

csv.field_size_limit(MAX_RECORD)  # the module's own limit, 128 KiB, is a process-wide setting


class Record(NamedTuple):
    """One record: the physical `line` on which it begins, from 1, and its `cells`; blank lines have none."""

    line: int
    cells: list[str]


def split_records(text: str, line: int = 1, separator: str = ",") -> Iterator[Record]:
    """Split `text`, whose first line is number `line`. Only line feeds count. Raises csv.Error on bad quotes."""
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=separator, strict=True)
    begins = 0
    for cells in reader:
        yield Record(line + begins, cells)
        begins = reader.line_num
