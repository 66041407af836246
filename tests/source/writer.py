"""A correct CSV writer of our own, and tables of strings to write: csv.writer leaves carriage returns unquoted."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING

import zstandard
from hypothesis import strategies as st

from tui_importer.source.options import DELIMITERS, ENCODINGS, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER = ["email", "one", "two", "three"]

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TRICKY = st.sampled_from(
    [
        *(
            "",
            " ",
            '"',
            '""',
            ",",
            ";",
            "|",
            "\t",
            "\n",
            "\r\n",
            "\r",
            "a\rb",
            "\ufeff",
            "\u2028",
            "\x1a",
            "\0",
            "ä",
            "😀",
        ),
        *("'", "\\", '\\"', "#", "sep=;", "é", "Ã¼", "ä\n;", "u@x.example,b\nv@x.example,c"),
    ]
)
CELL = st.one_of(TEXT, TRICKY, st.builds(lambda *parts: "".join(parts), TRICKY, TEXT, TRICKY))


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 4))
    return draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=8))


@dataclass(frozen=True)
class Form:
    """How a table is written."""

    delimiter: str = ","
    ending: str = "\n"
    always: bool = False
    encoding: str = "utf-8"
    mark: bool = False
    compression: str = ""

    def write(self, table: Sequence[Sequence[str]]) -> bytes:
        rows = [HEADER[: len(table[0])], *table]
        text = "".join(self.delimiter.join(map(self._quoted, row)) + self.ending for row in rows)
        if all(len(row) == 1 for row in rows):
            text = "".join((self._quoted(cell) or '""') + self.ending for (cell,) in rows)
        content = ("\ufeff" * self.mark + text).encode(self.encoding)
        if self.compression == "gzip":
            return gzip.compress(content, mtime=0)
        return zstandard.compress(content) if self.compression == "zstd" else content

    def fit(self, cell: str) -> str:
        """The cell without characters that the encoding lacks."""
        return cell.encode(self.encoding, "ignore").decode(self.encoding)

    def _quoted(self, cell: str) -> str:
        if self.always or any(it in cell for it in (self.delimiter, '"', "\r", "\n")):
            return '"' + cell.replace('"', '""') + '"'
        return cell


@st.composite
def forms(draw: st.DrawFn) -> Form:
    encoding = draw(st.sampled_from(list(ENCODINGS)))
    return Form(
        delimiter=draw(st.sampled_from(list(DELIMITERS))),
        ending=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        always=draw(st.booleans()),
        encoding=encoding,
        mark=draw(st.booleans()) if encoding.startswith("utf") else False,
        compression=draw(st.sampled_from(["", "gzip", "zstd"])),
    )


def reading_of(form: Form, table: Sequence[Sequence[str]]) -> Reading:
    """The reading that the operator must choose, because the bytes do not show it."""
    plain = "".join(map("".join, table))
    encoding = ""
    if form.encoding in ("cp1252", "latin-1") and not plain.isascii():
        encoding = form.encoding  # each is also the other, and may happen to be UTF-8
    return Reading(delimiter=form.delimiter if len(table[0]) == 1 else "", encoding=encoding)
