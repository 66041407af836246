"""The dialect of a source: its compression, encoding, separator and line ends, recognised or as the operator says.

Recognition never guesses silently: what it found is shown, and can be overridden. The encoding may be decided by the
last byte of the file, because one umlaut in the last row of a million is enough to be wrong (0.2 s for 1.2 GB, most of
it reading); where there are many umlauts, the first ten thousand tell. The separator is the one by which the first line
names the most fields and the rows have its width.
"""

from __future__ import annotations

import codecs
import csv
import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from tui_importer.source.columns.recognise import known_headers
from tui_importer.source.errors import SourceDelimiter
from tui_importer.source.options import DELIMITERS, ENCODINGS
from tui_importer.source.read.csv_records import split_records
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Compression = Literal["", "gzip", "zstd"]

MAGIC: Final[dict[bytes, Compression]] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
BOMS: Final = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
SAMPLE_LINES = 50
DECIDED = 10_000
_BLANKED = b" " * 0x80 + bytes(range(0x80, 0x100))
_LOST = re.compile("\ufffd+")
_FOREIGN = {":": "a colon", "^": "a caret", "~": "a tilde", "#": "a number sign", "\x1f": "U+001F", "\x01": "U+0001"}
"""Separators that are met with, but are not read."""


class Dialect(NamedTuple):
    """The way from bytes to records. `carriage_returns`: a CR alone ends a line (old Macintosh)."""

    compression: Compression = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    carriage_returns: bool = False

    @property
    def separator(self) -> bytes:
        """The delimiter as a byte of UTF-8."""
        return self.delimiter.encode()

    @property
    def is_plain(self) -> bool:
        """Whether the bytes of the file can be parsed as they are."""
        return not self.compression and self.encoding == "utf-8" and not self.carriage_returns

    @property
    def words(self) -> str:
        """The dialect for a screen: “UTF-8, separated by a comma”."""
        parts = [ENCODINGS[self.encoding], f"separated by {DELIMITERS[self.delimiter]}"]
        if self.carriage_returns:
            parts.append("lines end with CR")
        if self.compression:
            parts.append(f"compressed with {self.compression}")
        return ", ".join(parts)


def compression_of(head: bytes) -> Compression:
    """The compression by the first bytes of a file."""
    return next((name for magic, name in MAGIC.items() if head.startswith(magic)), "")


def encoding_of(chunks: Iterator[bytes]) -> str:
    """The encoding of all bytes of a source, which are read for it unless its first ones tell.

    Text is UTF-8 when all of it is, or when at least half of what is beyond ASCII is: then the rest is damage, and
    found row by row, where Windows-1252 would turn the right half into other letters without a word. Else it is
    Windows-1252: a file of Western text in any 8-bit encoding is far more often that than Latin-1, which has control
    characters where Windows-1252 has quotes and dashes. Reading ends when DECIDED characters say the same.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    good = bad = 0
    for number, chunk in enumerate(chunks):
        if not number and (named := _named_by_head(chunk)):
            return named
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(_beyond_ascii(chunk))
        bad += len(_LOST.findall(text))
        good += len(text.encode()) - len(text) - 2 * text.count("\ufffd")
        if max(good, bad) > max(DECIDED, 100 * min(good, bad)):
            break
    else:
        if left := decoder.getstate()[0]:  # the last character is cut off
            good, bad = good + len(left) - 1, bad + 1
    return "utf-8" if good >= bad else "cp1252"


def _beyond_ascii(chunk: bytes) -> bytes:
    """`chunk` with a blank for each run of ASCII, ten times as fast to search; U+FFFD in it counts as a letter."""
    runs = b" ".join(chunk.translate(_BLANKED).split())
    return (b" " * (chunk[0] < 0x80) + runs + b" " * (chunk[-1] < 0x80)).replace("\ufffd".encode(), "ü".encode())


def _named_by_head(head: bytes) -> str:
    """The encoding by a byte order mark, or by the zeros that UTF-16 has beside the Latin letters of a header."""
    for bom, name in BOMS.items():
        if head.startswith(bom):
            return name
    header = re.split(rb"[\r\n]", head[:256], maxsplit=1)[0] or head[:256]
    evens, odds = header[::2], header[1::2]
    if odds.count(0) * 4 > len(odds) and 0 not in evens:
        return "utf-16-le"
    return "utf-16-be" if evens.count(0) * 4 > len(evens) and 0 not in odds else ""


def ends_with_returns(head: bytes) -> bool:
    """Whether lines end with CR alone, by the first ones: outside quotes there are no other line ends."""
    lines = head.rstrip(b"\r\n")
    end = head[len(lines) :]
    if b"\r" not in head or (b"\r" not in lines and b"\n" in end):
        return False
    outside = b'"'.join(lines.split(b'"')[::2])
    return b"\n" not in outside and b"\r" in outside + end


def separator_line(first: str) -> str:
    """The delimiter that Excel's first line `sep=;` names; empty when it is no such line."""
    plain = first.strip("\r\n").strip('"')
    return plain[4] if len(plain) == 5 and plain[:4].lower() == "sep=" else ""


