"""Whatever is in a file comes back exactly, row by row, or the file is refused: nothing is dropped silently."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tui_importer.source import structure
from tui_importer.source._polars import pl
from tui_importer.source.errors import SourceError, SourceMiscounted
from tui_importer.source.frozen import FrozenRows
from tui_importer.source.preview import preview
from tui_importer.source.scan import scan

if TYPE_CHECKING:
    from tests.source.conftest import Sources
    from tui_importer.source.models import ScanResult, SourceRow

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
TRICKY = st.sampled_from(
    ["", " ", '"', '""', ",", "\n", "\r\n", "\r", "a\rb", "\ufeff", "\u2028", "\x1a", "ä", "😀", "'", "\\", '\\"', "#"]
)
CELL = st.one_of(TEXT, TRICKY, st.builds(lambda *parts: "".join(parts), TRICKY, TEXT, TRICKY))
QUOTING = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 4))
    return draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=8))


def read_back(content: bytes) -> tuple[ScanResult, list[SourceRow], int]:
    """Scan a source and read its rows; also how many problems there are."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "users.csv"
        path.write_bytes(content)
        result = scan(path, Path(name) / "job")
        return result, FrozenRows(Path(name) / "job").read(1, result.rows), len(list(result.problems()))


def written(table: list[list[str]], quoting: int, ending: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator=ending)  # type: ignore[arg-type]  # any of csv's constants
    writer.writerow(["email", "one", "two", "three"][: len(table[0])])
    writer.writerows(table)
    return text.getvalue().encode()


@pytest.mark.parametrize("blocks", [None, 64])
@settings(max_examples=25, deadline=None)
@given(tables(), QUOTING, st.sampled_from(["\n", "\r\n"]))
@example([["\ufeffa"], ["\ufeff"]], csv.QUOTE_MINIMAL, "\n")
@example([[""], [" "], [""]], csv.QUOTE_MINIMAL, "\r\n")
def test_every_table_comes_back(blocks: int | None, table: list[list[str]], quoting: int, ending: str) -> None:
    if quoting == csv.QUOTE_MINIMAL and ending == "\n":  # then Python 3.11 writes a lone carriage return without quotes
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    content = written(table, quoting, ending)
    with pytest.MonkeyPatch.context() as patch:
        if blocks is not None:
            patch.setattr("tui_importer.source.blocks.BLOCK_BYTES", blocks)
            patch.setattr("tui_importer.source.blocks.NEARBY_BYTES", blocks // 2)
        result, rows, problems = read_back(content)
    # An empty cell and a missing value are the same thing.
    assert [list(row.cells.values()) for row in rows] == [[cell or None for cell in row] for row in table]
    assert [row.row for row in rows] == list(range(1, len(table) + 1))
    line = 2
    for row, cells in zip(rows, table, strict=True):
        assert row.line == line
        line += 1 + sum(cell.count("\n") for cell in cells)
    assert result.importable + sum(row.problem is not None for row in rows) == len(table)
    assert (problems > 0) == (result.rows_with_problems > 0)


def independent(content: bytes) -> list[list[str]]:
    text = re.sub(r"\A(?:[ \t]*\r?\n)+", "", content.decode().removeprefix("\ufeff"))  # blank lines before the header
    return [record for record in csv.reader(io.StringIO(text, newline="\n"), strict=True) if record]


PIECES = [b"email", b"name", b",", b"\n", b"\r\n", b'"', b"a@x.example", b" ", b"x", b"\xc3\xa4", b"\xff", b"\r", b"\0"]
BODY = st.one_of(st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join), st.binary(max_size=60))
SOURCE = st.one_of(BODY, BODY.map(b"email,name\n".__add__))


@settings(max_examples=100, deadline=None)
@given(SOURCE)
def test_any_bytes_are_read_like_the_csv_module_or_refused(content: bytes) -> None:
    try:
        result, rows, _ = read_back(content)
    except SourceError as error:
        assert error.message  # noqa: PT017 - the refusal is one of two right outcomes
        return
    records = independent(content)[1:]
    assert result.rows == len(rows) == len(records)
    width = len(result.columns)
    for row, record in zip(rows, records, strict=True):
        cells = [*record[:width], *[""] * (width - len(record))]
        assert list(row.cells.values()) == [cell or None for cell in cells]
        assert (row.problem is not None and row.problem.kind.startswith("row_too")) == (len(record) != width)


