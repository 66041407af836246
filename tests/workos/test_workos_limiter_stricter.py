"""Many threads against a server that allows less than the limiter believes; virtual time.

What the limiter reaches of it is measured in real time by benchmarks/limiter.py; here it is a property.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workos.clocks import VirtualClock
from tui_importer.workos.rate_limiter import Budget, RateLimiter

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW = 10.0
WINDOWS = 6
THREADS = 8
LATENCY = 0.1

Kind = Literal["sliding", "fixed"]


class Server:
    """Accepts `allowed` writes in any 10 s or in consecutive ones; Retry-After is in whole seconds, or absent."""

    def __init__(self, clock: VirtualClock, allowed: int, kind: Kind, *, tells: bool = True) -> None:
        self._clock, self.allowed, self._kind, self._tells = clock, allowed, kind, tells
        self._accepted: deque[float] = deque()
        self.served = self.refused = 0

    def write(self) -> Literal[True] | float | None:
        """True when accepted, else Retry-After or None."""
        now = self._clock.now()
        start = now - WINDOW if self._kind == "sliding" else math.floor(now / WINDOW) * WINDOW
        while self._accepted and self._accepted[0] < start:
            self._accepted.popleft()
        if len(self._accepted) >= self.allowed:
            self.refused += 1
            end = (self._accepted[0] if self._kind == "sliding" else start) + WINDOW
            return float(math.ceil(end - now)) if self._tells else None
        self._accepted.append(now)
        self.served += 1
        return True


def serve(clock: VirtualClock, limiter: RateLimiter, server: Server, seconds: float) -> list[int]:
    """What each of the threads gets through, writing as fast as the limiter lets it."""
    counts = [0] * THREADS
    end = clock.now() + seconds

    def worker(number: int) -> None:
        while True:
            limiter.acquire(Budget.WRITES)
            sent = limiter.now()
            if sent >= end:
                return
            answer = server.write()
            clock.sleep(LATENCY)
            if answer is True:
                limiter.succeeded(sent)
                counts[number] += 1
            else:
                limiter.throttled(answer, sent)

    def start(number: int) -> Callable[[], None]:
        return lambda: worker(number)

    clock.run(*(start(number) for number in range(THREADS)))
    return counts


@settings(max_examples=8)
@given(st.integers(min_value=25, max_value=480), st.sampled_from(["sliding", "fixed"]))
def test_a_stricter_server_is_used_to_70_percent_by_all_threads_alike(allowed: int, kind: Kind) -> None:
    clock = VirtualClock()
    limiter = RateLimiter(share=100, clock=clock)
    server = Server(clock, allowed, kind)
    counts = serve(clock, limiter, server, WINDOWS * WINDOW)
    assert server.served >= 0.7 * allowed * WINDOWS
    assert server.refused <= (THREADS + 1) * 3 * WINDOWS
    assert max(counts) - min(counts) <= 0.25 * max(counts) + 3, "refused threads lose a turn"


@pytest.mark.parametrize("kind", ["sliding", "fixed"])
def test_a_server_that_does_not_say_when_is_used_to_70_percent_too(kind: Kind) -> None:
    clock = VirtualClock()
    limiter = RateLimiter(share=100, clock=clock)
    server = Server(clock, 300, kind, tells=False)
    counts = serve(clock, limiter, server, WINDOWS * WINDOW)
    assert server.served >= 0.7 * 300 * WINDOWS
    assert max(counts) - min(counts) <= 0.25 * max(counts) + 3, "refused threads lose a turn"


@pytest.mark.parametrize("kind", ["sliding", "fixed"])
@pytest.mark.parametrize("share", [80, 100])
def test_a_server_with_the_limits_as_configured_is_used_to_97_percent_without_a_429(kind: Kind, share: int) -> None:
    clock = VirtualClock()
    limiter = RateLimiter(share=share, clock=clock)
    server = Server(clock, 500 * share // 100, kind)
    counts = serve(clock, limiter, server, 3 * WINDOW)
    assert server.refused == 0
    assert server.served >= 0.97 * 3 * server.allowed
    assert max(counts) - min(counts) <= 1
