"""What somebody deletes in the environment after the job knew its id is found or made again, and nothing else is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.engine.faulty import QUICK
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
from tui_importer.engine.job.retry import Selection
from tui_importer.sandbox.seeds import seed_membership, seed_organization, seed_user
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.engine.job.job import Job
    from tui_importer.sandbox.state import World

OPTIONS = replace(FAST, max_failed=None)
ROWS = [person(number, organization) for number in range(20) for organization in (number % 4, 4)]
CANARY = 10
"""Rows of the canary: five people in up to five organizations."""


def canary(job: Job) -> None:
    job.start(CANARY)
    assert job.wait(60)
    assert job.canary_done


def remove_all(world: World) -> None:
    for user in list(world.users.values()):
        world.remove_user(user)
    for organization in list(world.organizations.values()):
        world.remove_organization(organization)


def log_of(job: Job) -> list[str]:
    return [entry.message for entry in job.log_after(0)]


def test_a_canary_whose_objects_were_deleted_is_followed_by_the_other_rows(tmp_path: Path) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    with Sandbox(UNLIMITED) as sandbox:
        with open_job(tmp_path, sandbox, source, OPTIONS) as job:
            canary(job)
            name = job.name
        sandbox.change(remove_all)
        before = sandbox.state.asked("create_membership")
        with reopen_job(tmp_path, sandbox, name, OPTIONS) as job:
            summary = finish(job)
            told = [line for line in log_of(job) if "not there any more" in line]
        assert (summary.state, summary.totals.failed, summary.totals.pending) == ("finished", 0, 0)
        assert len(told) == 5, "each organization once"
        assert memberships_on(sandbox) == {(row["email"], row["org_external_id"]): 1 for row in ROWS[CANARY:]}, (
            "what was deleted on purpose is not made again, all other rows are in"
        )
        assert summary.organizations.created == 5
        asked = sandbox.state.asked("create_membership") - before
        assert asked == len(ROWS) - CANARY, "it was written to an organization that is gone"


def test_an_organization_that_is_deleted_while_rows_are_imported_is_resolved_again_once(tmp_path: Path) -> None:
    rows = [person(number, number % 5) for number in range(80)]
    source = write_source(tmp_path / "users.csv", rows)
    deleted: list[str] = []

    def delete(world: World, call: str) -> None:
        if call == "create_membership" and not deleted and len(world.memberships) >= 6:
            organization = world.organization_by_external_id["org-0"]
            deleted.append(organization.id)
            world.remove_organization(organization)

    with Sandbox(replace(UNLIMITED, latency=0.01)) as sandbox:
        # Others come to rows of it while it is resolved again: few rows are, and no two chunks begin with the same.
        sandbox.update(faults={"slow": Fault(1, calls={"get_organization_by_external_id"})}, slow_seconds=0.5)
        sandbox.colleague(delete)
        with open_job(tmp_path, sandbox, source, with_workers(8, OPTIONS), chunk_size=7, patience=QUICK) as job:
            summary = finish(job)
            assert job.failures_after(0) == []
            told = [line for line in log_of(job) if "not there any more" in line]
        assert summary.totals.created == len(rows)
        assert len(told) == 1
        assert summary.organizations.created == 5
        assert summary.cache_misses == 0
        found = [o for o in sandbox.state.organizations if o["external_id"] == "org-0"]
        assert len(found) == 1, "made again once, not by every worker"
        assert found[0]["id"] not in deleted


def test_a_name_is_not_ambiguous_by_an_organization_that_was_deleted(tmp_path: Path) -> None:
    rows = [
        {"email": "a@example.com", "org_external_id": "acme", "org_name": "Acme"},
        {"email": "b@example.com", "org_external_id": "", "org_name": "Acme"},
    ]
    source = write_source(tmp_path / "users.csv", rows, ("email", "org_external_id", "org_name"))
    with Sandbox(UNLIMITED) as sandbox:
        sandbox.update(faults={"no_answer": Fault(1, calls={"create_user"})})
        with open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
            name = job.name
            job.start()
            wait_until(lambda: job.snapshot().phase == "import")
            job.stop_now()
            assert job.wait(60)
        with closing(sqlite3.connect(tmp_path / "jobs" / name / "journal.sqlite")) as journal, journal:
            # As if it had been killed before the second key was resolved.
            journal.execute("UPDATE organizations SET state = 'waiting', workos_id = NULL WHERE key = 'name:Acme'")
        sandbox.update(faults={})
        sandbox.change(lambda world: world.remove_organization(world.organization_by_external_id["acme"]))
        sandbox.seed_organization("Acme", external_id="acme")
        with reopen_job(tmp_path, sandbox, name, with_workers(1, OPTIONS)) as job:
            summary = finish(job)
            assert job.failures_after(0) == []
        assert (summary.totals.created, summary.organizations.failed) == (2, 0)
        assert memberships_on(sandbox) == {("a@example.com", "acme"): 1, ("b@example.com", "acme"): 1}


def test_a_row_that_waited_for_one_of_a_lost_organization_is_tried_when_that_has_ended(tmp_path: Path) -> None:
    """Two keys were one organization, so that the second row waits for the first; then they are two."""
    rows = [
        {"email": "u@example.com", "org_external_id": "", "org_name": "Bolt"},
        {"email": "u@example.com", "org_external_id": "bolt", "org_name": "Bolt"},
    ]
    source = write_source(tmp_path / "users.csv", rows, ("email", "org_external_id", "org_name"))

    def replace_organization(world: World, call: str) -> None:
        if call == "create_user":
            world.remove_organization(world.organization_by_external_id["bolt"])
            seed_organization(world, "Bolt")

    with Sandbox(UNLIMITED) as sandbox:
        sandbox.colleague(replace_organization)
        with open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
            summary = finish(job)
            kinds = {failure.row: failure.kind for failure in job.failures_after(0) if failure.row is not None}
        assert (summary.state, summary.totals.pending) == ("finished", 0)
        assert (kinds, summary.totals.created) == ({1: "organization_failed"}, 1)
        assert memberships_on(sandbox) == {("u@example.com", "bolt"): 1}


def test_an_organization_of_which_only_the_id_is_known_is_not_made_again(tmp_path: Path) -> None:
    with Sandbox(UNLIMITED) as sandbox:
        organization = sandbox.seed_organization("Known", external_id="known")
        rows = [{"email": f"u{number}@example.com", "org_id": str(organization["id"])} for number in range(6)]
        source = write_source(tmp_path / "users.csv", rows, ("email", "org_id"))

        def delete(world: World, call: str) -> None:
            if call == "create_membership" and organization["id"] in world.organizations:
                world.remove_organization(world.organizations[str(organization["id"])])

        sandbox.colleague(delete)
        with open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
            summary = finish(job)
            kinds = {failure.kind for failure in job.failures_after(0)}
        assert kinds == {"organization_not_found", "organization_failed"}
        assert (summary.totals.created, summary.totals.failed) == (1, 5)
        assert not sandbox.state.organizations


def test_a_failed_row_whose_user_was_deleted_is_retried_from_its_first_step(tmp_path: Path) -> None:
    rows = [person(number, 0) for number in range(4)]
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(UNLIMITED) as sandbox:
        sandbox.update(faults={"500": Fault(1.0, calls={"create_membership"}, applied=False, times=100)})
        with open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
            job.start()
            assert job.wait(60)
            failed = settled_summary(job).totals.failed
            sandbox.update(faults={})
            if failed < len(rows):
                finish(job)
            sandbox.change(lambda world: world.remove_user(world.user_by_email["user1@example.com"]))
            assert job.retry(Selection()) == failed
            summary = finish(job)
            assert job.failures_after(0) == []
        assert summary.totals.created == len(rows)
        assert summary.users.created == len(rows)
        assert_exact(sandbox, rows)


def test_a_later_row_of_a_person_who_was_deleted_makes_the_replace_user_from_the_first_row(tmp_path: Path) -> None:
    rows = [person(1, 0, first_name="First"), person(2, 0), person(1, 1, first_name="Later"), person(1, 2)]
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(UNLIMITED) as sandbox:
        with open_job(tmp_path, sandbox, source, with_workers(2, OPTIONS)) as job:
            job.start(2)
            assert job.wait(60)
            name = job.name
        sandbox.change(lambda world: world.remove_user(world.user_by_email["user1@example.com"]))
        with reopen_job(tmp_path, sandbox, name, with_workers(2, OPTIONS)) as job:
            summary = finish(job)
            assert job.failures_after(0) == []
        found = [user for user in sandbox.state.users if user["email"] == "user1@example.com"]
        assert [user["first_name"] for user in found] == ["First"]
        assert memberships_on(sandbox) == {
            ("user2@example.com", "org-0"): 1, ("user1@example.com", "org-1"): 1, ("user1@example.com", "org-2"): 1,
        }  # fmt: skip
        assert (summary.totals.created, summary.users.created) == (4, 2)


@pytest.mark.parametrize("rested", [600.0, 4_000.0])
def test_after_an_hour_the_organizations_are_checked_before_the_first_write(tmp_path: Path, rested: float) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    with Sandbox(UNLIMITED) as sandbox:
        with open_job(tmp_path, sandbox, source, OPTIONS) as job:
            canary(job)
            name = job.name
        with closing(sqlite3.connect(tmp_path / "jobs" / name / "journal.sqlite")) as journal, journal:
            journal.execute("UPDATE job SET updated_at = updated_at - ?, rested = 'operator'", (rested,))
        before = sandbox.state.asked("list_organizations") + sandbox.state.asked("get_organization")
        with reopen_job(tmp_path, sandbox, name, OPTIONS) as job:
            finish(job)
        after = sandbox.state.asked("list_organizations") + sandbox.state.asked("get_organization")
        # One page shows all five; the other request learns the server's time.
        assert after - before == (2 if rested > 3_600 else 1)


def named(number: int) -> dict[str, str]:
    """A row whose organization is known by its name only."""
    return person(number, org_name="Acme")


def deletes_once(sandbox: Sandbox, memberships: int) -> None:
    """A colleague deletes the organization once it has so many members."""
    deleted: list[str] = []

    def delete(world: World, call: str) -> None:
        if call == "create_membership" and not deleted and len(world.memberships) >= memberships:
            organization = next(iter(world.organizations.values()))
            deleted.append(organization.id)
            world.remove_organization(organization)

    sandbox.colleague(delete)


def test_an_organization_known_by_its_name_is_made_again_and_not_found_in_memory(tmp_path: Path) -> None:
    source = write_source(tmp_path / "users.csv", [named(number) for number in range(12)])
    with Sandbox(UNLIMITED) as sandbox:
        deletes_once(sandbox, 3)
        with open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
            summary = finish(job)
        assert (summary.totals.created, summary.totals.failed) == (12, 0)
        assert len(sandbox.state.organizations) == 1


def test_two_keys_of_one_organization_find_one_again(tmp_path: Path) -> None:
    both = ({"org_external_id": "x", "org_name": "Acme"}, {"org_name": "Acme"})
    rows = [{"email": f"u{number}@example.com", **both[number % 2]} for number in range(8)]
    source = write_source(tmp_path / "users.csv", rows, ("email", "org_external_id", "org_name"))
    with Sandbox(UNLIMITED) as sandbox:
        with open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
            job.start(2)
            assert job.wait(60)
            name = job.name
        sandbox.change(lambda world: world.remove_organization(world.organization_by_external_id["x"]))
        with reopen_job(tmp_path, sandbox, name, with_workers(1, OPTIONS)) as job:
            assert finish(job).totals.failed == 0
        assert [organization["external_id"] for organization in sandbox.state.organizations] == ["x"]


def test_the_check_keeps_no_probe_when_the_service_was_in_trouble(tmp_path: Path) -> None:
    source = write_source(tmp_path / "users.csv", [person(number, 0) for number in range(6)])
    with Sandbox(UNLIMITED) as sandbox:
        with open_job(tmp_path, sandbox, source, OPTIONS) as job:
            job.start(2)
            assert job.wait(60)
            name = job.name
        sandbox.change(lambda world: world.remove_organization(world.organization_by_external_id["org-0"]))
        sandbox.update(faults={"503": Fault(1.0, calls={"get_organization"}, times=25)})
        with reopen_job(tmp_path, sandbox, name, OPTIONS) as job:
            assert finish(job).totals.failed == 0


def test_a_user_whom_somebody_else_made_again_is_not_ours(tmp_path: Path) -> None:
    source = write_source(tmp_path / "users.csv", [person(1, 0), person(1, 1)])
    with Sandbox(UNLIMITED) as sandbox, open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
        job.start(1)
        assert job.wait(60)
        sandbox.change(lambda world: world.remove_user(world.user_by_email["user1@example.com"]))
        made = sandbox.seed_user("user1@example.com")
        sandbox.change(lambda world: setattr(world.users[str(made["id"])], "created_at", world.now()))
        summary = finish(job)
        assert (summary.users.created, summary.users.existing) == (0, 1)


@pytest.mark.parametrize("again", [True, False], ids=["found", "made"])
def test_what_was_updated_is_counted_of_the_user_that_is_there(tmp_path: Path, *, again: bool) -> None:
    source = write_source(tmp_path / "users.csv", [person(1, 0), person(1, 1)])
    with Sandbox(UNLIMITED) as sandbox:
        sandbox.seed_user("user1@example.com")
        with open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS), on_existing="update") as job:
            job.start(1)
            assert job.wait(60)
            sandbox.change(lambda world: world.remove_user(world.user_by_email["user1@example.com"]))
            if again:
                sandbox.seed_user("user1@example.com")
            assert finish(job).users.updated == again


def test_a_later_row_that_cannot_make_the_replace_user_counts_no_failed_user(tmp_path: Path) -> None:
    rows = [person(1, 0), person(2, 0), person(1, 1), person(1, 2)]
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(UNLIMITED) as sandbox, open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
        job.start(2)
        assert job.wait(60)
        sandbox.change(lambda world: world.remove_user(world.user_by_email["user1@example.com"]))
        sandbox.seed_user("other@example.com", external_id="legacy-1")
        assert finish(job).totals.failed == 2
        assert job.retry(Selection()) == 2
        assert job.snapshot().users.failed >= 0
        finish(job)


def fail_at_the_membership(job: Job, sandbox: Sandbox, rows: int) -> None:
    """All rows fail there: nobody knows whether what was sent had its effect."""
    sandbox.update(faults={"500": Fault(1.0, calls={"create_membership"}, applied=False, times=1_000)})
    assert finish(job).totals.failed == rows
    sandbox.update(faults={})


def test_a_row_without_an_organization_counts_only_a_user_who_is_still_there(tmp_path: Path) -> None:
    rows = [person(1, 0), person(2, 0), person(1), person(2)]
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(UNLIMITED) as sandbox, open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
        job.start(2)
        assert job.wait(60)
        sandbox.change(lambda world: world.remove_user(world.user_by_email["user1@example.com"]))
        summary = finish(job)
        assert (summary.totals.created, summary.totals.existing, summary.users.created) == (2, 2, 2)
        assert sorted(user["email"] for user in sandbox.state.users) == ["user1@example.com", "user2@example.com"]
        assert memberships_on(sandbox) == {("user2@example.com", "org-0"): 1}


def test_a_first_row_that_cannot_make_the_replace_user_is_the_one_that_fails(tmp_path: Path) -> None:
    rows = [person(1, 0), person(2, 0), person(1, 1)]
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(UNLIMITED) as sandbox, open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
        fail_at_the_membership(job, sandbox, len(rows))
        sandbox.change(lambda world: world.remove_user(world.user_by_email["user1@example.com"]))
        sandbox.seed_user("other@example.com", external_id="legacy-1")
        for _ in range(2):
            assert job.retry(Selection()) > 0
            summary = finish(job)
            assert (summary.totals.created, summary.totals.failed, summary.users.failed) == (1, 2, 1)
            kinds = {failure.row: failure.kind for failure in job.failures_after(0)}
            assert kinds == {1: "external_id_conflict", 3: "first_row_failed"}
            assert job.snapshot().users.failed == 1


def test_what_was_sent_for_a_deleted_user_makes_nothing_of_the_next_one_ours(tmp_path: Path) -> None:
    source = write_source(tmp_path / "users.csv", [person(1, 0), person(1, 1)])
    with Sandbox(UNLIMITED) as sandbox, open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
        fail_at_the_membership(job, sandbox, 2)
        sandbox.change(lambda world: world.remove_user(world.user_by_email["user1@example.com"]))
        assert job.retry(Selection(rows={1})) == 1
        assert finish(job).memberships.created == 1
        (user,) = sandbox.state.users
        organization = next(o for o in sandbox.state.organizations if o["external_id"] == "org-1")
        made = sandbox.seed_membership(str(user["id"]), str(organization["id"]))
        sandbox.change(lambda world: setattr(world.memberships[str(made["id"])], "created_at", world.now()))
        assert job.retry(Selection(rows={2})) == 1
        summary = finish(job)
        assert (summary.memberships.created, summary.memberships.existing, summary.totals.failed) == (1, 1, 0)


def replaced_by_a_colleague(world: World) -> None:
    """Somebody makes the organization again and everybody a member of it."""
    world.remove_organization(world.organization_by_external_id["org-0"])
    made = seed_organization(world, "Organization 0", external_id="org-0", created_at=world.now())
    for user in world.users.values():
        seed_membership(world, user.id, str(made["id"]), created_at=world.now())


@pytest.mark.parametrize("rested", [600.0, 4_000.0], ids=["when a row needs it", "before the first write"])
def test_what_was_meant_for_a_deleted_organization_says_nothing_about_another(tmp_path: Path, rested: float) -> None:
    rows = [person(number, 0) for number in range(6)]
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(UNLIMITED) as sandbox:
        refused = Fault(1.0, calls={"create_membership"}, applied=False)
        sandbox.update(faults={"500": refused})
        with open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
            name = job.name
            job.start()
            wait_until(lambda: sandbox.snapshot(objects=False).counts["users"] == len(rows))
            job.stop_now()
            assert job.wait(60)
        sandbox.update(faults={})
        sandbox.change(replaced_by_a_colleague)
        with closing(sqlite3.connect(tmp_path / "jobs" / name / "journal.sqlite")) as journal, journal:
            journal.execute("UPDATE job SET updated_at = updated_at - ?, rested = 'operator'", (rested,))
        with reopen_job(tmp_path, sandbox, name, with_workers(1, OPTIONS)) as job:
            finish(job)
            job.retry(Selection())
            summary = finish(job)
        assert (summary.memberships.created, summary.memberships.existing) == (0, len(rows))
        assert (summary.totals.failed, summary.uncertain) == (0, 0)


def test_what_was_meant_for_a_deleted_user_says_nothing_about_another(tmp_path: Path) -> None:
    rows = [person(1, organization) for organization in range(4)]
    source = write_source(tmp_path / "users.csv", rows)

    def replace_user(world: World) -> None:
        world.remove_user(world.user_by_email["user1@example.com"])
        made = seed_user(world, "user1@example.com", created_at=world.now())
        for organization in world.organizations.values():
            seed_membership(world, str(made["id"]), organization.id, created_at=world.now())

    with Sandbox(UNLIMITED) as sandbox, open_job(tmp_path, sandbox, source, with_workers(1, OPTIONS)) as job:
        job.start(1)
        assert job.wait(60)
        sandbox.update(faults={"500": Fault(1.0, calls={"create_membership"}, applied=False)})
        job.start()
        wait_until(lambda: len(job._journal.meant_memberships()) == 3)
        job.stop_now()
        assert job.wait(60)
        sandbox.update(faults={})
        sandbox.change(replace_user)
        finish(job)
        job.retry(Selection())
        summary = finish(job)
        assert (summary.memberships.created, summary.memberships.existing) == (1, 3)
        assert (summary.totals.failed, summary.uncertain) == (0, 0)
