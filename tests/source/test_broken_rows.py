"""A broken row is one failed row: its line, its column, what is wrong; the rows around it are read as ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tui_importer.source import errors
from tui_importer.source.frozen.reader import read_problems
from tui_importer.source.preview import preview
from tui_importer.source.read import broken_records

if TYPE_CHECKING:
    from tests.source.conftest import Scanned, Sources

HEADER = 'email,name,note\na@x.example,"Ann\nMarie",""\n\n'
SECRET = "open sesame"


def conserved(scanned: Scanned, rows: int) -> None:
    """All rows are there, and each is either importable or refused with a reason."""
    result = scanned.result
    refused = sum(row.problem is not None for row in scanned.rows)
    assert (result.rows, len(scanned.rows), result.importable + refused) == (rows, rows, rows)


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ('b@x.example,5" tall,x', "name", "middle of a value"),
        ('b@x.example,5"" tall,x', "name", "middle of a value"),
        ('b@x.example, "Bob",x', "name", "blank before an opening quote"),
        ('b@x.example,"Bob" ,x', "name", "followed by text"),
        ('b@x.example,"Bob"by,x', "name", "followed by text"),
        ('b@x.example,"Bob ""the"builder"",x', "name", "followed by text"),
        ('b@x.example,"a \\"quoted\\" word",x', "name", '\\"'),
        ('b@x.example,a \\"quoted\\" word,x', "name", '\\"'),
        ('b@x.example,x,"never closed', "note", "not closed"),
        ('"b@x.example,x,y', "email", "not closed"),
        ("b@x.example,one\rtwo,x", "name", "carriage return"),
        ("b@x.example,x,y\r\r", "note", "carriage return"),
        ('b@x.example,x,y,z"', "", "middle of a value"),
    ],
)
@pytest.mark.parametrize("ending", ["", "\n", "\nc@x.example,Cy,z\n", '\nc@x.example,"C\ny",z\n\n'])
def test_a_quote_out_of_place_is_one_failed_row(
    sources: Sources, row: str, column: str, words: str, ending: str
) -> None:
    scanned = sources.scan(HEADER + row + ending)
    assert scanned.findings == [(2, 5, column, "quotes_broken")]
    (problem,) = read_problems(scanned.result.folder)
    if "not closed" not in words or '"' not in ending:  # a later quote closes it, wrongly
        assert words in problem.message
    conserved(scanned, 3 if "Cy" in ending or "C\ny" in ending else 2)
    assert [row.line for row in scanned.rows] == [2, 5, 6][: len(scanned.rows)]
    assert ",".join(cell or "" for cell in scanned.rows[1].cells.values()) == row.rstrip("\r")
    assert preview(sources.write(HEADER + row + ending)).rows >= 1


def test_a_quote_that_is_closed_by_the_next_one(sources: Sources) -> None:
    scanned = sources.scan('email,name\na@x.example,"Ann\nb@x.example,Bob\nc@x.example,"Cy"\n')
    assert scanned.findings == [(1, 2, "name", "quotes_broken")]
    (problem,) = read_problems(scanned.result.folder)
    assert "on line 4" in problem.message
    conserved(scanned, 3)


@pytest.mark.parametrize("place", [0, 50, 79])
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ('5" tall', "quotes_broken"),
        ('"Ann', "quotes_broken"),
        ("bad\udcff", "bytes_invalid"),
        ("\0", "control_character"),
    ],
)
def test_a_mistake_is_found_in_any_block(sources: Sources, small_blocks: int, place: int, name: str, kind: str) -> None:
    rows = [f"user{number}@x.example,Jörg {number}" for number in range(80)]
    rows[place] = f"user{place}@x.example,{name}"
    scanned = sources.scan(("email,name\n" + "\n".join(rows)).encode(errors="surrogateescape"))
    assert scanned.findings == [(place + 1, place + 2, "name", kind)]
    conserved(scanned, 80)
    assert [row.line for row in scanned.rows] == list(range(2, 82))


@pytest.mark.parametrize("stretch", [64, 1 << 18])
@pytest.mark.parametrize("apart", [2, 17])
def test_many_mistakes_far_and_near(
    sources: Sources, monkeypatch: pytest.MonkeyPatch, small_blocks: int, stretch: int, apart: int
) -> None:
    """However the text is cut into stretches, every mistake is one row on its own line, and nothing else is."""
    monkeypatch.setattr(broken_records, "LONG_STRETCH", stretch)
    monkeypatch.setattr(broken_records, "MIN_STRETCH", 16)
    lines = ["email,name,note"]
    expected = []
    starts = []
    for number in range(120):
        starts.append(len(lines) + 1)
        if number % apart == 1:
            expected.append((number + 1, len(lines) + 1, "name", "quotes_broken"))
            lines.append(f'u{number}@x.example,"lone,x' if number % 2 else f'u{number}@x.example,5" x,y')
        elif number % 5 == 0:
            lines += [f'u{number}@x.example,"two', 'lines, ""and"" more",z', ""]
        else:
            lines.append(f"u{number}@x.example,Ann,z")
    scanned = sources.scan("\n".join(lines) + "\n")
    assert scanned.findings == expected
    assert [row.line for row in scanned.rows] == starts
    conserved(scanned, 120)


def test_a_file_of_which_most_rows_are_broken_is_refused(sources: Sources, small_blocks: int) -> None:
    good = "".join(f"u{number}@x.example,Ann\n" for number in range(30))
    broken = 'b@x.example,5" tall\n'
    scanned = sources.scan("email,name\n" + good + broken * 30)
    assert scanned.result.problem_counts == {"quotes_broken": 30}
    assert sources.scan("email,name\n" + broken * 19).result.importable == 0
    with pytest.raises(errors.SourceQuotes) as caught:
        sources.scan("email,name\n" + good + broken * 60)
    assert caught.value.column == "name"


@pytest.mark.parametrize(
    "row",
    [
        f'b@x.example,5" tall,{SECRET}',
        f'"b@x.example,Bob,{SECRET}',
        f'b@x.example,{SECRET},"x',
        f"b@x.example,{SECRET}",
        SECRET,
        f"b@x.example,Bob,x,{SECRET}",
        f'b@x.example,"Bob,x\nc@x.example,{SECRET}",y',
        f'b@x.example,"Bob,{SECRET}\nc@x.example,x",y',
    ],
)
def test_a_secret_of_a_broken_row_is_neither_kept_nor_shown(sources: Sources, row: str) -> None:
    content = f"email,name,password\na@x.example,Ann,x\n{row}\n"
    scanned = sources.scan(content)
    assert {line for _, line, _, _ in scanned.findings} == {3}
    assert len(scanned.rows) == 2
    conserved(scanned, 2)
    shown = [str(row) for row in scanned.rows] + [problem.message for problem in read_problems(scanned.result.folder)]
    assert SECRET not in "".join(shown)
    assert not scanned.rows[1].secrets or '"Bob' in row  # a well-formed row's own password is kept apart
    for file in scanned.folder.iterdir():
        if file.name != "secrets.parquet":
            assert SECRET.encode() not in file.read_bytes()
    assert SECRET not in repr(preview(sources.write(content)))


def test_bytes_that_are_not_utf_8_in_very_wide_rows(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    too_large = "(?:a{1000}){1000}"
    monkeypatch.setattr("tui_importer.source.read.blocks._line_grammar", lambda _width, _delimiter: too_large)
    scanned = sources.scan("email,name\na@x.example,Zoë\n".encode() + b"b@x.example,\xe4\n")
    assert scanned.findings == [(2, 3, "name", "bytes_invalid")]
    assert sources.scan("email,name\na@x.example,Ann\n").result.rows == 1


def test_a_quote_that_nothing_closes_is_one_row_however_much_follows(
    sources: Sources, monkeypatch: pytest.MonkeyPatch, small_blocks: int
) -> None:
    monkeypatch.setattr("tui_importer.source.read.blocks.MAX_RECORD", 1_000)
    monkeypatch.setattr(broken_records, "MAX_RECORD", 1_000)
    rows = "".join(f"u{number}@x.example,Name {number}\n" for number in range(500))
    scanned = sources.scan('email,name\na@x.example,Ann\nb@x.example,"Bob\n' + rows)
    assert scanned.findings == [(2, 3, "name", "quotes_broken")]
    conserved(scanned, 502)
    assert scanned.rows[-1].line == 503


def test_a_record_without_end(sources: Sources, monkeypatch: pytest.MonkeyPatch, small_blocks: int) -> None:
    monkeypatch.setattr("tui_importer.source.read.blocks.MAX_RECORD", 1_000)
    with pytest.raises(errors.SourceQuotes) as caught:
        sources.scan("email,name\na@x.example,Ann\nb@x.example," + "x" * 4_000)
    assert caught.value.line == 3
    assert "longer than 16 MB" in caught.value.message


def test_what_lies_behind_the_limit_is_not_looked_at(
    sources: Sources, monkeypatch: pytest.MonkeyPatch, small_blocks: int
) -> None:
    monkeypatch.setattr(broken_records, "LONG_STRETCH", 256)
    rows = "".join(f"u{number}@x.example,Ann\n" for number in range(1, 30))
    broken = 'email,name\nu0@x.example,5" tall\n' + rows + 'x,"y\n' * 40
    scanned = sources.scan(broken, limit=10)
    assert scanned.findings == [(1, 2, "name", "quotes_broken")]
    conserved(scanned, 10)
    with pytest.raises(errors.SourceQuotes):
        sources.scan(broken)


def test_a_violation_far_to_the_right_is_in_no_column(sources: Sources) -> None:
    scanned = sources.scan("email,name\na@x.example" + "," * 40_000 + 'x"\n')
    assert scanned.findings == [(1, 2, "", "quotes_broken")]
