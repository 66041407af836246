"""A job's durable record: opening, reading and writing it. The journal is the truth; screens are views of it."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from tui_importer.journal import schema
from tui_importer.journal.errors import JobNotFound, JournalUnwritable
from tui_importer.journal.records import (
    ChunkCounts,
    FailedAttempt,
    Failure,
    Flag,
    How,
    JobRecord,
    OrganizationRecord,
    Outcome,
    RowRecord,
)
from tui_importer.journal.writer import Commit, Statement, Writer
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

FILE = "journal.sqlite"
FAILURE_COLUMNS = "row, organization_key, time, line, email, organization, step, kind, status, message, request_id"
ORGANIZATION_COLUMNS = "key, kind, value, name, rows, first_row, state, intent, workos_id, uncertain, seconds, message"
ROW_COLUMNS = "row, user_intent, user_id, user_how, membership_intent, membership_id, membership_how, flags, outcome"


def _ignore(_: JournalUnwritable) -> None:
    """Nobody listens: the waiters are told anyway."""


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    mode = "ro" if read_only else "rw"
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False, timeout=10
    )
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


class Reader:
    """Queries over a connection of its own; safe to use from several threads (one at a time)."""

    def __init__(self, path: Path) -> None:
        self._connection = _connect(path, read_only=True)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def _all(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def job(self) -> JobRecord:
        """The job itself."""
        names = ", ".join(field.name for field in fields(JobRecord))
        return JobRecord(*self._all(f"SELECT {names} FROM job")[0])

    def totals(self) -> dict[Outcome, int]:
        """Rows by outcome, exact in every committed state."""
        return {Outcome(outcome): rows for outcome, rows in self._all("SELECT outcome, rows FROM totals")}

    def counters(self) -> dict[str, int]:
        """Requests, retries and so on, summed over all runs."""
        return dict(self._all("SELECT name, value FROM counters"))

    def organizations(self) -> list[OrganizationRecord]:
        """All organization keys, sorted by key."""
        found = self._all(f"SELECT {ORGANIZATION_COLUMNS} FROM organizations ORDER BY key")
        return [OrganizationRecord(*row) for row in found]

    def rows(self, first: int, last: int) -> dict[int, RowRecord]:
        """Records of the rows `first` to `last` that have begun."""
        found = self._all(f"SELECT {ROW_COLUMNS} FROM rows WHERE row BETWEEN ? AND ?", (first, last))
        return {record.row: record for record in map(_row_record, found)}

    def row(self, row: int) -> RowRecord | None:
        """One row's record, None when it has not begun."""
        return self.rows(row, row).get(row)

    def has_begun(self) -> bool:
        """Whether any row has begun."""
        return bool(self._all("SELECT 1 FROM rows LIMIT 1"))

    def has_membership(self, membership_id: str, rows: Sequence[int]) -> bool:
        """Whether one of `rows` recorded this membership."""
        marks = ",".join("?" * len(rows))
        sql = f"SELECT 1 FROM rows WHERE row IN ({marks}) AND membership_id = ? LIMIT 1"
        return bool(self._all(sql, (*rows, membership_id)))

    def chunk_counts(self, chunk_size: int) -> list[ChunkCounts]:
        """Counts of all begun rows by chunk and result: one aggregate over the rows (0.3 s a million)."""
        found = self._all(
            "SELECT (row - 1) / ?, outcome, user_how, membership_how, flags & 4 <> 0, count(*) FROM rows "
            "GROUP BY 1, 2, 3, 4, 5",
            (chunk_size,),
        )
        return [
            ChunkCounts(
                int(chunk),
                Outcome(outcome) if outcome is not None else None,
                How(user) if user is not None else None,
                How(membership) if membership is not None else None,
                bool(updated),
                int(rows),
            )
            for chunk, outcome, user, membership, updated, rows in found
        ]

    def failures(self, after: int = 0, limit: int = 5_000) -> list[Failure]:
        """Failures with a sequence above `after`, in order."""
        sql = f"SELECT {FAILURE_COLUMNS}, sequence FROM failures WHERE sequence > ? ORDER BY sequence LIMIT ?"
        return [Failure(*row) for row in self._all(sql, (after, limit))]

    def failure(self, sequence: int) -> Failure | None:
        """One failure, None when it is gone (retried)."""
        found = self.failures(sequence - 1, 1)
        return found[0] if found and found[0].sequence == sequence else None

    def failed_rows(self) -> Iterator[int]:
        """Numbers of the rows that failed, in order, a page at a time."""
        last = 0
        while True:
            found = self._all(
                "SELECT row FROM failures WHERE row > ? ORDER BY row LIMIT 10000",
                (last,),
            )
            yield from (row for (row,) in found)
            if not found:
                return
            last = found[-1][0]

    def failure_count(self) -> int:
        """Number of failures: failed rows and failed organizations."""
        return int(self._all("SELECT count(*) FROM failures")[0][0])

    def most_frequent_failure(self) -> tuple[str, str] | None:
        """Kind and newest message of the kind with the most failures."""
        found = self._all(
            "SELECT kind, message, count(*), max(sequence) FROM failures GROUP BY kind ORDER BY 3 DESC LIMIT 1"
        )
        return (found[0][0], found[0][1]) if found else None

    def any_object(self) -> tuple[str, str] | None:
        """An object of this job on the server: ("organization" or "user", id); None when there is none yet."""
        for kind, sql in (
            ("organization", "SELECT workos_id FROM organizations WHERE workos_id IS NOT NULL LIMIT 1"),
            ("user", "SELECT user_id FROM rows WHERE user_id IS NOT NULL LIMIT 1"),
        ):
            found = self._all(sql)
            if found:
                return kind, found[0][0]
        return None

    def attempts(self, row: int | None, organization_key: str | None) -> list[FailedAttempt]:
        """Failed requests of a row or an organization, oldest first."""
        where, value = ("row", row) if row is not None else ("organization_key", organization_key)
        found = self._all(
            "SELECT time, method, path, status, code, error, request_id, milliseconds, request_body, response_body "
            f"FROM attempts WHERE {where} = ? ORDER BY attempt",
            (value,),
        )
        return [FailedAttempt(*row) for row in found]

    def log(self, after: int = 0, limit: int = 1_000) -> list[tuple[int, float, str, str]]:
        """Log entries (sequence, time, level, message) above `after`, in order."""
        sql = "SELECT sequence, time, level, message FROM log WHERE sequence > ? ORDER BY sequence LIMIT ?"
        return self._all(sql, (after, limit))

    def last_log(self) -> int:
        """Sequence of the newest log entry, 0 when there is none."""
        return int(self._all("SELECT coalesce(max(sequence), 0) FROM log")[0][0])


