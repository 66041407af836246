"""One thread writes, in group commits.

Threads that commit on their own starve each other (waits of seconds were measured); one writer that commits
everything queued since its last commit gives every thread a durable answer in about a millisecond. Commits are
`synchronous=FULL`: what a waiter was told is durable survives a power cut, and the API's limit of 50 writes a
second leaves more than enough time for it.
"""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

from tui_importer.journal.errors import JournalUnwritable
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

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
        self._error: sqlite3.Error | None = None

    def wait(self) -> None:
        """Block until durable. Raises JournalUnwritable when the commit failed (it is tried again later)."""
        self._done.wait()
        if self._error is not None:
            raise unwritable(self._error)

    def finish(self, error: sqlite3.Error | None = None) -> None:
        """Tell the waiters."""
        self._error = error
        self._done.set()


class Writer:
    """Owns the writing connection. `on_failure` is called from the writer thread when a commit fails.

    After a failure nothing queued is dropped: the same statements are tried again every second (and at once on
    `close`), while every waiter is told that nothing is durable now.
    """

    def __init__(
        self, connection: sqlite3.Connection, path: Path, on_failure: Callable[[JournalUnwritable], None]
    ) -> None:
        self._connection = connection
        self._path = path
        self._on_failure = on_failure
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
                raise JournalUnwritable("The journal is closed.", "Open the job again.")
            commit = self._queued
            commit.statements.extend(statements)
            if not commit.statements:
                commit.statements.append(_NOTHING)  # an empty commit would never be made, and its waiters never told
            self._condition.notify()
            return commit

    def flush(self) -> None:
        """Block until everything submitted so far is durable. Raises JournalUnwritable."""
        self.submit(()).wait()

    def close(self) -> None:
        """Commit what is queued and end the thread. Raises JournalUnwritable when that was not possible."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join()
        if self._stuck:
            raise JournalUnwritable(
                f"The last changes could not be written to {safe(self._path)}.",
                "Free disk space or restore the folder, then resume: what was not recorded is looked up again.",
            )

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
                self._connection.close()
                return

    def _commit(self, commit: Commit) -> None:
        statements = self._stuck + commit.statements
        if not statements:
            commit.finish()
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for sql, parameters in statements:
                self._connection.execute(sql, parameters)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._stuck = statements
            commit.finish(error)
            self._on_failure(unwritable(error))
        else:
            self._stuck = []
            commit.finish()


def unwritable(error: sqlite3.Error) -> JournalUnwritable:
    """The operator's sentence for a failed commit."""
    return JournalUnwritable(
        f"The journal cannot be written: {safe(error)}.",
        "Nothing more is sent until it can: free disk space or restore the job's folder, then resume.",
    )
