"""`retry`: failed rows again, all or of one kind, with the key and the consent of any other run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cli.conftest import FAST
from tests.support import assert_exact, person, write_source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tui_importer.sandbox.server import Sandbox

ROWS = [person(n, n % 3, role_slug="pilot" if n % 5 == 0 else "") for n in range(30)]


def test_failed_rows_are_tried_again_until_none_is_left(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    sandbox.seed_user("somebody@example.com", external_id="legacy-1")
    source = write_source(tmp_path / "users.csv", ROWS)
    document = cli("run", source, *FAST, "--max-failed", "off", "--job", "j", "--json", code=1).document
    assert (document["state"], document["failed"]) == ("finished", 7)

    sandbox.update(roles=("member", "admin", "pilot"))
    ended = cli("retry", "j", "--kind", "invalid_role", "--json", code=1)
    assert "6 failed rows are tried again" in ended.stderr
    assert (ended.document["state"], ended.document["created"], ended.document["failed"]) == ("finished", 29, 1)
    assert sandbox.state.asked("create_user", 201) == 29, "no user was created twice"

    ended = cli("retry", "j", "--json", code=1)
    assert "1 failed row is tried again" in ended.stderr
    failures = cli("errors", "j", code=0).stdout
    assert failures.count("external_id_conflict") == 1
    assert "0 failed rows are tried again" in cli("retry", "j", "--kind", "invalid_role", code=1).stderr


def test_what_is_pending_stays_so_until_resume(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rows = [person(n, n % 3, role_slug="pilot") for n in range(120)]
    source = write_source(tmp_path / "users.csv", rows)
    assert cli("run", source, *FAST, "--job", "j", "--json", code=3).document["state"] == "paused"
    sandbox.update(roles=("member", "admin", "pilot"))
    (before,) = json.loads(cli("jobs", "--json", code=0).stdout)
    document = cli("retry", "j", "--json", code=3).document
    assert (document["state"], document["reason"]) == ("paused", before["reason"])
    assert (document["created"], document["failed"]) == (before["failed"], 0)
    assert document["pending"] == before["pending"] > 0
    assert "0 failed rows" in cli("retry", "j", code=3).stderr
    document = cli("resume", "j", "--json", code=0).document
    assert (document["state"], document["created"], document["pending"]) == ("finished", 120, 0)
    assert_exact(sandbox, rows)


def test_it_wants_a_job_and_its_own_server(tmp_path: Path, cli: Cli) -> None:
    cli("run", write_source(tmp_path / "users.csv", ROWS), *FAST, "--max-failed", "off", "--job", "j", code=1)
    assert cli("retry", "nobody", "--json", code=2).refusal["kind"] == "job_not_found"
    refusal = cli("retry", "j", "--base-url", "http://127.0.0.1:1", "--json", code=2).refusal
    assert refusal["kind"] == "options_frozen"
    cli("retry", code=2)
