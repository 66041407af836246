"""The header of a source: opening it and reading its first record.

polars is no help here: it renames duplicate headers, and accepts NUL bytes and invalid UTF-8 in the header, silently.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from tui_importer.source.columns.recognise import Columns, recognise
from tui_importer.source.errors import (
    SourceEmpty,
    SourceEncoding,
    SourceFormat,
    SourceHeader,
    SourceNotAFile,
    SourceNotFound,
    SourceQuotes,
    SourceUnreadable,
)
from tui_importer.source.options import ENCODINGS, RECOGNISED
from tui_importer.source.read import rfc4180
from tui_importer.source.read.csv_records import split_records
from tui_importer.source.read.stream import HEAD_BYTES, without_byte_order_marks
from tui_importer.text import safe

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.source.options import Reading
    from tui_importer.source.read.dialect import Dialect
    from tui_importer.source.read.rfc4180 import Violation
    from tui_importer.source.read.stream import Stream

MAX_COLUMNS = 10_000
"""Columns a source may have; with more of them polars takes minutes a block."""

_BEFORE_HEADER = re.compile(rb'[ \t]*\r?\n|"?(?i:sep)=."?\r?\n')

_MISTAKES = {
    "mid_value": (
        "there is a quote in the middle of a value that does not begin with one.",
        'Write the value as "5"" tall": in quotes, with each quote in it doubled.',
    ),
    "space_before": (
        "there is a blank before an opening quote.",
        "Remove the blanks between the separator and the quote.",
    ),
    "after_close": (
        "the quoted value that begins here is followed by text instead of a separator or a line end{until}.",
        "A closing quote is missing or stands too early, or a quote inside the value is not doubled.",
    ),
    "backslash": (
        'there is a quote written as \\", which CSV does not know.',
        'Write a quote inside a value as "" (in most exports: set the escape character to the quote).',
    ),
    "unbalanced": (
        "the quote that opens here is not closed, at least not within 16 MB.",
        'Close it, or write it as "" inside a quoted value.',
    ),
    "endless": ("the record that begins here is longer than 16 MB.", "Check that the file is a CSV file."),
    "lone_cr": (
        "there is a carriage return without a line feed, which some programs read as a line end and others do not.",
        "Save the file with Unix (LF) or Windows (CRLF) line ends, and values with line breaks in quotes.",
    ),
}


@dataclass(frozen=True, slots=True)
class Header:
    """The first record: its `columns`, its end as an offset (`size`, in bytes), the physical `line` behind it."""

    columns: Columns
    size: int
    line: int


def open_source(path: Path) -> BinaryIO:
    """Open a source for reading; the path is taken literally.

    Raises SourceNotFound, SourceNotAFile, SourceUnreadable.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise SourceNotAFile(path, f"this is {_what(mode)}.", "Give the path of a CSV file.")
        return path.open("rb", buffering=0)
    except FileNotFoundError:
        raise SourceNotFound(path, f"there is no file {safe(path)}.", "Check the path.") from None
    except ValueError as error:  # a NUL in the path
        raise SourceNotFound(path, f"this is no path: {error}.", "Check the path.") from None
    except OSError as error:
        raise SourceUnreadable(
            path, f"it cannot be opened: {error.strerror}.", "Check the file's permissions."
        ) from None


def _what(mode: int) -> str:
    kinds = {
        "a folder": stat.S_ISDIR,
        "a device": lambda it: stat.S_ISCHR(it) or stat.S_ISBLK(it),
        "a socket": stat.S_ISSOCK,
        "a pipe, which can be read only once": stat.S_ISFIFO,
    }
    return next((what for what, is_it in kinds.items() if is_it(mode)), "not a regular file")


def read_header(stream: Stream, reading: Reading = RECOGNISED, *, complete: bool = True) -> Header:
    """Read the first record of a source; the position of `stream` is moved.

    A byte order mark, blank lines and Excel's separator line before the header are skipped. Raises a SourceError that
    says why no header can be read; `complete` as for `recognise`.
    """
    path, separator = stream.path, stream.dialect.separator
    head = stream.head()
    size = len(head) - len(without_byte_order_marks(head))
    line = 1
    while (skipped := _BEFORE_HEADER.match(head, size)) is not None:
        size = skipped.end()
        line += 1
    rest = head[size:]
    if not rest.strip():
        raise SourceEmpty(path, "the file is empty.", "Export it again.")
    if len(head) < HEAD_BYTES and not rest.endswith(b"\n"):
        rest += b"\n"
    record = _first_record(rest, path, line, separator)
    _refuse_what_is_no_text(record, path, line, stream.dialect)
    names = next(split_records(record.decode(), separator=stream.dialect.delimiter)).cells
    if len(names) > MAX_COLUMNS:
        raise SourceHeader(
            path, f"the header has {len(names):,} columns; at most {MAX_COLUMNS:,} are read.", "Leave out columns.",
            line=line,
        )  # fmt: skip
    columns = recognise(names, path, line, reading.mapping, complete=complete)
    return Header(columns, min(size + len(record), len(head)), line + record.count(b"\n"))


def mistake_of(violation: Violation) -> str:
    """The mistake at a place in words: the end of the sentence “the row cannot be read: …”."""
    until = f" on line {violation.end_line:,}" if violation.end_line != violation.line else ""
    return _MISTAKES[violation.mistake][0].format(until=until).rstrip(".")


def quotes_error(path: Path, violation: Violation, columns: Columns | None = None) -> SourceQuotes:
    """The refusal for a broken grammar, with the line and, when the header is known, the column."""
    next_step = _MISTAKES[violation.mistake][1]
    names = columns.names if columns else ()
    column = names[violation.field] if violation.field < len(names) else ""
    return SourceQuotes(path, f"{mistake_of(violation)}.", next_step, line=violation.line, column=column)


def _refuse_what_is_no_text(record: bytes, path: Path, line: int, dialect: Dialect) -> None:
    """Refuse a header with NUL bytes or bytes that are no text: a column that is not read right cannot be trusted."""
    if b"\0" in record:
        raise SourceFormat(
            path, "there is a NUL byte in the header; the file is damaged or is not text.",
            "Export or copy it again, or name its encoding if it is UTF-16.", line=line,
        )  # fmt: skip
    try:
        damaged = "\ufffd" in record.decode()
    except UnicodeDecodeError:
        damaged = True
    if damaged:
        raise SourceEncoding(
            path,
            f"the header has bytes that are no text in {ENCODINGS[dialect.encoding]}.",
            "Name the file's encoding, or export it again as “CSV UTF-8”.",
            line=line,
        )


def _first_record(rest: bytes, path: Path, line: int, separator: bytes) -> bytes:
    """The first record of `rest`, line end included."""
    end = rfc4180.first_record_end(rest)
    violation = rfc4180.first_violation(rest[:end] if end else rest, line, separator)
    if violation is not None:
        raise quotes_error(path, violation)
    if not end:
        raise SourceHeader(
            path,
            f"the first line is longer than {HEAD_BYTES:,} bytes; it cannot be a header.",
            "Check that this is the file you mean.",
            line=line,
        )
    return rest[:end]
