"""Files that are refused as a whole: which refusal, where, and a next step."""

from __future__ import annotations

import gzip
import zipfile
from typing import TYPE_CHECKING

import pytest

from tui_importer.source import errors
from tui_importer.source.fingerprint import fingerprint
from tui_importer.source.preview import preview
from tui_importer.source.scan import scan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.source.conftest import Sources

GOOD = "email,name\na@x.example,Ann\n"


def refusal(sources: Sources, content: str | bytes) -> errors.SourceError:
    with pytest.raises(errors.SourceError) as caught:
        sources.scan(content)
    assert caught.value.message.startswith("users.csv")
    assert caught.value.message.endswith((".", "?"))
    assert caught.value.next
    assert caught.value.exit_code == 2
    return caught.value


@pytest.mark.parametrize("read", [preview, fingerprint, lambda path: scan(path, path.parent / "job")])
def test_what_is_no_file(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(errors.SourceNotFound, match=r"nowhere\.csv"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(errors.SourceNotFound):
        read(tmp_path / "nul\0.csv")
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    with pytest.raises(errors.SourceNotAFile, match="folder"):
        read(folder)
    with pytest.raises(errors.SourceUnreadable):
        read(tmp_path / ("x" * 300))


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"", errors.SourceEmpty, "empty"),
        (b"\n\r\n  \n", errors.SourceEmpty, "empty"),
        (b"\xef\xbb\xbf", errors.SourceEmpty, "empty"),
        (b"email,name\n", errors.SourceEmpty, "header but no row"),
        (b"email,name", errors.SourceEmpty, "header but no row"),
        (b"email,name\n\n\r\n", errors.SourceEmpty, "header but no row"),
        (gzip.compress(GOOD.encode(), mtime=0), errors.SourceFormat, "gzip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", errors.SourceFormat, "Excel"),
        (b'{"email": "a@x.example"}', errors.SourceFormat, "JSON"),
        (b' [{"email": "a@x.example"}]', errors.SourceFormat, "JSON"),
        (b"<html><body>Sign in</body></html>", errors.SourceFormat, "HTML"),
        (b"email,name\ra@x.example,Ann\rb@x.example,Bob\r", errors.SourceFormat, "carriage return"),
        (b"email,name\ra@x.example,Ann", errors.SourceFormat, "carriage return"),
        (GOOD.encode("utf-16"), errors.SourceEncoding, "UTF-16"),
        (GOOD.encode("utf-16-le"), errors.SourceEncoding, "UTF-16"),
        (GOOD.encode("utf-16-be"), errors.SourceEncoding, "UTF-16"),
        (GOOD.encode("utf-32"), errors.SourceEncoding, "UTF-16 or UTF-32"),
    ],
)
def test_what_is_no_csv(sources: Sources, content: bytes, kind: type[errors.SourceError], words: str) -> None:
    error = refusal(sources, content)
    assert type(error) is kind
    assert words in error.message


def test_a_spreadsheet(sources: Sources, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    error = refusal(sources, (tmp_path / "book.xlsx").read_bytes())
    assert type(error) is errors.SourceFormat
    assert "spreadsheet" in error.message


@pytest.mark.parametrize(
    ("separator", "words"), [(";", "semicolon"), ("\t", "tab"), ("|", "vertical bar"), (":", "colon")]
)
def test_another_separator(sources: Sources, separator: str, words: str) -> None:
    error = refusal(sources, GOOD.replace(",", separator))
    assert type(error) is errors.SourceDelimiter
    assert (words in error.message, error.line) == (True, 1)
    quoted = refusal(sources, f'"email"{separator}"first, name"\n"a@x.example"{separator}"Ann"\n')
    assert type(quoted) in {errors.SourceDelimiter, errors.SourceQuotes}


@pytest.mark.parametrize("line", ["sep=;", "sep=,", '"sep=;"', "SEP=\t"])
def test_the_separator_line_of_excel(sources: Sources, line: str) -> None:
    error = refusal(sources, f"{line}\nemail;name\na@x.example;Ann\n")
    assert type(error) is errors.SourceDelimiter
    assert (error.line, "separator line" in error.message) == (1, True)


@pytest.mark.parametrize(
    ("header", "line", "words"),
    [
        ("email,,name", 1, "column 2 of 3 has no name"),
        ("email,name,", 1, "column 3 of 3"),
        ("email,Team,team ", 1, "columns 2 and 3 are both named"),
        ("email,email", 1, "columns 1 and 2 are both named"),
        ("email,E-Mail", 1, "both stand for email"),
        ("email,organization,org_name", 1, "both stand for org_name"),
        ("emial,name", 1, "“emial”"),
        ("first_name,contact mail", 1, "“contact mail”"),
        ("first_name,last_name", 1, "no column for e-mail addresses"),
        ("a@x.example,Ann", 1, "no column name is recognised"),
        ("# exported yesterday", 1, "no column name is recognised"),
        ("\n\nfirst_name,last_name", 3, "no column for e-mail addresses"),
    ],
)
def test_headers_that_cannot_be_used(sources: Sources, header: str, line: int, words: str) -> None:
    error = refusal(sources, f"{header}\nx,y\n")
    assert type(error) is errors.SourceHeader
    assert words in error.message
    assert error.line == line


def test_a_header_without_end(sources: Sources) -> None:
    error = refusal(sources, "email," + "x" * 1_100_000)
    assert type(error) is errors.SourceHeader
    assert "longer than" in error.message


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"em\xe4il,email\na@x.example,b\n", 1),
        (b"email,name\na@x.example,Ann\nb@x.example,Andr\xe9\n", 3),
        (b'email,name\na@x.example,"two\nlines"\nb@x.example,\xc3(\n', 4),
        (b"email,name\nb@x.example,\xed\xa0\x80\n", 2),
        (b"email,name\nb@x.example,cut \xe2\x82", 2),
        (b"email,name\nx^b@x.example,Ann\nb@x.example,\xe4\n", 3),
        (b"email,name\n\x28\xb5\x2f\xfd,Ann\n", 2),
    ],
)
def test_bytes_that_are_not_utf_8_are_found(sources: Sources, content: bytes, line: int) -> None:
    error = refusal(sources, content)
    assert type(error) is errors.SourceEncoding
    assert error.line == line


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"email,na\0me\na@x.example,Ann\n", 1),
        (b"email,name\na@x.example,Ann\nb@x.example,B\0b\n", 3),
        (b'email,name\na@x.example,"two\nlines\0"\n', 3),
        (b"email,name\na@x.example,Ann\n" + b"\0" * 30, 3),
    ],
)
def test_nul_bytes_are_found(sources: Sources, content: bytes, line: int) -> None:
    error = refusal(sources, content)
    assert type(error) is errors.SourceFormat
    assert "NUL" in error.message
    assert error.line == line


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
    ],
)
def test_quotes_out_of_place_are_found(sources: Sources, row: str, column: str, words: str) -> None:
    header = 'email,name,note\na@x.example,"Ann\nMarie",""\n\n'
    for ending in ("", "\n", "\nc@x.example,Cy,z\n"):
        error = refusal(sources, header + row + ending)
        assert type(error) is errors.SourceQuotes
        assert words in error.message
        assert (error.line, error.column) == (5, column)


