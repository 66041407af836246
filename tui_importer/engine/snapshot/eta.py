"""How long a running job still needs, and what limits its speed."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from tui_importer.engine.snapshot.models import Eta
from tui_importer.text import plural
from tui_importer.workos.rate_limiter import OVERALL_PER_60S, WRITES_PER_10S

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.snapshot.models import RequestStats, Snapshot, Totals

WINDOW = 60.0
"""Seconds over which the rows' rate is taken."""
RECENT = 10.0
"""Seconds over which it is taken for the other end of the estimate."""
ENOUGH = 4.0
"""Seconds of work before an estimate is worth showing."""
SHORTEST = 0.2
"""Seconds between points that are kept."""
AT_LIMIT = 0.88
"""The part of a limit from which on it, and not the latency, sets the pace."""
OVERALL = OVERALL_PER_60S / 60 / (WRITES_PER_10S / 10)
"""Requests of any kind that are permitted for each permitted write."""


class Rates:
    """Rows per second over the last minute, from (seconds of work, rows done) points, one a snapshot.

    Time in which nothing may be sent (a pause after a 429, trouble with the service) is no work: a pause would make
    the rate, and with it the time still needed, meaningless. After a change of the share or of the workers the rate is
    taken again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._points: deque[tuple[float, int]] = deque()
        self._worked = 0.0
        self._looked: float | None = None
        self._pace: tuple[int, int] | None = None

    def eta(self, snapshot: Snapshot, totals: Totals) -> Eta | None:
        """Seconds still needed, as a range between the last seconds' rate and the window's; None when unknown."""
        with self._lock:
            self._look(snapshot, totals.done)
            left = totals.pending - totals.blocked
            requests = snapshot.requests
            if snapshot.backing_off or left <= 0 or requests.asked_for > requests.paused_for:
                return None  # the server may well ask for more when it is asked again
            first, now = self._points[0], self._worked
            recent = next(point for point in self._points if point[0] >= now - RECENT)
            rates = [(totals.done - done) / (now - at) for at, done in (first, recent) if now - at >= ENOUGH]
            if not rates or min(rates) <= 0:
                return None
            pause = requests.paused_for
            return Eta(pause + 0.97 * left / max(rates), pause + 1.03 * left / min(rates))

    def _look(self, snapshot: Snapshot, done: int) -> None:
        now = self._clock()
        pace = (snapshot.requests.share, snapshot.workers_wanted)
        if pace != self._pace:
            self._points.clear()
        elif self._looked is not None and not (snapshot.backing_off or snapshot.requests.paused_for):
            self._worked += now - self._looked
        self._pace, self._looked = pace, now
        points = self._points
        if not points or self._worked - points[-1][0] >= SHORTEST:
            points.append((self._worked, done))
        while points[0][0] < self._worked - WINDOW:
            points.popleft()


def bound_of(snapshot: Snapshot) -> str:
    """What limits the speed of a running job now; empty while it reads the source."""
    requests = snapshot.requests
    if snapshot.phase not in {"prewarm", "import"}:
        return ""
    if snapshot.backing_off:
        return f"backing off {snapshot.backing_off}"
    if requests.paused_for:
        return f"paused by 429 for {math.ceil(requests.paused_for)} s"
    return _limit_reached(requests) or _latency(snapshot)


def _limit_reached(requests: RequestStats) -> str:
    permitted, limit = requests.permitted, requests.limit
    if permitted is None or limit is None:
        return ""
    if requests.write_rate >= AT_LIMIT * permitted:
        return f"write limit {_tidy(permitted)}/{_tidy(limit)}"
    if requests.rate >= AT_LIMIT * OVERALL * permitted:
        return f"request limit {_tidy(OVERALL * permitted)}/{_tidy(OVERALL * limit)}"
    return ""


def _latency(snapshot: Snapshot) -> str:
    working = sum(worker.state not in {"idle", "stopped"} for worker in snapshot.workers)
    if not working:
        return ""
    return f"latency, {plural(working, 'worker')}"


def _tidy(rate: float) -> str:
    return f"{rate:,.1f}".removesuffix(".0")
