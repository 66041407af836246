"""`run` from begin to end: documents, exit codes, dry runs, refusals that leave nothing behind."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import FAST
from tests.support import assert_exact, person, write_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tui_importer.sandbox.server import Sandbox

NOTHING = {"organizations": 0, "users": 0, "memberships": 0}
SUMMARY_KEYS: dict[str, Any] = {
    "job": 0, "state": 0, "reason": 0, "rows": 0, "created": 0, "existing": 0, "failed": 0, "skipped": 0, "pending": 0,
    "blocked": 0, "uncertain": 0, "users": {"created": 0, "existing": 0, "updated": 0, "failed": 0},
    "memberships": {"created": 0, "existing": 0}, "organizations": {"resolved": 0, "created": 0, "failed": 0},
    "requests": 0, "retries": 0, "rate_limited": 0, "cache": {"hits": 0, "misses": 0},
    "seconds": {"scan": 0, "prewarm": 0, "import": 0},
}  # fmt: skip
PLAN_KEYS: dict[str, Any] = {
    "environment": 0, "rows": 0, "users": 0, "memberships": 0,
    "organizations": {"existing": 0, "create": 0, "conflict": 0, "unknown": 0}, "problems": {}, "roles_missing": 0,
    "requests": 0, "seconds": 0, "dialect": 0, "preset": 0, "coverage": 0, "users_looked_up": 0, "users_existing": 0,
    "webhooks": 0, "repairs": {}, "findings": 0, "proxy": 0,
}  # fmt: skip


def shape(document: object) -> object:
    """The keys of a document, in order."""
    return {key: shape(value) for key, value in document.items()} if isinstance(document, dict) else 0


def test_the_document_of_a_run_and_what_becomes_of_it_when_everything_else_is_gone(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    known = sandbox.seed_organization("Organization 0", external_id="org-0")
    member = sandbox.seed_user("user0@example.com")
    sandbox.seed_membership(str(member["id"]), str(known["id"]))
    rows = [person(n, n % 3) for n in range(20)] + [person(n, (n + 1) % 3) for n in range(4)] + [person(20)]
    ended = cli("run", write_source(tmp_path / "users.csv", rows), *FAST, "--job", "j", "--json", code=0)
    document = ended.document
    assert json.dumps(shape(document)) == json.dumps(shape(SUMMARY_KEYS)), "keys and their order"
    assert (document["job"], document["state"], document["reason"]) == ("j", "finished", "")
    assert (document["rows"], document["created"], document["existing"], document["failed"]) == (25, 24, 1, 0)
    assert (document["skipped"], document["pending"], document["blocked"]) == (0, 0, 0)
    assert document["users"] == {"created": 20, "existing": 1, "updated": 0, "failed": 0}
    assert document["memberships"] == {"created": 23, "existing": 1}
    assert document["organizations"] == {"resolved": 3, "created": 2, "failed": 0}
    assert document["cache"] == {"hits": 24, "misses": 0}
    assert document["requests"] == sandbox.snapshot(objects=False).total - 1, "all but the first look at the key"
    assert all(isinstance(seconds, float) for seconds in document["seconds"].values())
    for line in ("Environment    SANDBOX", "Rows           25", "users "):
        assert line in ended.stderr
    assert_exact(sandbox, rows)

    sandbox.close()
    (tmp_path / "users.csv").unlink()
    assert cli.at(key="")("resume", "j", "--json", code=0).document == document
    text = cli.at(url="", key="")("resume", "j", code=0)
    assert text.stdout.startswith("j: finished\n  rows           25: 24 created, 1 existing, 0 failed, 0 skipped")
    assert text.stderr == ""


def test_failed_rows_end_with_1_and_the_summary_says_where_to_look(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rows = [person(n, n % 2, role_slug="nosuchrole" if n == 7 else "") for n in range(12)] + [person(12, email="nope")]
    ended = cli("run", write_source(tmp_path / "users.csv", rows), *FAST, "--job", "j", code=1)
    assert "j: finished" in ended.stdout
    assert "rows           13: 11 created, 0 existing, 2 failed, 0 skipped, 0 pending" in ended.stdout
    assert "organizations  2/2 resolved, 2 created, 0 failed" in ended.stdout
    assert "cache 12 hits, 0 misses" in ended.stdout
    assert "tui-importer errors j" in ended.stdout
    assert "users " not in ended.stdout.partition("j: finished")[0], "progress belongs to stderr"
    again = cli("resume", "j", "--json", code=1).document
    assert (again["failed"], again["state"]) == (2, "finished")
    assert again["rows"] == again["created"] + again["failed"]


def test_a_dry_run_reads_but_writes_nothing_anywhere(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    sandbox.seed_organization("Organization 0", external_id="org-0")
    source = write_source(tmp_path / "users.csv", [person(n, n % 3, role_slug="admin") for n in range(12)])
    ended = cli("run", source, "--dry-run", "--json", code=0)
    document = ended.document
    assert json.dumps(shape(document)) == json.dumps(shape(PLAN_KEYS))
    assert document == {
        "environment": "SANDBOX", "rows": 12, "users": 12, "memberships": 12,
        "organizations": {"existing": 1, "create": 2, "conflict": 0, "unknown": 0}, "problems": {},
        "roles_missing": [], "requests": 3 + 2 + 24, "seconds": document["seconds"],
        "dialect": "UTF-8, separated by a comma", "preset": "", "coverage": document["coverage"],
        "users_looked_up": 12, "users_existing": 0, "webhooks": 0,
        "repairs": {}, "findings": [], "proxy": None,
    }  # fmt: skip
    assert document["seconds"] > 0
    columns = source.read_text().partition("\n")[0].split(",")
    assert [(use["column"], use["fields"]) for use in document["coverage"]] == [(name, [name]) for name in columns]
    assert {use["column"]: use["filled"] for use in document["coverage"]}["email"] == 12

    sandbox.seed_organization("Twice")
    sandbox.seed_organization("Twice")
    faulty = [person(n, n % 3) for n in range(9)]
    faulty += [person(9, role_slug="pilot"), person(10, email="nope"), person(11, org_external_id="nameless")]
    faulty += [person(12, org_name="Twice")]
    text = cli("run", write_source(tmp_path / "faulty.csv", faulty), "--dry-run", code=1).stdout
    for line in (
        "Environment    SANDBOX",
        "File           UTF-8, separated by a comma\nColumns        ",
        "Rows           13, 1 of them refused",
        "Users          12, memberships 11",
        "Organizations  1 existing, 2 to create, 1 in conflict, 1 unknown",
        "Not imported   1 email_malformed",
        "Roles missing  pilot",
        "Note           Will fail: 1 row. 1 organization is not there and cannot be created: nameless.",
        "Note           Will fail: 1 row. 1 organization is ambiguous: Twice.",
        "Note           Will fail: 1 row with a role that the environment does not have: pilot (1).",
    ):
        assert line in text
    state = sandbox.state
    assert {request for request in state.requests if not request.startswith(("list_", "get_"))} == set()
    assert state.counts == {"organizations": 3, "users": 0, "memberships": 0}
    assert cli.jobs == []
    assert [path for path in cli.folder.iterdir() if path.is_dir()] == []


def test_a_role_that_is_missing_is_by_itself_a_reason_not_to_begin(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "users.csv", [person(n, 0, role_slug="pilot") for n in range(3)])
    document = cli("run", source, "--dry-run", "--json", code=1).document
    assert document["roles_missing"] == ["pilot"]
    assert (document["problems"], document["findings"], document["organizations"]["create"]) == ({}, [], 1)
    sandbox.seed_role("pilot")
    assert cli("run", source, "--dry-run", "--json", code=0).document["roles_missing"] == []


def test_a_key_that_is_revoked_while_a_dry_run_plans_is_an_error(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "users.csv", [person(n, n) for n in range(12)])
    sandbox.update(revoke_after=5)
    refusal = cli("run", source, "--dry-run", "--json", code=4).refusal
    assert "key rejected" in refusal["message"]


def no_file(folder: Path) -> Path:
    return folder / "nowhere.csv"


def a_folder(folder: Path) -> Path:
    return folder


def spreadsheet(folder: Path) -> Path:
    (folder / "bad.csv").write_bytes(b"PK\x03\x04" + b"xl/workbook.xml" * 20)
    return folder / "bad.csv"


def mostly_broken(folder: Path) -> Path:
    lines = "".join(f'user{n}@x.example,a "{n}" b\n' for n in range(30))
    (folder / "bad.csv").write_text("email,first_name\n" + lines, encoding="utf-8")
    return folder / "bad.csv"


def no_email(folder: Path) -> Path:
    (folder / "bad.csv").write_text("name,first_name\nAnn,Ann\n", encoding="utf-8")
    return folder / "bad.csv"


@pytest.mark.parametrize("make", [no_file, a_folder, spreadsheet, mostly_broken, no_email])
def test_a_file_that_cannot_be_imported_leaves_no_job(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, make: Callable[[Path], Path]
) -> None:
    ended = cli("run", make(tmp_path), *FAST, "--json", code=2)
    assert ended.refusal["kind"] not in {"internal", "error"}
    assert ended.refusal["next"]
    assert cli.jobs == []
    assert sandbox.snapshot(objects=False).counts == NOTHING


def test_a_wrong_key_ends_with_4_and_a_missing_one_with_2(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "users.csv", [person(1, 1)])
    wrong = cli.at(key="sk_test_wrongWRONGwrong")
    for flags in (("--dry-run",), FAST):
        ended = wrong("run", source, *flags, "--json", code=4)
        assert ended.refusal["kind"] == "key_rejected"
        assert "WORKOS_API_KEY" in ended.refusal["next"]
        assert "WRONG" not in ended.stdout + ended.stderr
    assert cli.at(key="")("run", source, *FAST, "--json", code=2).refusal["kind"] == "key_missing"
    assert cli.jobs == []
    assert sandbox.snapshot(objects=False).counts == NOTHING


def test_a_host_that_is_not_there_is_told_at_once(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "users.csv", [person(1, 1)])
    sandbox.close()
    for flags in (("--dry-run",), FAST):
        began = time.monotonic()
        refusal = cli("run", source, *flags, "--json", code=2).refusal
        assert time.monotonic() - began < 20, "the time to start the program, and nothing else"
        assert refusal["kind"] == "not_sent"
        assert cli.url.removeprefix("http://") in refusal["message"]
    assert cli.jobs == []


def test_a_job_is_named_after_its_file_and_the_day(tmp_path: Path, cli: Cli) -> None:
    rows = [person(n) for n in range(3)]
    before = datetime.now().astimezone()
    names = [
        cli("run", write_source(tmp_path / name, rows), *FAST, "--json", code=0).document["job"]
        for name in ("Acme users (final).csv", "Acme users (final).csv")
    ]
    days = {f"{moment:%Y-%m-%d}" for moment in (before, datetime.now().astimezone())}
    assert names[0] in {f"Acme-users-final-{day}" for day in days}
    assert names[1] in {f"Acme-users-final-{day}{end}" for day in days for end in ("-2", "")}
    assert len(set(names)) == 2, "a finished job may be run again, under another name"
