"""The engine against the sandbox over real HTTP: every outcome, every way a row can go."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.support import (
    FAST,
    UNLIMITED,
    assert_exact,
    finish,
    memberships_on,
    open_job,
    person,
    reopen_job,
    settled_summary,
    with_workers,
    write_source,
)
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import Fault
from tui_importer.workos.client import WorkosClient

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tui_importer.secret import Secret
    from tui_importer.workos.models import Membership, User


def test_every_row_is_created_and_every_organization_once(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 12, role_slug="admin" if n % 3 else "") for n in range(150)]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows)) as job:
        summary = finish(job)
        assert job.exit_code == 0
    assert summary.state == "finished"
    assert (summary.totals.created, summary.totals.failed) == (150, 0)
    assert (summary.users.created, summary.memberships.created) == (150, 150)
    assert (summary.organizations.resolved, summary.organizations.created) == (12, 12)
    assert (summary.cache_hits, summary.cache_misses) == (150, 0)
    assert_exact(sandbox, rows)


def test_a_person_in_many_organizations_is_one_user_with_all_memberships_whatever_the_chunks(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    people = [person(n, n % 7) for n in range(60)]
    again = [person(n, (n + shift) % 7) | {"first_name": "Other"} for shift in (1, 2, 3) for n in range(0, 60, 2)]
    rows = people + again
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), chunk_size=5) as job:
        summary = finish(job)
    assert (summary.users.created, summary.memberships.created, summary.totals.created) == (60, 150, 150)
    assert_exact(sandbox, rows)
    assert {user["first_name"] for user in sandbox.state.users} == {"Ada"}, "the first row's fields win"


def test_the_same_row_twice_is_created_once_and_existing_once(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 3) for n in range(30)] * 2
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), chunk_size=5) as job:
        summary = finish(job)
    assert (summary.totals.created, summary.totals.existing) == (30, 30)
    assert (summary.memberships.created, summary.memberships.existing) == (30, 30)
    assert_exact(sandbox, rows)


def test_a_row_waits_for_the_one_with_the_same_membership(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both workers are held: one as it makes the membership, the other before it comes to the row that repeats it."""
    rows = [person(0), person(1, 0), person(2), person(1, 0)]
    making, asked = threading.Event(), 0
    create_user, create_membership = WorkosClient.create_user, WorkosClient.create_membership

    def user_of_the_second_chunk_later(
        client: WorkosClient, payload: Mapping[str, object], secrets: Mapping[str, Secret] | None = None
    ) -> User:
        if payload["email"] == rows[2]["email"]:
            wait_until(making.is_set)
        return create_user(client, payload, secrets)

    def membership_later(
        client: WorkosClient, user_id: str, organization_id: str, roles: Sequence[str] = ()
    ) -> Membership:
        nonlocal asked
        asked += 1
        making.set()
        wait_until(lambda: asked > 1 or job.snapshot().chunks[1].state == "deferred")
        return create_membership(client, user_id, organization_id, roles)

    monkeypatch.setattr(WorkosClient, "create_user", user_of_the_second_chunk_later)
    monkeypatch.setattr(WorkosClient, "create_membership", membership_later)
    source = write_source(tmp_path / "users.csv", rows)
    with open_job(tmp_path, sandbox, source, with_workers(2), chunk_size=2) as job:
        summary = finish(job)
    assert (summary.totals.created, summary.totals.existing) == (3, 1)
    assert asked == 1
    assert sandbox.state.conflicts.get("membership", 0) == 0


def test_a_blocked_row_ends_once_although_another_reason_would_end_it_too(tmp_path: Path, sandbox: Sandbox) -> None:
    """Their organization fails, and their person has no user: the last of them end just before the other reason."""
    sandbox.seed_user("other@example.com", external_id="legacy-0")
    rows = [person(0), *[person(0, org_external_id="nameless")] * 400]
    source = write_source(tmp_path / "users.csv", rows)
    with open_job(tmp_path, sandbox, source, replace(FAST, max_failed=None), chunk_size=len(rows)) as job:
        summary = finish(job)
        steps = Counter(failure.step for failure in job.failures_after(0) if failure.row)
    assert (summary.totals.failed, summary.organizations.failed) == (401, 1)
    assert steps == {"user": 1, "organization": 400}


