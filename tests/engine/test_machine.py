"""The machine gives out under a running job: power, disk, clock, the job's folder, the source. Nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import wait_until
from tests.support import (
    COLUMNS,
    FAST,
    UNLIMITED,
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
from tui_importer import durable
from tui_importer.engine import folders, frozen_source
from tui_importer.engine.control import EXIT_CODES
from tui_importer.engine.errors import EngineError
from tui_importer.engine.jobs import Jobs
from tui_importer.engine.options import FrozenOptions, NewJob
from tui_importer.journal import journal, reader
from tui_importer.journal.errors import JournalCorrupt, JournalError, JournalUnwritable, NotRecorded, NotRemoved
from tui_importer.journal.journal import FILE, Journal
from tui_importer.journal.lock import LOCK
from tui_importer.sandbox.server import Sandbox
from tui_importer.source import files, fingerprint, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tui_importer.engine.job import Job

ROWS = [person(n, n % 5) for n in range(80)]
WORKERS = 4
LATENCY = 0.01


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(replace(UNLIMITED, latency=LATENCY)) as running:
        yield running


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "users.csv", ROWS)


def writes(sandbox: Sandbox) -> int:
    """Requests that create something, so far."""
    picture = sandbox.picture(objects=False)
    return sum(picture.asked(call) for call in ("create_organization", "create_user", "create_membership"))


def amid(job: Job) -> None:
    """Start the job and come back in the middle of its import."""
    job.start()
    wait_until(lambda: job.snapshot().totals.done >= 15)
    assert job.snapshot().state == "running"


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
    assert (summary.totals.created, summary.users.created, summary.memberships.created) == (
        len(ROWS),
        len(ROWS),
        len(ROWS),
    )
    assert_exact(sandbox, ROWS)


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
    assert (summary.totals.created, summary.users.created, summary.memberships.created) == (
        len(ROWS),
        len(ROWS),
        len(ROWS),
    )
    assert_exact(sandbox, ROWS)


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
    assert (summary.totals.created, summary.users.created, summary.memberships.created) == (
        len(ROWS),
        len(ROWS),
        len(ROWS),
    )
    assert summary.organizations.created == 5
    assert_exact(sandbox, ROWS)


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


# -- the source -------------------------------------------------------------------------------------------------


def append(source: Path) -> None:
    with source.open("a", encoding="utf-8") as file:
        file.write("late@example.com\n")


def replace_it(source: Path) -> None:
    other = source.with_name("other.csv")
    other.write_text("email\nother@example.com\n", encoding="utf-8")
    other.replace(source)


def remove(source: Path) -> None:
    source.unlink()


@pytest.fixture
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen_source, "LOOK_EVERY", 0.05)


@pytest.mark.parametrize(
    ("happening", "words"),
    [(append, "written to"), (replace_it, "replaced"), (remove, "removed")],
    ids=["edited", "replaced", "removed"],
)
@pytest.mark.usefixtures("looking_often")
def test_the_job_goes_on_with_its_own_rows_and_says_once_that_the_source_changed(
    tmp_path: Path, sandbox: Sandbox, source: Path, happening: Callable[[Path], None], words: str
) -> None:
    with open_job(tmp_path, sandbox, source, with_workers(WORKERS)) as job:
        amid(job)
        assert job.snapshot().source_change == ""
        happening(source)
        wait_until(lambda: words in job.snapshot().source_change)
        assert job.snapshot().state == "running", "it is told while it runs"
        assert job.wait(60)
        job.start()
        told = [entry for entry in job.log_after(0) if "frozen rows" in entry.message]
        assert [(entry.level, "users.csv" in entry.message) for entry in told] == [("warning", True)]
        assert job.snapshot().totals.created == len(ROWS)
    assert_exact(sandbox, ROWS)


def test_a_change_that_no_look_saw_is_told_in_the_end_and_again_by_the_next_process(
    tmp_path: Path, sandbox: Sandbox, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen_source, "LOOK_EVERY", 3_600)
    with open_job(tmp_path, sandbox, source, with_workers(WORKERS)) as job:
        amid(job)
        remove(source)
        job.pause()
        assert job.wait(60)
        assert job.snapshot().source_change == "was removed"
        name = job.name
    with reopen_job(tmp_path, sandbox, name) as job:
        assert finish(job).totals.created == len(ROWS)
        assert job.snapshot().source_change == "was removed"
        assert sum("was removed since it was scanned" in entry.message for entry in job.log_after(0)) == 2
    assert_exact(sandbox, ROWS)


def test_a_source_that_changes_while_it_is_scanned_is_refused_and_nothing_was_sent(
    tmp_path: Path, sandbox: Sandbox, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = fingerprint.Watch.check

    def late(watch: fingerprint.Watch, bytes_read: int) -> None:
        append(source)
        check(watch, bytes_read)

    with monkeypatch.context() as patch, open_job(tmp_path, sandbox, source) as job:
        patch.setattr(fingerprint.Watch, "check", late)
        job.start()
        assert job.wait(60)
        assert (job.snapshot().state, job.exit_code) == ("paused", 2)
        assert "was changed, replaced or removed while it was read" in job.snapshot().reason
        assert not list(job._folder.glob("*.parquet"))
        name = job.name
    with reopen_job(tmp_path, sandbox, name) as job:
        job.start()
        assert job.wait(60)
        assert job.exit_code == 2
        assert "was written to or replaced since the job was recorded" in job.snapshot().reason
    assert sandbox.picture(objects=False).total == 0


# -- folders ----------------------------------------------------------------------------------------------------


def created(tmp_path: Path, sandbox: Sandbox, source: Path, name: str = "job") -> None:
    """Record a job and close it."""
    new = NewJob(source, name, FrozenOptions(base_url=sandbox.url), FAST)
    Jobs(tmp_path / "jobs").create(new, connection_to(sandbox)).close()


def test_a_job_that_cannot_be_written_down_leaves_nothing(
    tmp_path: Path, sandbox: Sandbox, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    places: list[tuple[object, str]] = [(os, "mkdir"), (journal, "connect"), (os, "rename"), (folders, "sync_name")]
    for place, name in places:
        with monkeypatch.context() as patch:
            patch.setattr(place, name, full)
            with pytest.raises(NotRecorded, match="No space left on device") as refused:
                created(tmp_path, sandbox, source)
        assert (refused.value.exit_code, bool(refused.value.next)) == (2, True)
        with suppress(FileNotFoundError):
            assert list((tmp_path / "jobs").iterdir()) == [], name
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "__init__", lambda *_: full())
        with pytest.raises(NotRecorded, match="No space"):
            created(tmp_path, sandbox, source)
    assert list((tmp_path / "jobs").iterdir()) == []
    created(tmp_path, sandbox, source)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_source_whose_name_is_no_text_is_refused(tmp_path: Path, sandbox: Sandbox, source: Path) -> None:
    nameless = source.rename(Path(os.fsdecode(os.fsencode(tmp_path) + b"/m\xfcller.csv")))
    with pytest.raises(EngineError, match="has a name that is not UTF-8") as refused:
        created(tmp_path, sandbox, nameless)
    assert refused.value.message.isprintable()
    assert not (tmp_path / "jobs").exists()


def test_what_dead_processes_left_is_no_job_and_is_tidied_up(tmp_path: Path, sandbox: Sandbox, source: Path) -> None:
    jobs = tmp_path / "jobs"
    created(tmp_path, sandbox, source)
    for name in (".old.1", ".job.2", ".young.3"):
        shutil.copytree(jobs / "job", jobs / name)
        if "young" not in name:
            os.utime(jobs / name, (0, 0))
    assert [job.job for job in Jobs(jobs).list()] == ["job"]
    other = write_source(tmp_path / "other.csv", ROWS[:1])
    created(tmp_path, sandbox, other, "other")
    assert sorted(path.name for path in jobs.iterdir()) == [".young.3", "job", "other"]
    os.utime(jobs / ".young.3", (0, 0))
    Jobs(jobs).purge("other")
    assert sorted(path.name for path in jobs.iterdir()) == ["job"]


def test_a_job_whose_journal_is_gone_is_listed_and_can_be_purged(
    tmp_path: Path, sandbox: Sandbox, source: Path
) -> None:
    created(tmp_path, sandbox, source)
    jobs = Jobs(tmp_path / "jobs")
    (tmp_path / "jobs" / "job" / FILE).unlink()
    (listed,) = jobs.list()
    assert (listed.job, listed.reason, "the file is missing" in listed.problem) == ("job", "unreadable", True)
    with pytest.raises(JournalCorrupt):
        jobs.options_of("job")
    created(tmp_path, sandbox, source, "again")
    jobs.purge("job")
    assert [job.job for job in jobs.list()] == ["again"]


def test_a_purge_that_fails_half_way_leaves_a_job_that_can_be_purged(
    tmp_path: Path, sandbox: Sandbox, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created(tmp_path, sandbox, source)
    jobs = Jobs(tmp_path / "jobs")

    def half(folder: Path) -> None:
        (folder / FILE).unlink()
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", half)
        with pytest.raises(NotRemoved, match="cannot be removed: Permission denied"):
            jobs.purge("job")
    assert [job.job for job in jobs.list()] == ["job"]
    jobs.purge("job")
    assert list((tmp_path / "jobs").iterdir()) == []


def test_a_new_job_is_locked_from_its_first_moment(
    tmp_path: Path, sandbox: Sandbox, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def look(path: Path) -> None:
        durable.sync_name(path)
        seen.append((path / LOCK).exists())
        with pytest.raises(JournalError, match=f"process {os.getpid()} on"):
            Jobs(path.parent).open(path.name, connection_to(sandbox), FAST)

    monkeypatch.setattr(folders, "sync_name", look)
    created(tmp_path, sandbox, source)
    assert seen == [True]


def test_trouble_with_the_folder_is_resumable_and_a_refusal_of_a_new_job_is_not() -> None:
    assert EXIT_CODES["journal"] == JournalUnwritable.exit_code == 3
    assert (NotRecorded.exit_code, JournalCorrupt.exit_code) == (2, 2)
