"""What pauses a job by itself: too many failures, a rejected key, a service that is gone; and how it goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import BRIEF, FAST
from tests.support import UNLIMITED, assert_exact, person, write_source
from tui_importer.sandbox.server import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli


def test_too_many_failed_organizations_pause_the_job_before_any_user_and_mended_it_ends_clean(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    rows = [person(n, n) | ({"org_name": ""} if n < 4 else {}) for n in range(30)]
    cli.settings(prewarm_concurrency=2)
    ended = cli("run", write_source(tmp_path / "a.csv", rows), *FAST, "--job", "j", "--json", code=3)
    document = ended.document
    assert document["state"] == "paused"
    assert "organizations failed" in document["reason"]
    failed = document["organizations"]["failed"]
    assert 3 <= failed <= 4, "it stops when 20 were tried"
    assert (document["created"], document["failed"], document["pending"], document["blocked"]) == (0, 0, 30, failed)
    assert sandbox.snapshot(objects=False).counts["users"] == 0
    listed = cli("errors", "j", code=0).stdout
    assert listed.count("organization_name_missing") == failed, "the failed organizations are listed"

    for n in range(4):
        sandbox.seed_organization(f"Organization {n}", external_id=f"org-{n}")
    document = cli("resume", "--json", code=0).document
    assert (document["created"], document["failed"]) == (30, 0)
    assert document["organizations"] == {"resolved": 30, "created": 26, "failed": 0}
    assert_exact(sandbox, rows)
    assert cli("errors", "j", code=0).stdout.count("\n") == 1, "nothing failed in the end"


def test_blocked_rows_end_as_failed_when_their_organizations_are_few(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    rows = [person(n, n % 20) for n in range(40)] + [person(40, org_external_id="nameless")]
    document = cli("run", write_source(tmp_path / "a.csv", rows), *FAST, "--json", code=1).document
    assert (document["state"], document["created"], document["failed"], document["blocked"]) == ("finished", 40, 1, 0)
    assert document["organizations"] == {"resolved": 20, "created": 20, "failed": 1}
    assert_exact(sandbox, rows[:40])


def test_the_breaker_pauses_and_after_mending_the_rest_goes_on(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rows = [person(n, n % 3, role_slug="pilot") for n in range(120)]
    source = write_source(tmp_path / "a.csv", rows)
    ended = cli("run", source, *FAST, "--workers", "4", "--job", "j", code=3)
    assert "j: paused (too many failures: 100 % of the last rows, most often invalid_role (" in ended.stdout
    assert "Next: Look at the errors, correct the cause, then resume." in ended.stdout

    sandbox.update(roles=("member", "admin", "pilot"))
    document = cli("resume", "--json", code=1).document
    assert document["state"] == "finished"
    assert 50 <= document["failed"] <= 60, "the limit is looked at from 50 rows on; a failed row stays failed"
    assert document["created"] == 120 - document["failed"]
    assert sandbox.snapshot(objects=False).counts["users"] == 120


def test_the_limit_can_be_turned_off_or_be_the_first_failure(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rows = [person(n, n % 3, role_slug="pilot") for n in range(70)]
    document = cli(
        "run", write_source(tmp_path / "a.csv", rows), *FAST, "--max-failed", "off", "--json", code=1
    ).document
    assert (document["state"], document["failed"], document["pending"]) == ("finished", 70, 0)
    others = [person(n, n % 3, role_slug="pilot" if n == 100 else "") for n in range(100, 160)]
    flags = (*FAST, "--max-failed", "0", "--workers", "2", "--json")
    document = cli("run", write_source(tmp_path / "b.csv", others), *flags, code=3).document
    assert (document["state"], document["failed"]) == ("paused", 1)
    assert document["pending"] > 30
    document = cli("resume", "--json", code=1).document
    assert (document["created"], document["failed"]) == (59, 1)


def test_a_revoked_key_fails_no_row_and_only_a_key_of_the_same_environment_goes_on(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    rows = [person(n, n % 4) for n in range(80)]
    sandbox.update(latency=0.005, revoke_after=70)
    flags = (*BRIEF, "--workers", "4", "--job", "j", "--json")
    document = cli("run", write_source(tmp_path / "a.csv", rows), *flags, code=4).document
    assert (document["state"], document["reason"], document["failed"]) == ("paused", "key rejected", 0)
    assert 0 < document["created"] < 80
    assert cli("resume", "j", "--json", code=4).refusal["kind"] == "key_rejected"

    sandbox.close()
    port = urlsplit(sandbox.url).port or 0
    with Sandbox(replace(UNLIMITED, key="sk_test_elsewhere"), port=port) as elsewhere:
        document = cli.at(key="sk_test_elsewhere")("resume", "j", "--yes", "--json", code=4).document
        assert document["state"] == "paused"
        assert "another environment" in document["reason"]
        assert elsewhere.snapshot(objects=False).counts == {"organizations": 0, "users": 0, "memberships": 0}

    sandbox.start()
    sandbox.set_key("sk_test_second")
    document = cli.at(key="sk_test_second")("resume", "j", "--json", code=0).document
    assert (document["created"], document["failed"]) == (80, 0)
    assert_exact(sandbox, rows)
    assert b"sk_test_second" not in (cli.job_folder("j") / "journal.sqlite").read_bytes()


def test_a_service_that_is_gone_pauses_the_job_when_patience_ends(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rows = [person(n, n % 4) for n in range(60)]
    sandbox.update(latency=0.02)
    flags = (*FAST, "--workers", "4", "--give-up-after", "0.05", "--job", "j", "--json")
    running = cli.start("run", write_source(tmp_path / "a.csv", rows), *flags)
    running.wait_until(lambda: sandbox.snapshot(objects=False).counts["users"] >= 10)
    sandbox.close()
    ended = running.end()
    assert ended.code == 3
    document = ended.document
    assert (document["state"], document["failed"]) == ("paused", 0)
    assert document["reason"].startswith("service unavailable")
    assert cli("resume", "--json", code=2).refusal["kind"] == "not_sent"

    sandbox.start()
    sandbox.update(latency=0.0)
    assert cli("resume", "--json", code=0).document["created"] == 60
    assert_exact(sandbox, rows)


@pytest.mark.parametrize("status", [500, 503])
def test_a_service_in_trouble_from_the_first_answer_on_is_refused(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, status: int
) -> None:
    sandbox.update(faults={str(status): 1})
    refusal = cli("run", write_source(tmp_path / "a.csv", [person(1, 1)]), *FAST, "--json", code=2).refusal
    assert str(status) in refusal["message"]
    assert cli.jobs == []
