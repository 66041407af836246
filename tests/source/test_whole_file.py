"""Checks of the whole file: repeated users, conflicts, organizations, roles, totals."""

from __future__ import annotations

import csv
import io
import tempfile
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tui_importer.source.frozen.reader import FrozenRows, read_problems
from tui_importer.source.models import Organization
from tui_importer.source.problems import KINDS
from tui_importer.source.scan import scan

if TYPE_CHECKING:
    import pytest

    from tests.source.conftest import Sources

HEADER = ("email", "first_name", "external_id", "org_external_id", "org_name", "role_slug")
EMAILS = ("a@x.example", "A@X.example", " b@x.example ", "b@x.example", "c@x.example", "broken", "")
ROW = st.tuples(
    st.sampled_from(EMAILS),
    st.sampled_from(["", "Ann", "Bob"]),
    st.sampled_from(["", "", "e1", "e2", " e1 "]),
    st.sampled_from(["", "o1", "o2", " o1"]),
    st.sampled_from(["", "One", " One", "O  ne", "O\u00a0ne", "E\u0301te", "\u00c9te"]),
    st.sampled_from(["", "admin", "admin,member", "member"]),
)


def alike(organizations: dict[str, dict[str, Any]]) -> list[tuple[int, str]]:
    """Findings on organizations whose first names are the same, or nearly."""
    findings = []
    exact: dict[str, int] = {}
    simple: dict[str, str] = {}
    for known in sorted(organizations.values(), key=lambda known: known["named"]):
        if known["names"]:
            name = known["names"][0]
            if exact.setdefault(name, known["named"]) != known["named"]:
                findings.append((known["named"], "organization_name_shared"))
            if simple.setdefault(name.lower().replace(" ", ""), name) != name:
                findings.append((known["named"], "organization_similar"))
    return findings


def naive(rows: list[tuple[str, ...]]) -> dict[str, Any]:
    """The same numbers from a plain reading of the rules."""
    owners: dict[str, str] = {}
    users: dict[str, int] = {}
    memberships: dict[tuple[str, str | None], int] = {}
    organizations: dict[str, dict[str, Any]] = {}
    repeats: dict[int, tuple[int | None, int | None]] = {}
    seen: dict[tuple[str, ...], int] = {}
    refused: set[int] = set()
    findings: list[tuple[int, str]] = []
    roles: set[str] = set()
    for number, (raw_email, _first, external_id, org, name, role) in enumerate(rows, 1):
        email = raw_email.strip().lower()
        if "@" not in email:
            refused.add(number)
            findings.append((number, "email_malformed" if email else "email_missing"))
            continue
        owner = owners.setdefault(external_id.strip(), email) if external_id.strip() else email
        if owner != email:
            refused.add(number)
            findings.append((number, "external_id_conflict"))
            continue
        plain = unicodedata.normalize("NFC", " ".join(name.split()))
        key = f"external_id:{org.strip()}" if org.strip() else f"name:{plain}" if plain else None
        if key is not None:
            known = organizations.setdefault(key, {"rows": 0, "first_row": number, "names": [], "named": 0})
            known["rows"] += 1
            if plain and plain not in known["names"]:
                known["names"].append(plain)
                known["named"] = known["named"] or number
                if len(known["names"]) > 1:
                    findings.append((number, "organization_name_conflict"))
        findings += [(number, "row_duplicate")] if seen.setdefault(rows[number - 1], number) != number else []
        if email in users:
            repeats[number] = (users[email], memberships.get((email, key)))
        users.setdefault(email, number)
        memberships[email, key] = number
        roles.update(part for part in role.split(",") if part)
    for number, (first, _twin) in repeats.items():
        assert first is not None
        if any(
            new.strip() and new.strip() != old.strip()
            for new, old in zip(rows[number - 1][1:3], rows[first - 1][1:3], strict=True)
        ):
            findings.append((number, "profile_conflict"))
    findings += alike(organizations)
    return {
        "importable": len(rows) - len(refused),
        "users": len(users),
        "memberships": sum(key is not None for _, key in memberships),
        "roles": tuple(sorted(roles)),
        "repeats": repeats,
        "findings": sorted(findings),
        "organizations": sorted(
            (
                key.partition(":")[0] != "external_id",
                key.partition(":")[2],
                known["rows"],
                known["first_row"],
                known["names"][0] if known["names"] else None,
            )
            for key, known in organizations.items()
        ),
    }  # fmt: skip


