"""Worker threads that take chunks from a queue and run their rows in order.

Rows that must wait for another row (a person's first row, an earlier row of the same membership), and rows set
aside in trouble, do not block a worker: the chunk comes round again when all other chunks have had their turn.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tui_importer.engine.errors import IdsCollide, Interrupted, OrganizationFailed, SetAside, StepFailed
from tui_importer.engine.run.failures import first_row_failure
from tui_importer.engine.run.prewarm import collided
from tui_importer.engine.run.row_importer import RowImporter
from tui_importer.engine.run.step_context import KnownUser
from tui_importer.engine.run.unforeseen_errors import is_of_one_row, left_open
from tui_importer.engine.service.stop import FOLDER_ERRORS, halt_of
from tui_importer.engine.snapshot.models import WorkerState, WorkerView
from tui_importer.journal.records import How, RowRecord
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.run.context import RunContext
    from tui_importer.engine.run.deleted_objects import DeletedObjects
    from tui_importer.engine.run.organization_keys import OrganizationKeys
    from tui_importer.engine.run.row_endings import RowEndings
    from tui_importer.engine.service.health import Tries
    from tui_importer.source.models import SourceRow

UNHURRIED = 0.25
"""Seconds between checks of the control while a worker waits for a chunk."""


class ChunkQueue:
    """Chunks to do, in order; deferred ones come again as long as a round has made progress."""

    def __init__(self, chunks: list[int]) -> None:
        self._condition = threading.Condition()
        self._waiting = deque(chunks)
        self._deferred: list[int] = []
        self._running = 0
        self._another_round = False
        self._set_aside: dict[int, Tries] = {}

    def take(self, stop: Callable[[], bool]) -> int | None:
        """The next chunk; None when nothing is left that could be done, or when `stop` says so.

        Blocks while running chunks may still be deferred or given back.
        """
        with self._condition:
            while not self._waiting:
                if self._running == 0:
                    if not self._deferred or not self._another_round:
                        return None
                    self._waiting.extend(sorted(self._deferred))
                    self._deferred.clear()
                    self._another_round = False
                    break
                if stop():
                    return None
                self._condition.wait(UNHURRIED)
            self._running += 1
            return self._waiting.popleft()

    def give_back(self, chunk: int) -> None:
        """The worker leaves: the chunk's remaining rows are for another one, or for the next run."""
        with self._condition:
            self._waiting.appendleft(chunk)
            self._left()

    def defer(self, chunk: int) -> None:
        """Rows of the chunk must wait for other rows."""
        with self._condition:
            self._deferred.append(chunk)
            self._left()

    def done(self) -> None:
        """A chunk has nothing left to do."""
        with self._condition:
            self._left()

    def ask_for_another_round(self) -> None:
        """A row ended that others may wait for: deferred chunks are worth another try."""
        self._another_round = True

    def set_aside(self, row: int, tries: Tries) -> None:
        """A row waits for the next round, with what was tried so far."""
        self._set_aside[row] = tries
        self.ask_for_another_round()

    def take_tries(self, row: int) -> Tries | None:
        """What was tried for a row that was set aside, once."""
        return self._set_aside.pop(row, None)

    def _left(self) -> None:
        self._running -= 1
        self._condition.notify_all()


@dataclass(slots=True)
class _Status:
    state: WorkerState = "idle"
    detail: str = ""
    chunk: int | None = None
    row: int | None = None
    rows: int = 0
    errors: int = 0
    latency: float | None = None