class Journal(Reader):
    """The journal of one job, opened for writing by the process that holds the job's lock.

    Statements are queued to one writer thread; `submit` returns a `Commit` to wait for where durability must
    come first (before a write to the API).
    """

    def __init__(self, folder: Path, on_failure: Callable[[JournalUnwritable], None] = _ignore) -> None:
        path = folder / FILE
        if not path.is_file():
            raise JobNotFound(f"There is no journal in {safe(folder)}.", "See the jobs with: tui-importer jobs")
        try:
            connection = _connect(path, read_only=False)
            schema.migrate(connection, path, schema.version_of(connection, path))
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise schema.corrupt(path, str(verdict))
            _tune(connection)
        except sqlite3.DatabaseError as error:
            raise schema.corrupt(path, str(error)) from error
        super().__init__(path)
        self._writer = Writer(connection, path, on_failure)

    @staticmethod
    def create(folder: Path, job: JobRecord) -> None:
        """Write a new journal into `folder` (which exists). Raises JournalUnwritable."""
        path = folder / FILE
        try:
            path.touch(mode=0o600, exist_ok=False)
            with closing(_connect(path, read_only=False)) as connection:
                _tune(connection)
                schema.create(connection)
                names = [field.name for field in fields(JobRecord)]
                marks = ", ".join("?" * (len(names) + 1))
                connection.execute(
                    f"INSERT INTO job (id, {', '.join(names)}) VALUES ({marks})",
                    (1, *(getattr(job, name) for name in names)),
                )
        except (OSError, sqlite3.Error) as error:
            raise JournalUnwritable(
                f"The job's folder {safe(folder)} cannot be written: {safe(error)}.",
                "Check its permissions and the disk, then try again.",
            ) from error

    def close(self) -> None:
        """Make everything durable and close. Raises JournalUnwritable."""
        try:
            self._writer.close()
        finally:
            super().close()

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
        marks = ", ".join("?" * 6)
        sql = f"INSERT OR IGNORE INTO organizations (key, kind, value, name, rows, first_row) VALUES ({marks})"
        self.submit(*((sql, (o.key, o.kind, o.value, o.name, o.rows, o.first_row)) for o in organizations)).wait()

    def log_entry(self, level: str, message: str) -> None:
        """Append to the log; not waited for."""
        self.submit(("INSERT INTO log (time, level, message) VALUES (?, ?, ?)", (time.time(), level, message)))

    def count(self, increments: dict[str, int]) -> Statement | None:
        """A statement that adds to counters; None when there is nothing to add."""
        changed = {name: value for name, value in increments.items() if value}
        if not changed:
            return None
        marks = ", ".join("(?, ?)" for _ in changed)
        parameters = tuple(item for pair in changed.items() for item in pair)
        return (
            (
                f"INSERT INTO counters (name, value) VALUES {marks} "
                "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
            ),
            parameters,
        )


@contextmanager
def open_reader(folder: Path) -> Iterator[Reader]:
    """Read a job's journal without its lock. Raises JobNotFound, JournalCorrupt, JournalNewer."""
    path = folder / FILE
    if not path.is_file():
        raise JobNotFound(f"There is no journal in {safe(folder)}.", "See the jobs with: tui-importer jobs")
    try:
        with closing(_connect(path, read_only=True)) as connection:
            schema.version_of(connection, path)
        reader = Reader(path)
    except sqlite3.DatabaseError as error:
        raise schema.corrupt(path, str(error)) from error
    with closing(reader):
        yield reader


def _tune(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")


def _row_record(values: tuple[Any, ...]) -> RowRecord:
    row, user_intent, user_id, user_how, intent, membership_id, membership_how, flags, outcome = values
    return RowRecord(
        row,
        user_intent,
        user_id,
        How(user_how) if user_how is not None else None,
        intent,
        membership_id,
        How(membership_how) if membership_how is not None else None,
        Flag(flags),
        Outcome(outcome) if outcome is not None else None,
    )
