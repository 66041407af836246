"""Reading a source once, in blocks of complete records that are proved to be strictly valid.

A scan must know that nothing was dropped, so each block is read twice, by independent means, from the same bytes:

- *Regular*: every physical line matches a regular expression that says "one strictly quoted record of exactly this many
  fields" (`scan_lines`, no CSV parser involved). Nearly all blocks of nearly all files; 15 ms for 10 MB.
- *Irregular*: line breaks inside values, blank lines, ragged rows. `structure` finds the record ends and counts fields.
- *Broken*: a misplaced quote or carriage return. `salvage` reads record by record: the broken ones are findings.

Bytes that are not UTF-8 are replaced by U+FFFD in the blocks that have any; those blocks are marked `odd`, as are those
with control characters: the checks look into their cells. Blocks end behind a record, so a record without end shows: it
outgrows `MAX_RECORD` or is left over in the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui_importer.source import structure
from tui_importer.source._polars import NOT_LITERAL, pl
from tui_importer.source.header import quotes_error
from tui_importer.source.records import MAX_RECORD
from tui_importer.source.salvage import Salvaged, salvage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tui_importer.source.errors import SourceError
    from tui_importer.source.header import Header
    from tui_importer.source.models import Fingerprint
    from tui_importer.source.stream import Stream

CONTROLS: Final = bytes({*range(0x20), 0x7F} - {*b"\t\n\r"})
"""Control characters of ASCII that no value should have."""

_ODD: Final = re.compile("\ufffd|[\x80-\x9f]".encode().replace(b"[\xc2\x80-\xc2\x9f]", b"\xc2[\x80-\x9f]"))
TRUSTED_RECORDS = 20
"""Records after which a source of which most are broken is refused as a whole."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some complete records of the source.

    `data` ends with a line end and begins on physical line `line`; `lines` are its line ends. `fields` holds the number
    of fields of each record, 0 for a blank line; None when every line is a record of the header's width. `salvaged` has
    the records of a block with broken ones. `odd` says that some character is none that a value should have.
    """

    data: bytes
    line: int
    lines: int
    fields: tuple[int, ...] | None
    separator: bytes = b","
    odd: bool = False
    salvaged: Salvaged | None = None

    @property
    def records(self) -> int:
        """Records in the block, blank lines not counted."""
        if self.salvaged is not None:
            return len(self.salvaged.records)
        return self.lines if self.fields is None else len(self.fields) - self.fields.count(0)

    @property
    def line_breaks(self) -> bool:
        """Whether there are line ends inside values."""
        return self.salvaged is not None or (self.fields is not None and self.lines > len(self.fields))


class BlockReader:
    """Iterates over the blocks of a source behind its header; `finish` then gives the fingerprint.

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
            block, rest = self._cut(data, line, ended=ended)
            while block is not None:
                line += block.lines
                self._records += block.records
                yield block
                block, rest = self._cut(rest, line, ended=True) if ended and rest else (None, rest)

    def finish(self) -> Fingerprint:
        """Hash what was not read yet and return the fingerprint of the whole file."""
        return self._stream.finish()

    def _cut(self, data: bytes, line: int, *, ended: bool) -> tuple[Block | None, bytes]:
        """Split `data` into a block and the incomplete rest."""
        end = data.rfind(b"\n") + 1
        whole = data if end == len(data) else data[:end]
        if not end:
            if len(data) > MAX_RECORD:
                raise self._endless(line)
            return None, data
        odd = _is_odd(whole)
        if lines := self._regular_lines(whole):
            return Block(whole, line, lines, None, self._separator, odd), data[end:]
        text, damaged = _as_text(whole)
        end = structure.record_end(text)
        complete = text[:end]
        if end and len(text) - end <= MAX_RECORD and not (ended and end < len(text)):
            try:
                fields = structure.field_counts(complete, self._separator)
            except structure.BrokenGrammarError:
                pass
            else:
                block = Block(complete, line, complete.count(b"\n"), tuple(fields), self._separator, odd=odd or damaged)
                return block, text[end:] + data[len(whole) :]
        elif not end and not ended and len(text) <= MAX_RECORD:
            return None, data
        return self._salvage(text, data[len(whole) :], line, ended=ended, odd=odd or damaged)

    def _salvage(self, text: bytes, rest: bytes, line: int, *, ended: bool, odd: bool) -> tuple[Block | None, bytes]:
        found = salvage(text, line, self._separator, ended=ended)
        if not found.end:
            return None, text + rest
        self._broken += len(found.broken)
        if found.broken and self._broken >= TRUSTED_RECORDS and self._broken * 2 > self._records + len(found.records):
            raise quotes_error(self.path, next(iter(found.broken.values())), self._header.columns)
        data = text[: found.end]
        block = Block(data, line, data.count(b"\n"), None, self._separator, odd=odd, salvaged=found)
        return block, text[found.end :] + rest

    def _regular_lines(self, data: bytes) -> int:
        """The number of lines when each is a record of the header's width, else 0."""
        if self._grammar is None or data.startswith(NOT_LITERAL):
            return 0
        matches = pl.scan_lines(data).select(pl.col("line").str.contains(self._grammar).all(), pl.len().alias("lines"))
        try:
            regular, lines = matches.collect(engine="streaming").row(0)
        except pl.exceptions.ComputeError:
            if not _as_text(data)[1]:
                self._grammar = None  # so many columns that the expression is too large
            return 0
        return int(lines) if regular else 0

    def _endless(self, line: int) -> SourceError:
        violation = structure.Violation("endless", line, 0, line)
        return quotes_error(self.path, violation, self._header.columns)


def _is_odd(data: bytes) -> bool:
    """Whether some character is a control character or U+FFFD."""
    return len(data.translate(None, CONTROLS)) != len(data) or (not data.isascii() and _ODD.search(data) is not None)


def _as_text(data: bytes) -> tuple[bytes, bool]:
    """`data` with U+FFFD in the place of bytes that are not UTF-8, and whether there were any."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="replace").encode(), True
    return data, False


def _line_grammar(width: int, delimiter: str) -> str:
    """A regular expression for a physical line that is one record of `width` fields, strictly after RFC 4180.

    A record of one column must not be empty: a blank line is no record.
    """
    mark = re.escape(delimiter) if delimiter != "\t" else r"\t"
    field = rf'(?:[^"{mark}\r\n]*|"(?:[^"]|"")*")'
    if width == 1:
        return rf'^(?:[^"{mark}\r\n]+|"(?:[^"]|"")*")$'
    return f"^{field}(?:{mark}{field}){{{width - 1}}}$"
