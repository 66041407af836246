"""Which job is meant: names, second runs, what a job keeps, who holds it."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import BRIEF, FAST
from tests.support import assert_exact, person, write_source
from tui_importer.engine.job.store import Jobs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Veil
    from tui_importer.engine.options import FrozenOptions, RunOptions
    from tui_importer.sandbox.server import Sandbox

STUCK = [person(n, org_external_id="org-0") for n in range(4)]
"""A job of these rows pauses before it writes anything: its only organization has no name."""


def options(cli: Cli, name: str) -> tuple[FrozenOptions, RunOptions]:
    frozen, kept, _ = Jobs(cli.home / "jobs").options_of(name)
    return frozen, kept


def test_a_source_is_imported_once_and_a_name_is_used_once(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    first, second = write_source(tmp_path / "a.csv", STUCK), write_source(tmp_path / "b.csv", STUCK[:3])
    document = cli("run", first, *FAST, "--json", code=3).document
    job = document["job"]
    assert (document["state"], document["pending"], document["blocked"]) == ("paused", 4, 4)
    assert document["organizations"] == {"resolved": 0, "created": 0, "failed": 1}

    copy = tmp_path / "copy.csv"
    copy.write_bytes(first.read_bytes())
    for source in (first, copy):
        refusal = cli("run", source, *FAST, "--job", "other", "--json", code=2).refusal
        assert refusal["kind"] == "job_unfinished"
        assert f"tui-importer resume {job}" in refusal["next"]
    refusal = cli("run", second, *FAST, "--job", job, "--json", code=2).refusal
    assert (refusal["kind"], job in refusal["message"]) == ("job_exists", True)
    assert cli("run", second, *FAST, "--job", "../x", "--json", code=2).refusal["kind"] == "job_name_invalid"
    assert cli.jobs == [job]

    cli("run", second, *FAST, "--job", "b", "--json", code=3)
    refusal = cli("resume", "--json", code=2).refusal
    assert refusal["kind"] == "no_single_job"
    assert job in refusal["message"]
    assert "b" in refusal["message"].split(": ")[1].rstrip(".").split(", ")
    assert cli("resume", "nobody", "--json", code=2).refusal["kind"] == "job_not_found"

    sandbox.seed_organization("Organization 0", external_id="org-0")
    assert cli("resume", "b", "--json", code=0).document["created"] == 3
    document = cli("resume", "--json", code=0).document
    assert (document["job"], document["created"], document["existing"]) == (job, 1, 3)
    assert_exact(sandbox, STUCK)
    assert cli("resume", "--json", code=2).refusal["kind"] == "no_single_job"


def test_a_source_may_be_imported_into_another_environment_as_well(
    tmp_path: Path, cli: Cli, veil: Veil, sandbox: Sandbox
) -> None:
    source = write_source(tmp_path / "a.csv", STUCK)
    staging = cli.at(veil.url)
    staging("run", source, *FAST, "--job", "staging", code=3)
    assert cli("run", source, *FAST, "--job", "sandbox", "--json", code=3).document["state"] == "paused"
    sandbox.set_key("sk_live_a1B2c3D4e5F6")
    live = cli.at(veil.url, "sk_live_a1B2c3D4e5F6")
    flags = (*FAST, "--job", "live", "--confirm-production", "live", "--json")
    assert live("run", source, *flags, code=3).document["state"] == "paused"
    assert live("run", source, *flags, code=2).refusal["kind"] == "job_unfinished"


def test_a_job_keeps_its_options_unless_they_are_given_again(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rows = [person(n) for n in range(40)]
    given = ("--workers", "1", "--share", "50", "--max-failed", "off", "--limit", "36", "--on-existing", "update")
    sandbox.update(latency=0.01, revoke_after=12)
    cli("run", write_source(tmp_path / "a.csv", rows), *BRIEF, *given, "--job", "j", code=4)
    frozen, kept = options(cli, "j")
    assert (frozen.limit, frozen.on_existing, frozen.base_url) == (36, "update", sandbox.url)
    assert (kept.workers, kept.share, kept.max_failed, kept.writes_per_10s) == (1, 50, None, 0)

    sandbox.update(revoke_after=12)
    sandbox.set_key(cli.key)
    sandbox.update(revoke_after=12)
    cli.settings(workers=9, share=90)
    cli("resume", code=4)
    assert sandbox.snapshot(objects=False).max_in_flight == 1, "one worker, as the job was told at first"
    assert options(cli, "j") == (frozen, kept)

    sandbox.set_key(cli.key)
    for flags in (("--limit", "9"), ("--on-existing", "keep"), ("--chunk-size", "5"), ("--dry-run",)):
        assert cli("resume", "j", *flags, "--json", code=2).refusal["kind"] == "usage"
    refusal = cli.at(url="http://127.0.0.1:9")("resume", "j", "--json", code=2).refusal
    assert refusal["kind"] == "options_frozen"
    assert sandbox.url in refusal["message"]

    document = cli("resume", "j", "--workers", "3", "--share", "70", "--json", code=0).document
    assert (document["rows"], document["created"]) == (36, 36)
    assert 1 < sandbox.snapshot(objects=False).max_in_flight <= 3
    now = options(cli, "j")[1]
    assert (now.workers, now.share, now.max_failed) == (3, 70, None), "what was given again is kept from then on"
    assert_exact(sandbox, rows[:36])


def test_a_job_is_open_in_one_process_at_a_time(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rows = [person(n, n % 3) for n in range(60)]
    sandbox.update(latency=0.1)
    running = cli.start("run", write_source(tmp_path / "a.csv", rows), *FAST, "--workers", "2", "--job", "j")
    running.wait_until(lambda: sandbox.snapshot(objects=False).counts["users"] >= 2)
    sandbox.update(latency=1.0)  # other processes take their time to start
    for command in (("resume", "j", "--json"), ("resume", "--json")):
        refusal = cli(*command, code=2).refusal
        assert refusal["kind"] == "job_locked"
        assert f"process {running.process.pid} on " in refusal["message"]
    ended = cli("purge", "j", "--yes", code=2)
    assert str(running.process.pid) in ended.stderr
    (job,) = json.loads(cli("jobs", "--json", code=0).stdout)
    assert (job["state"], job["reason"]) == ("running", "")
    running.send(signal.SIGTERM)
    assert running.end().code == 130
    sandbox.update(latency=0.0)
    cli("resume", code=0)
    assert_exact(sandbox, rows)


@pytest.mark.parametrize("broken", ["damaged", "newer"])
def test_a_job_that_cannot_be_read_stands_in_nobodys_way_and_can_be_removed(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, broken: str
) -> None:
    import sqlite3
    from contextlib import closing

    source = write_source(tmp_path / "a.csv", STUCK[:1])
    cli("run", source, *FAST, "--job", "j", code=3)
    journal = cli.job_folder("j") / "journal.sqlite"
    if broken == "damaged":
        journal.write_bytes(b"this is no database" * 100)
    else:
        with closing(sqlite3.connect(journal)) as connection:
            connection.execute("PRAGMA user_version = 99")
    assert (
        cli("resume", "j", "--json", code=2).refusal["kind"]
        == {
            "damaged": "journal_corrupt",
            "newer": "journal_newer",
        }[broken]
    )
    assert "unreadable" in cli("jobs", code=0).stdout
    cli("run", source, *FAST, "--job", "again", code=3)
    sandbox.seed_organization("Organization 0", external_id="org-0")
    assert cli("resume", "--json", code=0).document["job"] == "again"
    assert "cannot be read" in cli("purge", "j", code=2).stderr
    cli("purge", "j", "--yes", code=0)
    assert cli.jobs == ["again"]
