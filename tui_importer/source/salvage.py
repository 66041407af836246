"""Reading on after a mistake: one line with a broken quote is one broken row, and the next line begins anew.

A strict reader cannot know where a broken record ends. Ours ends at its first line end, whatever its quotes say, so
that nothing behind it is swallowed: if it was meant to span several lines, each of them becomes a row of its own that
is broken or ragged, and each is reported. Nothing is repaired and nothing is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tui_importer.source.records import MAX_RECORD, Record, split_records
from tui_importer.source.structure import Violation, first_violation

if TYPE_CHECKING:
    from collections.abc import Iterator


class Salvaged(NamedTuple):
    """Records of a text in order, blank lines not among them, and the offset behind the last one.

    `broken` has the mistakes by index of the record; the cells of a broken record are its line cut at each separator.
    """

    records: list[Record]
    broken: dict[int, Violation]
    end: int


def salvage(data: bytes, line: int, separator: bytes, *, ended: bool) -> Salvaged:
    """Read the records of `data`, which begins with a record on physical line `line` and is valid UTF-8.

    A record that is not complete yet is left for later unless `ended`, or when it has outgrown MAX_RECORD.
    """
    records: list[Record] = []
    broken: dict[int, Violation] = {}
    offset = 0
    delimiter = separator.decode()
    while (newline := data.find(b"\n", offset)) >= 0:
        first = data[offset : newline + 1]
        end, violation = newline + 1, first_violation(first, line, separator)
        if violation is not None and violation.mistake == "unbalanced":
            closed = _closing_line(data, offset, newline + 1)
            if closed is not None:
                violation = first_violation(data[offset:closed], line, separator)
                end = closed if violation is None else end
            elif not ended and len(data) - offset <= MAX_RECORD:
                break
        if violation is not None:
            broken[len(records)] = violation
            records.append(Record(line, first.rstrip(b"\r\n").decode().split(delimiter)))
        else:
            records += _split(data[offset:end], line, delimiter)
        line += data.count(b"\n", offset, end)
        offset = end
    return Salvaged(records, broken, offset)


def _closing_line(data: bytes, begin: int, behind: int) -> int | None:
    """The offset behind the line on which the quotes from `begin` on are balanced again, None when none is."""
    quotes = data.count(b'"', begin, behind)
    while quotes % 2:
        quote = data.find(b'"', behind)
        newline = data.find(b"\n", quote) if quote >= 0 else -1
        if newline < 0:
            return None
        quotes += data.count(b'"', behind, newline + 1)
        behind = newline + 1
    return behind


def _split(data: bytes, line: int, delimiter: str) -> Iterator[Record]:
    return (record for record in split_records(data.decode(), line, delimiter) if record.cells)
