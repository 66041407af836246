"""One rate limiter for all workers of a job.

WorkOS allows per environment 500 writes and 1,000 reads in 10 s under `/user_management/`, and 6,000 requests of any
kind in 60 s per key (WorkOS documentation, reference/rate-limits). Sign-ups of the customer's own production draw on
the same budgets, so an operator permits a share of them.

Waiting threads queue by budget and are served first come, first served; every thread sleeps on a condition of its
own, and only the first of a queue watches the time, so that a hundred waiting workers cost nothing.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from tui_importer.workos.errors import Cancelled
from tui_importer.workos.pacing import MARGIN, EvenPace, SlidingLog, Slowdown

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITES_PER_10S: Final = 500
READS_PER_10S: Final = 1_000
OVERALL_PER_60S: Final = 6_000

LONGEST_WAIT: Final = 300.0
"""Seconds after a 429 within which it is asked again, however long the server asks to wait."""

FIRST_ALONE: Final = 2.0
"""Seconds within which, after a pause, one call of a budget is alone under way unless it is answered."""

_PAUSE_MARGIN = 0.1
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_CANCEL_POLL = 0.05
_SHORTEST_WAIT = 0.0001


class Budget(StrEnum):
    """The limit that a call draws on; each of them draws on the overall one, too."""

    WRITES = "writes"
    READS = "reads"
    OTHER = "other"


class Clock(Protocol):
    """The limiter's time, so that tests need not wait for it."""

    def now(self) -> float:
        """Monotonic seconds."""

    def wait(self, condition: threading.Condition, timeout: float | None) -> None:
        """Wait for `condition` (whose lock is held), at most `timeout` seconds."""


class SystemClock:
    """Real time."""

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def wait(self, condition: threading.Condition, timeout: float | None) -> None:
        """Wait for `condition`, at most `timeout` seconds."""
        condition.wait(timeout)


class _Waiter:
    """A call in a queue; `ticket` orders calls of all budgets."""

    __slots__ = ("arrived", "cancelled", "condition", "granted", "ticket")

    def __init__(
        self, ticket: int, arrived: float, condition: threading.Condition, cancelled: threading.Event | None
    ) -> None:
        self.ticket = ticket
        self.arrived = arrived
        self.condition = condition
        self.cancelled = cancelled
        self.granted = False

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled is not None and self.cancelled.is_set()


