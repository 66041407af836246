"""How many workers a run has: the operator's number, or as many as the permitted rate and the latency need."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from tui_importer.engine.run.workers import WorkerPool
from tui_importer.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.run.context import RunContext
    from tui_importer.engine.run.workers import Worker
    from tui_importer.engine.snapshot.models import WorkerView

FEWEST_WORKERS: Final = 4
MOST_WORKERS: Final = 32
UNLIMITED_WORKERS: Final = 16
SMALL_CHANGE: Final = 2
"""Workers that the automatic number must be off before it is followed; less is not worth a thread."""
EXPECTED_LATENCY: Final = 0.2
"""Seconds a request takes until it is measured (observed on the live API, reference section 7.1)."""


class Staffing:
    """Fills pools of workers, and changes their number while they work."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._pool: WorkerPool | None = None
        self._asked = context.options.workers

    def fill(self, worker: Callable[[int], Worker]) -> WorkerPool:
        """A pool with as many workers as are wanted now; `worker` makes one."""
        pool = WorkerPool(worker)
        self._asked = self._context.options.workers
        wanted = self._wanted_now()
        self._context.say("info", f"Importing users with {plural(wanted, 'worker')}")
        pool.resize(wanted)
        self._pool = pool  # from here on `adjust` resizes it
        return pool

    def adjust(self, *, follow: bool) -> None:
        """Do at once what the operator asks for; with `follow` and in automatic, do what the observed latency asks."""
        pool = self._pool
        if pool is None or self._context.control.draining.is_set():
            return
        asked = self._context.options.workers
        is_new, self._asked = asked != self._asked, asked
        if not is_new and not (follow and asked is None):
            return
        wanted = self._wanted_now()
        if is_new or abs(wanted - pool.wanted) >= SMALL_CHANGE:
            pool.resize(wanted)

    @property
    def wanted(self) -> int:
        """How many workers the pool shall have; 0 before there is one."""
        return self._pool.wanted if self._pool is not None else 0

    def views(self) -> tuple[WorkerView, ...]:
        """One line for each worker, for the screen."""
        return self._pool.views() if self._pool is not None else ()

    def _wanted_now(self) -> int:
        """The operator's number, else by Little's law: permitted rate x observed latency, with a margin."""
        context = self._context
        if context.options.workers is not None:
            wanted = context.options.workers
        else:
            permitted = context.connection.limiter.permitted_writes
            latency = context.metrics.mean_latency() or EXPECTED_LATENCY
            if permitted is None:
                wanted = UNLIMITED_WORKERS
            else:
                wanted = min(MOST_WORKERS, max(FEWEST_WORKERS, math.ceil(1.25 * permitted * latency) + 1))
        context.health.threshold = max(6, 2 * wanted)
        return wanted
