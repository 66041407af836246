"""The first rows alone, then a pause for the operator to look; the rest goes on from there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.support import FAST, assert_exact, finish, open_job, person, reopen_job, write_source
from tui_importer.engine.job.retry import Selection

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.sandbox.server import Sandbox


@pytest.mark.parametrize("chunk_size", [7, 100])
def test_a_canary_imports_the_first_rows_and_their_organizations_only(
    tmp_path: Path, sandbox: Sandbox, chunk_size: int
) -> None:
    rows = [person(n, n % 20) for n in range(60)]
    rows[3]["email"] = "broken"
    source = write_source(tmp_path / "users.csv", rows)
    with open_job(tmp_path, sandbox, source, chunk_size=chunk_size) as job:
        name = job.name
        job.start(canary=10)
        job.wait()
        snapshot = job.snapshot()
        assert (snapshot.state, job.exit_code) == ("paused", 3)
        assert snapshot.reason == "the first 10 rows are done: 9 created, 0 existing, 1 failed"
        assert "other 50" in snapshot.next_step
        totals = snapshot.totals
        assert (totals.created, totals.failed, totals.pending) == (9, 1, 50)
        assert len(sandbox.state.users) == 9
        assert len(sandbox.state.organizations) == 9, "the refused row's organization is not made"
    with reopen_job(tmp_path, sandbox, name) as job:
        summary = finish(job)
    assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", 59, 1)
    assert_exact(sandbox, rows[:3] + rows[4:])


def test_a_canary_of_more_rows_than_there_are_is_the_whole_import(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 3) for n in range(12)]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows)) as job:
        job.start(canary=500)
        job.wait()
        assert (job.snapshot().state, job.exit_code) == ("finished", 0)
    assert_exact(sandbox, rows)


def test_a_person_of_several_rows_waits_for_nothing_behind_the_canary(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n % 4, n) for n in range(12)]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), chunk_size=25) as job:
        job.start(canary=6)
        job.wait()
        assert job.snapshot().totals.created == 6
        job.start()
        job.wait()
        assert job.snapshot().state == "finished"
    assert_exact(sandbox, rows)


def test_retrying_a_row_of_a_canary_leaves_the_other_rows_alone(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(number, number % 3) for number in range(40)]
    rows[4]["role_slug"] = "pilot"
    source = write_source(tmp_path / "users.csv", rows)
    with open_job(tmp_path, sandbox, source, replace(FAST, max_failed=None)) as job:
        job.start(10)
        assert job.wait(60)
        before = job.snapshot()
        assert (before.totals.created, before.totals.failed, before.state) == (9, 1, "paused")
        sandbox.seed_role("pilot")
        assert job.retry(Selection()) == 1
        job.start(retried=True)
        assert job.wait(60)
        after = job.snapshot()
        assert (after.state, after.reason) == ("paused", before.reason)
        assert (after.totals.created, after.totals.failed, after.totals.pending) == (10, 0, 30)
        assert job.exit_code == 3
        assert len(sandbox.state.users) == 10
        summary = finish(job)
        assert (summary.totals.created, summary.totals.pending) == (40, 0)


@pytest.mark.parametrize("finished", [False, True])
def test_retrying_returns_a_job_to_where_it_stood(tmp_path: Path, sandbox: Sandbox, *, finished: bool) -> None:
    """A paused job is paused again, whatever comes of the rows; a finished one finishes."""
    rows = [person(number, number % 3) for number in range(60)]
    for number in (2, 4):
        rows[number]["role_slug"] = "pilot"
    source = write_source(tmp_path / "users.csv", rows)
    sandbox.update(latency=0.005)
    with open_job(tmp_path, sandbox, source, replace(FAST, max_failed=None, workers=2)) as job:
        job.start()
        if not finished:
            wait_until(lambda: job.snapshot().totals.failed == 2)
            job.pause()
        assert job.wait(60)
        pending = job.snapshot().totals.pending
        assert bool(pending) is not finished
        assert job.retry(Selection()) == 2
        job.start(retried=True)
        assert job.wait(60)
        now = job.snapshot()
        assert now.state == ("finished" if finished else "paused")
        assert (now.totals.failed, now.totals.pending) == (2, pending)
        assert job.exit_code == (1 if finished else 3)


def test_a_retry_that_was_stopped_can_be_repeated(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(number, 0, role_slug="pilot" if number < 3 else "") for number in range(10)]
    source = write_source(tmp_path / "users.csv", rows)
    options = replace(FAST, max_failed=None)
    with open_job(tmp_path, sandbox, source, options) as job:
        job.start(5)
        assert job.wait(60)
        name = job.name
    sandbox.seed_role("pilot")
    with reopen_job(tmp_path, sandbox, name, options) as job:
        assert job.retry(Selection()) == 3  # and the process ends before they were tried
    with reopen_job(tmp_path, sandbox, name, options) as job:
        assert job.retry(Selection()) == 0
        assert job.has_rows_to_retry
        job.start(retried=True)
        assert job.wait(60)
        assert (job.snapshot().totals.created, job.snapshot().totals.pending) == (5, 5)


def test_a_row_that_waits_for_a_pending_one_does_not_fail_by_it(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(1, 0), person(2, 0), *(person(1, 1, role_slug="pilot") for _ in range(2))]
    source = write_source(tmp_path / "users.csv", rows)
    options = replace(FAST, max_failed=None)
    with open_job(tmp_path, sandbox, source, options) as job:
        assert finish(job).totals.failed == 2
        name = job.name
    sandbox.seed_role("pilot")
    with reopen_job(tmp_path, sandbox, name, options) as job:
        assert job.retry(Selection(rows={3})) == 1
    with reopen_job(tmp_path, sandbox, name, options) as job:
        job.retry(Selection(rows={4}))
        job.start(retried=True)
        assert job.wait(60)
        assert job.snapshot().totals.failed == 0
        assert finish(job).totals.failed == 0


def test_a_plan_before_a_retry_does_not_change_why_the_job_is_paused(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(number, 0, role_slug="pilot" if number == 1 else "") for number in range(10)]
    source = write_source(tmp_path / "users.csv", rows)
    with open_job(tmp_path, sandbox, source, replace(FAST, max_failed=None)) as job:
        job.start(5)
        assert job.wait(60)
        reason = job.snapshot().reason
        sandbox.seed_role("pilot")
        assert job.retry(Selection()) == 1
        job.prepare()  # as a command does with a key that nobody has agreed to yet
        assert job.wait(60)
        job.start(retried=True)
        assert job.wait(60)
        assert (job.snapshot().state, job.snapshot().reason) == ("paused", reason)
        assert job.snapshot().totals.pending == 5
