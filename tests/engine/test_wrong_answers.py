"""Answers about something else than what was asked: nobody becomes a member by them, and no row is called done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.engine.faulty import QUICK
from tests.support import FAST, UNLIMITED, assert_exact, finish, open_job, person, with_workers, write_source
from tui_importer.engine.job.retry import Selection
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = replace(FAST, max_failed=None)
ROWS = [person(number, number % 3) for number in range(12)]


def test_a_row_that_is_answered_about_somebody_else_fails_and_makes_nobody_a_member(tmp_path: Path) -> None:
    """Every answer about the user lies, all others are true."""
    with Sandbox(UNLIMITED) as sandbox:
        stranger = sandbox.seed_user("stranger@example.com")
        source = write_source(tmp_path / "users.csv", ROWS[:1])
        calls = {"create_user", "list_users"}
        with open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS), patience=QUICK) as job:
            sandbox.update(faults={"other_object": Fault(1.0, calls=calls)})
            summary = finish(job)
            (failure,) = job.failures_after(0)
            assert failure.kind == "answer_mismatch"
            assert "stranger@example.com" in failure.message
            assert "user0@example.com" in failure.message
            assert (summary.totals.created, summary.totals.failed) == (0, 1)
            assert not [m for m in sandbox.state.memberships if m["user_id"] == stranger["id"]]
            assert not sandbox.state.memberships
            sandbox.update(faults={})
            assert job.retry(Selection()) == 1
            summary = finish(job)
        assert (summary.totals.created, summary.users.created) == (1, 1), "what was made under a lost answer is ours"


@pytest.mark.parametrize("kind", ["other_object", "unfiltered"])
@pytest.mark.parametrize(
    "call",
    ["create_user", "list_users", "create_membership", "list_memberships", "create_organization",
     "get_organization_by_external_id"],
)  # fmt: skip
def test_a_server_that_lies_now_and_then_changes_nothing(tmp_path: Path, kind: str, call: str) -> None:
    rows = [*ROWS, *(row | {"role_slug": "admin"} for row in ROWS[:3])]
    with Sandbox(UNLIMITED) as sandbox:
        sandbox.seed_organization("Others", external_id="others")
        known = sandbox.seed_user("user5@example.com")
        source = write_source(tmp_path / "users.csv", rows)
        with open_job(tmp_path, sandbox, source, with_workers(2, OPTIONS), patience=QUICK) as job:
            sandbox.update(faults={kind: Fault(1.0, calls={call}, times=2)})
            summary = finish(job)
            assert job.failures_after(0) == []
        assert summary.totals.failed == 0
        sandbox.change(lambda world: world.remove_organization(world.organization_by_external_id["others"]))
        assert_exact(sandbox, rows)
        assert summary.users.existing == 1
        assert {user["id"] for user in sandbox.state.users} > {known["id"]}


def test_an_organization_that_is_found_in_another_case_is_another_one(tmp_path: Path) -> None:
    with Sandbox(replace(UNLIMITED, lookups_ignore_case=True)) as sandbox:
        alpha = sandbox.seed_organization("Alpha", external_id="acme")
        rows = [
            person(1, org_external_id="ACME", org_name="Beta"),
            person(2, org_external_id="other", org_name="Gamma"),
        ]
        source = write_source(tmp_path / "users.csv", rows)
        with open_job(tmp_path, sandbox, source, OPTIONS, patience=QUICK) as job:
            summary = finish(job)
            failures = {failure.kind: failure for failure in job.failures_after(0)}
        assert summary.totals.created == 1
        assert "acme" in failures["answer_mismatch"].message
        assert "ACME" in failures["answer_mismatch"].message
        assert not [m for m in sandbox.state.memberships if m["organization_id"] == alpha["id"]]


def test_one_id_for_two_organizations_stops_the_run(tmp_path: Path) -> None:
    with Sandbox(UNLIMITED) as sandbox:
        sandbox.update(faults={"same_id": Fault(1.0, calls={"create_organization"})})
        source = write_source(tmp_path / "users.csv", ROWS)
        options = replace(OPTIONS, prewarm_concurrency=1)
        with open_job(tmp_path, sandbox, source, options, patience=QUICK) as job:
            summary = finish(job)
        assert summary.state == "paused"
        assert "lead to the same id" in summary.reason
        assert "Organization 0" in summary.reason
        assert not sandbox.state.users
        assert not sandbox.state.memberships


def test_a_list_that_ignores_its_filter_makes_nobody_a_member(tmp_path: Path) -> None:
    """All memberships are of one organization: whoever takes one of them for the row's own counts it as existing."""
    rows = [person(number, 0) for number in range(6)]
    with Sandbox(UNLIMITED) as sandbox:
        known = [sandbox.seed_user(row["email"]) for row in rows[3:]]
        source = write_source(tmp_path / "users.csv", rows)
        with open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS), patience=QUICK) as job:
            sandbox.update(faults={"unfiltered": Fault(1.0, calls={"list_memberships"}, times=2)})
            summary = finish(job)
            assert job.failures_after(0) == []
        members = {membership["user_id"] for membership in sandbox.state.memberships}
        assert members >= {user["id"] for user in known}
        assert (len(members), summary.memberships.created) == (len(rows), len(rows))
