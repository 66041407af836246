"""Opening a source and reading its first record.

polars is no help here: it renames duplicate headers, reads UTF-16 without BOM and CR-only files as one giant header,
accepts NUL bytes and invalid UTF-8 in the header, all silently. So the first bytes are looked at before it sees any.
"""

from __future__ import annotations

import codecs
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from tui_importer.source import structure
from tui_importer.source.columns import Columns, recognise
from tui_importer.source.errors import (
    SourceDelimiter,
    SourceEmpty,
    SourceEncoding,
    SourceFormat,
    SourceHeader,
    SourceNotAFile,
    SourceNotFound,
    SourceQuotes,
    SourceUnreadable,
)
from tui_importer.source.records import split_records
from tui_importer.text import safe

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.source.structure import Violation

HEAD_BYTES = 1 << 20
"""The header must end within so many bytes; also what the preview's sample is taken from."""

_MAGIC = {
    b"PK\x03\x04": "a spreadsheet or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
}
_UTF16 = "Export the file again as “CSV UTF-8” (in Excel: Save as, CSV UTF-8)."
_AS_CSV = "Export it as a CSV file with commas, in UTF-8."
_SEPARATOR_LINE = re.compile(rb'"?sep=(.)"?\r?$', re.IGNORECASE)

_MISTAKES = {
    "mid_value": (
        "there is a quote in the middle of a value that does not begin with one.",
        'Write the value as "5"" tall": in quotes, with each quote in it doubled.',
    ),
    "space_before": ("there is a blank before an opening quote.", "Remove the blanks between the comma and the quote."),
    "after_close": (
        "the quoted value that begins here is followed by text instead of a comma or a line end{until}.",
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
    "endless": ("the record that begins here is longer than 16 MB.", "Check that the file is a CSV file with commas."),
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
            what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
            raise SourceNotAFile(path, f"this is {what}.", "Give the path of a CSV file.")
        return path.open("rb", buffering=0)
    except FileNotFoundError:
        raise SourceNotFound(path, f"there is no file {safe(path)}.", "Check the path.") from None
    except ValueError as error:  # a NUL in the path
        raise SourceNotFound(path, f"this is no path: {error}.", "Check the path.") from None
    except OSError as error:
        raise SourceUnreadable(
            path, f"it cannot be opened: {error.strerror}.", "Check the file's permissions."
        ) from None


def read_header(file: BinaryIO, path: Path) -> Header:
    """Read the first record of an open source; the position of `file` is moved.

    A UTF-8 BOM and blank lines before the header are skipped. Raises a SourceError that names what the file is instead.
    """
    head = read_exactly(file, HEAD_BYTES, path)
    size = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    _refuse_other_formats(head, path)
    line = 1
    while (blank := re.match(rb"[ \t]*\r?\n", head[size : size + 4096])) is not None:
        size += blank.end()
        line += 1
    rest = head[size:]
    if not rest.strip():
        raise SourceEmpty(path, "the file is empty.", "Export it again.")
    if len(head) < HEAD_BYTES and not rest.endswith(b"\n"):
        rest += b"\n"
    _refuse_carriage_returns(rest, path, line)
    record = _first_record(rest, path, line)
    names = _split(record, path, line)
    columns = recognise(names, path, line)
    return Header(columns, min(size + len(record), len(head)), line + record.count(b"\n"))


def read_exactly(file: BinaryIO, count: int, path: Path) -> bytes:
    """Read `count` bytes, fewer only at the end of the file. Raises SourceUnreadable."""
    parts = []
    try:
        while count > 0 and (part := file.read(count)):
            parts.append(part)
            count -= len(part)
    except OSError as error:
        raise SourceUnreadable(path, f"it cannot be read: {error.strerror}.", "Copy the file and try again.") from None
    return b"".join(parts)


def quotes_error(path: Path, violation: Violation, columns: Columns | None = None) -> SourceQuotes:
    """The refusal for a broken grammar, with the line and, when the header is known, the column."""
    message, next_step = _MISTAKES[violation.mistake]
    until = f" on line {violation.end_line:,}" if violation.end_line != violation.line else ""
    names = columns.names if columns else ()
    column = names[violation.field] if violation.field < len(names) else ""
    return SourceQuotes(path, message.format(until=until), next_step, line=violation.line, column=column)


def encoding_error(path: Path, data: bytes, line: int) -> SourceEncoding | None:
    """The refusal for the first bytes of `data` that are not UTF-8, None when all are; `data` begins on `line`."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return SourceEncoding(
            path,
            f"the byte 0x{data[error.start]:02X} is not valid UTF-8; the file seems to be in another encoding.",
            "Export the file again as “CSV UTF-8”.",
            line=line + data.count(b"\n", 0, error.start),
        )
    return None


def nul_error(path: Path, data: bytes, line: int) -> SourceFormat | None:
    """The refusal for the first NUL byte of `data`, None when there is none; `data` begins on `line`.

    polars and the csv module read NULs as part of values; a damaged disk or an interrupted copy leaves runs of them.
    """
    at = data.find(b"\0")
    if at < 0:
        return None
    return SourceFormat(
        path,
        "there is a NUL byte; the file is damaged or is not text.",
        "Export or copy it again.",
        line=line + data.count(b"\n", 0, at),
    )


def _refuse_other_formats(head: bytes, path: Path) -> None:
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise SourceFormat(path, f"this is {what}, not a CSV file.", _AS_CSV)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)):
        raise SourceEncoding(path, "the file is in UTF-16 or UTF-32, not in UTF-8.", _UTF16, line=1)
    start = head[:1000]
    if {0} in (set(head[:16:2]), set(head[1:16:2])):
        raise SourceEncoding(path, "the file seems to be in UTF-16, not in UTF-8.", _UTF16, line=1)
    if (error := nul_error(path, head, 1)) is not None:
        raise error
    if start.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"["):
        raise SourceFormat(path, "this looks like JSON, not CSV.", _AS_CSV)
    if start.lstrip()[:1] == b"<":
        raise SourceFormat(path, "this looks like HTML or XML, not CSV.", _AS_CSV)


def _refuse_carriage_returns(rest: bytes, path: Path, line: int) -> None:
    """Refuse line ends of the old Macintosh: polars reads such a file as one header without rows."""
    lines = rest.rstrip(b"\r\n")
    if b"\r" in lines and b"\n" not in lines:
        raise SourceFormat(
            path,
            "its lines end with a carriage return alone (old Macintosh style).",
            "Save it with Unix (LF) or Windows (CRLF) line ends.",
            line=line,
        )


def _first_record(rest: bytes, path: Path, line: int) -> bytes:
    """The first record of `rest`, line end included."""
    end = structure.first_record_end(rest)
    violation = structure.first_violation(rest[:end] if end else rest, line)
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


def _split(record: bytes, path: Path, line: int) -> list[str]:
    """The names in the header record."""
    if (match := _SEPARATOR_LINE.match(record.rstrip(b"\r\n"))) is not None:
        separator = match[1].decode("ascii", "replace")
        raise SourceDelimiter(
            path,
            f"the first line is Excel's separator line (sep={separator}).",
            "Remove that line" + (" and export with commas between the values." if separator != "," else "."),
            line=line,
        )
    if (error := encoding_error(path, record, line)) is not None:
        raise error
    return next(split_records(record.decode())).cells
