"""Answers are lost while the server's clocks disagree or jump: nothing is said to be older that this job has made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.support import (
    FAST,
    IMPATIENT,
    assert_exact,
    finish,
    open_job,
    person,
    reopen_job,
    settled_summary,
    write_source,
)
from tui_importer.journal.records import Flag, How
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.engine.job.job import Job
    from tui_importer.report.summary import Summary
    from tui_importer.sandbox.server import Sandbox

ROWS = [person(n, n % 4) for n in range(60)]
OPTIONS = replace(FAST, workers=4, max_failed=None)
PATIENCE = replace(IMPATIENT, organization_lookup=0.5, tries=16)
LOST = {"drop_after": Fault(0.4, calls={"create_user", "create_membership"})}


def log_of(job: Job) -> list[str]:
    job._journal.flush()
    return [entry.message for entry in job.log_after(0)]


def wrong(job: Job) -> list[object]:
    """Rows that are said to have found what only this job can have made."""
    records = job._journal.rows(1, len(ROWS)).values()
    return [
        record
        for record in records
        if Flag.UNCERTAIN not in record.flags
        and (record.user_how is How.EXISTING or record.membership_how is How.EXISTING)
    ]


def assert_told(job: Job, summary: Summary) -> None:
    assert wrong(job) == []
    assert any("the server's clocks do not show" in line for line in log_of(job)) == (summary.uncertain > 0)


@pytest.mark.parametrize("ahead", [30.0, -30.0, 7_200.0])
def test_a_date_that_is_ahead_of_created_at_takes_nothing_away(tmp_path: Path, sandbox: Sandbox, ahead: float) -> None:
    sandbox.seed_user("user0@example.com")  # a day ago
    sandbox.update(date_skew=ahead, faults=LOST)
    source = write_source(tmp_path / "users.csv", ROWS)
    with open_job(tmp_path, sandbox, source, OPTIONS, patience=PATIENCE, chunk_size=5) as job:
        summary = finish(job)
        assert (summary.users.created, summary.users.existing) == (59, 1)
        assert (summary.memberships.created, summary.uncertain) == (60, 0)
    assert_exact(sandbox, ROWS)


def test_where_nothing_was_learned_yet_it_is_uncertain_and_said(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n) for n in range(6)]
    source = write_source(tmp_path / "users.csv", rows)
    sandbox.update(date_skew=60.0, faults={"drop_after": Fault(1, calls={"create_user"})})
    with open_job(tmp_path, sandbox, source, replace(OPTIONS, workers=1), patience=PATIENCE) as job:
        summary = finish(job)
        assert (summary.totals.existing, summary.uncertain) == (6, 6)
        assert_told(job, summary)


@pytest.mark.parametrize("skew", [-3_600.0, -86_400.0, 3_600.0])
def test_the_servers_clock_may_be_set_while_answers_are_lost(tmp_path: Path, sandbox: Sandbox, skew: float) -> None:
    sandbox.update(latency=0.01, faults=LOST)
    source = write_source(tmp_path / "users.csv", ROWS)
    with open_job(tmp_path, sandbox, source, OPTIONS, patience=PATIENCE, chunk_size=5) as job:
        job.start()
        wait_until(lambda: job.snapshot().totals.done >= 20)
        sandbox.update(clock_skew=skew)
        assert job.wait(60)
        summary = settled_summary(job)
        assert (summary.state, summary.totals.failed) == ("finished", 0)
        assert_told(job, summary)
        assert summary.uncertain <= 12, "only what was under way when it jumped"
    assert_exact(sandbox, ROWS)


def test_what_was_learned_is_there_on_resume(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.update(date_skew=45.0, latency=0.01)
    source = write_source(tmp_path / "users.csv", ROWS)
    with open_job(tmp_path, sandbox, source, OPTIONS, patience=PATIENCE, chunk_size=5) as job:
        job.start()
        wait_until(lambda: job.snapshot().totals.done >= 10)
        sandbox.update(faults={"drop_after": Fault(1, calls={"create_user", "create_membership"})})
        job.stop_now()
        assert job.wait(60)
        name = job.name
    with reopen_job(tmp_path, sandbox, name, OPTIONS, PATIENCE) as job:
        summary = finish(job)  # not one creation is answered
        assert (summary.users.created, summary.memberships.created, summary.uncertain) == (60, 60, 0)
    assert_exact(sandbox, ROWS)


def test_a_user_who_is_made_again_may_be_uncertain_and_it_is_said(tmp_path: Path, sandbox: Sandbox) -> None:
    user = sandbox.seed_user("user1@example.com")
    for number in range(2):  # all of it is there, so that nothing is learned of the clocks
        organization = sandbox.seed_organization(f"Organization {number}", external_id=f"org-{number}")
        sandbox.seed_membership(str(user["id"]), str(organization["id"]))
    sandbox.update(date_skew=60.0, faults={"drop_after": Fault(1, calls={"create_user"})})
    source = write_source(tmp_path / "users.csv", [person(1, 0), person(1, 1)])
    with open_job(tmp_path, sandbox, source, replace(OPTIONS, workers=1), patience=PATIENCE) as job:
        job.start(1)
        assert job.wait(60)
        sandbox.change(lambda world: world.remove_user(world.user_by_email["user1@example.com"]))
        summary = finish(job)
        assert (summary.users.existing, summary.totals.failed) == (1, 0)
        assert Flag.UNCERTAIN in job._journal.rows(1, 1)[1].flags
        assert summary.uncertain == 1
        assert_told(job, summary)


def test_what_is_uncertain_of_a_row_that_fails_then_is_said_too(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.seed_organization("Organization 0", external_id="org-0")
    sandbox.update(date_skew=60.0, faults={"drop_after": Fault(1, calls={"create_user"})})
    source = write_source(tmp_path / "users.csv", [person(1, 0, role_slug="unknown")])
    with open_job(tmp_path, sandbox, source, replace(OPTIONS, workers=1), patience=PATIENCE) as job:
        summary = finish(job)
        assert (summary.users.existing, summary.totals.failed, summary.uncertain) == (1, 1, 1)
        assert_told(job, summary)
