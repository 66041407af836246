"""Nobody gets access back by an import: not when answers are lost, not with updates, not after a resume."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.engine.design import Design
from tests.engine.faulty import CHUNK, PATIENCE, QUICK, planned
from tests.support import COLUMNS, FAST, UNLIMITED, finish, open_job, person, reopen_job, with_workers, write_source
from tui_importer.engine.job.retry import Selection
from tui_importer.sandbox.objects import INACTIVE
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.sandbox.answers import JsonObject
    from tui_importer.sandbox.state import World

OPTIONS = replace(FAST, max_failed=None)
DEACTIVATED = 24
LOST = {kind: Fault(0.04) for kind in ("500", "drop_before", "drop_after", "truncated")}


def as_now(sandbox: Sandbox, memberships: list[JsonObject]) -> list[JsonObject]:
    """These memberships as they are now."""
    now = {m["id"]: m for m in sandbox.state.memberships}
    return [now[m["id"]] | {"user": m["user"]} for m in memberships]


@pytest.mark.parametrize("update", [False, True], ids=["keep", "update"])
def test_deactivated_people_stay_so_whatever_answer_is_lost(tmp_path: Path, *, update: bool) -> None:
    with Sandbox(replace(UNLIMITED, seed=5)) as sandbox:
        design = Design(sandbox, update=update, deactivated=DEACTIVATED)
        with planned(tmp_path, sandbox, design, options=OPTIONS) as job:
            sandbox.update(faults=LOST)
            design.check(job, finish(job))
            assert job.retry(Selection()) == sum(bool(end.kind) for end in design.ends)
            design.check(job, finish(job))


def test_who_cannot_be_looked_up_is_not_made_a_member(tmp_path: Path) -> None:
    rows = [person(n, 0) for n in range(40)]
    with Sandbox(UNLIMITED) as sandbox:
        organization = sandbox.seed_organization("Organization 0", external_id="org-0")
        users = [sandbox.seed_user(f"user{n}@example.com") for n in range(0, 40, 8)]
        seeded = [sandbox.seed_membership(str(u["id"]), str(organization["id"]), status=INACTIVE) for u in users]
        sandbox.update(faults={"truncated": Fault(1.0, calls={"list_memberships"})})
        source = write_source(tmp_path / "users.csv", rows)
        with open_job(tmp_path, sandbox, source, with_workers(2, OPTIONS), patience=QUICK) as job:
            summary = finish(job)
            assert [failure.kind for failure in job.failures_after(0)] == ["server_error"] * len(users)
            assert summary.totals.created == len(rows) - len(users)
            sandbox.update(faults={})
            assert job.retry(Selection(kind="server_error")) == len(users)
            assert finish(job).totals.created == summary.totals.created
            assert [failure.kind for failure in job.failures_after(0)] == ["membership_inactive"] * len(users)
        assert as_now(sandbox, seeded) == seeded


@pytest.mark.parametrize("update", [False, pytest.param(True, marks=pytest.mark.long)], ids=["keep", "update"])
def test_deactivated_people_stay_so_over_stops_and_resumes(tmp_path: Path, *, update: bool) -> None:
    with Sandbox(replace(UNLIMITED, latency=0.002, seed=7)) as sandbox:
        design = Design(sandbox, update=update, deactivated=DEACTIVATED)
        with planned(tmp_path, sandbox, design, options=OPTIONS) as job:
            sandbox.update(faults=LOST)
            name = job.name
            job.start()
            wait_until(lambda: job.snapshot().totals.done >= 5)
            job.stop_now()
            assert job.wait(60)
        for done in (30, 60, 90):
            with reopen_job(tmp_path, sandbox, name, OPTIONS, PATIENCE) as job:
                job.start()
                wait_until(lambda done=done, job=job: job.snapshot().totals.done >= done)  # type: ignore[misc]
                job.stop_now()
                assert job.wait(60)
        with reopen_job(tmp_path, sandbox, name, OPTIONS, PATIENCE) as job:
            design.check(job, finish(job))


def test_people_who_were_deactivated_while_their_failed_rows_waited_stay_so(tmp_path: Path) -> None:
    rows = [person(n, 0) if n % 8 == 0 else person(n) for n in range(40)]
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(UNLIMITED) as sandbox:
        organization = sandbox.seed_organization("Organization 0", external_id="org-0")
        sandbox.update(faults={"500": Fault(1.0, calls={"create_membership"}, applied=False)})
        with open_job(tmp_path, sandbox, source, with_workers(2, OPTIONS), patience=QUICK) as job:
            assert finish(job).totals.failed == 5
            sandbox.update(faults={})
            made = {str(user["email"]): str(user["id"]) for user in sandbox.state.users}
            seeded = [
                sandbox.seed_membership(made[row["email"]], str(organization["id"]), status=INACTIVE)
                for row in rows
                if row.get("org_external_id")
            ]
            assert job.retry(Selection()) == 5
            summary = finish(job)
            assert [failure.kind for failure in job.failures_after(0)] == ["membership_inactive"] * 5
        assert (summary.totals.created, summary.users.created, summary.memberships.created) == (35, 40, 0)
        assert as_now(sandbox, seeded) == seeded


@pytest.mark.parametrize(
    "later",
    [
        {"org_external_id": "org-0", "org_name": "Organization 0"},
        {"org_external_id": "org-0", "org_name": "Organization 0", "role_slug": "admin"},
        {"org_id": "ID"},
        {"org_name": "Organization 0"},
    ],
    ids=["again", "another role", "by id", "by name"],
)
def test_a_later_row_of_the_same_membership_looks_before_it_writes(tmp_path: Path, later: dict[str, str]) -> None:
    """A colleague deactivates what an earlier row made; the later row comes a moment after, in the same run."""

    def deactivate(world: World, call: str) -> None:
        if call == "create_membership":
            for membership in world.memberships.values():
                membership.status = INACTIVE

    with Sandbox(UNLIMITED) as sandbox:
        organization = sandbox.seed_organization("Organization 0", external_id="org-0")
        again = {name: value.replace("ID", str(organization["id"])) for name, value in later.items()}
        rows = [person(1, 0), {"email": "user1@example.com", **again}]
        source = write_source(tmp_path / "users.csv", rows, (*COLUMNS, "org_id"))
        sandbox.colleague(deactivate)
        with open_job(tmp_path, sandbox, source, with_workers(2, OPTIONS)) as job:
            summary = finish(job)
            assert [failure.kind for failure in job.failures_after(0)] == ["membership_inactive"]
        assert (summary.totals.created, summary.totals.failed) == (1, 1)
        assert [membership["status"] for membership in sandbox.state.memberships] == [INACTIVE]
        assert sandbox.state.asked("create_membership") == 1
        assert sandbox.state.conflicts.get("membership", 0) == 0


def test_people_who_were_deactivated_while_the_job_rested_stay_so(tmp_path: Path) -> None:
    """The job made them, somebody else made them members and took it back before the job did."""
    rows = [person(n, organization) for n in range(16) for organization in (0, 1)]
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(replace(UNLIMITED, latency=0.002)) as sandbox:
        with open_job(tmp_path, sandbox, source, OPTIONS, patience=PATIENCE, chunk_size=CHUNK) as job:
            sandbox.update(faults={"500": Fault(1.0, calls={"create_membership"}, applied=False)})
            name = job.name
            job.start()
            wait_until(lambda: len(sandbox.state.users) >= 3)
            job.stop_now()
            assert job.wait(60)
        sandbox.update(faults={})
        made = [user["id"] for user in sandbox.state.users]
        seeded = [
            sandbox.seed_membership(str(user), str(organization["id"]), status=INACTIVE)
            for user in made
            for organization in sandbox.state.organizations
        ]
        with reopen_job(tmp_path, sandbox, name, OPTIONS, PATIENCE) as job:
            summary = finish(job)
            kinds = [failure.kind for failure in job.failures_after(0)]
        assert kinds == ["membership_inactive"] * len(seeded)
        assert len(seeded) == 2 * len(made)
        assert summary.totals.created == len(rows) - len(seeded)
        assert as_now(sandbox, seeded) == seeded
