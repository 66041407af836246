"""Organizations that may be one, rows that say the same, and people whose rows differ: named, never joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tui_importer.source.frozen.reader import read_problems

if TYPE_CHECKING:
    from tests.source.conftest import Sources

HEADER = "email,first_name,org_external_id,org_name,password\n"


def messages(sources: Sources, *rows: str) -> list[tuple[int, str, str]]:
    """Row, kind and message of each finding; all rows can be imported."""
    scanned = sources.scan(HEADER + "".join(f"{row}\n" for row in rows))
    assert scanned.result.importable == scanned.result.rows == len(rows)
    return [(p.row, p.kind, p.message) for p in read_problems(scanned.result.folder)]


def test_one_name_on_two_keys(sources: Sources) -> None:
    ((row, kind, message),) = messages(
        sources, "a@x.example,,one,Acme,", "b@x.example,,two,Other,", "c@x.example,,three, Acme ,"
    )
    assert (row, kind) == (3, "organization_name_shared")
    assert "row 1 (“Acme”)" in message


@pytest.mark.parametrize("name", ["acme", "ACME Inc.", "Acme  inc", "Acme, Inc", "A.C.M.E. Inc", "Ａcme Inc"])
def test_names_that_differ_in_case_blanks_or_punctuation_only(sources: Sources, name: str) -> None:
    first = "Acme" if name == "acme" else "Acme Inc"
    ((row, kind, message),) = messages(sources, f"a@x.example,,one,{first},", f'b@x.example,,two,"{name}",')
    assert (row, kind) == (2, "organization_similar")
    assert f"row 1 (“{first}”)" in message


def test_other_names_are_not_alike(sources: Sources) -> None:
    rows = ["a@x.example,,one,Acme,", "b@x.example,,two,Acme 2,", "c@x.example,,three,!!!,", "d@x.example,,four,???,"]
    assert messages(sources, *rows) == []


def test_a_public_mail_provider_is_no_organization(sources: Sources) -> None:
    found = messages(sources, "a@gmail.com,,one,GMail.com,", "b@x.example,,two,@web.de,", "c@x.example,,t,x.example,")
    assert [(row, kind) for row, kind, _ in found] == [(1, "organization_public"), (2, "organization_public")]


def test_rows_that_say_the_same_in_every_value(sources: Sources) -> None:
    rows = [
        "a@x.example,Ann,one,Acme,secret",
        "a@x.example,Ann,one,Acme,secret",
        "a@x.example,Ann,two,Other,secret",
        "A@x.example,Ann,one,Acme,secret",
        "a@x.example,Ann,one,Acme,secret",
    ]
    found = messages(sources, *rows)
    assert [(row, kind) for row, kind, _ in found] == [(2, "row_duplicate"), (5, "row_duplicate")]
    assert all("row 1" in message for _, _, message in found)


def test_rows_that_differ_in_a_secret_only_are_no_duplicates_and_the_secret_is_not_shown(sources: Sources) -> None:
    found = messages(sources, "a@x.example,Ann,one,Acme,first-secret", "a@x.example,Ann,one,Acme,other-secret")
    assert [(row, kind) for row, kind, _ in found] == [(2, "profile_conflict")]
    assert "secret" not in found[0][2]
    assert "row 1" in found[0][2]


def test_profiles_that_differ_are_shown_side_by_side(sources: Sources) -> None:
    found = messages(sources, "a@x.example,Ann,one,Acme,", "a@x.example,Anna,two,Other,", "a@x.example,,three,Third,")
    assert [(row, kind) for row, kind, _ in found] == [(2, "profile_conflict")]
    assert "“Ann” in row 1, “Anna” here" in found[0][2]
    found = messages(sources, "a@x.example,,one,Acme,", "a@x.example,Anna,two,Other,")
    assert "nothing in row 1, “Anna” here" in found[0][2]
