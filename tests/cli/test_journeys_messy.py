"""An export as people really have them, without a screen: the plan names every problem, the rest is imported."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from tests.support import assert_exact

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tui_importer.sandbox.server import Sandbox

HEADER = "Id;Email;Email Verified;Given Name;Family Name;Organization Name;Role"


def messy(path: Path) -> list[dict[str, str]]:
    """Semicolons, Windows-1252, an Auth0 header, ragged rows, duplicates, a near-duplicate name; returns what is right.

    Rows 30, 60 and 90 are ragged, row 100 names an organization in another way, row 110 has a role that nobody knows.
    """
    right = [
        {"email": f"user{n}@example.com", "org_name": "Org-3" if n == 100 else f"Org {n % 8}"} for n in range(1, 121)
    ]
    lines = [
        f"auth0|{n:05};{row['email']};true;Jörg {n};Müller;{row['org_name']};{'superadmin' if n == 110 else 'member'}"
        for n, row in enumerate(right, 1)
    ]
    lines += lines[:12]
    for n, change in ((30, ""), (60, ";surplus"), (90, "")):
        lines[n - 1] = lines[n - 1] + change if change else lines[n - 1].rpartition(";")[0]
    path.write_bytes("\r\n".join([HEADER, *lines]).encode("cp1252"))
    return [row for n, row in enumerate(right, 1) if n not in {30, 60, 90}]


def test_a_messy_export_goes_to_a_correct_plan_and_the_rest_is_imported(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    source = tmp_path / "export.csv"
    right = messy(source)
    plan = cli("run", source, "--dry-run", "--json", code=1).document
    assert plan["dialect"] == "Windows-1252, separated by a semicolon"
    assert plan["preset"] == "Auth0"
    assert (plan["rows"], plan["users"], plan["memberships"]) == (132, 117, 117)
    assert plan["organizations"]["create"] == 9
    assert plan["roles_missing"] == ["superadmin"]
    found = {finding["kind"]: finding for finding in plan["findings"]}
    assert {kind: finding["count"] for kind, finding in found.items()} == {
        "row_too_short": 2, "row_too_long": 1, "row_duplicate": 12, "organization_similar": 1,
    }  # fmt: skip
    assert [each["line"] for each in found["row_too_short"]["examples"]] == [31, 91]
    assert [each["line"] for each in found["row_duplicate"]["examples"]] == [122, 123, 124]
    assert found["organization_similar"]["examples"][0]["column"] == "Organization Name"

    shown = cli("run", source, "--dry-run", code=1).stdout
    assert "File           Windows-1252, separated by a semicolon, Auth0 export\nColumns        7 used\n" in shown
    assert "line 31: The row has 6 values for 7 columns" in shown
    assert "superadmin" in shown

    summary = cli("run", source, "--job", "j", "--yes", "--max-failed", "off", "--json", code=1).document
    assert (summary["created"], summary["existing"], summary["failed"]) == (116, 12, 4)
    assert sum(summary[outcome] for outcome in ("created", "existing", "failed")) == 132
    failed = {row["_row"]: row for row in csv.DictReader(cli("errors", "j", code=0).stdout.splitlines())}
    assert failed["60"]["Role"] == "member;surplus"
    assert {user["first_name"] for user in sandbox.state.users} == {f"Jörg {n}" for n in range(1, 121)} - {
        "Jörg 30", "Jörg 60", "Jörg 90",
    }  # fmt: skip
    assert len(sandbox.state.users) == len(right)


def test_a_canary_without_a_terminal_stays_paused_and_resume_does_the_rest(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    source = tmp_path / "users.csv"
    rows = [
        {"email": f"user{n}@example.com", "org_external_id": f"o{n % 4}", "org_name": f"Org {n % 4}"} for n in range(30)
    ]
    source.write_text("\n".join(["email\torg_external_id\torg_name", *("\t".join(row.values()) for row in rows)]))
    summary = cli("run", source, "--job", "j", "--yes", "--canary", "5", "--json", code=3).document
    assert (summary["state"], summary["created"], summary["pending"]) == ("paused", 5, 25)
    assert summary["reason"] == "the first 5 rows are done: 5 created, 0 existing, 0 failed"
    assert len(sandbox.state.users) == 5
    assert cli("resume", "j", "--json", code=0).document["created"] == 30
    assert_exact(sandbox, rows)