def delimiter_of(text: str, path: Path, mapped: frozenset[str], line: int = 1) -> str:
    """The delimiter of a text that begins with the header, or with Excel's separator line, by its first lines.

    Raises SourceDelimiter when it is none of DELIMITERS, and when the header is separated in another way than the rows.
    """
    first = text.split("\n", 1)[0].rstrip("\r")
    if named := separator_line(first):
        if named not in DELIMITERS:
            raise _unreadable(path, f"the separator line names “{safe(named)}”", line)
        return named
    found = {delimiter: _widths(text, delimiter) for delimiter in DELIMITERS}
    scores = {delimiter: _score(names, widths, mapped) for delimiter, (names, widths) in found.items()}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    names, widths = found[best]
    if not scores[best][0] and (foreign := _foreign(first)):
        raise _unreadable(path, f"the column names are separated by {foreign}", line)
    if len(names) > 1 and widths and max(widths) == 1:
        other = next(
            (d for d, (_, cells) in found.items() if d != best and _common(cells) == len(names)),
            None,
        )
        if other is not None:
            raise SourceDelimiter(
                path,
                f"the column names are separated by {DELIMITERS[best]}, the values below by {DELIMITERS[other]}.",
                "Export it again with one separator, or name the separator of the rows.",
                line=line,
            )
    return best


def _foreign(first: str) -> str:
    """The separator of a header that is none of DELIMITERS, in words; empty when no header comes of any."""
    for separator, words in _FOREIGN.items():
        names = first.split(separator)
        if len(names) > 1 and known_headers([name.strip(' "') for name in names]):
            return words
    return ""


def _unreadable(path: Path, problem: str, line: int) -> SourceDelimiter:
    return SourceDelimiter(
        path,
        f"{problem}, but only a comma, a semicolon, a tab and a vertical bar are read as separators.",
        "Export it again with a comma.",
        line=line,
    )


def _score(names: list[str], widths: list[int], mapped: frozenset[str]) -> tuple[int, int, int]:
    known = known_headers(names) + sum(name in mapped for name in names)
    fitting = sum(width == len(names) for width in widths)
    return (known, fitting if len(names) > 1 else 0, len(names))


def _widths(text: str, delimiter: str) -> tuple[list[str], list[int]]:
    """The names in the first record, and how many values the next records have."""
    names: list[str] = []
    widths: list[int] = []
    try:
        for record in split_records(text, separator=delimiter):
            if not record.cells:
                continue
            if not names:
                names = [name.strip() for name in record.cells]
                continue
            widths.append(len(record.cells))
            if len(widths) == SAMPLE_LINES:
                break
    except csv.Error:
        if not names:
            names = [part.strip(' "\r') for part in text.split("\n", 1)[0].split(delimiter)]
    return names, widths


def _common(widths: list[int]) -> int:
    return max(set(widths), key=widths.count) if widths else 0
