"""Many threads at one limiter: fairness in virtual time, waking up in real time without any sleeping."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.workos.clocks import VirtualClock
from tui_importer.workos.errors import Cancelled
from tui_importer.workos.rate_limiter import Budget, RateLimiter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG = 300.0
"""A pause that no test waits for."""

SOON = 30.0
"""Seconds within which a thread that was woken must have come back, on however slow a machine."""


@pytest.mark.parametrize("latency", [0.0, 0.02, 0.2])
def test_threads_get_equal_parts_of_the_full_rate(latency: float) -> None:
    clock = VirtualClock()
    limiter = RateLimiter(share=100, clock=clock)
    counts = [0] * 16
    end = clock.now() + 30.0

    def worker(number: int) -> None:
        while True:
            limiter.acquire(Budget.WRITES)
            if clock.now() >= end:
                return
            counts[number] += 1
            if latency:
                clock.sleep(latency)

    clock.run(*((lambda number=number: worker(number)) for number in range(16)))
    assert sum(counts) >= 0.97 * 1_500
    assert max(counts) - min(counts) <= 0.05 * max(counts)


def test_calls_are_served_in_the_order_they_came() -> None:
    clock = VirtualClock()
    limiter = RateLimiter(share=100, clock=clock)
    served: list[int] = []

    def caller(number: int) -> None:
        clock.sleep(0.001 * number)
        limiter.acquire(Budget.WRITES)
        served.append(number)

    clock.run(*((lambda number=number: caller(number)) for number in range(20)))
    assert served == list(range(20))


def test_a_full_read_budget_does_not_hold_up_writes() -> None:
    clock = VirtualClock()
    limiter = RateLimiter(share=100, clock=clock)
    start = clock.now()
    writes: list[float] = []

    def reader() -> None:
        for _ in range(1_001):
            limiter.acquire(Budget.READS)
        assert clock.now() >= start + 10.0

    def writer() -> None:
        clock.sleep(0.5)
        for _ in range(10):
            limiter.acquire(Budget.WRITES)
        writes.append(clock.now())

    clock.run(reader, writer)
    assert writes == [pytest.approx(start + 0.5 + 9 / 49, abs=0.001)]


def test_a_scarce_overall_budget_goes_to_who_came_first() -> None:
    clock = VirtualClock()
    limiter = RateLimiter(writes_per_10s=5, share=100, clock=clock)
    served: list[Budget] = []

    def filler() -> None:
        for _ in range(60):
            limiter.acquire(Budget.OTHER)
            clock.sleep(0.5)

    def caller(number: int, budget: Budget) -> None:
        clock.sleep(31.0 + number)
        limiter.acquire(budget)
        served.append(budget)

    order = [Budget.READS, Budget.OTHER, Budget.WRITES]
    clock.run(filler, *((lambda n=number, b=budget: caller(n, b)) for number, budget in enumerate(order)))
    assert served == order


def test_the_next_in_line_takes_over_from_a_cancelled_first() -> None:
    clock = VirtualClock()
    limiter = RateLimiter(writes_per_10s=1, share=100, clock=clock)
    limiter.acquire(Budget.WRITES)
    start = clock.now()
    stop = threading.Event()

    def ahead() -> None:
        with pytest.raises(Cancelled):
            limiter.acquire(Budget.WRITES, stop)
        assert clock.now() == pytest.approx(start + 1.0)

    def behind() -> None:
        clock.sleep(0.5)
        limiter.acquire(Budget.WRITES)
        assert clock.now() == pytest.approx(start + 10 / 0.98, abs=0.01)

    def canceller() -> None:
        clock.sleep(1.0)
        stop.set()
        limiter.wake()

    clock.run(ahead, behind, canceller)


def test_a_429_holds_up_callers_that_already_wait() -> None:
    clock = VirtualClock()
    limiter = RateLimiter(writes_per_10s=1, share=100, clock=clock)
    limiter.acquire(Budget.WRITES)
    start = clock.now()

    def caller() -> None:
        limiter.acquire(Budget.WRITES)
        assert clock.now() == pytest.approx(start + 1.0 + 60.1)

    def refused() -> None:
        clock.sleep(1.0)
        limiter.throttled(60.0)

    clock.run(caller, refused)


class Caller:
    """A thread in `acquire`, known to wait there."""

    def __init__(self, limiter: RateLimiter, budget: Budget, cancelled: threading.Event | None = None) -> None:
        self._limiter = limiter
        self._budget = budget
        self._cancelled = cancelled
        self.waited: float | None = None
        self.was_cancelled = False
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.waited = self._limiter.acquire(self._budget, self._cancelled)
        except Cancelled:
            self.was_cancelled = True

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join(SOON)
        assert not self._thread.is_alive(), "the call still waits"


@pytest.fixture
def waiting() -> Iterator[Callable[..., list[Caller]]]:
    """Start callers and return when all of them wait; at the end let go those that still do."""
    stops: list[threading.Event] = []

    def start(limiter: RateLimiter, *calls: tuple[Budget, threading.Event | None]) -> list[Caller]:
        callers = [Caller(limiter, budget, event) for budget, event in calls]
        before = limiter.waiting
        for caller in callers:
            caller.start()
        released = threading.Event()
        while limiter.waiting < before + len(callers):
            released.wait(0.001)
        stops.extend(event for _, event in calls if event)
        return callers

    yield start
    for event in stops:
        event.set()


def test_cancelling_wakes_callers_at_once(waiting: Callable[..., list[Caller]]) -> None:
    limiter = RateLimiter()
    limiter.throttled(LONG)
    stop, other = threading.Event(), threading.Event()
    calls = [(budget, stop) for budget in list(Budget) * 3]
    callers = waiting(limiter, *calls)
    (bystander,) = waiting(limiter, (Budget.WRITES, other))
    stop.set()
    limiter.wake()
    for caller in callers:
        caller.join()
        assert caller.was_cancelled
    assert limiter.waiting == 1
    other.set()
    limiter.wake()
    bystander.join()
    assert limiter.waiting == 0


def test_a_plain_event_is_noticed_without_a_call_even_behind_others(waiting: Callable[..., list[Caller]]) -> None:
    limiter = RateLimiter()
    limiter.throttled(LONG)
    first, second = threading.Event(), threading.Event()
    (ahead,) = waiting(limiter, (Budget.WRITES, first))
    (behind,) = waiting(limiter, (Budget.WRITES, second))
    second.set()
    behind.join()
    assert behind.was_cancelled
    assert limiter.waiting == 1
    first.set()
    ahead.join()


def test_a_call_that_is_cancelled_before_it_waits_sends_nothing() -> None:
    stop = threading.Event()
    stop.set()
    limiter = RateLimiter()
    with pytest.raises(Cancelled, match="stopped"):
        limiter.acquire(Budget.OTHER, stop)
    assert limiter.waiting == 0


def test_a_greater_share_wakes_whoever_waits_for_the_smaller(waiting: Callable[..., list[Caller]]) -> None:
    limiter = RateLimiter(writes_per_10s=10, share=1)
    limiter.acquire(Budget.READS)
    (caller,) = waiting(limiter, (Budget.READS, None))
    limiter.set_share(100)
    caller.join()
    assert caller.waited is not None
    assert caller.waited < SOON
