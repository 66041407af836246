"""Exports of other systems, as they are: what is recognised, what is derived, and what is never assumed."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tui_importer.source.cells import HASH_TYPES
from tui_importer.source.checks.derived import RULES
from tui_importer.source.columns.aliases import normalise
from tui_importer.source.columns.presets import OTHER_FILES, PRESETS
from tui_importer.source.columns.recognise import recognise
from tui_importer.source.errors import SourceHeader
from tui_importer.source.frozen.reader import read_problems
from tui_importer.source.models import FIELDS
from tui_importer.source.options import Reading

if TYPE_CHECKING:
    from tests.source.conftest import Sources

HERE = Path("users.csv")
BCRYPT = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
ARGON2 = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$QG6BMwMweVu+fGdGtTGN9gzkHBTCL+1KvyjmzZKiY4E"

HEADERS = {
    "Auth0": "Id,Email,Email Verified,Given Name,Family Name",
    "Clerk": "id,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,"
    "unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,"
    "password_hasher",
    "Cognito": "cognito:username,name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,"
    "website,email,email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,"
    "updated_at,cognito:mfa_enabled",
    "Stytch": "organization_id,organization_name,member_id,email_address,name,status,roles",
    "Supabase": "instance_id,id,aud,role,email,encrypted_password,email_confirmed_at,raw_user_meta_data,phone",
    "Descope": "email,givenName,familyName,verifiedEmail,tenantId",
    "the official importer's users": "email,password,password_hash,password_hash_type,first_name,last_name,"
    "email_verified,external_id,metadata,org_id,org_external_id,org_name,role_slugs",
    "the official importer's memberships": "email,external_id,user_id,org_id,org_external_id,org_name,role_slugs,"
    "metadata",
    "the managed import's users": "user_id,email,email_verified,first_name,last_name,password_hash",
}


@pytest.mark.parametrize("preset", HEADERS)
def test_an_export_is_recognised_by_its_headers_in_any_order_and_case(preset: str) -> None:
    names = HEADERS[preset].split(",")
    assert recognise(names, HERE).preset == preset
    random.Random(5).shuffle(names)
    assert recognise([name.upper() for name in names], HERE).preset == preset


@pytest.mark.parametrize("preset", ["Auth0", "Clerk", "Cognito", "Stytch", "Supabase", "Descope"])
def test_columns_that_somebody_added_do_not_hide_an_export(preset: str) -> None:
    columns = recognise([*HEADERS[preset].split(","), "shoe size"], HERE)
    assert (columns.preset, columns.unknown[-1]) == (preset, "shoe size")


def test_a_table_of_ones_own_is_no_export() -> None:
    for header in ("email,id", "email,user_id", "email,first_name,last_name,org_name", "id,email,given_name"):
        columns = recognise(header.split(","), HERE)
        assert (columns.preset, "external_id" in columns.fields) == ("", False)


def test_what_stands_in_the_presets_is_right() -> None:
    for preset in PRESETS:
        keys = {*preset.needs, *preset.only, *preset.fields, *(key for rule in preset.rules for key in rule.sources)}
        assert {normalise(key) for key in keys} == keys
        assert set(preset.fields.values()) <= {*FIELDS, ""}
        assert {rule.rule for rule in preset.rules} <= RULES.keys()
        # The preview knows no derived fields, and a secret is kept apart as it is.
        assert not {rule.field for rule in preset.rules} & {
            "email",
            "org_id",
            "org_external_id",
            "org_name",
            "password",
        }
        assert "password_hash" not in {rule.field for rule in preset.rules}
    assert {preset.name for preset in PRESETS} == HEADERS.keys()


def test_auth0(sources: Sources) -> None:
    found = sources.scan(HEADERS["Auth0"] + "\nauth0|65a,Ann@X.example,true,Ann,Ä\nauth0|65b,b@x.example,,,\n")
    assert [dict(row.user) for row in found.rows] == [
        {
            "email": "ann@x.example", "first_name": "Ann", "last_name": "Ä", "email_verified": True,
            "external_id": "auth0|65a",
        },
        {"email": "b@x.example", "external_id": "auth0|65b"},
    ]  # fmt: skip
    assert found.findings == []


def test_a_column_with_a_fields_own_name_wins_over_the_old_id() -> None:
    columns = recognise([*HEADERS["Auth0"].split(","), "external_id"], HERE)
    assert (columns.fields["external_id"], columns.unknown) == ("external_id", ("Id",))


def test_clerk_verifies_the_primary_address_only_if_it_is_among_the_verified(sources: Sources) -> None:
    cases = [
        ("ann@x.example", "ann@x.example", True),
        ("Ann2@x.example", "other@x.example| ANN2@X.example |third@x.example", True),
        ("bob@x.example", "", False),
        ("cy@x.example", "cyd@x.example|scy@x.example|cy@x.example.org", False),
        ("dee@x.example", "dee@x.examples", False),
        ("e.e@x.example", "eme@x.example", False),
    ]
    rows = [f"u{n},A,B,,{primary},,{verified},{primary},,,,,\n" for n, (primary, verified, _) in enumerate(cases)]
    found = sources.scan(HEADERS["Clerk"] + "\n" + "".join(rows))
    assert [row.user["email_verified"] for row in found.rows] == [verified for _, _, verified in cases]
    assert found.findings == []
    assert found.result.coverage[7].use == "unused", "an address that is not verified is not used"


def test_clerk_several_primary_addresses_are_no_address_and_none_is_missing(sources: Sources) -> None:
    found = sources.scan(
        HEADERS["Clerk"] + "\nu1,A,B,,a@x.example|b@x.example,,a@x.example,,,,,,\nu2,A,B,,,,c@x.example,,,,,,\n"
    )
    assert found.findings == [
        (1, 2, "primary_email_address", "email_malformed"),
        (2, 3, "primary_email_address", "email_missing"),
    ]


def test_clerk_hashers_are_the_names_that_the_api_has(sources: Sources) -> None:
    rows = [("bcrypt", BCRYPT), ("argon2id", ARGON2), ("ARGON2I", ARGON2), ("", "")]
    text = "".join(f"u{n},,,,u{n}@x.example,,,,,,,{digest!r},{kind}\n" for n, (kind, digest) in enumerate(rows))
    found = sources.scan(HEADERS["Clerk"] + "\n" + text.replace("'", '"'))
    assert [row.user.get("password_hash_type") for row in found.rows] == ["bcrypt", "argon2", "argon2", None]
    assert found.rows[1].secrets["password_hash"].reveal() == ARGON2
    bad = sources.scan(HEADERS["Clerk"] + f"\nu,,,,u@x.example,,,,,,,{BCRYPT},md5\n")
    assert (1, 2, "password_hasher", "hash_type_unknown") in bad.findings


def test_supabase_confirms_by_a_date_and_knows_its_hashes(sources: Sources) -> None:
    meta = '"{""full_name"": ""Ann Ä"", ""age"": 4}"'
    found = sources.scan(
        HEADERS["Supabase"] + "\n"
        f"0,u1,x,authenticated,a@x.example,{BCRYPT},2024-05-01 10:00:00+00,{meta},\n"
        f'0,u2,x,authenticated,b@x.example,"{ARGON2}",NULL,"{{}}",\n'
        "0,u3,x,authenticated,c@x.example,,,not json,\n"
        "0,u4,x,authenticated,d@x.example,,perhaps,,\n"
    )
    first, second, third, fourth = found.rows
    assert dict(first.user) == {
        "email": "a@x.example", "name": "Ann Ä", "email_verified": True, "external_id": "u1",
        "password_hash_type": "bcrypt",
    }  # fmt: skip
    assert first.secrets["password_hash"].reveal() == BCRYPT
    assert (second.user["email_verified"], second.user["password_hash_type"]) == (False, "argon2")
    assert dict(third.user) == {"email": "c@x.example", "email_verified": False, "external_id": "u3"}
    assert fourth.problem is not None
    assert found.findings == [(4, 5, "email_confirmed_at", "email_verified_invalid")]
    assert found.result.roles == (), "the role of a database is none of WorkOS"


@pytest.mark.parametrize(
    ("header", "blocked", "fine"),
    [
        ("blocked", ["true", "TRUE", "1"], ["false", "", "no"]),
        ("Is Suspended", ["yes"], ["0"]),
        ("banned_until", ["2027-01-01 00:00:00+00", "none@night"], ["", "NULL", "\\N", "none", "[NULL]", "n/a"]),
        ("deleted_at", ["2024-05-01T10:00:00Z"], ["null", "false", "0001-01-01T00:00:00Z"]),
        ("Enabled", ["false"], ["true", ""]),
    ],
)
def test_who_is_blocked_or_gone_is_not_let_in_unnoticed(
    sources: Sources, header: str, blocked: list[str], fine: list[str]
) -> None:
    lines = [f"u{n}@x.example,{value}\n" for n, value in enumerate([*blocked, *fine])]
    found = sources.scan(f"email,{header}\n{''.join(lines)}")
    assert found.findings == [(n + 1, n + 2, header, "person_blocked") for n in range(len(blocked))]
    assert f"“{blocked[0]}”" in next(iter(read_problems(found.result.folder))).message
    assert found.result.importable == len(lines)
    dismissed = sources.scan(f"email,{header}\n{''.join(lines)}", reading=Reading(mapping={header: ""}))
    assert dismissed.findings == []


def test_stytch_imports_active_members_into_its_organizations(sources: Sources) -> None:
    found = sources.scan(
        HEADERS["Stytch"] + "\n"
        "organization-test-1,Acme,member-1,a@x.example,Ann,active,admin\n"
        "organization-test-1,Acme,member-2,b@x.example,Bob,invited,\n"
        "organization-test-1,Acme,member-3,c@x.example,Cy,,\n"
    )
    assert found.rows[0].organization_key == "external_id:organization-test-1"
    assert found.rows[0].user["external_id"] == "member-1"
    assert found.findings == [(2, 3, "status", "not_active")]
    assert "“invited”, not active" in found.rows[1].problem.message  # type: ignore[union-attr]
    kept = sources.scan(
        HEADERS["Stytch"] + "\no,A,m,b@x.example,B,active,\no,A,n,c@x.example,C,gone,\n",
        reading=Reading(mapping={"status": "metadata"}),
    )
    assert kept.rows[0].user["metadata"] == {"status": "active"}
    assert kept.findings == [(2, 3, "status", "not_active")]
    assert kept.result.coverage[5].words == "metadata, under its own name (rows that are not active are refused)"
    all_of_them = Reading(mapping={"status": ""})
    assert sources.scan(HEADERS["Stytch"] + "\no,A,m,b@x.example,B,invited,\n", reading=all_of_them).findings == []


def test_cognito_and_descope(sources: Sources) -> None:
    cognito = sources.scan("sub,cognito:username,email,email_verified,given_name\ns-1,ann,a@x.example,true,Ann\n")
    assert cognito.rows[0].user["external_id"] == "s-1"
    username = sources.scan("cognito:username,email,email_verified\nann,a@x.example,FALSE\n").rows[0].user
    assert (username["external_id"], username["email_verified"]) == ("ann", False)
    descope = sources.scan(HEADERS["Descope"] + "\na@x.example,Ann,A,true,T1\n").rows[0]
    assert (descope.user["email_verified"], descope.organization_key) == (True, "external_id:T1")


def test_the_managed_imports_users_say_the_type_of_a_hash_by_its_beginning(sources: Sources) -> None:
    beginnings = {
        "bcrypt": BCRYPT, "argon2": ARGON2, "ssha": "{SSHA}46BnfOtjjVkV2IM1YrlQPStNxk5zYWx0c2FsdA==",
        "ssha256": "{SSHA256}CjjqPXPYGjVMmTRdzHN2UTPdg0XIYl0HWPy+0QwtTBRzYWx0c2FsdA==",
        "scrypt": "$scrypt$v=1$n=16384,r=8,p=1,kl=64$c2FsdHNhbHRzYWx0c2FsdA$PJAV4qWLTjSe3lT4xOIAexIMw5uL3hBCiM6HFiXcgr"
        "aDPdS4dEgIm9saZt/++/egjpnr6vG/8RFFUjRYI70sMQ",
        "pbkdf2": "$pbkdf2$i=600000,d=sha256$c2FsdHNhbHRzYWx0c2FsdA$QG6BMwMweVu+fGdGtTGN9gzkHBTCL+1KvyjmzZKiY4E",
        "firebase-scrypt": "$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=c2Fs$c2FsdA$aGFzaA",
    }  # fmt: skip
    assert beginnings.keys() == set(HASH_TYPES)
    rows = "".join(f'u{n},u{n}@x.example,,,,"{hashed}"\n' for n, hashed in enumerate(beginnings.values()))
    found = sources.scan(HEADERS["the managed import's users"] + "\n" + rows + "u9,u9@x.example,,,,deadbeef\n")
    *known, unknown = found.rows
    assert [row.user.get("password_hash_type") for row in known if row.problem is None] == [
        kind for kind, row in zip(beginnings, known, strict=True) if row.problem is None
    ]
    assert known[0].user["external_id"] == "u0"
    assert unknown.problem is not None
    assert (8, 9, "password_hash", "hash_without_type") in found.findings


@pytest.mark.parametrize("other", OTHER_FILES, ids=lambda it: it.what)
def test_a_file_that_goes_with_an_export_but_has_no_users_is_called_what_it_is(other: object) -> None:
    (it,) = [candidate for candidate in OTHER_FILES if candidate is other]
    with pytest.raises(SourceHeader) as caught:
        recognise(sorted(it.headers), HERE)
    assert it.what in caught.value.message
    assert caught.value.next == it.next


def test_a_mapping_turns_off_what_would_be_derived_of_its_columns(sources: Sources) -> None:
    row = f"\n0,u1,x,authenticated,a@x.example,{BCRYPT},2024-05-01,,\n"

    def user(**mapping: str) -> dict[str, object]:
        return dict(sources.scan(HEADERS["Supabase"] + row, reading=Reading(mapping=mapping)).rows[0].user)

    assert "email_verified" not in user(email_confirmed_at="")
    assert user(email_confirmed_at="metadata")["metadata"] == {"email_confirmed_at": "2024-05-01"}
    assert "password_hash_type" not in user(encrypted_password="")
    assert "external_id" not in user(id="")
    assert "email_verified" not in user(phone="email_verified"), "the column that was chosen is empty here"


def test_another_address_than_the_primary_one_is_not_verified_by_it(sources: Sources) -> None:
    text = HEADERS["Clerk"] + ",work\nu,,,,a@x.example,,a@x.example,,,,,,,w@x.example\n"
    row = sources.scan(text, reading=Reading(mapping={"work": "email"})).rows[0]
    assert dict(row.user) == {"email": "w@x.example", "external_id": "u"}


def test_cells_of_a_ragged_row_are_not_computed_with(sources: Sources) -> None:
    found = sources.scan(
        HEADERS["Clerk"] + "\nu1,A,B,,a@x.example,,a@x.example,,,,,,\nu2,A,B,,,b@x.example,,b@x.example,,,,,,,\n"
    )
    assert found.findings == [(2, 3, "", "row_too_long")]
    assert found.rows[0].user["email_verified"] is True
    assert found.rows[1].user.keys() <= {"email"}
    assert tuple(found.rows[1].cells) == tuple(HEADERS["Clerk"].split(",")), "only the file's own columns"


@pytest.mark.usefixtures("small_blocks")
def test_derived_fields_are_right_in_every_block(sources: Sources) -> None:
    rows = [f"u{n},,,,u{n}@x.example,,{f'u{n}@x.example' if n % 3 else ''},,,,,,\n" for n in range(200)]
    found = sources.scan(HEADERS["Clerk"] + "\n" + "".join(rows))
    assert [row.user["email_verified"] for row in found.rows] == [bool(n % 3) for n in range(200)]
    assert [use.filled for use in found.result.coverage if use.header in {"id", "verified_email_addresses"}] == [
        200, sum(bool(n % 3) for n in range(200)),
    ]  # fmt: skip
