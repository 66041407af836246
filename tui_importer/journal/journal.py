"""A job's durable record: opening and writing it. The journal is the truth; screens are views of it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import fields
from typing import TYPE_CHECKING

from tui_importer.fsync import sync_file, sync_folder
from tui_importer.journal import schema
from tui_importer.journal.errors import NotRecorded
from tui_importer.journal.file_guard import FileGuard
from tui_importer.journal.file_systems import refuse_network_disk
from tui_importer.journal.lock import LOCK
from tui_importer.journal.reader import FILE, Reader, connect, journal_of, open_reader
from tui_importer.journal.records import JobRecord, OrganizationRecord, Outcome
from tui_importer.journal.sqlite_errors import as_refusals, corrupt
from tui_importer.journal.writer import Commit, Statement, Writer, abandon
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tui_importer.journal.errors import JournalError

__all__ = ["FILE", "Journal", "Reader", "open_reader"]


def _ignore(_: JournalError) -> None:
    """Ignore a failed commit: its waiters get the error anyway."""


class Journal(Reader):
    """The journal of one job, opened for writing by the process that holds the job's lock.

    Statements are queued to one writer thread; `submit` returns a `Commit` to wait for where durability must
    come first (before a write to the API).

    Opening proves the whole file, as nothing is worse than to go on from wrong numbers: SQLite's `integrity_check`
    (0.25 s a million rows, 2.6 s when all of them failed; `quick_check` takes half of the latter but does not compare
    the indexes with their tables, by which failures are found and replaced), then the totals with the rows (0.35 s).
    Raises OnNetworkDisk, JournalCorrupt, JournalNewer, JournalUnwritable (JournalBusy when another program has it
    locked).
    """

    def __init__(self, folder: Path, on_failure: Callable[[JournalError], None] = _ignore) -> None:
        path = journal_of(folder)
        refuse_network_disk(folder)
        with as_refusals(path):
            connection = connect(path, "rw")
            try:
                version = schema.version_of(connection, path)
                (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
                if verdict != "ok":
                    raise corrupt(path, str(verdict))
                schema.migrate(connection, path, version)
                if not schema.has_triggers_and_indexes(connection):
                    raise corrupt(path, "it has lost triggers or indexes")
                _check_counts(connection, path)
                _tune(connection)
                connection.execute("BEGIN IMMEDIATE")  # whether it can be written is better known before the first row
                connection.execute("ROLLBACK")
                guard = FileGuard([path, *(folder / name for name in (f"{FILE}-wal", f"{FILE}-shm", LOCK))])
                with closing(Reader(path)) as reader:
                    reader.job()
            except BaseException:  # an interrupt too: only we have the connection to close it
                connection.close()
                raise
        super().__init__(path)
        self._guard = guard
        self._writer = Writer(connection, path, guard, on_failure)

    @staticmethod
    def create(folder: Path, job: JobRecord) -> None:
        """Write a new journal into `folder` (which exists), synced to disk. Raises NotRecorded, OnNetworkDisk."""
        path = folder / FILE
        refuse_network_disk(folder)
        try:
            path.touch(mode=0o600, exist_ok=False)
            with closing(connect(path, "rw")) as connection:
                _tune(connection)
                schema.create(connection)
                names = [field.name for field in fields(JobRecord)]
                placeholders = ", ".join("?" * (len(names) + 1))
                connection.execute(
                    f"INSERT INTO job (id, {', '.join(names)}) VALUES ({placeholders})",
                    (1, *(getattr(job, name) for name in names)),
                )
            sync_file(path)
            sync_folder(folder)
        except (OSError, sqlite3.Error) as error:
            raise NotRecorded(
                f"The job's folder {safe(folder)} cannot be written: {safe(error)}.",
                "Check its permissions and the disk, then try again.",
            ) from error

    def close(self) -> None:
        """Make everything durable and close. Raises JournalCorrupt, JournalUnwritable.

        The writer's connection goes last: it can move everything into the one file that remains, a reader cannot.
        """
        if self._guard.are_unchanged():
            super().close()
        else:
            abandon(self._connection)
        self._writer.close()

    def submit(self, *statements: Statement) -> Commit:
        """Queue statements; they become durable together and in order."""
        return self._writer.submit(statements)

    def flush(self) -> None:
        """Block until all that was submitted is durable. Raises JournalUnwritable."""
        self._writer.flush()

    def update_job(self, **values: object) -> Commit:
        """Change columns of the job (and `updated_at`)."""
        values = {"updated_at": time.time(), **values}
        names = ", ".join(f"{name} = ?" for name in values)
        return self.submit((f"UPDATE job SET {names}", tuple(values.values())))

    def add_organizations(self, organizations: Iterable[OrganizationRecord]) -> None:
        """Record the keys a scan found, those already known kept as they are; returns when durable."""
        placeholders = ", ".join("?" * 6)
        sql = f"INSERT OR IGNORE INTO organizations (key, kind, value, name, rows, first_row) VALUES ({placeholders})"
        self.submit(*((sql, (o.key, o.kind, o.value, o.name, o.rows, o.first_row)) for o in organizations)).wait()

    def log_entry(self, level: str, message: str) -> None:
        """Append to the log; not waited for."""
        self.submit(("INSERT INTO log (time, level, message) VALUES (?, ?, ?)", (time.time(), level, message)))

    def count(self, increments: dict[str, int]) -> Statement | None:
        """A statement that adds to counters; None when there is nothing to add."""
        changed = {name: value for name, value in increments.items() if value}
        if not changed:
            return None
        placeholders = ", ".join("(?, ?)" for _ in changed)
        parameters = tuple(item for pair in changed.items() for item in pair)
        return (
            (
                f"INSERT INTO counters (name, value) VALUES {placeholders} "
                "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
            ),
            parameters,
        )


def _tune(connection: sqlite3.Connection) -> None:
    """Let every commit survive a power cut once it is reported.

    WAL with FULL syncs at every commit; NORMAL would sync at checkpoints only, and lose the intents of requests that
    were sent. On macOS a plain sync stops at the drive's cache, `fullfsync` does not; elsewhere it changes nothing.
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")


def _check_counts(connection: sqlite3.Connection, path: Path) -> None:
    """Raise JournalCorrupt unless the totals, which triggers keep, are those of the rows, and these are the job's."""
    outcomes = ", ".join(f"sum(outcome IS {int(outcome)})" for outcome in Outcome)
    first, last, ended, *counted = connection.execute(
        f"SELECT coalesce(min(row), 1), coalesce(max(row), 0), count(outcome), {outcomes} FROM rows"
    ).fetchone()
    totals = dict(connection.execute("SELECT outcome, rows FROM totals"))
    (rows,) = connection.execute("SELECT coalesce(max(rows), 0) FROM job").fetchone()
    found = {int(outcome): count or 0 for outcome, count in zip(Outcome, counted, strict=True)}
    if totals != found or sum(found.values()) != ended:
        raise corrupt(path, "its totals are not those of its rows")
    if first < 1 or last > rows:
        raise corrupt(path, "it has rows that the job does not have")
