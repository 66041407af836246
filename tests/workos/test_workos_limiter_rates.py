"""How fast the limiter lets calls through; one caller, virtual time."""

from __future__ import annotations

import math
from itertools import chain, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workos.clocks import StepClock
from tui_importer.workos.pacing import LATENESS, EvenPace
from tui_importer.workos.rate_limiter import Budget, RateLimiter

START = 1_000.0


def sends(limiter: RateLimiter, clock: StepClock, budget: Budget, seconds: float, busy: float = 0.0) -> list[float]:
    """Times of the calls one eager caller gets through; `busy` seconds pass between them."""
    times: list[float] = []
    end = clock.time + seconds
    while True:
        limiter.acquire(budget)
        if clock.time >= end:
            return times
        times.append(clock.time)
        clock.time += busy


def most_within(times: list[float], window: float) -> int:
    """The largest number of `times` in any half-open window of that length."""
    most = first = 0
    for last, time in enumerate(times):
        while times[first] <= time - window:
            first += 1
        most = max(most, last - first + 1)
    return most


def at_most(limit: int, share: int) -> int:
    return math.ceil(limit * share / 100 - 1e-9)


def at_least(limit: int, share: int) -> int:
    return math.floor(0.97 * 3 * math.floor(limit * share / 100))


EAGER = settings(max_examples=30)
LIMITS = st.integers(min_value=1, max_value=1_500)
SHARES = st.integers(min_value=1, max_value=100)


class TestUnderLoad:
    @EAGER
    @given(LIMITS, SHARES)
    def test_writes_use_97_percent_of_what_is_permitted_and_never_more(self, limit: int, share: int) -> None:
        clock = StepClock()
        times = sends(RateLimiter(writes_per_10s=limit, share=share, clock=clock), clock, Budget.WRITES, 30.0)
        assert most_within(times, 10.0) <= at_most(limit, share)
        assert len(times) >= at_least(limit, share)

    @EAGER
    @given(st.integers(min_value=1, max_value=500), SHARES)
    def test_reads_use_97_percent_of_what_is_permitted_and_never_more(self, limit: int, share: int) -> None:
        clock = StepClock()
        times = sends(RateLimiter(writes_per_10s=limit, share=share, clock=clock), clock, Budget.READS, 30.0)
        assert most_within(times, 10.0) <= at_most(limit * 2, share)
        assert len(times) >= at_least(limit * 2, share)

    def test_a_little_more_than_a_window_holds_no_more_reads_either(self) -> None:
        """They are counted when they arrive: the first may take longer than those of the next window."""
        clock = StepClock()
        times = sends(RateLimiter(share=100, clock=clock), clock, Budget.READS, 30.0)
        assert most_within(times, 10.2) == 1_000

    @EAGER
    @given(st.integers(min_value=1, max_value=100), SHARES)
    def test_the_overall_budget_is_used_to_97_percent_and_never_exceeded(self, limit: int, share: int) -> None:
        clock = StepClock()
        times = sends(RateLimiter(writes_per_10s=limit, share=share, clock=clock), clock, Budget.OTHER, 180.0)
        assert most_within(times, 60.0) <= at_most(limit * 12, share)
        assert len(times) >= at_least(limit * 12, share)

    @EAGER
    @given(
        limit=st.integers(min_value=1, max_value=200),
        share=SHARES,
        calls=st.lists(
            st.tuples(st.sampled_from(Budget), st.integers(min_value=1, max_value=60), st.floats(0.0, 20.0)),
            max_size=20,
        ),
    )
    def test_no_pattern_of_calls_exceeds_any_budget(
        self, limit: int, share: int, calls: list[tuple[Budget, int, float]]
    ) -> None:
        clock = StepClock()
        limiter = RateLimiter(writes_per_10s=limit, share=share, clock=clock)
        times: dict[Budget, list[float]] = {budget: [] for budget in Budget}
        for budget, count, gap in calls:
            for _ in range(count):
                limiter.acquire(budget)
                times[budget].append(clock.time)
            clock.time += gap
        assert most_within(times[Budget.WRITES], 10.0) <= at_most(limit, share)
        assert most_within(times[Budget.READS], 10.0) <= at_most(limit * 2, share)
        assert most_within(sorted(chain.from_iterable(times.values())), 60.0) <= at_most(limit * 12, share)

    def test_writes_are_even_and_nothing_is_saved_up_while_nobody_calls(self) -> None:
        clock = StepClock()
        limiter = RateLimiter(share=100, clock=clock)
        times = sends(limiter, clock, Budget.WRITES, 2.0)
        clock.time += 30.0
        times += sends(limiter, clock, Budget.WRITES, 2.0)
        assert min(later - earlier for earlier, later in pairwise(times)) == pytest.approx(1 / 49, rel=1e-3)

    def test_reads_may_burst(self) -> None:
        clock = StepClock()
        times = sends(RateLimiter(share=100, clock=clock), clock, Budget.READS, 10.0)
        assert times == [START] * 1_000

    def test_writes_draw_on_the_overall_budget(self) -> None:
        clock = StepClock()
        limiter = RateLimiter(share=100, clock=clock)
        assert [limiter.acquire(Budget.OTHER) for _ in range(6_000)] == [0.0] * 6_000
        assert limiter.acquire(Budget.WRITES) == pytest.approx(60 / 0.98, abs=0.01)


