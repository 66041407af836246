"""A model of the journal for the tests of recovery: the real schema, statements and queries on a database in memory.

What was submitted and not waited for is only queued: a crash keeps as much from the front of the queue as the test
says.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tui_importer.journal import schema
from tui_importer.journal.journal import Journal
from tui_importer.journal.writer import Commit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui_importer.journal.writer import Statement, Writer


@cache
def _empty() -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        schema.create(connection)
        return connection.serialize()


def new_database() -> sqlite3.Connection:
    """An empty journal in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_empty())
    return connection


class ModelCommit(Commit):
    """Statements that become durable when somebody waits for them."""

    def __init__(self, writer: ModelWriter) -> None:
        super().__init__()
        self._writer = writer

    def wait(self) -> None:
        self._writer.write_until(self)


class ModelWriter:
    """The writer without its thread: it writes when somebody waits, or when the test says so."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._queue: list[ModelCommit] = []

    def submit(self, statements: Iterable[Statement]) -> Commit:
        commit = ModelCommit(self)
        commit.statements.extend(statements)
        self._queue.append(commit)
        return commit

    def flush(self) -> None:
        self.write(len(self._queue))

    def close(self) -> None:
        self.flush()

    def write_until(self, commit: ModelCommit) -> None:
        if commit in self._queue:
            self.write(self._queue.index(commit) + 1)

    def write(self, count: int) -> None:
        """Make the first `count` of the queue durable, each as a whole."""
        for commit in self._queue[:count]:
            self._connection.execute("BEGIN")
            for sql, parameters in commit.statements:
                self._connection.execute(sql, parameters)
            self._connection.execute("COMMIT")
        del self._queue[:count]

    @property
    def queued(self) -> int:
        return len(self._queue)


class ModelJournal(Journal):
    """The journal of one process; another one on the same database is what the next process finds."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.writer = ModelWriter(connection)
        self._path = Path(":memory:")
        self._connection = connection
        self._lock = threading.Lock()
        self._writer = cast("Writer", self.writer)