@settings(max_examples=25, deadline=None)
@given(SOURCE)
def test_a_preview_of_any_bytes_is_shown_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "users.csv"
        path.write_bytes(content)
        try:
            shown = preview(path)
        except SourceError:
            return
    assert all(len(row) == len(shown.columns) for row in shown.sample)


def test_lines_with_blank_lines_and_line_breaks(sources: Sources, small_blocks: int) -> None:
    parts = ["\r\n\r\n", 'email,"na\nme"\n']
    expected = []
    line = 5
    for number in range(100):
        blank = "\n" * (number % 3)
        value = "x\n" * (number % 4)
        parts.append(f'{blank}user{number}@x.example,"{value}"\n')
        expected.append((number + 1, line + len(blank)))
        line += len(blank) + 1 + number % 4
    scanned = sources.scan("".join(parts) + "\n\n")
    assert [(row.row, row.line) for row in scanned.rows] == expected
    assert scanned.result.rows == 100
    assert scanned.findings == []


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "{}", "{0}{0}{0}"])
def test_ways_to_end_and_to_begin(sources: Sources, bom: str, ending: str, last: str) -> None:
    lines = ["email,name", "a@x.example,Ann", '"b@x.example","Bob"']
    scanned = sources.scan(bom + ending.join(lines) + last.format(ending))
    assert scanned.result.columns == ("email", "name")
    assert [row.cells["name"] for row in scanned.rows] == ["Ann", "Bob"]
    assert scanned.findings == []


@pytest.mark.parametrize("name", ["with space.csv", "st*r.csv", "[ab].csv", "ünï.csv", "quo'te\".csv", "a\nb.csv"])
def test_paths_are_taken_literally(sources: Sources, tmp_path: Path, name: str) -> None:
    path = sources.write("email,org_name\na@x.example,A\n", name)
    sources.write("email,org_name\nother@x.example,B\nmore@x.example,C\n", "star.csv")
    sources.write("email,org_name\nother@x.example,B\nmore@x.example,C\n", "a.csv")
    folder = tmp_path / f"job {name}"
    assert scan(path, folder).rows == 1
    assert FrozenRows(folder).row(1).email == "a@x.example"
    shown = preview(path)
    assert (shown.rows, [organization.key for organization in shown.organizations]) == (1, ["name:A"])


def test_a_very_wide_and_a_very_long_row(sources: Sources) -> None:
    header = ",".join(["email", *(f"column {number}" for number in range(2_500))])
    cells = ",".join(["a@x.example", *map(str, range(2_500))])
    scanned = sources.scan(f"{header}\n{cells}\n")
    assert list(scanned.rows[0].cells.values())[1:] == [str(number) for number in range(2_500)]
    long = "x" * 5_000_000
    assert sources.scan(f'email,name\na@x.example,"{long}"\n').rows[0].cells["name"] == long


def test_blocks_of_blank_lines(sources: Sources, small_blocks: int) -> None:
    blank = "\n" * 1_000
    scanned = sources.scan(f"email,name\n{blank}a@x.example,Ann\n{blank}\r\n{blank}b@x.example,Bob{blank}")
    assert [(row.email, row.line) for row in scanned.rows] == [("a@x.example", 1_002), ("b@x.example", 3_004)]


def test_what_polars_would_drop_is_read_otherwise(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pl.scan_csv
    monkeypatch.setattr(pl, "scan_csv", lambda data, **options: real(data, **options).head(2))
    scanned = sources.scan("email,name\n" + "".join(f"u{number}@x.example,N\n" for number in range(5)))
    assert [row.email for row in scanned.rows] == [f"u{number}@x.example" for number in range(5)]


def test_two_readings_that_disagree_are_refused(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    real = structure.field_counts
    monkeypatch.setattr(structure, "field_counts", lambda data: real(data)[1:])
    with pytest.raises(SourceMiscounted) as caught:
        sources.scan("email,name\na@x.example,Ann\nb@x.example\n")
    assert caught.value.line == 2


@pytest.mark.parametrize("start", ["\ufeff", "x^", "x\x01", "x\u069a", "x"])
def test_a_block_may_begin_like_something_else(sources: Sources, start: str) -> None:
    content = f"email,name\n{start}1@x.example,Ann\n{start}2@x.example,Bob\n"
    assert [row.cells["email"] for row in sources.scan(content).rows] == [f"{start}1@x.example", f"{start}2@x.example"]
    assert sources.scan(f"{start}2,email,org_name\n1,a@x.example,A\n").result.rows == 1
    assert preview(sources.write(f"{start}2,email,org_name\n1,a@x.example,A\n")).rows == 1
