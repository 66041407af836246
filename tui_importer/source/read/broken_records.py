"""Recovery behind a broken record: one line with a broken quote is one broken row, and the next line is read as usual.

A strict reader cannot know where a broken record ends. Ours ends at its first line end, whatever its quotes say, so
that nothing behind it is swallowed: if it was meant to span several lines, each of them becomes a row of its own that
is broken or ragged, and each is reported. Nothing is repaired and nothing is left out.

Long stretches without a mistake are left to the ordinary reader, short ones are split as a whole; record by record is
read only around a mistake, as that takes a hundred times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tui_importer.source.read.csv_records import MAX_RECORD, Record, split_records
from tui_importer.source.read.rfc4180 import BrokenGrammarError, Violation, field_counts, first_violation, record_end

if TYPE_CHECKING:
    from collections.abc import Iterator

NEAR_BYTES = 1 << 14
MIN_STRETCH, LONG_STRETCH, MOST_SINGLY = 1 << 8, 1 << 18, 32


class Part(NamedTuple):
    """Complete records of a text from offset `begin` to `end`, the first on physical line `line`.

    `records` is None in a part without a mistake; else it has the records in order, blank lines not among them, and
    `broken` the mistakes by index of the record; the cells of a broken record are its line cut at each separator.
    """

    begin: int
    end: int
    line: int
    records: list[Record] | None
    broken: dict[int, Violation]


class _Recovery:
    """A reader of `data`, part by part."""

    def __init__(self, data: bytes, line: int, separator: bytes, *, ended: bool) -> None:
        self.parts: list[Part] = []
        self._data = data
        self._line = line
        self._offset = 0
        self._separator = separator
        self._delimiter = separator.decode()
        self._ended = ended

    def run(self) -> None:
        """Read all, in stretches whose length adapts to how far the mistakes are apart."""
        size, singly = LONG_STRETCH, 1
        while True:
            if size < MIN_STRETCH:
                if not all(self._take_record() for _ in range(singly)):
                    return
                size, singly = 4 * MIN_STRETCH, min(2 * singly, MOST_SINGLY)
            elif self._take_stretch(size):
                size, singly = min(4 * size, LONG_STRETCH), 1
            else:
                size //= 4

    def _take_stretch(self, size: int) -> bool:
        """Take the records of the next `size` bytes; false, and nothing taken, if none ends there or one is broken."""
        stretch = self._data[self._offset : self._offset + size]
        end = record_end(stretch)
        if not end:
            return False
        try:
            field_counts(stretch[:end], self._separator)
        except BrokenGrammarError:
            return False
        if size == LONG_STRETCH:
            self._extend(self._offset + end, clean=True)
        else:
            self._take(self._offset + end)
        return True

    def _take_record(self) -> bool:
        """Take the next record, broken or not; false when its end is not there yet."""
        begin, data = self._offset, self._data
        newline = data.find(b"\n", begin)
        if newline < 0:
            return False
        first = data[begin : newline + 1]
        end, violation = newline + 1, first_violation(first, self._line, self._separator)
        if violation is not None and violation.mistake == "unbalanced":
            violation = self._closed_wrongly() or violation
        if violation is not None and violation.mistake == "unbalanced":
            closed = _closing_line(data, begin, newline + 1)
            if closed is not None:
                violation = first_violation(data[begin:closed], self._line, self._separator)
                end = closed if violation is None else end
            elif not self._ended and len(data) - begin <= MAX_RECORD:
                return False
        if violation is None:
            self._take(end)
            return True
        record = Record(self._line, first.rstrip(b"\r\n").decode().split(self._delimiter))
        part = self._extend(end, clean=False)
        if part.records is not None:
            part.broken[len(part.records)] = violation
            part.records.append(record)
        return True

    def _closed_wrongly(self) -> Violation | None:
        """The mistake when the quote that this line opens is closed soon by one that closes no value."""
        near = self._data[self._offset : self._offset + NEAR_BYTES]
        found = first_violation(near, self._line, self._separator)
        wrong = found is not None and found.mistake in ("after_close", "backslash") and found.line == self._line
        return found if wrong else None

    def _take(self, end: int) -> None:
        """Split the valid records up to the offset `end`."""
        text, line = self._data[self._offset : end], self._line
        part = self._extend(end, clean=False)
        if part.records is not None:
            part.records.extend(_split(text, line, self._delimiter))

    def _extend(self, end: int, *, clean: bool) -> Part:
        """Go on to `end` in the last part, or in a new one when that is of the other kind."""
        if self.parts and (self.parts[-1].records is None) == clean:
            self.parts[-1] = self.parts[-1]._replace(end=end)
        else:
            self.parts.append(Part(self._offset, end, self._line, None if clean else [], {}))
        self._line += self._data.count(b"\n", self._offset, end)
        self._offset = end
        return self.parts[-1]


def recover(data: bytes, line: int, separator: bytes, *, ended: bool) -> list[Part]:
    """Read the records of `data`, which begins with a record on physical line `line` and is valid UTF-8.

    A record that is not complete yet is left for later unless `ended`, or when it has outgrown MAX_RECORD.
    """
    reading = _Recovery(data, line, separator, ended=ended)
    reading.run()
    return reading.parts


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
