"""What an auto-fix corrects is counted and sent; one that is switched off makes an error instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_importer.source._polars import pl
from tui_importer.source.checks import emails
from tui_importer.source.errors import SourceRepair
from tui_importer.source.options import REPAIRS, USUAL, Reading
from tui_importer.source.problems import KINDS

if TYPE_CHECKING:
    from tests.source.conftest import Sources

BCRYPT = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
SSHA = "{SSHA}46BnfOtjjVkV2IM1YrlQPStNxk5zYWx0c2FsdA=="
CASES = {
    "trim": ("first_name", "\u200b Ann\u00a0", "value_untrimmed", ("first_name", "Ann")),
    "booleans": ("email_verified", "WAHR", "email_verified_invalid", ("email_verified", True)),
    "metadata_scalars": ("metadata", '"{""a"": 1.50}"', "metadata_invalid", ("metadata", {"a": "1.50"})),
    "hash_type": ("password_hash", BCRYPT, "hash_without_type", ("password_hash_type", "bcrypt")),
    "control_characters": ("first_name", "An\x07n", "control_character", ("first_name", "An n")),
}


@pytest.mark.parametrize("repair", CASES)
def test_an_auto_fix_is_counted_or_an_error(sources: Sources, repair: str) -> None:
    header, cell, kind, (field, value) = CASES[repair]
    text = f"email,{header}\na@x.example,{cell}\nb@x.example,\n"
    on = sources.scan(text, reading=Reading(repairs=(repair,)))
    assert (on.findings, on.result.repairs) == ([], {repair: 1})
    assert on.rows[0].user[field] == value
    off = sources.scan(text, reading=Reading(repairs=tuple(name for name in USUAL if name != repair)))
    assert (off.findings, off.result.repairs) == ([(1, 2, header, kind)], {})
    assert (off.result.importable, off.rows[0].user) == (1, {"email": "a@x.example"})


def test_addresses_are_lower_cased_or_refused(sources: Sources) -> None:
    text = "email\nAnn@X.example\nb@x.example\n"
    on = sources.scan(text)
    assert (on.rows[0].email, on.result.repairs, on.findings) == ("ann@x.example", {"lower_case": 1}, [])
    off = sources.scan(text, reading=Reading(repairs=()))
    assert off.findings == [(1, 2, "email", "email_capitals")]


def test_a_corrected_hash_is_the_one_that_is_sent(sources: Sources) -> None:
    text = f"email,password_hash,password_hash_type\na@x.example,{SSHA.rstrip('=')},SSHA\n"
    on = sources.scan(text)
    assert (on.findings, on.result.repairs) == ([], {"base64": 1, "hash_type": 1})
    assert on.rows[0].secrets["password_hash"].reveal() == SSHA
    assert on.rows[0].user["password_hash_type"] == "ssha"
    off = sources.scan(text, reading=Reading(repairs=("hash_type",)))
    assert off.findings == [(1, 2, "password_hash", "hash_malformed")]


def test_refused_rows_are_not_counted_and_passwords_stay(sources: Sources) -> None:
    found = sources.scan("email,first_name,password\nno-address, Ann ,x\na@x.example,Ann, two blanks \n")
    assert found.result.repairs == {}
    assert found.rows[1].secrets["password"].reveal() == " two blanks "


def test_an_unknown_repair_is_refused(sources: Sources) -> None:
    with pytest.raises(SourceRepair) as caught:
        sources.scan("email\na@x.example\n", reading=Reading(repairs=("trimm",)))
    assert "trim" in caught.value.next


def test_every_repair_and_kind_says_what_to_do() -> None:
    assert {repair.name for repair in REPAIRS if not repair.usual} == {"control_characters"}
    for words in [*(repair.words for repair in REPAIRS), *(kind.suggestion for kind in KINDS)]:
        assert words[0].isalpha()
        assert words.endswith(".")
        assert "{" not in words


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("org_id", "acme", "org_id_invalid"),
        ("external_id", "..", "external_id_invalid"),
        ("role_slug", "Admin", "role_malformed"),
        ("role_slug", "team lead", "role_malformed"),
        ("role_slug", "a" * 49, "role_doubtful"),
        ("role_slug", "billing:read", "role_doubtful"),
    ],
)
def test_rules_of_the_api(sources: Sources, column: str, value: str, kind: str) -> None:
    found = sources.scan(f"email,{column}\na@x.example,{value}\n")
    assert found.findings == [(1, 2, column, kind)]


@pytest.mark.parametrize("role", ["admin", "org-" + "a" * 60, "a,b-c,d_e"])
def test_usual_roles(sources: Sources, role: str) -> None:
    assert sources.scan(f'email,role_slug\na@x.example,"{role}"\n').findings == []


ADDRESS = st.from_regex(r"\A[a-z0-9!#.+_~-]{1,70}@[a-z0-9.-]{1,80}\Z") | st.emails().map(str.lower)


@settings(max_examples=300, deadline=None)
@given(ADDRESS)
def test_what_the_grammar_takes_is_an_address_to_the_validator(text: str) -> None:
    if len(text) <= emails.MAX_EMAIL and "--" not in text and pl.Series([text]).str.contains(emails.ORDINARY).item():
        assert emails.is_address(text)


@pytest.mark.parametrize(
    "text", ["a@x.example", "a@x.test", "a@corp.local", "ü@bücher.example", "a@xn--bcher-kva.example"]
)
def test_addresses(text: str) -> None:
    assert emails.is_address(text)


@pytest.mark.parametrize("text", ["a@x", "a@x.1", "a..b@x.example", '"a b"@x.example', "a@x．example", "a@-x.example"])
def test_no_addresses(text: str) -> None:
    assert not emails.is_address(text)