class Worker(threading.Thread):
    """One thread: takes chunks until nothing is left, the run drains, or it is retired."""

    def __init__(
        self,
        number: int,
        queue: ChunkQueue,
        *,
        context: RunContext,
        keys: OrganizationKeys,
        endings: RowEndings,
        deleted: DeletedObjects,
    ) -> None:
        super().__init__(name=f"worker-{number}", daemon=True)
        self.number = number
        self.retired = threading.Event()
        self._context = context
        self._keys = keys
        self._endings = endings
        self._deleted = deleted
        self._queue = queue
        self._status = _Status()
        self._client = context.client()
        self._missed: dict[str, str] = {}
        self._importer = RowImporter(context.tools(self._client), deleted)

    def view(self) -> WorkerView:
        """What the thread is doing, for the screen."""
        status = self._status
        state, detail = status.state, status.detail
        if state == "running":
            backing_off = self._context.health.backing_off
            if backing_off:
                state, detail = "backing off", backing_off
            elif self._context.connection.limiter.paused_for > 0:
                state, detail = "waiting", f"rate limit {self._context.connection.limiter.paused_for:.0f} s"
        latency = status.latency
        return WorkerView(
            self.number,
            state,
            detail,
            status.chunk + 1 if status.chunk is not None else None,
            status.row,
            status.rows,
            status.errors,
            1_000 * latency if latency is not None else None,
        )

    def run(self) -> None:
        """Work; every unexpected end becomes the run's halt, never a dead thread."""
        context = self._context
        try:
            self._work()
        except FOLDER_ERRORS as error:
            context.control.cancel(halt_of(error))
        except IdsCollide as collision:
            context.control.cancel(collided(collision))
        except Exception as error:  # noqa: BLE001 - reported to the operator and in the crash file, never swallowed
            context.crashed(error)
        finally:
            self._client.close()
            self._status.state, self._status.detail = "stopped", ""
            self._status.chunk = self._status.row = None

    def _work(self) -> None:
        while not self._leaving():
            self._status.state = "idle"
            chunk = self._queue.take(self._leaving)
            if chunk is None:
                return
            self._chunk(chunk)

    def _leaving(self) -> bool:
        return self._context.control.draining.is_set() or self.retired.is_set()

    def _chunk(self, chunk: int) -> None:
        context = self._context
        context.tally.chunk_started(chunk, self.number)
        self._status.state, self._status.chunk = "running", chunk
        ending = "given back"
        try:
            first, last = context.tally.bounds(chunk)
            ending = self._rows(first, min(last, context.scope.last_row))
        except Interrupted:
            pass  # the row stays pending as it is; the next run goes on there
        finally:
            context.health.leave()
            self._make_readable()
            context.tally.chunk_left(chunk, "deferred" if ending == "deferred" else "waiting")
            if ending == "done":
                self._queue.done()
            elif ending == "deferred":
                self._queue.defer(chunk)
            else:
                self._queue.give_back(chunk)
            self._status.chunk = self._status.row = None

    def _make_readable(self) -> None:
        """Wait for this worker's last outcomes: the next reader of the chunk must see them."""
        try:
            self._context.journal.flush()
        except FOLDER_ERRORS as error:
            self._context.control.cancel(halt_of(error))

    def _rows(self, first: int, last: int) -> Literal["done", "deferred", "given back"]:
        context = self._context
        records = context.journal.rows(first, last)
        deferred = False
        for row in context.store.read(first, last):
            if self._leaving():
                return "given back"
            record = records.get(row.row)
            if context.scope.includes(row.row) and (record is None or record.outcome is None):
                deferred |= not self._row(row, record)
        return "deferred" if deferred else "done"

    def _row(self, row: SourceRow, record: RowRecord | None) -> bool:
        """Run one row; return False when it must wait for another row and stays pending."""
        status = self._status
        status.row, status.detail = row.row, f"row {row.row:,}"
        if row.problem is not None:
            self._failed_untried(row, StepFailed("row", row.problem.kind, safe(row.problem.message)))
            return True
        if self._keys.cache.is_failed(row.organization_key):
            return True  # blocked: decided when everything else is done
        waiting, first = self._first(row)
        if waiting:
            return False
        if first is None and row.first_row is not None:
            self._failed_untried(row, first_row_failure(row))
            return True
        return self._tried(row, record, first)

    def _failed_untried(self, row: SourceRow, failure: StepFailed) -> None:
        """End a row for which nothing was sent."""
        self._endings.failed(row, failure, tried=False)
        self._ended(failed=False)

    def _tried(self, row: SourceRow, record: RowRecord | None, first: KnownUser | None) -> bool:
        """Send what is missing of a row; return False when it was set aside and stays pending."""
        context = self._context
        context.metrics.begin()
        tries = self._queue.take_tries(row.row) or context.health.tries()
        words = ""
        try:
            organization_id = self._organization(row.organization_key, tries)
            record = self._deleted.current(row, record)
            result = self._importer.run(
                row, record or RowRecord(row.row), first=first, organization_id=organization_id, tries=tries
            )
        except SetAside:
            context.calls.judge(lambda: self._client.list_organizations(limit=1), tries)
            self._queue.set_aside(row.row, tries)
            return False
        except OrganizationFailed:
            return True  # blocked from now on
        except StepFailed as failed:
            failure = failed
        except Exception as error:
            if not is_of_one_row(error):
                raise
            words = context.unforeseen.words(error, [context.connection.key, *row.secrets.values()])
            if left_open(self._client, tries):
                context.say("warning", f"Row {row.row:,}: unforeseen error: {words}; what became of it is looked up")
                self._queue.set_aside(row.row, tries)
                return False
            failure = StepFailed(self._step(row), "internal_error", f"unforeseen error: {words}")
        else:
            self._endings.done(row, result)
            self._sent(failed=False)
            return True
        self._endings.failed(row, failure, tried=True, unforeseen=words)
        self._sent(failed=True)
        return True

    def _step(self, row: SourceRow) -> str:
        """The step at which a row is."""
        self._context.journal.flush()
        record = self._context.journal.row(row.row)
        if row.first_row is None and (record is None or record.user_id is None):
            return "user"
        return "membership" if row.organization_key is not None else "row"

    def _organization(self, key: str | None, tries: Tries) -> str | None:
        """The organization's id from the complete cache. A miss is a bug: it is counted, and resolved here."""
        if key is None:
            return None
        found = self._keys.cache.get(key) or self._missed.get(key)
        if found is None and self._keys.cache.is_failed(key):
            raise OrganizationFailed  # since this row began
        if found is None:
            found = self._missed[key] = self._keys.resolve_missed(self._client, key, tries)
        return found

    def _first(self, row: SourceRow) -> tuple[bool, KnownUser | None]:
        """Whether the row must wait, and the user that its person's first row has found or made."""
        if row.first_row is None:
            return False, None
        journal = self._context.journal
        first = journal.row(row.first_row)
        if first is None or (first.user_id is None and first.outcome is None):
            return True, None
        if row.twin_row is not None:
            twin = journal.row(row.twin_row)
            if twin is None or twin.outcome is None:
                return True, None
        if first.user_id is None or first.has_no_user:
            return False, None
        made = first.user_how is How.CREATED and self._context.is_first and first.user_id not in self._deleted.adopted
        # What an earlier row made of the same pair may have been deactivated since: this row is looked up first.
        return False, KnownUser(first.user_id, fresh=made and row.twin_row is None)

    def _sent(self, *, failed: bool) -> None:
        """A row for which something was sent has ended."""
        self._ended(failed=failed)
        latency = self._context.metrics.last_latency()
        if latency is not None:
            before = self._status.latency
            self._status.latency = latency if before is None else before + 0.1 * (latency - before)

    def _ended(self, *, failed: bool) -> None:
        self._queue.ask_for_another_round()
        self._status.rows += 1
        self._status.errors += failed


