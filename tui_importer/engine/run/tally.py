"""Counting rows while they end: totals, users, memberships, and one line for each chunk."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tui_importer.engine.snapshot.models import ChunkState, ChunkView, MembershipTotals, Totals, UserTotals
from tui_importer.journal.records import Flag, How, Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tui_importer.engine.run.row_importer import RowResult
    from tui_importer.journal.records import ChunkCounts


@dataclass(slots=True)
class _Chunk:
    outcomes: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0])  # indexed by Outcome
    state: ChunkState = "waiting"
    worker: int | None = None
    seconds: float = 0.0
    since: float | None = None
    done_before: int = 0  # rows that had their outcome before this run: not part of the rate

    @property
    def done(self) -> int:
        return sum(self.outcomes)


class TallyCounts(NamedTuple):
    """Counts of one moment; chunks are numbered from 1."""

    totals: Totals
    users: UserTotals
    memberships: MembershipTotals
    chunks: tuple[ChunkView, ...]


class Tally:
    """Exact counts in memory, loaded once from the journal and kept in step with what is submitted to it."""

    def __init__(self, rows: int, chunk_size: int, counts: Iterable[ChunkCounts]) -> None:
        self.rows = rows
        self.chunk_size = chunk_size
        self._lock = threading.Lock()
        self._chunks = [_Chunk() for _ in range(-(-rows // chunk_size))]
        self._outcomes = [0, 0, 0, 0, 0]
        self._users = {How.CREATED: 0, How.EXISTING: 0, How.FAILED: 0}
        self._memberships = {How.CREATED: 0, How.EXISTING: 0, How.FAILED: 0}
        self._updated = 0
        for found in counts:
            if found.outcome is not None:
                self._chunks[found.chunk].outcomes[found.outcome] += found.rows
                self._outcomes[found.outcome] += found.rows
            if found.user_how is not None:
                self._users[found.user_how] += found.rows
            if found.membership_how is not None:
                self._memberships[found.membership_how] += found.rows
            self._updated += found.rows if found.updated else 0
        for number, chunk in enumerate(self._chunks):
            chunk.done_before = chunk.done
            if chunk.done == self._size(number):
                chunk.state = "done"
        self._views: list[ChunkView | None] = [None] * len(self._chunks)  # None: changed since

    def bounds(self, chunk: int) -> tuple[int, int]:
        """First and last row of a chunk."""
        first = chunk * self.chunk_size + 1
        return first, min(self.rows, first + self.chunk_size - 1)

    def unfinished(self) -> list[int]:
        """Chunks with pending rows, in order."""
        with self._lock:
            return [number for number, chunk in enumerate(self._chunks) if chunk.done < self._size(number)]

    def row_ended(self, row: int, result: RowResult) -> None:
        """Count one row's outcome."""
        with self._lock:
            self._changing((row - 1) // self.chunk_size).outcomes[result.outcome] += 1
            self._outcomes[result.outcome] += 1
            if result.membership is not None:
                self._memberships[result.membership] += 1

    def rows_reopened(self, rows: Iterable[int], without_user: Collection[int]) -> None:
        """Failed rows are pending again; `without_user` are those among them whose user step had failed."""
        with self._lock:
            for row in rows:
                chunk = self._changing((row - 1) // self.chunk_size)
                chunk.outcomes[Outcome.FAILED] -= 1
                chunk.done_before = min(chunk.done_before, chunk.done)
                if chunk.state == "done":
                    chunk.state = "waiting"
                self._outcomes[Outcome.FAILED] -= 1
            self._users[How.FAILED] -= len(without_user)

    def rows_skipped(self, rows: Iterable[int]) -> None:
        """Failed rows ended as skipped after all."""
        with self._lock:
            for row in rows:
                for outcomes in (self._changing((row - 1) // self.chunk_size).outcomes, self._outcomes):
                    outcomes[Outcome.FAILED] -= 1
                    outcomes[Outcome.SKIPPED] += 1

    def user_ended(self, how: How, flags: Flag) -> None:
        """Count one person's user step, which ends before its row does."""
        with self._lock:
            self._users[how] += 1
            self._updated += Flag.UPDATED in flags

    def user_deleted(self, how: How, flags: Flag) -> None:
        """A person's user was deleted in the environment; `how` it was counted."""
        with self._lock:
            self._users[how] -= 1
            self._updated -= Flag.UPDATED in flags

    def chunk_started(self, chunk: int, worker: int) -> None:
        """A worker took the chunk."""
        with self._lock:
            entry = self._changing(chunk)
            entry.state, entry.worker, entry.since = "running", worker, time.monotonic()

    def chunk_left(self, chunk: int, state: ChunkState) -> None:
        """The worker is done with the chunk or gave it back."""
        with self._lock:
            entry = self._changing(chunk)
            if entry.since is not None:
                entry.seconds += time.monotonic() - entry.since
            entry.since = None
            entry.state = "done" if entry.done == self._size(chunk) else state

    def counts(self, blocked: int) -> TallyCounts:
        """All counts at one moment, so that they add up; `blocked` are the importable rows of failed organizations."""
        now = time.monotonic()
        with self._lock:
            _, created, existing, failed, skipped = self._outcomes
            pending = self.rows - created - existing - failed - skipped
            users, memberships = self._users, self._memberships
            return TallyCounts(
                Totals(self.rows, created, existing, failed, skipped, min(blocked, pending)),
                UserTotals(users[How.CREATED], users[How.EXISTING], self._updated, users[How.FAILED]),
                MembershipTotals(memberships[How.CREATED], memberships[How.EXISTING]),
                tuple(view or self._view(number, now) for number, view in enumerate(self._views)),
            )

    def _changing(self, chunk: int) -> _Chunk:
        self._views[chunk] = None
        return self._chunks[chunk]

    def _view(self, number: int, now: float) -> ChunkView:
        """One line, made only when something has changed: there may be thousands of chunks, looked at all the time."""
        chunk = self._chunks[number]
        first, last = self.bounds(number)
        seconds = chunk.seconds + (now - chunk.since if chunk.since is not None else 0.0)
        _, created, existing, failed, skipped = chunk.outcomes
        rate = (chunk.done - chunk.done_before) / seconds if seconds > 0.05 else 0.0
        view = ChunkView(
            number + 1, first, last, chunk.state, chunk.worker, created, existing, failed, skipped, rate, seconds
        )
        if chunk.since is None:
            self._views[number] = view
        return view

    def _size(self, chunk: int) -> int:
        first, last = self.bounds(chunk)
        return last - first + 1
