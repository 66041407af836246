"""Write the rows of a table to a CSV file, for a spreadsheet: no formulas, no control characters."""

from __future__ import annotations

import csv
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, TextIO

from tui_importer.errors import ImporterError
from tui_importer.report.failures import cell
from tui_importer.report.new_file import new_file
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tui_importer.report.new_file import NewFile
    from tui_importer.tui.table.rows import Rows

_PAGE = 2_000
"""Rows taken at a time: a large table is never in memory twice."""


class ExportFailed(ImporterError):
    """The file cannot be written."""

    kind = "export_failed"


def write_rows(folder: Path, stem: str, rows: Rows) -> Path:
    """Write the rows shown, in their order, to a new file of the owner's in `folder` and return its path.

    Texts are complete, whatever the screens mask; times are ISO 8601 in UTC. Raises ExportFailed.
    """
    with new_csv((folder,), stem) as file:
        _write(file.stream, rows)
    return file.path


@contextmanager
def new_csv(folders: Sequence[Path], stem: str) -> Iterator[NewFile]:
    """A new file of the owner's, in the first of `folders` where one can be made; complete, or not there.

    It is called `stem`.csv, or `stem`-2.csv and so on: nothing is ever overwritten. Raises ExportFailed.
    """
    folder = folders[-1]
    try:
        with ExitStack() as stack:
            for folder in folders[:-1]:
                with suppress(OSError):
                    file = stack.enter_context(new_file(partial(_names, folder, stem)))
                    break
            else:
                folder = folders[-1]
                file = stack.enter_context(new_file(partial(_names, folder, stem)))
            yield file
    except OSError as error:
        raise ExportFailed(
            f"The rows could not be written to {safe(folder)}: {safe(error.strerror)}.",
            "Make room or start the console in a folder that you may write to, then export again.",
        ) from error


def _names(folder: Path, stem: str) -> Iterator[Path]:
    return (folder / (f"{stem}.csv" if number == 1 else f"{stem}-{number}.csv") for number in count(1))


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