def test_a_quote_that_is_closed_by_the_next_one(sources: Sources) -> None:
    error = refusal(sources, 'email,name\na@x.example,"Ann\nb@x.example,Bob\nc@x.example,"Cy"\n')
    assert type(error) is errors.SourceQuotes
    assert error.line == 2
    assert "on line 4" in error.message


def test_quotes_out_of_place_in_the_header(sources: Sources) -> None:
    assert type(refusal(sources, 'email,"na"me\na@x.example,x\n')) is errors.SourceQuotes
    assert type(refusal(sources, '"email,name\na@x.example,x\n')) is errors.SourceQuotes


def test_a_mistake_is_found_in_any_block(sources: Sources, small_blocks: int) -> None:
    rows = [f"user{number}@x.example,Name {number}" for number in range(200)]
    rows[150] = 'user150@x.example,5" tall'
    error = refusal(sources, "email,name\n" + "\n".join(rows))
    assert (type(error), error.line) == (errors.SourceQuotes, 152)
    rows[150] = "user150@x.example,bad\udcff"
    error = refusal(sources, ("email,name\n" + "\n".join(rows)).encode(errors="surrogateescape"))
    assert (type(error), error.line) == (errors.SourceEncoding, 152)


def test_bytes_that_are_not_utf_8_in_very_wide_rows(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    too_large = "(?:a{1000}){1000}"
    monkeypatch.setattr("tui_importer.source.blocks._line_grammar", lambda _width: too_large)
    error = refusal(sources, b"email,name\na@x.example,Ann\nb@x.example,\xe4\n")
    assert (type(error), error.line) == (errors.SourceEncoding, 3)
    assert sources.scan(GOOD).result.rows == 1


def test_a_record_without_end(sources: Sources, monkeypatch: pytest.MonkeyPatch, small_blocks: int) -> None:
    monkeypatch.setattr("tui_importer.source.blocks.MAX_RECORD", 1_000)
    error = refusal(sources, 'email,name\na@x.example,Ann\nb@x.example,"' + "x\n" * 2_000)
    assert (type(error), error.line, error.column) == (errors.SourceQuotes, 3, "name")
    error = refusal(sources, "email,name\na@x.example,Ann\nb@x.example," + "x" * 4_000)
    assert (type(error), error.line) == (errors.SourceQuotes, 3)
    assert "longer than 16 MB" in error.message


def test_a_source_that_changes_while_it_is_scanned(sources: Sources) -> None:
    path = sources.write(GOOD)

    def append(_progress: object) -> None:
        with path.open("ab") as file:
            file.write(b"late@x.example,Late\n")

    with pytest.raises(errors.SourceChanged, match="changed"):
        scan(path, path.parent / "job", progress=append)
    assert not any((path.parent / "job").iterdir())


def test_a_folder_that_cannot_be_written(sources: Sources, tmp_path: Path) -> None:
    (tmp_path / "job").write_text("a file")
    with pytest.raises(errors.FrozenRowsError):
        scan(sources.write(GOOD), tmp_path / "job")
