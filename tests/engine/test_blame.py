"""Who is to blame, one row or the service; and what may not be forgotten meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.engine.faulty import PATIENCE, QUICK
from tests.support import (
    FAST,
    UNLIMITED,
    assert_exact,
    finish,
    open_job,
    person,
    reopen_job,
    settled_summary,
    write_source,
)
from tui_importer.journal.records import Flag, Outcome
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.engine.job.job import Job
    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.report.summary import Summary

FEW = replace(FAST, workers=4, max_failed=None)
LOOKUPS = ("get_organization_by_external_id", "list_organizations")
LAG = 1.5
LONG = 50
"""Failures after which all that is left has been set aside more than once."""


def outlasted(sandbox: Sandbox, job: Job, begun: Callable[[Snapshot], bool], fault: str) -> Summary:
    """Start the job; once it has begun, nothing answers for long; then all is well to the end."""
    job.start()
    wait_until(lambda: begun(job.snapshot()))
    sandbox.update(faults={fault: Fault(1.0)})
    wait_until(lambda: sandbox.snapshot(objects=False).faults.get(fault, 0) >= LONG)
    assert job.snapshot().state == "running"
    sandbox.update(faults={})
    assert job.wait(60)
    return settled_summary(job)


def test_an_outage_fails_no_row_however_few_are_left(tmp_path: Path) -> None:
    """All that is left has been tried again and again, after others had succeeded."""
    rows = [person(n, n % 4) for n in range(40)]
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(replace(UNLIMITED, latency=0.02)) as sandbox:
        with open_job(tmp_path, sandbox, source, FEW, patience=QUICK) as job:
            summary = outlasted(sandbox, job, lambda now: now.totals.done >= 35, "503")
        assert (summary.totals.created, summary.totals.failed) == (40, 0)
        assert_exact(sandbox, rows)


def test_an_outage_fails_no_organization_however_few_are_left(tmp_path: Path) -> None:
    rows = [person(n, n) for n in range(30)]
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(replace(UNLIMITED, latency=0.02)) as sandbox:
        with open_job(tmp_path, sandbox, source, replace(FEW, prewarm_concurrency=4), patience=QUICK) as job:
            summary = outlasted(sandbox, job, lambda now: now.organizations.resolved >= 24, "drop_before")
        assert (summary.organizations.created, summary.organizations.failed, summary.totals.created) == (30, 0, 30)
        assert_exact(sandbox, rows)


@pytest.mark.parametrize("position", [0, 29], ids=["first", "last"])
def test_a_row_whose_call_never_succeeds_fails_alone(tmp_path: Path, position: int) -> None:
    rows = [person(n, n % 4) for n in range(30)]
    with Sandbox(UNLIMITED) as sandbox:
        sandbox.seed_user(f"user{position}@example.com")
        sandbox.update(faults={"500": Fault(1.0, calls={"list_users"})})  # for somebody who was there
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), FEW, patience=QUICK) as job:
            summary = finish(job)
            (failure,) = job.failures_after(0)
        assert (failure.row, failure.step, failure.kind, failure.status) == (position + 1, "user", "server_error", 500)
        assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", 29, 1)


def test_an_organization_whose_call_never_succeeds_fails_alone(tmp_path: Path) -> None:
    with Sandbox(UNLIMITED) as sandbox:
        organization = sandbox.seed_organization("By id")
        rows = [*(person(n, n) for n in range(12)), person(12, org_id=str(organization["id"]))]
        source = write_source(tmp_path / "users.csv", rows, (*rows[0], "org_id"))
        sandbox.update(faults={"503": Fault(1.0, calls={"get_organization"})})
        with open_job(tmp_path, sandbox, source, FEW, patience=QUICK) as job:
            summary = finish(job)
            kinds = {failure.row: failure.kind for failure in job.failures_after(0)}
        assert kinds == {None: "server_error", 13: "organization_failed"}
        assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", 12, 1)


@pytest.mark.parametrize("kind", ["name", pytest.param("external_id", marks=pytest.mark.long)])
def test_an_organization_that_is_set_aside_after_a_lost_answer_is_not_made_twice(tmp_path: Path, kind: str) -> None:
    rows = [person(n, org_name=f"Organization {n}") if kind == "name" else person(n, n) for n in range(6)]
    patience = replace(QUICK, organization_lookup=LAG + 1, organization_search=LAG + 1)
    source = write_source(tmp_path / "users.csv", rows)
    one = replace(FEW, prewarm_concurrency=1)
    with Sandbox(replace(UNLIMITED, visible_after=LAG)) as sandbox:
        with open_job(tmp_path, sandbox, source, one, patience=patience, answer_seconds=0.3) as job:
            job.prepare()
            assert job.wait(60)
            sandbox.update(faults={"no_answer": Fault(1.0, calls={"create_organization"}, times=1)})
            job.start()
            wait_until(lambda: len(sandbox.state.organizations) == 1)
            sandbox.update(faults={"503": Fault(1.0, calls=LOOKUPS)})
            wait_until(lambda: sandbox.snapshot(objects=False).faults.get("503", 0) >= 12)
            sandbox.update(faults={})
            assert job.wait(60)
            summary = settled_summary(job)
        assert len(sandbox.state.organizations) == 6
        assert (summary.organizations.created, summary.organizations.resolved, summary.totals.created) == (6, 6, 6)


def test_a_search_that_is_answered_late_does_not_count_as_a_late_look(tmp_path: Path) -> None:
    """Each answer shows how things stood when it was asked for, and comes when the search's time is over."""
    rows = [person(n, org_name=f"Organization {n}") for n in range(6)]
    patience = replace(QUICK, organization_search=0.6)
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(replace(UNLIMITED, visible_after=0.4, slow_seconds=0.8)) as sandbox:
        with open_job(tmp_path, sandbox, source, FEW, patience=patience) as job:
            job.prepare()
            assert job.wait(60)
            lost = Fault(1.0, calls={"create_organization"}, times=6)
            sandbox.update(faults={"drop_after": lost, "slow": Fault(1.0, calls={"list_organizations"})})
            summary = finish(job)
        assert len(sandbox.state.organizations) == 6
        assert (summary.organizations.created, summary.organizations.resolved) == (6, 6)


