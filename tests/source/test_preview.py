"""The preview: counts, organizations, masked sample, and the same refusals."""

from __future__ import annotations

import gzip
import threading
from typing import TYPE_CHECKING

import pytest
import zstandard

from tui_importer.source.errors import ScanCancelled, SourceQuotes
from tui_importer.source.preview import preview

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.source.conftest import Sources
    from tui_importer.source.models import Preview

SOURCE = "\ufeff\nE-Mail,First Name,password,org_external_id,org_name,note\n" + "".join(
    f"u{n}@x.example,Name {n},pass{n},o{n % 3},Org  {n % 3},\n\n" for n in range(1, 41)
)


def test_a_preview_shows_what_the_scan_will_find(sources: Sources) -> None:
    shown = preview(sources.write(SOURCE))
    result = sources.scan(SOURCE).result
    assert (shown.rows, shown.size) == (40, len(SOURCE.encode()))
    assert (shown.columns, shown.fields, shown.unknown_columns) == (result.columns, result.fields, ("note",))
    plain = [(it.key, it.kind, it.value, it.name, it.rows) for it in shown.organizations]
    assert plain == [(it.key, it.kind, it.value, it.name, it.rows) for it in result.organizations]
    assert len(shown.sample) == 20
    assert shown.sample[0] == ("u1@x.example", "Name 1", "•••", "o1", "Org  1", "")
    assert "pass1" not in repr(shown)


def test_a_small_source(sources: Sources) -> None:
    shown = preview(sources.write("email\na@x.example"))
    assert (shown.rows, shown.organizations, shown.sample) == (1, (), (("a@x.example",),))
    shown = preview(sources.write("email\n"))
    assert (shown.rows, shown.sample) == (0, ())


@pytest.mark.parametrize("row", ["a@x.example,s,x,surplus,more", "a@x.example", "a@x.example,s,x,"])
def test_ragged_rows_do_not_stop_a_preview(sources: Sources, row: str) -> None:
    for rows in (f"{row}\nb@x.example,s,A\n", f"b@x.example,s,A\n{row}\n"):
        shown = preview(sources.write(f"email,password,org_name\n{rows}"))
        assert shown.rows == 2
        assert [len(cells) for cells in shown.sample] == [3, 3]
        assert "surplus" not in repr(shown.sample)


def test_a_header_of_several_lines(sources: Sources) -> None:
    shown = preview(sources.write('email,"first\nname","org\r\nname"\na@x.example,Ann,A\n'))
    assert shown.fields == {"email": "email", "first_name": "first\nname", "org_name": "org\r\nname"}
    assert (shown.rows, [it.key for it in shown.organizations]) == (1, ["name:A"])


def test_what_polars_refuses_is_read_otherwise(sources: Sources) -> None:
    shown = preview(sources.write('email,org_name\n"a"@x.example,A\nb@x.example,B\n'))
    assert (shown.rows, [it.key for it in shown.organizations]) == (2, ["name:A", "name:B"])
    shown = preview(sources.write("email,org_name\na@x.example,Ä\n".encode() + b"b@x.example,\xe4\n"))
    assert (shown.rows, shown.dialect) == (2, "UTF-8, separated by a comma")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_a_preview_of_any_dialect_is_that_of_the_plain_file(
    sources: Sources, encoding: str, pack: Callable[[bytes], bytes], ending: str
) -> None:
    text = SOURCE.replace("Name", "Zoë")
    plain = preview(sources.write(text))
    written = text.lstrip("\ufeff").replace(",", ";").replace("\n", ending)
    shown = preview(sources.write(pack(written.encode(encoding))))
    assert (shown.rows, shown.columns, shown.fields) == (plain.rows, plain.columns, plain.fields)
    assert shown.sample == plain.sample
    assert [(it.key, it.name, it.rows) for it in shown.organizations] == [
        (it.key, it.name, it.rows) for it in plain.organizations
    ]
    assert "separated by a semicolon" in shown.dialect


@pytest.mark.parametrize("merged", [100_000, 10])
def test_a_long_source_is_counted_piece_by_piece_and_can_be_given_up(
    sources: Sources, monkeypatch: pytest.MonkeyPatch, merged: int
) -> None:
    monkeypatch.setattr("tui_importer.source.preview._MERGED", merged)
    rows = "".join(f"u{n}@x.example,o{n % 500},{'x' * 200}\n" for n in range(40_000))
    path = sources.write(("email,org_external_id,note\n" + rows).encode("utf-16"))
    seen: list[Preview] = []
    shown = preview(path, progress=seen.append)
    assert (shown.rows, len(shown.organizations), shown.share) == (40_000, 500, 1.0)
    assert {(it.rows, it.first_row) for it in shown.organizations} == {(80, n) for n in range(1, 501)}
    assert (seen[0].rows, seen[0].share, seen[0].organizations) == (0, 0.0, ())
    assert (seen[0].columns, seen[0].sample) == (shown.columns, shown.sample)
    assert len(seen) > 4
    assert seen == sorted(seen, key=lambda it: (it.rows, it.share))
    assert seen[-1].rows == 40_000

    given_up = threading.Event()
    counted: list[int] = []

    def give_up(known: Preview) -> None:
        counted.append(known.rows)
        if known.rows:
            given_up.set()

    with pytest.raises(ScanCancelled):
        preview(path, progress=give_up, cancelled=given_up)
    assert len(counted) == 2


def test_most_rows_broken(sources: Sources) -> None:
    with pytest.raises(SourceQuotes) as caught:
        preview(sources.write("email,org_name\n" + '"a"@x.example,A\n' * 40))
    assert caught.value.line == 2


def test_line_breaks_in_values(sources: Sources) -> None:
    shown = preview(sources.write('email,note,org_name\na@x.example,"one\n\ntwo",A\nb@x.example,,A\n'))
    assert shown.rows == 2
    assert [(it.rows, it.first_row) for it in shown.organizations] == [(2, 1)]
