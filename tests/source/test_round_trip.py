"""Whatever is in a file comes back exactly, row by row, or the file is refused: nothing is dropped silently."""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.source.writer import Form, forms, reading_of, tables
from tui_importer.source._polars import pl
from tui_importer.source.errors import SourceError, SourceMiscounted
from tui_importer.source.frozen.reader import FrozenRows, read_problems
from tui_importer.source.options import DELIMITERS, ENCODINGS, RECOGNISED, Reading
from tui_importer.source.preview import preview
from tui_importer.source.read import rfc4180
from tui_importer.source.read.header import open_source, read_header
from tui_importer.source.read.stream import stream_of
from tui_importer.source.scan import scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.source.conftest import Sources
    from tui_importer.source.models import Problem, ScanResult, SourceRow


def read_back(content: bytes, reading: Reading = RECOGNISED) -> tuple[ScanResult, list[SourceRow], list[Problem]]:
    """Scan a source and read its rows and problems."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "users.csv"
        path.write_bytes(content)
        result = scan(path, Path(name) / "job", reading)
        return result, FrozenRows(Path(name) / "job").read(1, result.rows), list(read_problems(result.folder))


BLOCKS = st.sampled_from([None, 32, 64])


@contextlib.contextmanager
def blocks_of(size: int | None) -> Iterator[None]:
    """Reading in blocks of so many bytes."""
    with pytest.MonkeyPatch.context() as patch:
        if size is not None:
            patch.setattr("tui_importer.source.read.stream.BLOCK_BYTES", size)
            patch.setattr("tui_importer.source.read.stream.NEARBY_BYTES", size // 2)
            patch.setattr("tui_importer.source.read.broken_records.LONG_STRETCH", size)
            patch.setattr("tui_importer.source.read.broken_records.MIN_STRETCH", 8)
        yield


@settings(max_examples=80, deadline=None)
@given(tables(), forms(), BLOCKS)
@example([["\ufeffa"], ["\ufeff"]], Form(), None)
@example([[""], [" "], [""]], Form(ending="\r\n"), 64)
@example([["a\r\nb", "\r"], ["\n", ""]], Form(";", "\r", always=False, encoding="utf-16-be", mark=True), 64)
@example([["ä;b", "é"]], Form("|", "\r\n", encoding="cp1252", compression="gzip"), 64)
def test_every_table_comes_back_whatever_its_dialect(table: list[list[str]], form: Form, blocks: int | None) -> None:
    table = [[form.fit(cell) for cell in row] for row in table]
    with blocks_of(blocks):
        result, rows, problems = read_back(form.write(table), reading_of(form, table))
    assert ENCODINGS[form.encoding] in result.dialect or "".join(map("".join, table)).isascii()
    assert DELIMITERS[form.delimiter] in result.dialect
    if form.ending == "\r":  # there every line end is the same, those in values too
        table = [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in table]
    # An empty cell and a missing value are the same thing.
    assert [list(row.cells.values()) for row in rows] == [[cell or None for cell in row] for row in table]
    assert [row.row for row in rows] == list(range(1, len(table) + 1))
    line = 2
    for row, cells in zip(rows, table, strict=True):
        assert row.line == line
        line += 1 + sum(cell.count("\n") for cell in cells)
    assert result.importable + sum(row.problem is not None for row in rows) == len(table)
    assert not {it.kind for it in problems} & {"quotes_broken", "row_too_short", "row_too_long"}
    lost = {row.row for row in rows if "\ufffd" in "".join(cell or "" for cell in row.cells.values())}
    assert {it.row for it in problems if it.kind == "bytes_invalid"} == lost


PIECES = [b"email", b"name", b",", b"\n", b"\r\n", b'"', b"a@x.example", b" ", b"x", b"\xc3\xa4", b"\xff", b"\r", b"\0"]
BODY = st.one_of(
    st.lists(st.sampled_from([*PIECES, b";", b"sep=;\n", b"\xef\xbb\xbf", b"\xed"]), max_size=30).map(b"".join),
    st.binary(max_size=60),
)
SOURCE = st.one_of(
    BODY,
    BODY.map(b"email,name\n".__add__),
    BODY.map(b'email;name\r\na@x.example;"Ann\nMarie"\r\n'.__add__),
    BODY.map("\ufeffemail\tname\n".encode("utf-16-le").__add__),
    BODY.map(b"\x1f\x8b\x08\x00".__add__),
    BODY.map(b"\x28\xb5\x2f\xfd".__add__),
)


def decoded(content: bytes, reading: Reading) -> tuple[list[str], str]:
    """The physical lines of a source behind its header, from line 1 (earlier ones empty), and its separator."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "users.csv"
        path.write_bytes(content)
        with open_source(path) as file:
            stream = stream_of(file, path, reading)
            header = read_header(stream, reading)
            text = stream.head()[header.size :].decode("utf-8", "replace")
            return [""] * (header.line - 1) + text.split("\n"), stream.dialect.delimiter