def written(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows(rows)
    return text.getvalue().encode()


def check(rows: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "users.csv"
        path.write_bytes(written(rows))
        result = scan(path, Path(name) / "job")
        frozen = FrozenRows(Path(name) / "job").read(1, result.rows)
        findings = sorted((problem.row, problem.kind) for problem in read_problems(result.folder))
    expected = naive(rows)
    assert result.importable == expected["importable"]
    assert result.users == expected["users"]
    assert result.memberships == expected["memberships"]
    assert result.roles == expected["roles"]
    assert findings == expected["findings"]
    assert [
        (it.kind != "external_id", it.value, it.rows, it.first_row, it.name) for it in result.organizations
    ] == expected["organizations"]  # fmt: skip
    repeats = {row.row: (row.first_row, row.twin_row) for row in frozen if row.first_row is not None}
    assert repeats == expected["repeats"]
    assert all(row.twin_row is None for row in frozen if row.first_row is None)
    assert sum(row.problem is not None for row in frozen) == result.rows - result.importable


@settings(max_examples=25, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12))
def test_all_totals_agree_with_a_plain_reading(rows: list[tuple[str, ...]]) -> None:
    check(rows)


def test_users_are_compared_in_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_importer.source.checks.whole_file.BUCKET_ROWS", 7)
    rows: list[tuple[str, ...]] = [
        (f"User{number % 40}@x.example", "", "", f"o{number % 3}", f"Org {number % 3}", "") for number in range(200)
    ]
    check(rows)


def test_a_refused_row_leaves_no_trace(sources: Sources) -> None:
    scanned = sources.scan(
        "email,email_verified,external_id,org_name,role\n"
        "a@x.example,perhaps,e1,Refused Inc.,ghost\n"
        "a@x.example,yes,e1,Kept Inc.,admin\n"
        "b@x.example,yes,e1,Other Inc.,ghost\n"
        "b@x.example,yes,,Kept Inc.,member\n"
    )
    result = scanned.result
    assert scanned.findings == [
        (1, 2, "email_verified", "email_verified_invalid"),
        (3, 4, "external_id", "external_id_conflict"),
    ]
    assert (result.rows, result.importable, result.users, result.memberships) == (4, 2, 2, 2)
    assert result.organizations == (Organization("name:Kept Inc.", "name", "Kept Inc.", "Kept Inc.", 2, 2),)
    assert result.roles == ("admin", "member")
    assert [row.first_row for row in scanned.rows] == [None, None, None, None]
    last = scanned.rows[2].problem
    assert last is not None
    assert "Row 2" in last.message


def test_repeats(sources: Sources) -> None:
    scanned = sources.scan(
        "email,first_name,password,org_id\n"
        "a@x.example,Ann,secret one,org_1\n"
        "b@x.example,,,\n"
        "A@x.example,,,org_2\n"
        "a@X.example ,Ann,secret one,org_1\n"
        "a@x.example,Anne,,org_1\n"
        "b@x.example,,secret two,\n"
        "b@x.example,,,org_1\n"
    )
    assert [(row.first_row, row.twin_row) for row in scanned.rows] == [
        (None, None), (None, None), (1, None), (1, 1), (1, 4), (2, 2), (2, None),
    ]  # fmt: skip
    assert scanned.findings == [(5, 6, "first_name", "profile_conflict"), (6, 7, "password", "profile_conflict")]
    first, _ = read_problems(scanned.result.folder)
    assert "row 1" in first.message
    assert (scanned.result.users, scanned.result.memberships) == (2, 3)


def test_the_same_in_other_words_is_no_profile_conflict(sources: Sources) -> None:
    scanned = sources.scan(
        "email,email_verified,first_name\na@x.example,yes,Ann\na@x.example,TRUE, Ann \na@x.example,no,\n"
    )
    assert scanned.findings == [(3, 4, "email_verified", "profile_conflict")]


def test_organizations_of_all_kinds_in_order(sources: Sources) -> None:
    scanned = sources.scan(
        "email,org_id,org_external_id,org_name\n"
        "a@x.example,,,Zeta\n"
        "b@x.example,,beta,Name B\n"
        "c@x.example,org_9,,\n"
        "d@x.example,,alpha,\n"
        "e@x.example,org_1,,Late name\n"
        "f@x.example,,alpha,Name  A\n"
        "g@x.example,,,id:org_1\n"
        "h@x.example,,alpha,Name Ä\n"
        "i@x.example,,alpha,Name  A \n"
        "j@x.example,,alpha,Name Ä\n"
        "k@x.example,,  ,  \n"
    )
    assert scanned.result.organizations == (
        Organization("id:org_1", "id", "org_1", "Late name", 1, 5),
        Organization("id:org_9", "id", "org_9", None, 1, 3),
        Organization("external_id:alpha", "external_id", "alpha", "Name A", 5, 4),
        Organization("external_id:beta", "external_id", "beta", "Name B", 1, 2),
        Organization("name:Zeta", "name", "Zeta", "Zeta", 1, 1),
        Organization("name:id:org_1", "name", "id:org_1", "id:org_1", 1, 7),
    )  # fmt: skip
    assert scanned.findings == [(8, 9, "org_name", "organization_name_conflict")]
    (conflict,) = read_problems(scanned.result.folder)
    assert "row 6 (“Name A”)" in conflict.message
    assert [row.organization_key for row in scanned.rows][-1] is None
    assert scanned.result.memberships == 10


def test_findings_of_both_halves_are_in_order(sources: Sources, small_blocks: int) -> None:
    long = "e" * 65
    rows = [
        f"u{number // 2}@x.example,{long if number % 10 == 9 else f'{long}{number // 2}'},o1,Org {number % 7}"
        for number in range(90)
    ]
    rows += ["broken,,,"] * 5 + [f"late{number}@x.example,{'e' * 129},,," for number in range(5)]
    scanned = sources.scan("email,external_id,org_external_id,org_name\n" + "\n".join(rows))
    numbers = [row for row, *_ in scanned.findings]
    order = {kind.name: position for position, kind in enumerate(KINDS)}
    assert [(row, order[kind]) for row, _, _, kind in scanned.findings] == sorted(
        (row, order[kind]) for row, _, _, kind in scanned.findings
    )
    assert set(scanned.result.problem_counts) == {
        "row_too_long", "email_malformed", "external_id_long", "external_id_conflict", "organization_name_conflict",
        "profile_conflict",
    }  # fmt: skip
    assert sum(scanned.result.problem_counts.values()) == len(numbers)
    assert scanned.result.rows_with_problems == len(set(numbers))