def test_existing_users_and_organizations_are_recognised_and_get_what_they_lack(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    known = sandbox.seed_organization("Organization 0", external_id="org-0")
    member = sandbox.seed_user("user0@example.com", first_name="Old")
    sandbox.seed_membership(str(member["id"]), str(known["id"]))
    sandbox.seed_user("user2@example.com")
    rows = [person(0, 0), person(1, 0), person(2, 0), person(3)]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows)) as job:
        summary = finish(job)
    assert (summary.totals.created, summary.totals.existing, summary.totals.failed) == (3, 1, 0)
    assert (summary.users.created, summary.users.existing) == (2, 2)
    assert (summary.memberships.created, summary.memberships.existing) == (2, 1)
    assert (summary.organizations.resolved, summary.organizations.created) == (1, 0)
    assert next(u for u in sandbox.state.users if u["email"] == "user0@example.com")["first_name"] == "Old"


def test_on_existing_update_writes_the_fields_and_counts_the_users(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.seed_user("user0@example.com", first_name="Old")
    rows = [person(0, 0), person(1, 0)]
    source = write_source(tmp_path / "users.csv", rows)
    with open_job(tmp_path, sandbox, source, on_existing="update") as job:
        summary = finish(job)
    assert (summary.users.existing, summary.users.updated, summary.users.created) == (1, 1, 1)
    assert {user["first_name"] for user in sandbox.state.users} == {"Ada"}


@pytest.mark.parametrize("status", ["inactive", "pending"])
def test_a_deactivated_or_invited_person_is_never_made_active(tmp_path: Path, sandbox: Sandbox, status: str) -> None:
    organization = sandbox.seed_organization("Organization 0", external_id="org-0")
    user = sandbox.seed_user("user0@example.com")
    sandbox.seed_membership(str(user["id"]), str(organization["id"]), status=status)
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", [person(0, 0), person(1, 0)])) as job:
        summary = finish(job)
        (failure,) = job.failures_after(0)
        assert job.exit_code == 1
    assert (failure.step, failure.kind, failure.row) == ("membership", f"membership_{status}", 1)
    assert (summary.totals.created, summary.totals.failed) == (1, 1)
    assert [m["status"] for m in sandbox.state.memberships if m["user_id"] == user["id"]] == [status]


def test_each_kind_of_failure_ends_its_row_with_step_kind_and_the_apis_words(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.seed_user("other@example.com", external_id="legacy-2")
    rows = [
        person(0, 0),
        person(1, 0, role_slug="superuser"),
        person(2, 0),
        person(3, 0, email="no-address"),
        person(4, org_external_id="org-nameless"),
        person(2, 1, external_id=""),
    ]
    options = replace(FAST, max_failed=None)
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), options) as job:
        summary = finish(job)
        failures = {(f.row, f.step): f for f in job.failures_after(0)}
        detail = job.failure_detail(failures[2, "membership"].sequence)
    assert {key: failure.kind for key, failure in failures.items()} == {
        (None, "organization"): "organization_name_missing",
        (2, "membership"): "invalid_role",
        (3, "user"): "external_id_conflict",
        (4, "row"): "email_malformed",
        (5, "organization"): "organization_failed",
        (6, "user"): "first_row_failed",
    }
    assert "Row 3" in failures[6, "user"].message
    assert (summary.totals.created, summary.totals.failed, summary.totals.pending) == (1, 5, 0)
    assert summary.users.created == 2, "row 2's user was created before its membership failed"
    assert summary.users.failed == 1
    assert detail.attempts[-1].status == 422
    assert "superuser" in detail.attempts[-1].request_body
    assert dict(detail.cells)["role_slug"] == "superuser"
    assert detail.meaning
    assert detail.advice


