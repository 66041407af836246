"""The grammar of RFC 4180, checked on bytes, independently of polars.

Splitting bytes at every quote leaves the text outside quotes at the even positions and the text inside at the odd
ones; a doubled quote shows as an empty piece between two inside pieces. A file is strictly valid if and only if every
other outside piece that follows a quote begins with a comma or a line end, and every one that precedes a quote ends
with one.
Then all CSV readers agree on its content, and commas and newlines of the outside pieces alone give records and fields.
That is what polars cannot tell: it accepts some misplaced quotes silently, and a pair of lone quotes swallows rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mistake = Literal["mid_value", "space_before", "after_close", "backslash", "unbalanced", "endless", "lone_cr"]


@dataclass(frozen=True, slots=True)
class Violation:
    """A place where the grammar is broken: physical `line`, index of the `field` in its record.

    For `after_close` the place is where the quoted value opens, as the missing or surplus quote is on the way from
    there to `end_line`, where text follows its closing quote.
    """

    mistake: Mistake
    line: int
    field: int
    end_line: int


class BrokenGrammarError(Exception):
    """Internal: the bytes are not strictly valid; `first_violation` says where."""


def record_end(data: bytes) -> int:
    """The offset behind the last line end outside quotes, 0 when there is none; `data` begins with a record."""
    pieces = data.split(b'"')
    offset = len(data)
    for index in range(len(pieces) - 1, -1, -1):
        offset -= len(pieces[index])
        if index % 2 == 0 and (at := pieces[index].rfind(b"\n")) >= 0:
            return offset + at + 1
        offset -= 1
    return 0


def first_record_end(data: bytes) -> int:
    """The offset behind the first line end outside quotes, 0 when there is none; `data` begins with a record."""
    offset = 0
    for index, piece in enumerate(data.split(b'"')):
        if index % 2 == 0 and (at := piece.find(b"\n")) >= 0:
            return offset + at + 1
        offset += len(piece) + 1
    return 0


def field_counts(data: bytes, separator: bytes = b",") -> list[int]:
    """The number of fields of each record of `data` (complete records), 0 for a blank line.

    A line end is LF or CRLF; a carriage return alone, outside quotes, is a mistake, because readers disagree on it.
    Raises BrokenGrammarError when `data` is not strictly valid.
    """
    pieces = data.split(b'"')
    if len(pieces) % 2 == 0:
        raise BrokenGrammarError
    # A line end before the first piece makes "start of the data" and "start of a record" the same case.
    outside = [piece for piece in (b"\n" + pieces[0], *pieces[2::2]) if piece]
    text = b'"'.join(outside)
    quoted = len(outside) - 1
    opened = text.count(separator + b'"') + text.count(b'\n"')
    closed = text.count(b'"' + separator) + text.count(b'"\n') + text.count(b'"\r\n')
    if opened != quoted or closed != quoted or text.count(b"\r") != text.count(b"\r\n"):
        raise BrokenGrammarError
    records = text[1:].split(b"\n")
    records.pop()
    return [record.count(separator) + 1 if record not in (b"", b"\r") else 0 for record in records]


def first_violation(data: bytes, line: int, separator: bytes = b",") -> Violation | None:
    """The first place in `data` where the grammar is broken; `line` is the physical line on which `data` begins."""
    pieces = data.split(b'"')
    field = 0
    opened = (line, 0)
    for index, piece in enumerate(pieces):
        if index % 2:
            line += piece.count(b"\n")
            continue
        if piece and index and piece[:1] not in separator + b"\r\n":
            mistake: Mistake = "backslash" if pieces[index - 1].endswith(b"\\") else "after_close"
            return Violation(mistake, *opened, end_line=line)
        if (at := _lone_return(piece, last=index == len(pieces) - 1)) >= 0:
            line += piece.count(b"\n", 0, at)
            return Violation("lone_cr", line, _field_after(field, piece[:at], separator), end_line=line)
        field = _field_after(field, piece, separator)
        line += piece.count(b"\n")
        if index == len(pieces) - 1:
            return None
        if piece and piece[-1:] not in separator + b"\n":
            return Violation(_misplaced(piece, separator), line, field, end_line=line)
        if piece or not index:
            opened = (line, field)
    return Violation("unbalanced", *opened, end_line=line)


def _field_after(field: int, piece: bytes, separator: bytes) -> int:
    """The index of the field that is open at the end of an outside piece that began in `field`."""
    newline = piece.rfind(b"\n")
    return piece.count(separator, newline + 1) + (field if newline < 0 else 0)


def _lone_return(piece: bytes, *, last: bool) -> int:
    """The offset of the first carriage return without a newline behind it, or -1."""
    at = piece.find(b"\r")
    while at >= 0:
        if piece[at + 1 : at + 2] != b"\n" and not (last and at + 1 == len(piece)):
            return at
        at = piece.find(b"\r", at + 1)
    return -1


def _misplaced(piece: bytes, separator: bytes) -> Mistake:
    """The mistake of a quote that follows `piece`, which does not end with a separator."""
    value = piece[max(piece.rfind(separator), piece.rfind(b"\n")) + 1 :]
    if value.endswith(b"\\"):
        return "backslash"
    return "mid_value" if value.strip(b" \t") else "space_before"
