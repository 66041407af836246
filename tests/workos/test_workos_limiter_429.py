"""What a 429 does to the limiter; virtual time."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workos.clocks import StepClock
from tui_importer.workos.rate_limiter import FIRST_ALONE, Budget, RateLimiter


class StricterServer:
    """Allows fewer writes in any 10 s than the limiter believes; says how long to wait in whole seconds."""

    def __init__(self, clock: StepClock, allowed: int) -> None:
        self._clock = clock
        self._allowed = allowed
        self._accepted: deque[float] = deque()
        self.served = 0
        self.refused = 0

    def write(self) -> float | None:
        """None when accepted, else Retry-After."""
        now = self._clock.time
        while self._accepted and self._accepted[0] <= now - 10.0:
            self._accepted.popleft()
        if len(self._accepted) >= self._allowed:
            self.refused += 1
            return float(int(self._accepted[0] + 10.0 - now) + 1)
        self._accepted.append(now)
        self.served += 1
        return None


def test_all_callers_pause_for_retry_after_and_a_margin() -> None:
    for budget in Budget:
        clock = StepClock()
        limiter = RateLimiter(clock=clock)
        limiter.throttled(3.0)
        assert limiter.paused_for == pytest.approx(3.1)
        assert limiter.paused_until == pytest.approx(clock.time + 3.1)
        assert limiter.acquire(budget) == pytest.approx(3.1)
        assert limiter.paused_until is None
        assert limiter.paused_for == 0.0


@pytest.mark.parametrize("asked", [301.0, 3_600.0, 10 * 365 * 86_400.0])
def test_it_is_asked_again_after_five_minutes_however_long_the_server_asks_for(asked: float) -> None:
    clock = StepClock()
    limiter = RateLimiter(clock=clock)
    limiter.throttled(asked)
    assert (limiter.paused_for, limiter.asked_for) == (300.0, asked)
    assert limiter.acquire(Budget.WRITES) == pytest.approx(300.0)
    assert (limiter.paused_for, limiter.asked_for) == (0.0, 0.0)
    limiter.throttled(20.0, limiter.now())
    assert limiter.asked_for == pytest.approx(20.0), "what it asks for now counts"


def test_the_rate_falls_by_5_percent_and_recovers_a_quarter_per_second_per_second() -> None:
    clock = StepClock()
    limiter = RateLimiter(share=100, clock=clock)
    limiter.throttled(1.0)
    lowered = limiter.permitted_writes
    assert lowered == pytest.approx(49.0 * 0.95)
    clock.time += 4.0
    assert limiter.permitted_writes == pytest.approx(49.0 * 0.95 + 1.0)
    clock.time += 100.0
    assert limiter.permitted_writes == pytest.approx(49.0)


def test_the_recovery_is_as_fast_at_a_smaller_share() -> None:
    clock = StepClock()
    limiter = RateLimiter(share=50, clock=clock)
    limiter.throttled(1.0)
    clock.time += 2.0
    assert limiter.permitted_writes == pytest.approx(24.5 * 0.95 + 0.5)


def test_429s_within_one_pause_count_once_and_the_longest_wins() -> None:
    clock = StepClock()
    limiter = RateLimiter(share=100, clock=clock)
    for retry_after in (2.0, 5.0, 1.0):
        limiter.throttled(retry_after)
    assert limiter.paused_for == pytest.approx(5.1)
    assert limiter.permitted_writes == pytest.approx(49.0 * 0.95)


def test_a_429_of_a_call_sent_before_the_pause_lowers_nothing_more() -> None:
    clock = StepClock()
    limiter = RateLimiter(share=100, clock=clock)
    sent = limiter.now()
    clock.time += 0.2
    limiter.throttled(1.0, sent)
    clock.time += 1.5
    before = limiter.permitted_writes
    limiter.throttled(1.0, sent)
    assert limiter.permitted_writes == before
    assert limiter.paused_for == pytest.approx(1.1)


def test_without_retry_after_the_pause_doubles_up_to_half_a_minute_until_a_success() -> None:
    clock = StepClock()
    limiter = RateLimiter(clock=clock)
    pauses = []
    for _ in range(7):
        limiter.throttled(None, limiter.now())
        limiter.throttled(None, limiter.now())
        pauses.append(round(limiter.acquire(Budget.READS), 3))
    assert pauses == [1.1, 2.1, 4.1, 8.1, 16.1, 30.1, 30.1]
    limiter.succeeded(limiter.now())
    limiter.throttled(None)
    assert limiter.paused_for == pytest.approx(1.1)


def test_a_success_sent_before_the_pause_does_not_end_the_doubling() -> None:
    clock = StepClock()
    limiter = RateLimiter(clock=clock)
    sent = limiter.now()
    clock.time += 1.0
    limiter.throttled(None)
    limiter.succeeded(sent)
    limiter.acquire(Budget.OTHER)
    limiter.throttled(None)
    assert limiter.paused_for == pytest.approx(2.1)


def test_the_rate_never_falls_to_nothing() -> None:
    clock = StepClock()
    limiter = RateLimiter(share=100, clock=clock)
    for _ in range(200):
        limiter.throttled(0.0)
        clock.time += 0.2
    assert (limiter.permitted_writes or 0.0) >= 4.9


@settings(max_examples=30)
@given(st.integers(min_value=100, max_value=480))
def test_a_server_that_allows_less_is_used_to_90_percent(allowed: int) -> None:
    clock = StepClock()
    limiter = RateLimiter(share=100, clock=clock)
    server = StricterServer(clock, allowed)
    end = clock.time + 120.0
    while clock.time < end:
        limiter.acquire(Budget.WRITES)
        sent = limiter.now()
        retry_after = server.write()
        if retry_after is None:
            limiter.succeeded(sent)
        else:
            limiter.throttled(retry_after, sent)
    assert server.served >= 0.90 * allowed * 12
    assert server.refused <= 120


def test_after_a_pause_the_first_call_of_a_budget_goes_alone_until_it_is_answered() -> None:
    clock = StepClock()
    limiter = RateLimiter(writes_per_10s=0, clock=clock)
    limiter.throttled(1.0)
    assert limiter.acquire(Budget.WRITES) == pytest.approx(1.1)
    assert limiter.acquire(Budget.READS) == 0.0
    limiter.succeeded(clock.time, Budget.WRITES)
    assert limiter.acquire(Budget.WRITES) == limiter.acquire(Budget.WRITES) == 0.0
    assert limiter.acquire(Budget.READS) == pytest.approx(FIRST_ALONE), "the first one may never be answered"
    assert limiter.acquire(Budget.READS) == 0.0
