"""How fast a job is, how long it still needs, and what bounds it: from its counters alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.support import UNLIMITED, finish, open_job, person, reopen_job, write_source
from tests.workos.clocks import StepClock
from tui_importer.engine.service.metrics import Metrics
from tui_importer.engine.snapshot.eta import ENOUGH, Rates, bound_of
from tui_importer.engine.snapshot.models import RequestStats, Snapshot, Totals, WorkerView
from tui_importer.sandbox.server import Sandbox
from tui_importer.workos.errors import Attempt
from tui_importer.workos.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.engine.snapshot.models import WorkerState

PERMITTED = RequestStats(permitted=39.2, limit=50.0, share=80)
RUNNING = Snapshot(
    "job", "users.csv", "SANDBOX", "sk_…", "http://127.0.0.1", "running", "import", requests=PERMITTED,
    workers_wanted=12,
)  # fmt: skip


class Work:
    """A job that does `rate` rows a second on a clock of its own, looked at four times a second."""

    def __init__(self, rows: int = 100_000) -> None:
        self.now, self.done, self.rows = 0.0, 0.0, rows
        self.snapshot = RUNNING
        self.rates = Rates(lambda: self.now)

    def go_on(self, seconds: float, rate: float) -> tuple[int, int] | None:
        """Seconds still needed afterwards, rounded, as a range."""
        eta = None
        for _ in range(int(seconds * 4)):
            self.now += 0.25
            self.done += rate * 0.25
            eta = self.rates.eta(self.snapshot, Totals(self.rows, created=int(self.done)))
        return None if eta is None else (round(eta.low), round(eta.high))


class TestTimeLeft:
    def test_is_unknown_until_there_was_enough_to_measure(self) -> None:
        work = Work()
        assert work.go_on(ENOUGH - 1, 40) is None
        assert work.go_on(2, 40) is not None

    def test_a_steady_rate_gives_a_narrow_range_around_the_truth(self) -> None:
        low, high = Work().go_on(60, 40) or (0, 0)
        truth = (100_000 - 60 * 40) / 40
        assert low < truth < high
        assert high - low < 0.07 * truth

    def test_a_change_of_pace_by_itself_widens_the_range_to_both(self) -> None:
        work = Work()
        work.go_on(50, 40)
        low, high = work.go_on(12, 10) or (0, 0)
        left = work.rows - work.done
        assert left / 40 < low < left / 30
        assert 0.95 * left / 10 < high < 1.1 * left / 10

    def test_a_change_by_the_operator_is_measured_anew(self) -> None:
        work = Work()
        work.go_on(50, 40)
        work.snapshot = replace(RUNNING, requests=replace(PERMITTED, share=20))
        assert work.go_on(2, 10) is None
        low, high = work.go_on(8, 10) or (0, 0)
        assert 0.95 * (work.rows - work.done) / 10 < low < high < 1.05 * (work.rows - work.done) / 10

    def test_a_pause_of_the_rate_limit_is_added_and_does_not_spoil_the_rate(self) -> None:
        work = Work()
        before = work.go_on(30, 40) or (0, 0)
        work.snapshot = replace(RUNNING, requests=replace(PERMITTED, paused_for=8.0))
        low, high = work.go_on(20, 0) or (0, 0)
        assert (low - 8, high - 8) == pytest.approx(before, abs=3)

    def test_in_trouble_it_is_unknown_and_afterwards_as_before(self) -> None:
        work = Work()
        before = work.go_on(30, 40) or (0, 0)
        work.snapshot = replace(RUNNING, backing_off="12 s: 503")
        assert work.go_on(120, 0) is None
        work.snapshot = RUNNING
        assert work.go_on(1, 40) == pytest.approx(before, abs=5)

    def test_it_is_unknown_while_nothing_moves_and_at_the_end(self) -> None:
        work = Work(rows=1_000)
        assert work.go_on(90, 0) is None
        assert work.go_on(60, 40) is None


STATES: tuple[WorkerState, ...] = ("running", "waiting", "idle", "stopped")
WORKERS = tuple(WorkerView(number, state, "", None, None, 0, 0, None) for number, state in enumerate(STATES))


@pytest.mark.parametrize(
    ("changes", "requests", "words"),
    [
        ({}, {"write_rate": 38.9, "rate": 41.0}, "write limit 39.2/50"),
        ({}, {"write_rate": 30.0, "rate": 76.0}, "request limit 78.4/100"),
        ({}, {"write_rate": 12.0, "rate": 14.0}, "latency, 2 workers"),
        ({"workers": WORKERS[:1]}, {"write_rate": 2.0, "rate": 2.0}, "latency, 1 worker"),
        ({}, {"write_rate": 900.0, "permitted": None, "limit": None}, "latency, 2 workers"),
        ({}, {"write_rate": 38.9, "paused_for": 7.2}, "paused by 429 for 8 s"),
        ({"backing_off": "12 s: 503"}, {"write_rate": 38.9, "paused_for": 7.2}, "backing off 12 s: 503"),
        ({"phase": "prewarm", "workers": ()}, {"paused_for": 0.4}, "paused by 429 for 1 s"),
        ({"phase": "prewarm", "workers": ()}, {}, ""),
        ({"phase": "scan"}, {"write_rate": 38.9}, ""),
    ],
)
def test_what_bounds_the_speed_is_named(changes: dict[str, object], requests: dict[str, object], words: str) -> None:
    now = replace(RUNNING, workers=WORKERS)
    now = replace(now, requests=replace(PERMITTED, **requests), **changes)  # type: ignore[arg-type]  # fields by name
    assert bound_of(now) == words


def attempt(status: int | None, seconds: float = 0.1, method: str = "POST") -> Attempt:
    return Attempt("call", method, "/path", datetime.now(UTC), seconds, 0.0, status, "", "", "")


def test_answers_and_latencies_are_counted() -> None:
    metrics = Metrics({"requests": 10, "writes": 8, "status_200": 10, "prewarm_writes": 3})
    for number in range(1, 101):
        metrics.observe(attempt(200, number / 1_000))
    for status in (429, 429, 503, None):
        metrics.observe(attempt(status))
    metrics.observe(attempt(404, method="GET"))
    limiter = RateLimiter(share=80, clock=StepClock())
    limiter.throttled(8.0)
    stats = metrics.stats(limiter, in_flight=3)
    assert stats.statuses == ((0, 1), (200, 110), (404, 1), (429, 2), (503, 1))
    assert sum(count for _, count in stats.statuses) == stats.requests
    assert (stats.rate_limited, stats.import_writes, stats.in_flight) == (2, 8 + 104 - 3, 3)
    assert (stats.p50, stats.p95, stats.p99) == pytest.approx((53, 99, 100), abs=3)
    assert (stats.share, stats.limit) == (80, 50.0)
    assert stats.permitted == pytest.approx(0.95 * 39.2)
    assert stats.paused_for == pytest.approx(8.1), "with the margin"


def test_answers_are_counted_over_all_runs_of_a_job(tmp_path: Path) -> None:
    source = write_source(tmp_path / "users.csv", [person(n, n % 3) for n in range(30)])
    with Sandbox(UNLIMITED) as sandbox:
        with open_job(tmp_path, sandbox, source) as job:
            finish(job)
            name, before = job.name, job.snapshot().requests
        assert sum(count for _, count in before.statuses) == before.requests == sandbox.snapshot(objects=False).total
        assert before.import_writes == 60
        with reopen_job(tmp_path, sandbox, name) as job:
            after = job.snapshot().requests
        assert (after.statuses, after.requests, after.import_writes) == (before.statuses, before.requests, 60)
