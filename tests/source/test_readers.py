"""Two independent readers, Python's csv module and DuckDB, on the same text: the same records, or a finding says why.

Both get the text as UTF-8 and the separator, so that only the splitting is compared; what they are told is what a
correct reader is told. Records that we find broken, ragged or swallowing others are those on which readers disagree.
"""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.source.corpus import CASES, Read
from tests.source.test_round_trip import decoded
from tests.source.writer import Form, forms, tables, told
from tui_importer.source.options import RECOGNISED
from tui_importer.source.read.blocks import BlockReader
from tui_importer.source.read.frames import BROKEN, FIELDS, cell, to_table
from tui_importer.source.read.header import open_source, read_header
from tui_importer.source.read.stream import stream_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_importer.source.options import Reading

Records = list[list[str]]


def ours(content: bytes, reading: Reading) -> tuple[Records, set[str]]:
    """Our records as the scan gets them, absent values as empty ones, and what we find wrong in how they are split."""
    records: Records = []
    explained: set[str] = set()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "users.csv"
        path.write_bytes(content)
        with open_source(path) as file:
            stream = stream_of(file, path, reading)
            header = read_header(stream, reading)
            width = len(header.columns.names)
            for block in BlockReader(stream, header):
                table = to_table(block, width, path)
                records += [[value or "" for value in row] for row in table.select(map(cell, range(width))).rows()]
                if BROKEN in table.columns and table[BROKEN].count():
                    explained.add("broken")
                elif FIELDS in table.columns and table[FIELDS].count():
                    explained.add("ragged")
    return records, explained


def of_python(text: str, delimiter: str) -> Records:
    """Records of the csv module, blank lines left out. Raises csv.Error."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return [record for record in reader if record]


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Duck]:
    """DuckDB, which reads files in a folder of its own."""
    with duckdb.connect() as database:
        yield Duck(database, tmp_path_factory.mktemp("duck") / "plain.csv")


class Duck:
    """DuckDB as a reader that is told everything, so that it guesses nothing."""

    def __init__(self, database: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._database = database
        self._path = path

    def read(self, text: str, delimiter: str, width: int) -> Records:
        """The records of a text, in which all lines end alike. Raises duckdb.Error."""
        self._path.write_bytes(b"\xef\xbb\xbf" + text.encode())  # or it would take a first character for this mark
        columns = {f"c{number}": "VARCHAR" for number in range(width)}
        found = self._database.read_csv(
            str(self._path), header=False, columns=columns, delimiter=delimiter, quotechar='"', escapechar='"',
            auto_detect=False, strict_mode=True, max_line_size=8 << 20, buffer_size=32 << 20, parallel=False,
        ).fetchall()  # fmt: skip
        return [[cell or "" for cell in row] for row in found]


def compared(content: bytes, reading: Reading, duck: Duck) -> None:
    records, explained = ours(content, reading)
    lines, delimiter = decoded(content, reading)
    text = "\n".join(lines).lstrip("\n")
    width = len(records[0]) if records else 0
    try:
        python = of_python(text, delimiter)
    except csv.Error:
        assert "broken" in explained
        return
    if "broken" not in explained:  # of a ragged row the values that have a column are the same
        assert records == [[*record[:width], *[""] * (width - len(record))] for record in python]
        assert ("ragged" in explained) == any(len(record) != width for record in python)
    # DuckDB takes a blank line of one column for a row, and refuses lone carriage returns, NUL, and two kinds of lines.
    plain = text.replace("\r\n", "\n")
    if width < 2 or explained or "\r" in plain or "\0" in plain:
        return
    assert duck.read(plain, delimiter, width) == [[cell.replace("\r\n", "\n") for cell in row] for row in records]


@pytest.mark.parametrize("case", [case for case in CASES if isinstance(case, Read)], ids=lambda case: case.name)
def test_the_corpus_is_read_as_others_read_it_or_it_is_said_why(case: Read, duck: Duck) -> None:
    compared(case.content, case.reading, duck)


@settings(max_examples=80, deadline=None)
@given(tables(), forms())
def test_tables_are_read_as_others_read_them(duck: Duck, table: list[list[str]], form: Form) -> None:
    table = [[form.fit(cell) for cell in row] for row in table]
    compared(form.write(table), told(form, table), duck)


GOOD = ("a@x.example,Ann", 'b@x.example,"Bob"', '"c@x.example","C, ""c"""', 'd@x.example,"two\nlines"', "", '"",')
BAD = (
    "e@x.example",
    "f@x.example,F,f",
    'g@x.example,5" x',
    'h@x.example,"lone',
    '"',
    'j@x.example,"x"y',
    "k@x.example,a\rb",
)
LINES = st.one_of(
    st.lists(st.sampled_from(GOOD), min_size=1, max_size=9),
    st.lists(st.sampled_from([*GOOD, *BAD]), min_size=1, max_size=9),
)


def test_the_other_readers_do_read(duck: Duck) -> None:
    text, records = 'a,"b ""c""\nd"\n\n,"e,"\n', [["a", 'b "c"\nd'], ["", "e,"]]
    assert of_python(text, ",") == duck.read(text, ",", 2) == records
    with pytest.raises(csv.Error):
        of_python('a,"b"c\n', ",")


@settings(max_examples=250, deadline=None)
@given(LINES, st.sampled_from(["\n", "\r\n"]))
def test_files_with_and_without_mistakes_are_read_as_others_read_them(
    duck: Duck, lines: list[str], ending: str
) -> None:
    content = ("email,name\n" + "\n".join(lines) + "\n").replace("\n", ending).encode()
    compared(content, RECOGNISED, duck)