def bare(text: str, delimiter: str) -> str:
    """What is left of a text without what separates and quotes."""
    return re.sub(f'["\r\n{re.escape(delimiter)}]', "", text)


@settings(max_examples=100, deadline=None)
@given(SOURCE, BLOCKS)
@example(b'email,name\na,"b\nc,d"e\n', None)
@example(b'email\n"', None)
@example(b"email\r\r", None)
@example(b'email\n",\0', None)
@example(b"email;name\r\na;b\n\x1a", 32)
def test_of_any_bytes_no_character_is_lost(content: bytes, blocks: int | None) -> None:
    """Every line belongs to a row, whose cells have all that is in its lines, or the file is refused."""
    try:
        with blocks_of(blocks):
            result, rows, problems = read_back(content)
    except SourceError as error:
        assert error.message  # noqa: PT017 - the refusal is one of two right outcomes
        return
    lines, delimiter = decoded(content, RECOGNISED)
    starts = [row.line for row in rows]
    assert starts == sorted(set(starts))
    assert not "".join(lines[: starts[0] - 1]).strip("\r")
    for row, after in zip(rows, [*starts[1:], len(lines) + 1], strict=True):
        wanted = bare("".join(lines[row.line - 1 : after - 1]), delimiter)
        found = bare("".join(cell or "" for cell in row.cells.values()), delimiter)
        assert wanted == found
    errors = {it.row for it in problems if it.severity == "error"}
    assert {row.row for row in rows if row.problem is not None} == errors
    assert result.importable + len(errors) == result.rows == len(rows)


@settings(max_examples=60, deadline=None)
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


@settings(max_examples=60, deadline=None)
@given(SOURCE, st.sampled_from(["", *DELIMITERS]), st.sampled_from(["", *ENCODINGS]))
def test_whatever_the_operator_insists_on_gives_rows_or_a_refusal(
    content: bytes, delimiter: str, encoding: str
) -> None:
    try:
        result, rows, _ = read_back(content, Reading(delimiter=delimiter, encoding=encoding))
    except SourceError:
        return
    assert result.rows == len(rows) > 0


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
    real = rfc4180.field_counts
    monkeypatch.setattr(rfc4180, "field_counts", lambda data, separator: real(data, separator)[1:])
    with pytest.raises(SourceMiscounted) as caught:
        sources.scan("email,name\na@x.example,Ann\nb@x.example\n")
    assert caught.value.line == 2


@pytest.mark.parametrize("start", ["\ufeff", "x^", "x\x01", "x\u069a", "x"])
def test_a_block_may_begin_like_something_else(sources: Sources, start: str) -> None:
    content = f"email,name\n{start}1@x.example,Ann\n{start}2@x.example,Bob\n"
    assert [row.cells["email"] for row in sources.scan(content).rows] == [f"{start}1@x.example", f"{start}2@x.example"]
    assert sources.scan(f"{start}2,email,org_name\n1,a@x.example,A\n").result.rows == 1
    assert preview(sources.write(f"{start}2,email,org_name\n1,a@x.example,A\n")).rows == 1
