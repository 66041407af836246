"""Numbers about requests: counters for ever, rates and latencies of the last minute."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from typing import TYPE_CHECKING

from tui_importer.engine.snapshot.models import RequestStats

if TYPE_CHECKING:
    from tui_importer.workos.errors import Attempt
    from tui_importer.workos.rate_limiter import RateLimiter

_STATUS = "status_"
"""How the counters of the answers by status begin."""
SECONDS = 61
"""Length of the history in seconds, the running one included."""


class Metrics:
    """Fed by every attempt of every thread; a lock and a few additions each."""

    def __init__(self, counters: dict[str, int]) -> None:
        self._lock = threading.Lock()
        self._latencies: deque[float] = deque(maxlen=500)
        self._seconds: deque[list[float]] = deque(maxlen=SECONDS)  # [second, requests, writes]
        self._saved = Counter(counters)
        self._unsaved: Counter[str] = Counter()
        self._local = threading.local()

    def observe(self, attempt: Attempt) -> None:
        """Count one attempt; remember it for the piece of work that this thread is at, if it failed."""
        second = int(time.monotonic())
        write = attempt.method != "GET"
        failed = attempt.status is None or attempt.status >= 400
        with self._lock:
            self._unsaved["requests"] += 1
            self._unsaved["writes"] += write
            self._unsaved[f"{_STATUS}{attempt.status or 0}"] += 1
            if attempt.status == 429:
                self._unsaved["rate_limited"] += 1
            if attempt.status is not None:
                self._latencies.append(attempt.seconds)
            if not self._seconds or self._seconds[-1][0] != second:
                self._seconds.append([second, 0, 0])
            self._seconds[-1][1] += 1
            self._seconds[-1][2] += write
        self._local.latency = attempt.seconds
        if failed:
            self.failed_attempts().append(attempt)

    def failed_attempts(self) -> list[Attempt]:
        """Failed attempts of this thread since `begin`."""
        attempts: list[Attempt] | None = getattr(self._local, "attempts", None)
        if attempts is None:
            attempts = self._local.attempts = []
        return attempts

    def begin(self) -> None:
        """This thread begins another piece of work."""
        self._local.attempts = []

    def last_latency(self) -> float | None:
        """Seconds of this thread's last request."""
        return getattr(self._local, "latency", None)

    def count(self, name: str, value: int = 1) -> None:
        """Add to a counter (retries, cache_hits, …)."""
        with self._lock:
            self._unsaved[name] += value

    def take_unsaved(self) -> dict[str, int]:
        """Increments since the last call, for the journal."""
        with self._lock:
            taken, self._unsaved = self._unsaved, Counter()
            self._saved += taken
            return dict(taken)

    def value(self, name: str) -> int:
        """A counter over all runs of the job."""
        with self._lock:
            return self._saved[name] + self._unsaved[name]

    def mean_latency(self) -> float | None:
        """Mean of the last requests in seconds."""
        with self._lock:
            return sum(self._latencies) / len(self._latencies) if self._latencies else None

    def stats(self, limiter: RateLimiter, *, in_flight: int) -> RequestStats:
        """The numbers for the screen; a rate is the mean of the last five full seconds."""
        now = int(time.monotonic())
        with self._lock:
            by_second = {int(second): (requests, writes) for second, requests, writes in self._seconds}
            latencies = sorted(self._latencies)
            counters = self._saved + self._unsaved
        oldest = min(by_second, default=now)
        history = tuple(by_second.get(s, (0.0, 0.0))[1] for s in range(max(oldest, now - SECONDS + 1), now))
        recent = [by_second.get(s, (0.0, 0.0)) for s in range(max(oldest, now - 5), now)] or [(0.0, 0.0)]
        statuses = sorted((int(name[len(_STATUS) :]), n) for name, n in counters.items() if name.startswith(_STATUS))
        return RequestStats(
            requests=counters["requests"],
            import_writes=counters["writes"] - counters["prewarm_writes"],
            retries=counters["retries"],
            rate_limited=counters["rate_limited"],
            in_flight=in_flight,
            rate=sum(r for r, _ in recent) / len(recent),
            write_rate=sum(w for _, w in recent) / len(recent),
            permitted=limiter.permitted_writes,
            limit=limiter.limited_writes,
            share=limiter.share,
            paused_for=limiter.paused_for,
            asked_for=limiter.asked_for,
            p50=_percentile(latencies, 0.50),
            p95=_percentile(latencies, 0.95),
            p99=_percentile(latencies, 0.99),
            history=history,
            statuses=tuple(statuses),
        )


def _percentile(ordered: list[float], share: float) -> float | None:
    """In milliseconds."""
    return 1_000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