class WorkerPool:
    """The run's workers: as many as wanted, grown and shrunk while running."""

    def __init__(self, worker: Callable[[int], Worker]) -> None:
        """With `worker`, which makes the worker of a number."""
        self._worker = worker
        self._lock = threading.Lock()
        self._workers: list[Worker] = []
        self._count = 0
        self.wanted = 0

    def resize(self, wanted: int) -> None:
        """Start workers, or retire the newest after their current row."""
        with self._lock:
            self.wanted = wanted
            active = [worker for worker in self._workers if worker.is_alive() and not worker.retired.is_set()]
            for worker in active[wanted:]:
                worker.retired.set()
            for _ in range(wanted - len(active)):
                self._count += 1
                worker = self._worker(self._count)
                self._workers.append(worker)
                worker.start()

    def alive(self) -> bool:
        """Whether any worker still works."""
        with self._lock:
            return any(worker.is_alive() for worker in self._workers)

    def join(self, seconds: float) -> None:
        """Wait up to `seconds` in all for the workers to end."""
        deadline = time.monotonic() + seconds
        for worker in list(self._workers):
            worker.join(max(0.0, deadline - time.monotonic()))

    def views(self) -> tuple[WorkerView, ...]:
        """One line for each worker that is not retired and gone."""
        with self._lock:
            return tuple(w.view() for w in self._workers if w.is_alive() or not w.retired.is_set())