class TestLateWakeUps:
    @given(st.lists(st.floats(0.0, LATENESS), min_size=1))
    def test_the_slots_after_a_late_one_stay_where_they_are(self, delays: list[float]) -> None:
        pace = EvenPace()
        now = START
        for delay in delays * 20:
            now = max(now, pace.ready_at(20.0, START) + delay)
            pace.record(20.0, START, now)
        assert now - START <= 20 * len(delays) / 20.0 + LATENESS

    def test_a_stopped_process_does_not_catch_up(self) -> None:
        pace = EvenPace()
        pace.record(50.0, START, START)
        now = START + 600.0
        times = []
        for _ in range(10):
            now = max(now, pace.ready_at(50.0, START))
            pace.record(50.0, START, now)
            times.append(now)
        assert most_within(times, 0.001) == int(LATENESS * 50) + 1
        assert times[-1] - times[0] == pytest.approx(9 / 50.0 - LATENESS)


class TestOff:
    def test_nothing_is_paced(self) -> None:
        clock = StepClock()
        limiter = RateLimiter(writes_per_10s=0, clock=clock)
        assert all(limiter.acquire(budget) == 0.0 for budget in list(Budget) * 10_000)
        assert limiter.permitted_writes is None

    def test_a_429_is_obeyed_all_the_same(self) -> None:
        clock = StepClock()
        limiter = RateLimiter(writes_per_10s=0, clock=clock)
        limiter.throttled(7.0)
        assert limiter.acquire(Budget.OTHER) == pytest.approx(7.1)


class TestShare:
    def test_the_default_permits_four_fifths(self) -> None:
        assert RateLimiter(clock=StepClock()).permitted_writes == pytest.approx(39.2)

    def test_it_can_be_changed_while_running(self) -> None:
        clock = StepClock()
        limiter = RateLimiter(share=10, clock=clock)
        assert len(sends(limiter, clock, Budget.WRITES, 10.0)) == 50
        limiter.set_share(100)
        assert limiter.permitted_writes == pytest.approx(49.0)
        assert len(sends(limiter, clock, Budget.WRITES, 10.0)) == pytest.approx(490, abs=5)
        assert limiter.share == 100

    @pytest.mark.parametrize("share", [0, -1, 101])
    def test_it_is_a_percentage(self, share: int) -> None:
        with pytest.raises(ValueError, match="1 to 100"):
            RateLimiter(share=share)
        with pytest.raises(ValueError, match="1 to 100"):
            RateLimiter().set_share(share)

    def test_a_negative_limit_is_refused(self) -> None:
        with pytest.raises(ValueError, match="0 or more"):
            RateLimiter(writes_per_10s=-1)
