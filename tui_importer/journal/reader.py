"""Reading a job's journal, with the job's lock or without it."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from tui_importer.journal import schema
from tui_importer.journal.errors import JournalUnwritable
from tui_importer.journal.file_systems import network_disk, refuse_network_disk
from tui_importer.journal.records import (
    ENVIRONMENTS,
    PHASES,
    STATES,
    ChunkCounts,
    FailedAttempt,
    FailedStep,
    Failure,
    Flag,
    How,
    JobRecord,
    OrganizationRecord,
    Outcome,
    RowRecord,
    record,
)
from tui_importer.journal.sqlite_errors import as_refusals, corrupt, unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")

FILE = "journal.sqlite"
BUSY_SECONDS = 10.0
"""How long SQLite waits for another program's lock before it says so."""

FAILURE_COLUMNS = (
    "row, organization_key, time, line, email, organization, step, kind, status, message, request_id, shape"
)
ORGANIZATION_COLUMNS = "key, kind, value, name, rows, first_row, state, intent, workos_id, uncertain, seconds, message"
ROW_COLUMNS = "row, user_intent, user_id, user_how, membership_intent, membership_id, membership_how, flags, outcome"


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection: mode `rw`, `ro`, or `still`, which is for a file that is not written. Raises sqlite3.Error."""
    query = "mode=ro&immutable=1" if mode == "still" else f"mode={mode}"
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{query}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_SECONDS,
    )
    connection.execute("PRAGMA foreign_keys = ON")
    if not _has_temporary_folder():  # a container that is read-only; sorting many rows would be an I/O error
        connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def _has_temporary_folder() -> bool:
    """Whether SQLite can make temporary files in the folders that it tries."""
    named = [os.environ[name] for name in ("SQLITE_TMPDIR", "TMPDIR") if os.environ.get(name)]
    return any(os.access(folder, os.W_OK | os.X_OK) for folder in (*named, "/var/tmp", "/usr/tmp", "/tmp"))  # noqa: S108


class Reader:
    """Queries over a connection of its own; safe to use from several threads (one at a time).

    All of them raise JournalCorrupt when the file turns out to be damaged, JournalUnwritable when it cannot be used.
    """

    def __init__(self, path: Path, mode: str = "ro") -> None:
        self._path = path
        self._connection = connect(path, mode)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def _all(self, make: Callable[[tuple[Any, ...]], T], sql: str, parameters: Sequence[object] = ()) -> list[T]:
        with self._lock, as_refusals(self._path):
            return [make(found) for found in self._connection.execute(sql, parameters)]

    def job(self) -> JobRecord:
        """The job itself."""
        names = ", ".join(field.name for field in fields(JobRecord))
        found = self._all(_job_record, f"SELECT {names} FROM job")
        if len(found) != 1:
            raise corrupt(self._path, "its job is missing")
        return found[0]

    def rested(self) -> str:
        """The kind of the halt by which the job came to rest; empty when none is known."""
        return self._text_of_job("rested")

    def accepted(self) -> str:
        """The plan that was agreed to (see `engine.job.acceptance`); empty when none was."""
        return self._text_of_job("accepted")

    def _text_of_job(self, column: str) -> str:
        """A column that journals have from version 3 on; one that no writer has opened since may lack it."""
        (version,) = self._all(_number, "PRAGMA user_version")
        if version < 3:
            return ""
        return next(iter(self._all(lambda values: str(values[0]), f"SELECT {column} FROM job")), "")

    def totals(self) -> dict[Outcome, int]:
        """Rows by outcome, exact in every committed state."""
        found = self._all(lambda values: (Outcome(values[0]), int(values[1])), "SELECT outcome, rows FROM totals")
        if len(found) != len(Outcome):
            raise corrupt(self._path, "its totals are incomplete")
        return dict(found)

    def counters(self) -> dict[str, int]:
        """Requests, retries and so on, summed over all runs."""
        return dict(self._all(lambda values: (str(values[0]), int(values[1])), "SELECT name, value FROM counters"))

    def uncertain_rows(self) -> int:
        """Rows of which it could not be decided whether this job made what was found."""
        sql = f"SELECT count(*) FROM rows WHERE flags & {int(Flag.UNCERTAIN)}"
        return self._all(lambda values: int(values[0]), sql)[0]

    def organizations(self) -> list[OrganizationRecord]:
        """All organization keys, sorted by key."""
        sql = f"SELECT {ORGANIZATION_COLUMNS} FROM organizations ORDER BY key"
        return self._all(partial(record, OrganizationRecord), sql)

    def organization(self, key: str) -> OrganizationRecord | None:
        """One organization key, None when the scan has not found it."""
        sql = f"SELECT {ORGANIZATION_COLUMNS} FROM organizations WHERE key = ?"
        return next(iter(self._all(partial(record, OrganizationRecord), sql, (key,))), None)

    def rows(self, first: int, last: int) -> dict[int, RowRecord]:
        """Records of the rows `first` to `last` that have begun."""
        found = self._all(_row_record, f"SELECT {ROW_COLUMNS} FROM rows WHERE row BETWEEN ? AND ?", (first, last))
        return {row.row: row for row in found}

    def row(self, row: int) -> RowRecord | None:
        """One row's record, None when it has not begun."""
        return self.rows(row, row).get(row)

    def begun(self) -> list[int]:
        """Rows that have begun and have no outcome: in flight when the job stopped, or to be tried again."""
        return self._all(_number, "SELECT row FROM rows WHERE outcome IS NULL")

    def meant_memberships(self) -> list[int]:
        """Rows whose membership may have been created without an answer, failed ones among them."""
        return self._all(_number, "SELECT row FROM rows WHERE membership_intent IS NOT NULL AND membership_id IS NULL")

    def has_begun(self) -> bool:
        """Whether any row has begun."""
        return bool(self._all(tuple, "SELECT 1 FROM rows LIMIT 1"))

    def has_membership(self, membership_id: str, rows: Sequence[int]) -> bool:
        """Whether one of `rows` recorded this membership."""
        placeholders = ",".join("?" * len(rows))
        sql = f"SELECT 1 FROM rows WHERE row IN ({placeholders}) AND membership_id = ? LIMIT 1"
        return bool(self._all(tuple, sql, (*rows, membership_id)))

    def chunk_counts(self, chunk_size: int) -> list[ChunkCounts]:
        """Counts of all begun rows by chunk and result: one aggregate over the rows (0.3 s a million)."""
        return self._all(
            _chunk_counts,
            "SELECT (row - 1) / ?, outcome, user_how, membership_how, flags & 4 <> 0, count(*) FROM rows "
            "GROUP BY 1, 2, 3, 4, 5",
            (chunk_size,),
        )

    def failures(self, after: int = 0, limit: int = 5_000) -> list[Failure]:
        """Failures with a sequence above `after`, in order."""
        sql = f"SELECT {self._failure_columns()}, sequence FROM failures WHERE sequence > ? ORDER BY sequence LIMIT ?"
        return self._all(partial(record, Failure), sql, (after, limit))

    def _failure_columns(self) -> str:
        """A journal that no writer has opened since an older version wrote it has no shapes yet."""
        (version,) = self._all(_number, "PRAGMA user_version")
        return FAILURE_COLUMNS if version > 1 else FAILURE_COLUMNS.replace("shape", "message")

    def failure(self, sequence: int) -> Failure | None:
        """One failure, None when it is gone (retried)."""
        found = self.failures(sequence - 1, 1)
        return found[0] if found and found[0].sequence == sequence else None

    def failed_rows(self) -> Iterator[int]:
        """Numbers of the rows that failed, in order, a page at a time."""
        last = 0
        while True:
            found = self._all(_number, "SELECT row FROM failures WHERE row > ? ORDER BY row LIMIT 10000", (last,))
            yield from found
            if not found:
                return
            last = found[-1]

    def failed_steps(self) -> Iterator[tuple[int, FailedStep]]:
        """The rows that failed and how, in order, a page at a time (0.2 s for 100,000)."""
        last = 0
        while True:
            found = self._all(
                _failed_step,
                "SELECT row, step, kind, organization FROM failures WHERE row > ? ORDER BY row LIMIT 10000",
                (last,),
            )
            yield from found
            if not found:
                return
            last = found[-1][0]

    def failure_count(self) -> int:
        """Number of failures: failed rows and failed organizations."""
        return self._all(_number, "SELECT count(*) FROM failures")[0]

    def retryable_kinds(self) -> list[str]:
        """Kinds of the failed rows that the API or a dependency failed, the most frequent first."""
        sql = "SELECT kind FROM failures WHERE row IS NOT NULL AND step <> 'row' GROUP BY kind ORDER BY count(*) DESC"
        return self._all(lambda values: str(values[0]), sql)

    def most_frequent_failure(self) -> tuple[str, str] | None:
        """Kind and newest message of the kind with the most failures."""
        found = self._all(
            lambda values: (str(values[0]), str(values[1])),
            "SELECT kind, message, count(*), max(sequence) FROM failures GROUP BY kind ORDER BY 3 DESC LIMIT 1",
        )
        return found[0] if found else None

    def any_object(self) -> tuple[str, str] | None:
        """An object of this job on the server: ("organization" or "user", id); None when there is none yet."""
        for kind, sql in (
            ("organization", "SELECT workos_id FROM organizations WHERE workos_id IS NOT NULL LIMIT 1"),
            ("user", "SELECT user_id FROM rows WHERE user_id IS NOT NULL LIMIT 1"),
        ):
            found = self._all(lambda values: str(values[0]), sql)
            if found:
                return kind, found[0]
        return None

    def attempts(self, row: int | None, organization_key: str | None) -> list[FailedAttempt]:
        """Failed requests of a row or an organization, oldest first."""
        where, value = ("row", row) if row is not None else ("organization_key", organization_key)
        return self._all(
            partial(record, FailedAttempt),
            "SELECT time, method, path, status, code, error, request_id, milliseconds, request_body, response_body "
            f"FROM attempts WHERE {where} = ? ORDER BY attempt",
            (value,),
        )

    def log(self, after: int = 0, limit: int = 1_000) -> list[tuple[int, float, str, str]]:
        """Log entries (sequence, time, level, message) above `after`, in order."""
        sql = "SELECT sequence, time, level, message FROM log WHERE sequence > ? ORDER BY sequence LIMIT ?"
        return self._all(_log_entry, sql, (after, limit))

    def last_log(self) -> int:
        """Sequence of the newest log entry, 0 when there is none."""
        return self._all(_number, "SELECT coalesce(max(sequence), 0) FROM log")[0]


