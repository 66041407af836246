"""The writer thread of a journal, with group commits.

Threads that commit on their own starve each other (waits of seconds were measured); one writer that commits
everything queued since its last commit gives every thread a durable answer in about a millisecond. Commits are
`synchronous=FULL`: what was reported as durable survives a power cut, and the API's limit of 50 writes a
second leaves more than enough time for it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tui_importer.journal.errors import JournalError, JournalUnwritable
from tui_importer.journal.sqlite_errors import closed, refusal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tui_importer.journal.file_guard import FileGuard

Statement = tuple[str, tuple[object, ...]]
"""SQL and its parameters."""

_NOTHING: Statement = ("SELECT 1", ())

RETRY_SECONDS = 1.0
"""Pause between tries after a failed commit."""


class Commit:
    """Statements that become durable together. `wait()` returns when they are."""

    __slots__ = ("_done", "_error", "statements")

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self._done = threading.Event()
        self._error: JournalError | None = None

    def wait(self) -> None:
        """Block until durable. Raises JournalCorrupt, JournalUnwritable when it failed (it is tried again later)."""
        self._done.wait()
        if self._error is not None:
            raise self._error

    def finish(self, error: JournalError | None = None) -> None:
        """Wake the waiters."""
        self._error = error
        self._done.set()


class Writer:
    """The owner of the writing connection. `on_failure` is called from the writer thread when a commit fails.

    After a failure nothing queued is dropped: the same statements are tried again every second (and at once on
    `close`), while every waiter gets the error. It fails, too, when the file that is open is not
    the one in the job's folder any more. When only the folder is closed to us, what is queued is committed, and
    `on_failure` is called before any waiter gets the error.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        guard: FileGuard,
        on_failure: Callable[[JournalError], None],
    ) -> None:
        self._connection = connection
        self._path = path
        self._guard = guard
        self._on_failure = on_failure
        self._error: JournalError | None = None
        self._condition = threading.Condition()
        self._queued = Commit()
        self._stuck: list[Statement] = []
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def submit(self, statements: Iterable[Statement]) -> Commit:
        """Queue statements for the next commit, in order of submission over all threads.

        Without any, the commit is over when all that was submitted before is durable.
        """
        with self._condition:
            if self._closing:
                raise closed()
            commit = self._queued
            commit.statements.extend(statements)
            if not commit.statements:
                commit.statements.append(_NOTHING)  # an empty commit would never be made, and its waiters would hang
            self._condition.notify()
            return commit

    def flush(self) -> None:
        """Block until everything submitted so far is durable. Raises JournalCorrupt, JournalUnwritable."""
        self.submit(()).wait()

    def close(self) -> None:
        """Commit what is queued and end the thread. Raises JournalCorrupt, JournalUnwritable when that fails."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._queued.statements and not self._closing:
                    woken = self._condition.wait(RETRY_SECONDS if self._stuck else None)
                    if self._stuck and not woken:
                        break
                commit, self._queued = self._queued, Commit()
                closing = self._closing
            self._commit(commit)
            if closing:
                if self._guard.are_unchanged():
                    self._connection.close()
                else:
                    abandon(self._connection)
                return

    def _commit(self, commit: Commit) -> None:
        statements = self._stuck + commit.statements
        if not statements:
            commit.finish()
            return
        try:
            self._guard.check()
            self._write(statements)
        except Exception as error:  # noqa: BLE001 - raised to all waiters; without this thread they would wait for ever
            self._stuck = statements
            self._error = error if isinstance(error, JournalError) else refusal(error, self._path)
            self._error.exit_code = JournalUnwritable.exit_code  # while it is open, something may have been sent
            commit.finish(self._error)
            self._on_failure(self._error)
        else:
            self._stuck, self._error = [], None
            if (closed := self._guard.closed()) is not None:  # what is open can be written, but the job cannot end
                self._on_failure(closed)
            commit.finish()

    def _write(self, statements: list[Statement]) -> None:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for sql, parameters in statements:
                try:
                    connection.execute(sql, parameters)
                except UnicodeEncodeError:  # an answer may have half a surrogate pair, which no UTF-8 can hold
                    connection.execute(sql, tuple(map(_encodable, parameters)))
            connection.execute("COMMIT")
        except BaseException:  # whatever it is, the next commit must not find half of this one
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _encodable(value: object) -> object:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def abandon(connection: sqlite3.Connection) -> None:
    """Keep a connection open until the process ends: its files are not under their names any more.

    Closing it would remove the `-wal` file by its name, which may be that of a copy put in the folder's place.
    """
    threading.Thread(target=_hold, args=(connection,), name="abandoned-journal", daemon=True).start()


def _hold(_connection: sqlite3.Connection) -> None:
    threading.Event().wait()
