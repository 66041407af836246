"""The machine gives out under a running job: power, disk, clock, what is in the job's folder. Nothing is lost."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import wait_until
from tests.engine.machine import ROWS, SLOW, WORKERS, amid, assert_all_created
from tests.support import (
    COLUMNS,
    FAST,
    assert_exact,
    connection_to,
    finish,
    open_job,
    person,
    reopen_job,
    settled_summary,
    with_workers,
    write_source,
)
from tui_importer.engine.job.store import Jobs
from tui_importer.journal import reader
from tui_importer.journal.errors import JournalCorrupt, JournalUnwritable
from tui_importer.journal.journal import FILE
from tui_importer.source.frozen import files
from tui_importer.source.frozen import reader as frozen

if TYPE_CHECKING:
    from tui_importer.sandbox.server import Sandbox
    from tui_importer.sandbox.settings import SandboxSettings


@pytest.fixture
def sandbox_settings() -> SandboxSettings:
    return SLOW


def writes(sandbox: Sandbox) -> int:
    """Requests that create something, so far."""
    picture = sandbox.snapshot(objects=False)
    return sum(picture.asked(call) for call in ("create_organization", "create_user", "create_membership"))


# -- a power cut ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="the paths behind descriptors are read from /proc")
def test_the_journal_says_that_rows_are_frozen_when_they_are_on_the_disk(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [person(n, n % 5, password=f"secret-{n}") for n in range(20)]
    source = write_source(tmp_path / "users.csv", rows, (*COLUMNS, "password"))
    happened: list[tuple[str, str]] = []
    fsync, rename = os.fsync, os.rename

    def noting_fsync(descriptor: int) -> None:
        happened.append(("synced", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
        fsync(descriptor)

    def noting_rename(old: Any, new: Any) -> None:  # noqa: ANN401 - whatever os.rename takes
        happened.append(("renamed", os.fspath(new)))
        rename(old, new)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(os, "rename", noting_rename)
    monkeypatch.setattr(os, "replace", noting_rename)
    with open_job(tmp_path, sandbox, source) as job:
        folder = job._folder

        def noting_statement(sql: str) -> None:
            if sql.startswith("UPDATE job SET") and "sha256" in sql:
                happened.append(("recorded", "rows"))
            if sql == "COMMIT":
                happened.append(("committed", ""))

        job._journal._writer._connection.set_trace_callback(noting_statement)
        finish(job)

    def when(what: str, path: Path | str) -> int:
        return happened.index((what, str(path)))

    recorded = when("recorded", "rows")
    made = folder.with_name(f".{folder.name}.{os.getpid()}")
    assert when("synced", made / FILE) < when("synced", made) < when("renamed", folder) < when("synced", folder.parent)
    assert when("synced", folder.parent) < when("synced", tmp_path) < recorded
    stage = folder / f".scan-{os.getpid()}"
    for name in (files.ROWS, files.SECRETS, files.REPEATS, files.PROBLEMS, files.ORGANIZATIONS, files.SUMMARY):
        assert when("synced", stage / name) < when("renamed", folder / name) < recorded, name
    scanned = happened[:recorded]
    at = {name: scanned.index(("renamed", str(folder / name))) for name in (files.ORGANIZATIONS, files.SUMMARY)}
    assert ("synced", str(folder)) in scanned[at[files.ORGANIZATIONS] : at[files.SUMMARY]], "the summary is there last"
    assert ("synced", str(folder)) in scanned[at[files.SUMMARY] :]


# -- the journal ------------------------------------------------------------------------------------------------


def test_another_programs_lock_pauses_the_job_and_nothing_is_sent_meanwhile(
    tmp_path: Path, sandbox: Sandbox, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BUSY_SECONDS", 0.2)
    with open_job(tmp_path, sandbox, source, with_workers(WORKERS)) as job:
        amid(job)
        with closing(sqlite3.connect(job._folder / FILE, isolation_level=None, timeout=60)) as other:
            other.execute("BEGIN IMMEDIATE")
            before = writes(sandbox)
            assert job.wait(60)
            assert writes(sandbox) - before <= WORKERS, "only writes whose intents were durable already"
            snapshot = job.snapshot()
            assert (snapshot.state, job.exit_code) == ("paused", 3)
            assert "Another program has the journal" in snapshot.reason
            assert "Close it there" in snapshot.next_step
            other.execute("ROLLBACK")
        summary = finish(job)
    assert_all_created(sandbox, summary)


def test_a_full_disk_pauses_the_job_and_with_room_it_goes_on(tmp_path: Path, sandbox: Sandbox, source: Path) -> None:
    with open_job(tmp_path, sandbox, source, with_workers(WORKERS)) as job:
        amid(job)
        writing = job._journal._writer._connection
        (pages,) = writing.execute("PRAGMA page_count").fetchone()
        before = writes(sandbox)
        writing.execute(f"PRAGMA max_page_count = {pages}")
        assert job.wait(60)
        snapshot = job.snapshot()
        assert (snapshot.state, job.exit_code) == ("paused", 3)
        assert "the disk is full" in snapshot.reason
        assert "Make room" in snapshot.next_step
        assert before <= writes(sandbox) < 2 * len(ROWS)
        sent = writes(sandbox)
        with pytest.raises(JournalUnwritable):
            job._journal.flush()
        job.start()
        assert job.wait(60)
        assert (job.snapshot().state, writes(sandbox)) == ("paused", sent), "as long as it is full nothing is sent"
        writing.execute("PRAGMA max_page_count = 1000000")
        summary = finish(job)
    assert_all_created(sandbox, summary)


def test_damage_that_shows_itself_in_the_middle_halts_the_job_with_a_sentence(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 5) for n in range(100)] + [person(n, (n + 1) % 5) for n in range(100)]
    source = write_source(tmp_path / "users.csv", rows)
    with open_job(tmp_path, sandbox, source, with_workers(WORKERS), chunk_size=5) as job:
        job.start()
        wait_until(lambda: job.snapshot().totals.done >= 105)  # workers look at the first rows of these people now
        folder = job._folder
        with closing(sqlite3.connect(folder / FILE, timeout=60)) as other:
            other.execute("PRAGMA wal_checkpoint(RESTART)")  # all is in the one file, and read from there
        damaged = folder / FILE
        damaged.write_bytes(damaged.read_bytes()[:100] + b"\xaa" * (damaged.stat().st_size - 100))
        assert job.wait(60)
        snapshot = job.snapshot()
        assert (snapshot.state, job.exit_code) == ("paused", 3)
        assert "is damaged" in snapshot.reason
        assert snapshot.next_step.startswith("Restore the job's folder")
    with pytest.raises(JournalCorrupt):
        Jobs(tmp_path / "jobs").open(folder.name, connection_to(sandbox), FAST)
    Jobs(tmp_path / "jobs").purge(folder.name)
    sandbox.update(latency=0.0)
    with open_job(tmp_path, sandbox, source) as job:
        summary = finish(job)
    assert (summary.totals.created + summary.totals.existing, summary.totals.failed) == (200, 0)
    assert_exact(sandbox, rows)


def test_frozen_rows_that_are_damaged_halt_the_job_with_a_sentence(
    tmp_path: Path, sandbox: Sandbox, source: Path
) -> None:
    with open_job(tmp_path, sandbox, source, with_workers(WORKERS), chunk_size=5) as job:
        amid(job)
        rows = job._folder / files.ROWS
        kept = rows.read_bytes()
        half = rows.with_name("half")
        half.write_bytes(kept[: len(kept) // 2])
        half.replace(rows)
        assert job.wait(60)
        snapshot = job.snapshot()
        assert (snapshot.state, job.exit_code) == ("paused", 3)
        assert "the frozen rows were changed or removed" in snapshot.reason
        assert snapshot.next_step
        name = job.name
    with reopen_job(tmp_path, sandbox, name) as job:
        assert "the frozen rows are damaged" in finish(job).reason
        assert job.exit_code == 2, "refused before anything was sent"
    rows.write_bytes(kept)
    with reopen_job(tmp_path, sandbox, name) as job:
        assert finish(job).totals.created == len(ROWS)
    assert_exact(sandbox, ROWS)


def test_a_screen_that_asks_a_damaged_journal_gets_nothing_and_the_job_says_why(
    tmp_path: Path, sandbox: Sandbox, source: Path
) -> None:
    with open_job(tmp_path, sandbox, source, with_workers(WORKERS)) as job:
        amid(job)
        job.pause()
        assert job.wait(60)
        assert job.log_after(0)
        name = job.name
    with reopen_job(tmp_path, sandbox, name) as job:
        assert job.snapshot().reason == "paused by the operator"
        damaged = job._folder / FILE
        damaged.write_bytes(damaged.read_bytes()[:100] + b"\xaa" * (damaged.stat().st_size - 100))
        job._journal.update_job(state="paused").wait()  # now the reader cannot answer from its memory
        assert (list(job.log_after(0)), list(job.failures_after(0)), list(job.organizations())) == ([], [], [])
        assert "is damaged" in job.snapshot().reason
        assert job.snapshot().next_step.startswith("Restore the job's folder")


# -- the server's clock -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1, -1], ids=["forwards", "backwards"])
def test_the_clock_of_the_server_may_jump(tmp_path: Path, sandbox: Sandbox, source: Path, days: int) -> None:
    with open_job(tmp_path, sandbox, source, with_workers(WORKERS)) as job:
        amid(job)
        job.stop_now()  # rows in flight are looked up, by intents that are older than the jump
        assert job.wait(60)
        sandbox.update(clock_skew=86_400.0 * days)
        job.start()
        wait_until(lambda: job.snapshot().totals.done >= 45)
        sandbox.update(clock_skew=0.0)
        assert job.wait(60)
        summary = settled_summary(job)
    assert summary.organizations.created == 5
    assert_all_created(sandbox, summary)


# -- finishing --------------------------------------------------------------------------------------------------


def test_a_disk_that_is_full_in_the_last_step_keeps_the_job_and_its_secrets_until_there_is_room(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [person(n, n % 3, password=f"secret-{n}") for n in range(12)] + [
        person(99, 0, password="secret-99", role_slug="nobody")
    ]
    source = write_source(tmp_path / "users.csv", rows, (*COLUMNS, "password"))
    options = replace(FAST, max_failed=None)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with open_job(tmp_path, sandbox, source, options) as job:
        secrets = job._folder / files.SECRETS
        with monkeypatch.context() as patch:
            patch.setattr(frozen, "write", full)
            summary = finish(job)
            assert (summary.state, summary.totals.pending, job.exit_code) == ("paused", 0, 3)
            assert "the secrets of finished rows could not be removed" in summary.reason
            assert "No space left on device" in summary.reason
            assert "Make room" in summary.next_step
            assert [path.name for path in job._folder.glob("secrets*")] == [secrets.name], "no copy is left behind"
        before = secrets.stat().st_ino
        assert finish(job).state == "finished"
        assert (secrets.stat().st_ino != before, job.exit_code) == (True, 1)