def test_a_snapshot_says_that_lost_answers_are_looked_for(tmp_path: Path) -> None:
    rows = [person(n, org_name=f"Organization {n}") for n in range(3)]
    patience = replace(QUICK, organization_search=60.0)
    source = write_source(tmp_path / "users.csv", rows)
    with (
        Sandbox(replace(UNLIMITED, visible_after=3600)) as sandbox,
        open_job(tmp_path, sandbox, source, FEW, patience=patience) as job,
    ):
        sandbox.update(faults={"drop_after": Fault(1.0, calls={"create_organization"}, times=2)})
        job.start()
        wait_until(lambda: job.snapshot().awaited == 2)
        assert job.snapshot().organizations.resolved <= 1
        sandbox.update(visible_after=0.0)
        assert job.wait(60)
        assert job.snapshot().awaited == 0
        assert settled_summary(job).organizations.created == 3


@pytest.mark.parametrize("applied", [True, False])
def test_two_names_of_one_organization_are_one_membership_in_the_files_order(tmp_path: Path, *, applied: bool) -> None:
    rows = []
    for n in range(24):
        rows += [person(n, 0, role_slug="admin"), person(n, org_name="Organization 0", role_slug="member")]
    source = write_source(tmp_path / "users.csv", rows)
    lost = Fault(0.4, calls={"create_membership"}, applied=applied)
    with Sandbox(UNLIMITED) as sandbox:
        sandbox.update(faults={"500": lost})
        with open_job(tmp_path, sandbox, source, FAST, patience=PATIENCE, chunk_size=5) as job:
            summary = finish(job)
            records = job._journal.rows(1, len(rows))
        assert [records[row].outcome for row in (1, 2)] == [Outcome.CREATED, Outcome.EXISTING]
        assert (summary.totals.created, summary.totals.existing) == (24, 24)
        assert (summary.memberships.created, summary.memberships.existing) == (24, 24)
        assert {m["role"]["slug"] for m in sandbox.state.memberships} == {"admin"}
        assert summary.organizations.created == 1


def test_what_a_resumed_run_makes_counts_as_made_although_its_first_answers_are_lost(tmp_path: Path) -> None:
    rows = [person(n) for n in range(40)]
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(replace(UNLIMITED, latency=0.005)) as sandbox:
        with open_job(tmp_path, sandbox, source, FEW, patience=QUICK) as job:
            name = job.name
            job.start()
            wait_until(lambda: job.snapshot().totals.done >= 10)
            job.stop_now()
            assert job.wait(60)
        sandbox.update(faults={"drop_after": Fault(1.0, calls={"create_user"}, times=12)})
        with reopen_job(tmp_path, sandbox, name, FEW, QUICK) as job:
            summary = finish(job)
            records = job._journal.rows(1, len(rows)).values()
        assert (summary.totals.created, summary.totals.existing, summary.users.created) == (40, 0, 40)
        assert not any(Flag.UNCERTAIN in record.flags for record in records)
        assert_exact(sandbox, rows)