def test_rows_of_a_failed_organization_are_held_and_all_others_go_on(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.update(faults={"500": Fault(1, calls={"create_membership"})})
    rows = [person(n, n % 2) for n in range(20)] + [person(n, org_external_id="org-nameless") for n in range(20, 25)]
    options = replace(with_workers(2), max_failed=None)
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), options) as job:
        job.start()
        wait_until(lambda: job.snapshot().phase == "import" and job.snapshot().totals.blocked == 5)
        job.stop_now()
        assert job.wait(60)
        blocked = settled_summary(job)
        assert (blocked.totals.blocked, blocked.totals.pending) == (5, 25)
        sandbox.update(faults={})
        summary = finish(job)
    assert (summary.totals.created, summary.totals.failed, summary.totals.blocked) == (20, 5, 0)


def test_too_many_failed_organizations_pause_the_job_while_it_runs_and_resume_tries_them_first(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    rows = [person(n, n) for n in range(60)]
    sandbox.update(roles=("member",), faults={})
    bad = [row | {"org_name": ""} if n < 10 else row for n, row in enumerate(rows)]
    source = write_source(tmp_path / "users.csv", bad)
    options = replace(FAST, prewarm_concurrency=1)
    with open_job(tmp_path, sandbox, source, options) as job:
        summary = finish(job)
        assert job.exit_code == 3
        name = job.name
        assert summary.state == "paused"
        assert "organizations failed" in summary.reason
        assert summary.organizations.failed + summary.organizations.resolved < 60, "it does not wait for the end"
        assert not sandbox.state.users
    for n in range(10):
        sandbox.seed_organization(f"Organization {n}", external_id=f"org-{n}")
    with reopen_job(tmp_path, sandbox, name, options) as job:
        summary = finish(job)
    assert (summary.totals.created, summary.organizations.failed) == (60, 0)
    assert summary.organizations.created == 50, "those that were there already are not ours"


def test_the_breaker_pauses_a_job_in_which_most_rows_fail_and_shows_why(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 3, role_slug="nosuchrole") for n in range(300)]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows)) as job:
        summary = finish(job)
        assert job.exit_code == 3
    assert summary.state == "paused"
    assert "invalid_role" in summary.reason
    assert 50 <= summary.totals.failed <= 70


def test_pause_drains_sends_nothing_more_and_resume_goes_on_at_the_row(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 5) for n in range(300)]
    sandbox.update(latency=0.01)
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), with_workers(4)) as job:
        job.start()
        wait_until(lambda: job.snapshot().totals.done >= 30)
        job.pause()
        assert job.wait(30)
        paused = settled_summary(job)
        assert (paused.state, paused.totals.failed) == ("paused", 0)
        assert 0 < paused.totals.pending < 300
        asked = sandbox.snapshot(objects=False).requests
        users = len(sandbox.state.users)
        assert users == paused.users.created, "no row was abandoned between its steps"
        summary = finish(job)
        assert sandbox.snapshot(objects=False).requests != asked
    assert summary.totals.created == 300
    assert_exact(sandbox, rows)
    assert sandbox.state.asked("create_user") == 300, "nothing was sent twice"


def test_a_job_closed_while_running_is_taken_up_by_another_process(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 5) for n in range(200)]
    sandbox.update(latency=0.01)
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), with_workers(4)) as job:
        job.start()
        wait_until(lambda: job.snapshot().totals.done >= 20)
        name = job.name
    worked = job.snapshot().elapsed
    assert worked > 0
    with reopen_job(tmp_path, sandbox, name) as job:
        again = job.snapshot()
        assert again.state == "paused"
        assert again.elapsed == pytest.approx(worked, abs=0.1), "the time of all runs"
        summary = finish(job)
        assert job.snapshot().elapsed > again.elapsed
    assert summary.totals.created == 200
    assert_exact(sandbox, rows)


