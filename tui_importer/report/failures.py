"""Failed rows as CSV, for a spreadsheet, or to be corrected and imported again."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Protocol

from tui_importer.journal.journal import open_reader
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from tui_importer.source.frozen.reader import FrozenRows

PAGE = 5_000
"""Failures read at a time: the more, the nearer to each other are their rows, which are read in stretches."""
NEAR = 250
"""Rows read and skipped rather than opened again: opening the frozen rows takes as long as so many (some ms)."""
LONGEST = 2_000
"""Rows read at a time, at most."""


class SupportsWrite(Protocol):
    """A file that csv can write to."""

    def write(self, text: str, /) -> object:
        """Write some text."""


def write_failures(folder: Path, stream: SupportsWrite, sequences: Collection[int] | None = None) -> int:
    """Write the failures of a job, with the row's original cells, and return how many there were.

    All of them, or those of `sequences` that are still there; in the order in which they happened. Secret cells stay
    masked. Values that a spreadsheet would run as a formula get a leading apostrophe.
    Raises JobNotFound, JournalCorrupt, JournalNewer.
    """
    from tui_importer.source.frozen.reader import FrozenRows

    with open_reader(folder) as reader:
        frozen = FrozenRows(folder, secrets=False) if reader.job().rows else None
        columns = frozen.columns if frozen is not None else ()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*map(cell, columns), "_row", "_line", "_step", "_kind", "_status", "_error", "_request_id"])
        sequence = written = 0
        while page := reader.failures(sequence, PAGE):
            failures = [failure for failure in page if sequences is None or failure.sequence in sequences]
            found = _cells(frozen, sorted(f.row for f in failures if f.row is not None)) if frozen is not None else {}
            for failure in failures:
                cells = found.get(failure.row or 0, {})
                where = [failure.row or "", failure.line or "", failure.step, failure.kind, failure.status or ""]
                label = f"{failure.organization}: " if failure.row is None else ""
                writer.writerow(
                    [
                        *(cell(cells.get(column) or "") for column in columns),
                        *map(cell, where),
                        cell(label + failure.message),
                        cell(failure.request_id),
                    ]
                )
            sequence = page[-1].sequence
            written += len(failures)
        return written


def secrets_notice(folder: Path) -> str:
    """The sentence about secrets that an export of this job does not hold; empty when the source has none."""
    from tui_importer.source.cells import MASK
    from tui_importer.source.frozen.reader import FrozenRows

    with open_reader(folder) as reader:
        names = FrozenRows(folder, secrets=False).secret_columns if reader.job().rows else ()
    if not names:
        return ""
    verb = "holds" if len(names) == 1 else "hold"
    columns = ", ".join(safe(name, 60) for name in names)
    return f"{columns} {verb} secrets, which are never exported: {MASK} stands for them."


def _cells(frozen: FrozenRows, rows: list[int]) -> dict[int, Mapping[str, str | None]]:
    """The cells of some rows, in ascending order, read in stretches."""
    found: dict[int, Mapping[str, str | None]] = {}
    wanted = set(rows)
    begin = 0
    for end, row in enumerate(rows):
        last = end + 1 == len(rows) or rows[end + 1] - row > NEAR or rows[end + 1] - rows[begin] >= LONGEST
        if last:
            stretch = frozen.read(rows[begin], row)
            found |= {each.row: each.cells for each in stretch if each.row in wanted}
            begin = end + 1
    return found


def cell(value: object) -> str:
    """One harmless cell: no control characters, no formula."""
    text = "\n".join(safe(line, 65_536) for line in str(value).split("\n"))
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