@contextmanager
def open_reader(folder: Path) -> Iterator[Reader]:
    """Read a job's journal without its lock. Raises JournalCorrupt, JournalNewer, JournalUnwritable, OnNetworkDisk.

    A journal in the form that it has at rest needs no file beside it, so that it can be read in a folder that is
    read-only or on a network disk.
    """
    with closing(_opened(folder)) as reader:
        yield reader


def _opened(folder: Path) -> Reader:
    path = journal_of(folder)
    log = path.with_name(f"{FILE}-wal")
    try:
        has_log = log.exists()
        if has_log and log.stat().st_size:  # else everything is in the file itself, even while it is open elsewhere
            refuse_network_disk(folder)
        try:
            return _reader(path, "still" if network_disk(folder) else "ro")
        except JournalUnwritable:
            if log.exists():
                raise
            return _reader(path, "still")
    except OSError as error:
        raise unwritable(folder, error) from error


def journal_of(folder: Path) -> Path:
    """The journal's file in a job's folder. Raises JournalCorrupt when there is none, JournalUnwritable."""
    path = folder / FILE
    try:
        is_there = path.is_file()
    except OSError as error:
        raise unwritable(folder, error) from error
    if not is_there:
        raise corrupt(path, "the file is missing")
    return path


def _reader(path: Path, mode: str) -> Reader:
    with as_refusals(path):
        reader = Reader(path, mode)
        try:
            schema.version_of(reader._connection, path)  # noqa: SLF001 - of this very module
        except BaseException:  # an interrupt too: only we have the connection to close it
            reader.close()
            raise
    return reader


