"""Jobs that an earlier version wrote open, are resumed, and have their failed rows retried, as their own would.

The folders in `jobs_of_0_1` were written by the first release (journal of version 2): one finished with a failed row,
one paused after a canary of five rows, one planned. Each has twelve people in three organizations (the paused one
thirteen); the fifth has a role that the environment lacked.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import FAST, UNLIMITED, finish, memberships_on, reopen_job
from tui_importer.engine.job.retry import Selection
from tui_importer.engine.job.store import Jobs
from tui_importer.journal.schema import VERSION
from tui_importer.sandbox.objects import Membership, Organization, User
from tui_importer.sandbox.server import Sandbox
from tui_importer.source.frozen.reader import FrozenRows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_importer.sandbox.state import World

KEPT = Path(__file__).with_name("jobs_of_0_1")
OPTIONS = replace(FAST, max_failed=None)


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    folder = tmp_path / "jobs"
    shutil.copytree(KEPT, folder)
    return folder


@pytest.fixture
def server() -> Iterator[Sandbox]:
    with Sandbox(UNLIMITED) as sandbox:
        yield sandbox


def restore(world: World, folder: Path) -> None:
    """Put what a job had made back into an environment, under its ids."""
    rows = FrozenRows(folder)
    with closing(sqlite3.connect(folder / "journal.sqlite")) as journal:
        for value, name, id_ in journal.execute(
            "SELECT value, name, workos_id FROM organizations WHERE workos_id <> ''"
        ):
            world.add_organization(
                Organization(**world.stamp("org", seeded=True) | {"id": id_}, name=name, external_id=value)
            )
        for number, user_id, membership_id in journal.execute(
            "SELECT row, user_id, membership_id FROM rows WHERE user_id <> ''"
        ):
            row = rows.row(number)
            stamp = world.stamp("user", seeded=True) | {"id": user_id}
            world.add_user(User(**stamp, email=row.email, external_id=str(row.user["external_id"])))
            if membership_id:
                organization = world.organization_by_external_id[(row.organization_key or "").partition(":")[2]]
                stamp = world.stamp("om", seeded=True) | {"id": membership_id}
                world.add_membership(Membership(**stamp, user=world.users[user_id], organization=organization))


def version_of(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "journal.sqlite")) as journal:
        (version,) = journal.execute("PRAGMA user_version").fetchone()
    return int(version)


def test_they_are_listed_without_being_changed(jobs: Path) -> None:
    found = {job.job: job for job in Jobs(jobs).list()}
    assert {name: job.state for name, job in found.items()} == {
        "finished": "finished", "paused": "paused", "ready": "ready",
    }  # fmt: skip
    assert not any(job.problem for job in found.values())
    assert (found["finished"].totals.created, found["finished"].totals.failed) == (11, 1)
    assert {version_of(jobs / name) for name in found} == {2}


@pytest.mark.parametrize(("name", "people"), [("finished", 12), ("paused", 13), ("ready", 12)])
def test_they_are_resumed_and_retried(tmp_path: Path, jobs: Path, server: Sandbox, name: str, people: int) -> None:
    server.change(lambda world: restore(world, jobs / name))
    with reopen_job(tmp_path, server, name, OPTIONS) as job:
        assert version_of(jobs / name) == VERSION
        assert (jobs / name / "journal.v2.sqlite").is_file(), "the migration has kept a copy"
        if job.snapshot().state != "finished":
            summary = finish(job)
            assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", people - 1, 1)
        server.seed_role("pilot")
        assert job.retry(Selection()) == 1
        summary = finish(job)
    assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", people, 0)
    assert len(server.state.users) == sum(memberships_on(server).values()) == people
    assert len(server.state.organizations) == 3
