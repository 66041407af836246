"""Writing the rows of a table to a CSV file, for a spreadsheet: no formulas, no control characters."""

from __future__ import annotations

import csv
import os
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, TextIO

from tui_importer.errors import ImporterError
from tui_importer.report.failures import cell
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tui_importer.tui.rows import Rows

_PAGE = 2_000
"""Rows taken at a time: a large table is never in memory twice."""


class ExportFailed(ImporterError):
    """The file cannot be written."""

    kind = "export_failed"


def write_rows(folder: Path, stem: str, rows: Rows) -> Path:
    """Write the rows shown, in their order, to a new file of the owner's in `folder` and return its path.

    Texts are complete, whatever the screens mask; times are ISO 8601 in UTC. Raises ExportFailed.
    """
    with new_csv((folder,), stem) as (path, stream):
        _write(stream, rows)
    return path


@contextmanager
def new_csv(folders: Sequence[Path], stem: str) -> Iterator[tuple[Path, TextIO]]:
    """A new file of the owner's, in the first of `folders` where one can be made.

    It is called `stem`.csv, or `stem`-2.csv and so on: nothing is ever overwritten. Raises ExportFailed; a file that
    could not be completed is removed.
    """
    path = folders[-1] / stem
    try:
        path, stream = _in_first(folders, stem)
        try:
            with stream:
                yield path, stream
        except BaseException:  # an interrupt too, and whatever the caller raises: no half of a file is left
            path.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ExportFailed(
            f"The rows could not be written to {safe(path.parent)}: {safe(error.strerror)}.",
            "Make room or start the console in a folder that you may write to, then export again.",
        ) from error


def _in_first(folders: Sequence[Path], stem: str) -> tuple[Path, TextIO]:
    for folder in folders[:-1]:
        with suppress(OSError):
            return _new_file(folder, stem)
    return _new_file(folders[-1], stem)


def _new_file(folder: Path, stem: str) -> tuple[Path, TextIO]:
    for number in count(1):
        path = folder / (f"{stem}.csv" if number == 1 else f"{stem}-{number}.csv")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        return path, os.fdopen(handle, "w", encoding="utf-8", newline="")
    raise AssertionError("there is always another number")


def _write(stream: TextIO, rows: Rows) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(rows.names)
    for first in range(0, len(rows), _PAGE):
        for row in rows.window(first, _PAGE):
            writer.writerow([_text(value) for value in row])


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return cell(value) if isinstance(value, str) else str(value)
