"""Looking many things up for the plan with a pool of threads: reads only, and ended within one request."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from tui_importer.engine.errors import Interrupted, PlanFailed, SetAside
from tui_importer.engine.run.rate_limit_waits import RateLimitWaits
from tui_importer.engine.run.step_context import Tools
from tui_importer.engine.service.api_calls import Calls
from tui_importer.engine.service.health import Health
from tui_importer.engine.service.stop import Control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tui_importer.engine.service.health import Tries
    from tui_importer.engine.service.metrics import Metrics
    from tui_importer.engine.service.timeouts import Patience
    from tui_importer.engine.snapshot.models import Level
    from tui_importer.journal.journal import Journal
    from tui_importer.workos.connection import Connection

T = TypeVar("T")
R = TypeVar("R")

CHECK_EVERY = 0.5
"""Seconds between checks of the waits for the rate limit."""


class Lookups:
    """A pool of `threads`. What fails while other lookups succeed is looked up again later.

    `give_up_after` is seconds without any success, `longest_wait` seconds of nothing but 429s; `say` writes into the
    job's log. `control.cancel` ends everything.
    """

    def __init__(
        self,
        connection: Connection,
        journal: Journal,
        metrics: Metrics,
        patience: Patience,
        *,
        threads: int,
        give_up_after: float,
        longest_wait: float,
        say: Callable[[Level, str], None],
    ) -> None:
        self._connection = connection
        self._journal = journal
        self._metrics = metrics
        self._patience = patience
        self._threads = threads
        self.control = Control()
        self.health = Health(self.control, patience, give_up_after, longest_wait)
        self._waits = RateLimitWaits(connection.limiter, self.health, say)
        self._calls = Calls(self.control, self.health, metrics, patience)

    def each(self, items: Iterable[T], lookup: Callable[[Tools, T, Tries], R]) -> list[tuple[T, R]]:
        """Every item with what was found, in no order. `lookup` may raise SetAside to be asked again.

        `items` may be long: they are taken as they are needed. Raises PlanFailed, Interrupted, and what `lookup`
        raises.
        """
        pool: _Pool[T, R] = _Pool(iter(items))
        threads = [
            threading.Thread(target=self._work, args=(pool, lookup), name=f"plan-{n + 1}", daemon=True)
            for n in range(self._threads)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(CHECK_EVERY)
                self._waits.check()
        if pool.errors:
            raise pool.errors[0]
        halt = self.control.halt
        if halt is not None:
            if halt.kind in {"operator", "signal"}:
                raise Interrupted
            raise PlanFailed(halt)
        return pool.found

    def _work(self, pool: _Pool[T, R], lookup: Callable[[Tools, T, Tries], R]) -> None:
        client = self._connection.client(self.control.cancelled)
        tools = Tools(client, self._calls, self._journal, self._connection.server_clock, self._patience)
        try:
            while not self.control.draining.is_set():
                waiting = pool.take()
                if waiting is None:
                    return
                self._metrics.begin()
                try:
                    result = lookup(tools, waiting[0], self.health.tries())
                except SetAside:
                    pool.put_back(waiting[0])
                else:
                    self.health.succeeded()
                    pool.add(waiting[0], result)
        except Interrupted:
            return
        except Exception as error:  # noqa: BLE001 - raised again by the thread that asked for the plan
            pool.errors.append(error)
        finally:
            self.health.leave()
            client.close()


class _Pool(Generic[T, R]):
    """What is still to be looked up, and what was found."""

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._again: deque[T] = deque()
        self._lock = threading.Lock()
        self.found: list[tuple[T, R]] = []
        self.errors: list[Exception] = []

    def take(self) -> tuple[T] | None:
        """The next item, wrapped."""
        with self._lock:
            for item in self._items:
                return (item,)
            return (self._again.popleft(),) if self._again else None

    def put_back(self, item: T) -> None:
        """Look it up again later."""
        with self._lock:
            self._again.append(item)

    def add(self, item: T, result: R) -> None:
        """An item is done."""
        with self._lock:
            self.found.append((item, result))
