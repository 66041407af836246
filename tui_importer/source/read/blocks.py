"""Blocks of complete records, proved to be strictly valid, from one reading of a source.

A scan must know that nothing was dropped, so each block is read twice, by independent means, from the same bytes:

- *Regular*: every physical line matches a regular expression that says "one strictly quoted record of exactly this many
  fields" (`scan_lines`, no CSV parser involved). Nearly all blocks of nearly all files; 15 ms for 10 MB.
- *Irregular*: line breaks inside values, blank lines, ragged rows. `rfc4180` finds the record ends and counts fields.
- *Broken*: a misplaced quote or carriage return. `broken_records` reads record by record around it:
  the broken ones are findings.

Bytes that are not UTF-8 are replaced by U+FFFD in the blocks that have any; those blocks are `odd`, as are those
with control characters: the checks look into their cells. Blocks end behind a record, so a record without end shows: it
outgrows `MAX_RECORD` or is left over in the end.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui_importer.source._polars import NOT_LITERAL, pl
from tui_importer.source.read import rfc4180
from tui_importer.source.read.broken_records import Part, recover
from tui_importer.source.read.csv_records import MAX_RECORD
from tui_importer.source.read.header import quotes_error
from tui_importer.source.read.mojibake import may_be_misread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tui_importer.source.errors import SourceError
    from tui_importer.source.models import Fingerprint
    from tui_importer.source.read.header import Header
    from tui_importer.source.read.stream import Stream

CONTROLS: Final = bytes({*range(0x20), 0x7F} - {*b"\t\n\r"})
"""Control characters of ASCII that no value should have."""

_LOST: Final = "\ufffd".encode()
_C1: Final = re.compile(rb"\xc2[\x80-\x9f]")  # one pattern for both would take five times as long
TRUSTED_RECORDS = 20
"""Records after which a source of which most are broken is refused as a whole."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some complete records of the source.

    `data` ends with a line end and begins on physical line `line`; `lines` are its line ends. `fields` holds the number
    of fields of each record, 0 for a blank line; None when every line is a record of the header's width. `recovered`
    has the records of a block with broken ones. `odd` says that some character is none that a value should have,
    `misread` that some value may be one that was read in the wrong encoding before.
    """

    data: bytes
    line: int
    lines: int
    fields: tuple[int, ...] | None
    separator: bytes = b","
    odd: bool = False
    misread: bool = False
    recovered: Part | None = None

    @property
    def records(self) -> int:
        """Records in the block, blank lines not counted."""
        if self.recovered is not None:
            return len(self.recovered.records or ())
        return self.lines if self.fields is None else len(self.fields) - self.fields.count(0)

    @property
    def line_breaks(self) -> bool:
        """Whether there are line ends inside values."""
        return self.recovered is not None or (self.fields is not None and self.lines > len(self.fields))


class BlockReader:
    """An iterator over the blocks of a source behind its header; `finish` then gives the fingerprint.

    Iterating raises SourceQuotes when most records are broken or one has no end, and as `Stream`.
    """

    def __init__(self, stream: Stream, header: Header) -> None:
        self._stream = stream
        self._header = header
        self._separator = stream.dialect.separator
        self._grammar: str | None = _line_grammar(len(header.columns.names), stream.dialect.delimiter)
        self._records = self._broken = 0

    @property
    def path(self) -> Path:
        """The source's."""
        return self._stream.path

    @property
    def bytes_read(self) -> int:
        """Bytes of the file read so far."""
        return self._stream.bytes_read

    def __iter__(self) -> Iterator[Block]:
        self._stream.rewind()
        line, rest, skip = self._header.line, b"", self._header.size
        ended = False
        while not ended:
            chunk = self._stream.read_block()
            ended = not chunk
            data = rest + chunk[skip:] if rest or skip else chunk
            skip = max(0, skip - len(chunk))
            if ended and data and not data.endswith(b"\n"):
                data += b"\n"
            blocks, rest = self._cut(data, line, ended=ended)
            for block in blocks:
                line += block.lines
                self._count(block)
                yield block

    def finish(self) -> Fingerprint:
        """Hash what was not read yet and return the fingerprint of the whole file."""
        return self._stream.finish()

    def _cut(self, data: bytes, line: int, *, ended: bool) -> tuple[list[Block], bytes]:
        """Split `data` into blocks, of which there is one unless some record is broken, and the incomplete rest."""
        end = data.rfind(b"\n") + 1
        whole = data if end == len(data) else data[:end]
        if not end:
            if len(data) > MAX_RECORD:
                raise self._endless(line)
            return [], data
        if lines := self._regular_lines(whole):
            return [Block(whole, line, lines, None, self._separator, *_signs(whole))], data[end:]
        text = _as_text(whole)
        end = rfc4180.record_end(text)
        if end and len(text) - end <= MAX_RECORD and not (ended and end < len(text)):
            with contextlib.suppress(rfc4180.BrokenGrammarError):
                return [self._irregular(text[:end], line)], text[end:] + data[len(whole) :]
        blocks = self._recovered(text, line, ended=ended)
        return blocks, text[sum(len(block.data) for block in blocks) :] + data[len(whole) :]

    def _irregular(self, data: bytes, line: int) -> Block:
        """A block of strictly valid records. Raises BrokenGrammarError."""
        fields = tuple(rfc4180.field_counts(data, self._separator))
        return Block(data, line, data.count(b"\n"), fields, self._separator, *_signs(data))

    def _recovered(self, text: bytes, line: int, *, ended: bool) -> list[Block]:
        blocks = []
        for part in recover(text, line, self._separator, ended=ended):
            data = text[part.begin : part.end]
            if part.records is None:
                blocks.append(self._irregular(data, part.line))
            else:
                lines = data.count(b"\n")
                blocks.append(Block(data, part.line, lines, None, self._separator, *_signs(data), recovered=part))
        return blocks

    def _count(self, block: Block) -> None:
        """Count the records; raises SourceQuotes when most of them are broken."""
        self._records += block.records
        broken = block.recovered.broken if block.recovered else {}
        self._broken += len(broken)
        if broken and self._broken >= TRUSTED_RECORDS and self._broken * 2 > self._records:
            raise quotes_error(self.path, next(iter(broken.values())), self._header.columns)

    def _regular_lines(self, data: bytes) -> int:
        """The number of lines when each is a record of the header's width, else 0."""
        if self._grammar is None or data.startswith(NOT_LITERAL):
            return 0
        matches = pl.scan_lines(data).select(pl.col("line").str.contains(self._grammar).all(), pl.len().alias("lines"))
        try:
            regular, lines = matches.collect(engine="streaming").row(0)
        except pl.exceptions.ComputeError:
            if _as_text(data) is data:
                self._grammar = None  # so many columns that the expression is too large
            return 0
        return int(lines) if regular else 0

    def _endless(self, line: int) -> SourceError:
        violation = rfc4180.Violation("endless", line, 0, line)
        return quotes_error(self.path, violation, self._header.columns)


def _signs(data: bytes) -> tuple[bool, bool]:
    """`odd` and `misread` of a block."""
    return _is_odd(data), may_be_misread(data)


def _is_odd(data: bytes) -> bool:
    """Whether some character is a control character or U+FFFD."""
    if len(data.translate(None, CONTROLS)) != len(data):
        return True
    return not data.isascii() and (_LOST in data or _C1.search(data) is not None)


def _as_text(data: bytes) -> bytes:
    """`data` with U+FFFD in the place of bytes that are not UTF-8; itself when there are none."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="replace").encode()
    return data


def _line_grammar(width: int, delimiter: str) -> str:
    """A regular expression for a physical line that is one record of `width` fields, strictly after RFC 4180.

    A record of one column must not be empty: a blank line is no record.
    """
    separator = re.escape(delimiter) if delimiter != "\t" else r"\t"
    field = rf'(?:[^"{separator}\r\n]*|"(?:[^"]|"")*")'
    if width == 1:
        return rf'^(?:[^"{separator}\r\n]+|"(?:[^"]|"")*")$'
    return f"^{field}(?:{separator}{field}){{{width - 1}}}$"
