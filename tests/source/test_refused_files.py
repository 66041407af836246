"""Files that are refused as a whole: what is no file, headers, what changes meanwhile. The corpus has more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tui_importer.source import errors
from tui_importer.source.preview import preview
from tui_importer.source.read.fingerprint import fingerprint
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
    "content",
    [
        b"email,name\n",
        b"email,name",
        b"email,name\n\n\r\n",
        "\ufeffemail,name\n".encode("utf-16-le"),
        b"email;Gr\xf6\xdfe\r\n",
        b"email,name\r\r",
    ],
)
def test_a_header_without_rows(sources: Sources, content: bytes) -> None:
    error = refusal(sources, content)
    assert type(error) is errors.SourceEmpty
    assert "header but no row" in error.message
    shown = preview(sources.write(content))
    assert (shown.rows, shown.sample, shown.organizations) == (0, (), ())


@pytest.mark.parametrize(
    ("header", "line", "words"),
    [
        ("email,,name", 1, "column 2 of 3 has no name"),
        ("email,name,", 1, "column 3 of 3"),
        ("email,Team,team ", 1, "columns 2 and 3 are both named"),
        ("email,email", 1, "columns 1 and 2 are both named"),
        ("email,E-Mail", 1, "both stand for email"),
        ("email,organization,organization_name", 1, "both stand for org_name"),
        ("emial,name", 1, "“emial”"),
        ("first_name,contact mail", 1, "“contact mail”"),
        ("first_name,last_name", 1, "no column for e-mail addresses"),
        ("a@x.example,Ann", 1, "no column name is recognised"),
        ("# exported yesterday", 1, "no column name is recognised"),
        ("\n\nfirst_name,last_name", 3, "no column for e-mail addresses"),
        ("sep=,\nfirst_name,last_name", 2, "no column for e-mail addresses"),
    ],
)
def test_headers_that_cannot_be_used(sources: Sources, header: str, line: int, words: str) -> None:
    error = refusal(sources, f"{header}\nx,y\n")
    assert type(error) is errors.SourceHeader
    assert words in error.message
    assert error.line == line


@pytest.mark.parametrize(
    ("separator", "words"), [(":", "a colon"), ("^", "a caret"), ("~", "a tilde"), ("\x01", "U+0001")]
)
def test_separators_that_are_not_read(sources: Sources, separator: str, words: str) -> None:
    for before, line in (("", 1), ("\n\n", 3)):
        error = refusal(sources, before + GOOD.replace(",", separator))
        assert type(error) is errors.SourceDelimiter
        assert (words in error.message, error.line) == (True, line)


@pytest.mark.parametrize("header", ['email,"na"me', '"email,name', 'email,na"me', "email,na\rme"])
def test_quotes_out_of_place_in_the_header(sources: Sources, header: str) -> None:
    error = refusal(sources, f"{header}\na@x.example,x\n")
    assert (type(error), error.line) == (errors.SourceQuotes, 1)


def test_a_source_that_changes_while_it_is_scanned(sources: Sources) -> None:
    path = sources.write(GOOD)

    def append(_progress: object) -> None:
        with path.open("ab") as file:
            file.write(b"late@x.example,Late\n")

    with pytest.raises(errors.SourceChanged, match="changed"):
        scan(path, path.parent / "job", progress=append)
    assert not any((path.parent / "job").iterdir())


def test_a_source_that_changes_after_it_was_recognised(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read several times: for its encoding, its header, its rows; all of them must see the same bytes."""
    path = sources.write(GOOD)
    real = scan.__globals__["Freezer"]

    def late(*arguments: object, **options: object) -> object:
        freezer = real(*arguments, **options)
        path.write_bytes(GOOD.encode("utf-16"))
        return freezer

    monkeypatch.setitem(scan.__globals__, "Freezer", late)
    with pytest.raises(errors.SourceError):
        scan(path, path.parent / "job")
    assert not any((path.parent / "job").iterdir())


def test_a_folder_that_cannot_be_written(sources: Sources, tmp_path: Path) -> None:
    (tmp_path / "job").write_text("a file")
    with pytest.raises(errors.FrozenRowsError):
        scan(sources.write(GOOD), tmp_path / "job")