def _number(values: tuple[Any, ...]) -> int:
    return int(values[0])


def _failed_step(values: tuple[Any, ...]) -> tuple[int, FailedStep]:
    row, *texts = values
    return int(row), FailedStep(*map(str, texts))


def _job_record(values: tuple[Any, ...]) -> JobRecord:
    found = record(JobRecord, values)
    known = found.state in STATES and found.phase in PHASES and found.environment in ENVIRONMENTS
    sizes = (found.rows or 0) >= 0 and (found.chunk_size is None or found.chunk_size > 0)
    if not known or not sizes:
        raise ValueError(found.state, found.phase, found.environment)
    for text in (found.frozen_options, found.run_options):
        json.loads(text)
    for moment in (found.created_at, found.updated_at):
        datetime.fromtimestamp(moment, UTC)
    return found


def _row_record(values: tuple[Any, ...]) -> RowRecord:
    found = record(RowRecord, values)
    return RowRecord(
        found.row,
        found.user_intent,
        found.user_id,
        How(found.user_how) if found.user_how is not None else None,
        found.membership_intent,
        found.membership_id,
        How(found.membership_how) if found.membership_how is not None else None,
        Flag(found.flags),
        Outcome(found.outcome) if found.outcome is not None else None,
    )


def _chunk_counts(values: tuple[Any, ...]) -> ChunkCounts:
    chunk, outcome, user, membership, updated, rows = values
    return ChunkCounts(
        int(chunk),
        Outcome(outcome) if outcome is not None else None,
        How(user) if user is not None else None,
        How(membership) if membership is not None else None,
        bool(updated),
        int(rows),
    )


def _log_entry(values: tuple[Any, ...]) -> tuple[int, float, str, str]:
    sequence, moment, level, message = values
    datetime.fromtimestamp(moment, UTC)
    return int(sequence), float(moment), str(level), str(message)
