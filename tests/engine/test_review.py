"""Trying failed rows again and skipping them: only the missing step is done, every attempt is kept, nothing is lost."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.cli.conftest import wait_until
from tests.engine.faulty import QUICK
from tests.support import (
    COLUMNS,
    FAST,
    assert_exact,
    finish,
    open_job,
    person,
    reopen_job,
    settled_summary,
    write_source,
)
from tui_importer.engine.job.retry import RetryPlan, Selection, plan_retry
from tui_importer.journal.journal import Journal
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.engine.job.job import Job
    from tui_importer.sandbox.server import Sandbox

PATIENT = replace(FAST, max_failed=None)
ROWS = [person(n, n % 4, role_slug="pilot" if n < 9 else "") for n in range(40)]


def kinds(job: Job) -> dict[int | None, str]:
    return {failure.row: failure.kind for failure in job.failures_after(0)}


def test_a_row_that_failed_in_its_membership_step_is_not_created_again(tmp_path: Path, sandbox: Sandbox) -> None:
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), PATIENT) as job:
        summary = finish(job)
        assert (summary.state, summary.totals.failed) == ("finished", 9)
        attempts = len(job.failure_detail(job.failures_after(0)[0].sequence).attempts)
        sandbox.update(roles=("member", "admin", "pilot"))
        assert job.retry(Selection()) == 9
        assert (job.snapshot().state, job.snapshot().totals.pending, job.snapshot().failures) == ("paused", 9, 0)
        before = sandbox.state.asked("create_user")
        summary = finish(job)
    assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", 40, 0)
    assert (summary.users.created, summary.users.failed, summary.memberships.created) == (40, 0, 40)
    assert sandbox.state.asked("create_user") == before == 40
    assert_exact(sandbox, ROWS)
    with closing(Journal(tmp_path / "jobs" / job.name)) as journal:
        assert attempts == 1
        assert len(journal.attempts(1, None)) == 1, "the attempt that failed is kept"


def test_a_row_that_fails_again_has_both_attempts(tmp_path: Path, sandbox: Sandbox) -> None:
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), PATIENT) as job:
        finish(job)
        assert job.retry(Selection(rows={3})) == 1
        assert finish(job).totals.failed == 9
        failure = next(f for f in job.failures_after(0) if f.row == 3)
        assert [a.code for a in job.failure_detail(failure.sequence).attempts] == ["invalid_role"] * 2


def test_a_selection_takes_a_kind_or_rows_and_never_what_the_scan_refused(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [*ROWS, person(50, 1, email="no address"), person(51, org_external_id="org-nameless")]
    sandbox.seed_user("somebody@example.com", external_id="legacy-39")
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), PATIENT) as job:
        finish(job)
        assert kinds(job)[40] == "external_id_conflict"
        assert job.retry(Selection(kind="no_such_kind")) == 0
        assert job.snapshot().state == "finished", "nothing was to be done"
        assert job.retry(Selection(kind="email_malformed")) == 0
        assert job.retry(Selection(kind="external_id_conflict")) == 1
        assert job.retry(Selection(rows={1, 2, 41, 999})) == 2
        assert job.retry(Selection()) == 8, "the seven others and the one whose organization failed"
        sandbox.update(roles=("member", "admin", "pilot"))
        sandbox.seed_organization("Nameless", external_id="org-nameless")
        summary = finish(job)
        assert kinds(job) == {40: "external_id_conflict", 41: "email_malformed"}
    assert (summary.totals.created, summary.totals.failed, summary.users.failed) == (40, 2, 1)
    assert summary.organizations.failed == 0


def test_a_first_row_takes_those_along_that_failed_only_by_it_and_the_other_way_round(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    owner = sandbox.seed_user("somebody@example.com", external_id="legacy-1")
    rows = [person(0, 0), person(1, 0), person(1, 1, external_id=""), person(1, 2, external_id=""), person(2, 1)]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), PATIENT) as job:
        finish(job)
        assert kinds(job) == {2: "external_id_conflict", 3: "first_row_failed", 4: "first_row_failed"}
        assert job.retry(Selection(rows={4})) == 3
        assert finish(job).totals.failed == 3
        sandbox.update()
        sandbox._call(lambda: sandbox._app.world.remove_user(sandbox._app.world.users[str(owner["id"])]))
        assert job.retry(Selection(kind="external_id_conflict")) == 3
        summary = finish(job)
    assert (summary.totals.created, summary.users.created, summary.users.failed) == (5, 3, 0)
    assert_exact(sandbox, rows)


def test_what_the_service_failed_on_and_did_after_all_counts_as_created(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, 0) for n in range(40)]
    sandbox.update(faults={"500": Fault(1, calls=["create_membership"], times=1, applied=False)})
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), PATIENT) as job:
        finish(job)
        journal = job._journal
        journal.submit(("UPDATE rows SET outcome = 3, membership_id = NULL, membership_how = NULL WHERE row = 7", ()))
        journal.submit(
            (
                (
                    "INSERT INTO failures (row, time, email, organization, step, kind, message, request_id) "
                    "VALUES (7, 1.0, '', '', 'membership', 'server_error', 'down', '')"
                ),
                (),
            )
        ).wait()
    with reopen_job(tmp_path, sandbox, job.name, PATIENT) as again:
        assert again.retry(Selection(kind="server_error")) == 1
        summary = finish(again)
    assert (summary.totals.created, summary.memberships.created, summary.memberships.existing) == (40, 40, 0)
    assert_exact(sandbox, rows)


def test_a_membership_of_two_failed_rows_is_created_by_one_of_them(tmp_path: Path, sandbox: Sandbox) -> None:
    """Both may have made it under a lost answer; when they are tried again, the first does and the second finds it."""
    rows = [person(0, 0)] * 2
    sandbox.update(faults={"500": Fault(1, calls=["create_membership"], applied=False)})
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), PATIENT, patience=QUICK) as job:
        assert finish(job).totals.failed == 2
        sandbox.update(faults={})
        assert job.retry(Selection()) == 2
        summary = finish(job)
    assert (summary.totals.created, summary.memberships.created, summary.memberships.existing) == (1, 1, 1)
    assert_exact(sandbox, rows)


def test_in_a_running_import_rows_are_tried_again_in_another_round(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [*ROWS, *(person(n, n % 4) for n in range(100, 300))]
    other = str(sandbox.seed_user("other@example.com", external_id="legacy-20")["id"])
    sandbox.update(latency=0.01)
    source = write_source(tmp_path / "users.csv", rows)
    with open_job(tmp_path, sandbox, source, replace(PATIENT, workers=4), chunk_size=10) as job:
        job.start()
        wait_until(lambda: job.snapshot().totals.failed == 10)
        assert job.snapshot().users.failed == 1
        sandbox.change(lambda world: world.remove_user(world.users[other]))
        sandbox.update(roles=("member", "admin", "pilot"))
        assert job.retry(Selection()) == 10
        assert job.snapshot().state == "running"
        assert job.wait(60)
        summary = settled_summary(job)
    assert (summary.state, summary.totals.created) == ("finished", 240)
    assert_exact(sandbox, rows)


def test_a_retry_survives_the_end_of_the_process(tmp_path: Path, sandbox: Sandbox) -> None:
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), PATIENT) as job:
        finish(job)
        assert job.retry(Selection()) == 9
    sandbox.update(roles=("member", "admin", "pilot"))
    with reopen_job(tmp_path, sandbox, job.name, PATIENT) as again:
        assert (again.snapshot().state, again.snapshot().totals.pending) == ("paused", 9)
        assert finish(again).totals.created == 40


def test_skipped_rows_have_their_reason_and_are_not_tried_again(tmp_path: Path, sandbox: Sandbox) -> None:
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), PATIENT) as job:
        finish(job)
        assert job.skip([1, 2, 2, 30, 99], "left the company \x1b[31m") == 2
        snapshot = job.snapshot()
        assert (snapshot.totals.skipped, snapshot.totals.failed, snapshot.failures) == (2, 7, 7)
        wait_until(lambda: any("left the company" in entry.message for entry in job.log_after(0)))
        assert job.retry(Selection()) == 7
        sandbox.update(roles=("member", "admin", "pilot"))
        summary = finish(job)
        found = job._journal._connection.execute("SELECT row, reason, kind FROM skips ORDER BY row").fetchall()
    assert (summary.totals.skipped, summary.totals.created, summary.totals.failed) == (2, 38, 0)
    assert [(row, kind) for row, _, kind in found] == [(1, "invalid_role"), (2, "invalid_role")]
    assert all("\x1b" not in reason for _, reason, _ in found)


def test_failures_of_one_cause_have_one_shape(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, 0, email=f"nobody {n}") for n in range(4)] + [person(9, 0)]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), PATIENT) as job:
        finish(job)
        assert {failure.shape for failure in job.failures_after(0)} == {"“…” is not an e-mail address."}


def test_a_plan_tells_in_numbers_what_a_retry_would_do(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.seed_user("somebody@example.com", external_id="legacy-1")
    rows = [
        person(0, 0),
        person(1, 0),
        person(1, 1, external_id=""),
        person(2, 1, role_slug="pilot"),
        person(3, 1, role_slug="pilot"),
        person(4, 0, email="no address"),
        person(5, org_external_id="nameless"),
        person(5, 1, external_id=""),
    ]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), PATIENT) as job:
        assert job.plan_retry(Selection()) == RetryPlan(0, 0, (), 0, 0, 0), "nothing is scanned yet"
        finish(job)
        kinds = (("first_row_failed", 2), ("invalid_role", 2), ("external_id_conflict", 1), ("organization_failed", 1))
        everything = job.plan_retry(Selection())
        assert everything == RetryPlan(rows=6, along=0, kinds=kinds, refused=1, later=0, requests=9)
        running = plan_retry(job._journal, Selection(), job._source.rows.first_rows, blocked=False)
        assert (running.rows, running.later, running.refused) == (4, 2, 1), "organizations first"
        one = job.plan_retry(Selection(rows={3}))
        assert (one.rows, one.along, one.requests) == (2, 1, 3), "the first row of the person comes along"
        assert job.plan_retry(Selection(kind="email_malformed")) == RetryPlan(0, 0, (), 1, 0, 0)
        assert job.retry(Selection()) == everything.rows


def test_the_number_of_failures_is_the_journals_whatever_became_of_them(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [*ROWS[:12], person(50, org_external_id="nameless"), person(51, org_external_id="homeless")]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), PATIENT) as job:

        def counted() -> int:
            failures = [failure.sequence for failure in job.failures_after(0)]
            assert len(failures) == job.snapshot().failures
            return len(failures)

        finish(job)
        assert (counted(), job.snapshot().failures_gone) == (13, 0)
        job.retry(Selection())
        assert counted() == 2, "organizations are tried again by the run"
        sandbox.seed_organization("Nameless", external_id="nameless")
        finish(job)
        assert (counted(), job.snapshot().failures_gone) == (11, 13), "one organization is another failure now"
        job.skip([1, 2], "left")
        assert (counted(), job.snapshot().failures_gone) == (9, 15)
    with reopen_job(tmp_path, sandbox, job.name, PATIENT) as again:
        assert again.snapshot().failures == len(again.failures_after(0)) == 9


def test_secrets_of_skipped_rows_are_forgotten(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, 0, role_slug="pilot" if n < 2 else "", password="correct horse battery") for n in range(4)]
    source = write_source(tmp_path / "users.csv", rows, (*COLUMNS, "password"))
    with open_job(tmp_path, sandbox, source, PATIENT) as job:
        finish(job)
        secrets = tmp_path / "jobs" / job.name / "secrets.parquet"
        job.skip([1], "left")
        assert secrets.exists(), "row 2 may be tried again"
        job.skip([2], "left")
        assert not secrets.exists()


def test_rows_of_a_person_whose_first_row_cannot_be_tried_again_cannot_either(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.seed_user("somebody@example.com", external_id="legacy-1")
    rows = [person(1, 0), person(1, 1, external_id=""), person(1, 2, external_id=""), person(2, 0)]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), PATIENT) as job:
        finish(job)
        assert job.plan_retry(Selection(rows={2, 3})).rows == 3
        job.skip([1], "left")
        assert job.plan_retry(Selection()) == RetryPlan(0, 0, (), refused=2, later=0, requests=0)
        assert job.retry(Selection()) == 0