class RateLimiter:
    """Writes evenly paced at 98 % of what is permitted; reads and the overall budget may burst.

    `writes_per_10s` is the environment's limit and scales all three budgets in proportion; 0 turns them off, a 429
    is obeyed all the same. `share` is the percentage of the limits that is permitted, 1 to 100.
    `longest_wait` bounds the pause after a 429.
    """

    def __init__(
        self,
        *,
        writes_per_10s: int = WRITES_PER_10S,
        share: int = 80,
        clock: Clock | None = None,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        if writes_per_10s < 0:
            raise ValueError("writes_per_10s must be 0 or more")
        self._clock: Clock = clock or SystemClock()
        self._limit = writes_per_10s
        self._share = _checked(share)
        self._lock = threading.Lock()
        self._tickets = itertools.count()
        self._queues: dict[Budget, deque[_Waiter]] = {budget: deque() for budget in Budget}
        self._pace = EvenPace()
        self._reads = SlidingLog(10.0)
        self._overall = SlidingLog(60.0)
        self._slowdown = Slowdown()
        self._pause_began: float | None = None
        self.longest_wait = longest_wait
        self._paused_until = 0.0
        self._asked_until = 0.0
        self._unanswered_pauses = 0
        self._unasked: set[Budget] = set()
        self._alone_until: dict[Budget, float] = {}

    def now(self) -> float:
        """The limiter's clock, for `sent` of `throttled` and `succeeded`."""
        return self._clock.now()

    def acquire(self, budget: Budget, cancelled: threading.Event | None = None) -> float:
        """Wait until a call may be sent and return the seconds waited.

        Raises Cancelled as soon as `cancelled` is set; nothing may be sent then. A plain event is noticed within
        50 ms, at once when `wake` is called after setting it.
        """
        with self._lock:
            queue = self._queues[budget]
            condition = threading.Condition(self._lock)
            waiter = _Waiter(next(self._tickets), self._clock.now(), condition, cancelled)
            queue.append(waiter)
            try:
                while True:
                    if waiter.is_cancelled:
                        raise Cancelled("The import was stopped while it waited for the rate limit.")
                    now = self._clock.now()
                    self._serve(now)
                    if waiter.granted:
                        return max(0.0, now - waiter.arrived)
                    self._clock.wait(condition, self._timeout(waiter, budget, now))
            finally:
                if not waiter.granted:
                    queue.remove(waiter)
                    _notify_first(queue)

    def throttled(self, retry_after: float | None, sent: float | None = None) -> None:
        """Pause all callers for `retry_after` seconds after a 429, and lower the rate by 5 %.

        Then one call of each budget goes alone, and others when it is answered: the server may still refuse.
        The server is asked again after `longest_wait` at the latest; `asked_for` is what it asks for itself.
        Without `retry_after` the pause is 1 s, doubling up to 30 s while nothing succeeds. Calls that were under
        way when a pause began (`sent`, by `now`) count as part of it: they prolong the pause and lower nothing.
        """
        with self._lock:
            now, asked = self._clock.now(), retry_after
            began = self._pause_began
            same = began is not None and (now < self._paused_until or (sent is not None and sent <= began))
            if retry_after is None:
                steps = max(0, self._unanswered_pauses - 1) if same else self._unanswered_pauses
                retry_after = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(steps, 10))
                if not same:
                    self._unanswered_pauses += 1
            if not same:
                self._asked_until = now
                self._pause_began = now
                self._slowdown.lower(self._fraction, now)
            self._asked_until = max(self._asked_until, now + (asked or 0.0))
            pause = min(retry_after + _PAUSE_MARGIN, self.longest_wait)
            self._paused_until = max(self._paused_until, now + pause)
            self._unasked = set(Budget)
            self._alone_until.clear()
            self._wake_first()

    def succeeded(self, sent: float | None = None, budget: Budget | None = None) -> None:
        """End the doubling of pauses after a call without a 429, if it was sent after the last pause.

        Then others of its budget (None: of any) need not wait for the first answer after that pause any more.
        """
        with self._lock:
            if sent is None or sent >= self._paused_until:
                self._unanswered_pauses = 0
                for answered in (budget,) if budget is not None else Budget:
                    self._unasked.discard(answered)
                    if self._alone_until.pop(answered, None) is not None:
                        _notify_first(self._queues[answered])

    def set_share(self, share: int) -> None:
        """Permit another percentage of the limits, at once."""
        with self._lock:
            self._share = _checked(share)
            self._wake_first()

    def wake(self) -> None:
        """Let all waiting calls check their `cancelled` events now."""
        with self._lock:
            for queue in self._queues.values():
                for waiter in queue:
                    waiter.condition.notify()

    @property
    def share(self) -> int:
        """Percentage of the limits that is permitted."""
        return self._share

    @property
    def permitted_writes(self) -> float | None:
        """Writes a second that are sent now at most, lowered by 429s as it may be; None when unlimited."""
        with self._lock:
            return self._write_rate(self._clock.now()) if self._limit else None

    @property
    def limited_writes(self) -> float | None:
        """Writes a second that the environment allows, of which the operator's share is permitted; None: unlimited."""
        return self._limit / 10.0 if self._limit else None

    @property
    def paused_until(self) -> float | None:
        """The end of the pause after a 429, by `now`; None when there is none."""
        with self._lock:
            return self._paused_until if self._paused_until > self._clock.now() else None

    @property
    def paused_for(self) -> float:
        """Seconds until the pause after a 429 ends; 0 when there is none."""
        with self._lock:
            return max(0.0, self._paused_until - self._clock.now())

    @property
    def asked_for(self) -> float:
        """Seconds that are left of what the last 429 asked for; 0 when it is not waited for any more."""
        with self._lock:
            now = self._clock.now()
            return max(0.0, self._asked_until - now) if self._paused_until > now else 0.0

    @property
    def waiting(self) -> int:
        """The number of calls that wait."""
        with self._lock:
            return sum(len(queue) for queue in self._queues.values())

    @property
    def _fraction(self) -> float:
        return self._share / 100.0

    def _write_rate(self, now: float) -> float:
        return MARGIN * self._permitted(WRITES_PER_10S, now) / 10.0

    def _permitted(self, limit: int, now: float) -> float:
        """Calls in a window that the operator and the server permit now, of `limit` for a whole environment."""
        scaled = limit * self._limit / WRITES_PER_10S
        return scaled * self._fraction * self._slowdown.factor(self._fraction, now)

    def _ready_at(self, budget: Budget, waiter: _Waiter, now: float) -> float:
        """The time at which `waiter` may go, by its own budget and a pause."""
        ready = max(self._paused_until, self._alone_until.get(budget, 0.0))
        if not self._limit:
            return ready
        if budget is Budget.WRITES:
            return max(ready, self._pace.ready_at(self._write_rate(now), waiter.arrived))
        if budget is Budget.READS:
            return max(ready, self._reads.ready_at(self._permitted(READS_PER_10S, now), now))
        return ready

    def _overall_at(self, now: float) -> float:
        return self._overall.ready_at(self._permitted(OVERALL_PER_60S, now), now) if self._limit else now

    def _heads(self) -> Iterator[tuple[Budget, _Waiter]]:
        return ((budget, queue[0]) for budget, queue in self._queues.items() if queue)

    def _serve(self, now: float) -> None:
        """Grant all calls that are due: of the first of each queue, the one that came first."""
        while True:
            due = [(budget, head) for budget, head in self._heads() if self._ready_at(budget, head, now) <= now]
            if not due or self._overall_at(now) > now:
                return
            budget, waiter = min(due, key=lambda pair: pair[1].ticket)
            self._record(budget, waiter, now)
            waiter.granted = True
            waiter.condition.notify()
            queue = self._queues[budget]
            queue.popleft()
            _notify_first(queue)

    def _record(self, budget: Budget, waiter: _Waiter, now: float) -> None:
        if budget in self._unasked:
            self._unasked.discard(budget)
            self._alone_until[budget] = now + FIRST_ALONE
        if not self._limit:
            return
        self._overall.record(now)
        if budget is Budget.WRITES:
            self._pace.record(self._write_rate(now), waiter.arrived, now)
        elif budget is Budget.READS:
            self._reads.record(now)

    def _timeout(self, waiter: _Waiter, budget: Budget, now: float) -> float | None:
        """Seconds until `waiter` should check again; None: until it is notified, because others are before it."""
        queue = self._queues[budget]
        if queue[0] is not waiter:
            return None
        for other in queue:
            if other.is_cancelled:
                other.condition.notify()
        seconds = max(self._ready_at(budget, waiter, now), self._overall_at(now)) - now
        if any(other.cancelled is not None for other in queue):
            seconds = min(seconds, _CANCEL_POLL)
        return max(seconds, _SHORTEST_WAIT)

    def _wake_first(self) -> None:
        for queue in self._queues.values():
            _notify_first(queue)


def _notify_first(queue: deque[_Waiter]) -> None:
    if queue:
        queue[0].condition.notify()


def _checked(share: int) -> int:
    if not 1 <= share <= 100:
        raise ValueError("share must be 1 to 100 percent")
    return share