def test_lost_answers_and_server_errors_leave_the_exact_state(tmp_path: Path) -> None:
    faults = dict.fromkeys(("500", "503", "html", "drop_before", "drop_after", "truncated"), 0.03)
    rows = [person(n, n % 6) for n in range(120)] + [person(n, (n + 1) % 6) for n in range(0, 120, 3)]
    with Sandbox(replace(UNLIMITED, faults=faults, seed=3)) as sandbox:
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows)) as job:
            summary = finish(job)
        assert sum(sandbox.snapshot(objects=False).faults.values()) > 10
        assert (summary.totals.created, summary.totals.failed) == (160, 0)
        assert (summary.users.created, summary.memberships.created) == (120, 160)
        assert (summary.organizations.created, summary.organizations.resolved) == (6, 6)
        assert_exact(sandbox, rows)


def test_a_dead_service_pauses_the_job_when_patience_ends(tmp_path: Path) -> None:
    rows = [person(n, n % 4) for n in range(60)]
    options = replace(with_workers(4), give_up_after=1 / 60)
    with Sandbox(replace(UNLIMITED, latency=0.01)) as sandbox:
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), options) as job:
            job.start()
            wait_until(lambda: job.snapshot().totals.done >= 10)
            sandbox.close()
            assert job.wait(60)
            summary = settled_summary(job)
            assert job.exit_code == 3
            assert summary.state == "paused"
            assert summary.reason.startswith("service unavailable")
            assert summary.totals.failed == 0
            sandbox.start()
            assert finish(job).totals.created == 60
        assert_exact(sandbox, rows)


def test_organizations_by_name_are_found_or_made_once_and_ambiguous_ones_fail(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.seed_organization("Known")
    sandbox.seed_organization("Twice")
    sandbox.seed_organization("Twice")
    sandbox.seed_organization("Known and more")
    names = ["Known", " New  one ", "New one", "Twice", "Known"]
    rows = [person(n, org_name=name) for n, name in enumerate(names)]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), replace(FAST, max_failed=None)) as job:
        summary = finish(job)
        failure = next(f for f in job.failures_after(0) if f.row is None)
    assert (summary.organizations.resolved, summary.organizations.created, summary.organizations.failed) == (2, 1, 1)
    assert failure.kind == "organization_ambiguous"
    assert {organization["external_id"] for organization in sandbox.state.organizations} == {None}
    assert (summary.totals.created, summary.totals.failed) == (4, 1)
    assert sorted(memberships_on(sandbox)) == [
        ("user0@example.com", "Known"),
        ("user1@example.com", "New one"),
        ("user2@example.com", "New one"),
        ("user4@example.com", "Known"),
    ]


def test_the_plan_says_what_will_happen_and_writes_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.seed_organization("Organization 0", external_id="org-0")
    rows = [person(n, n % 3, role_slug="member") for n in range(20)]
    rows += [person(30, role_slug="pilot"), person(31, email="nope"), person(32, org_external_id="org-nameless")]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows)) as job:
        job.prepare()
        assert job.wait(60)
        plan = job.plan()
        assert plan is not None
        assert job.snapshot().state == "ready"
    assert plan.environment.name == "SANDBOX"
    assert plan.environment.organizations == ("Organization 0",)
    assert (plan.rows, plan.refused_rows, plan.users, plan.memberships) == (23, 1, 22, 21)
    found = plan.organizations
    assert (found.existing, found.create, found.conflict, found.unknown) == (1, 2, 0, 1)
    assert plan.roles_missing == ("pilot",)
    assert plan.problems == {"email_malformed": 1}
    assert plan.requests == 4 + 2 + 22 + 21
    state = sandbox.state
    assert (len(state.users), len(state.organizations)) == (0, 1)
