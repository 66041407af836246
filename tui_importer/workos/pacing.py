"""The limiter's arithmetic, without threads or a clock: an even pace, a sliding log, a rate lowered by 429s.

All times are seconds of one monotonic clock, handed in by the caller.
"""

from __future__ import annotations

import math
from collections import deque

MARGIN = 0.98
"""The part of a limit that is used.

Measured: evenly paced at 98 % no 429 came, even with latencies between 10 and 400 ms; at 99 % they began.
"""

LATENESS = 0.05
"""Seconds by which a thread may wake too late for its slot without the slots after it moving.

Without it every late wake-up would lower the rate; with more of it a stopped process would catch up in a burst.
It is within the margin: at 98 % even 10.05 s hold fewer calls than the limit allows in 10 s.
"""

_LOWERING = 0.95
_LOWEST = 0.1
_RECOVERY = 0.25 / 49.0
"""Of the whole permitted rate, per second: 0.25/s per second where 49/s are permitted."""


class EvenPace:
    """GCRA with burst 1: one call per slot, slots evenly apart; nothing is saved up without calls."""

    def __init__(self) -> None:
        self._last = -math.inf

    def ready_at(self, rate: float, arrived: float) -> float:
        """The time at which a call that has waited since `arrived` may be sent at `rate` calls a second."""
        return max(self._last + 1.0 / rate, arrived)

    def record(self, rate: float, arrived: float, now: float) -> None:
        """Record that a call that has waited since `arrived` is sent `now`."""
        self._last = max(self.ready_at(rate, arrived), now - LATENESS)


class SlidingLog:
    """At most `budget` calls within any `window` seconds, as fast as they come until then.

    Less than one call in a window is one call in a longer window.
    """

    def __init__(self, window: float) -> None:
        # A little longer than the limit's own window: calls are counted when they arrive, not when they are sent.
        self._window = window / MARGIN
        self._sent: deque[float] = deque()

    def ready_at(self, budget: float, now: float) -> float:
        """The time at which the next call may be sent; not later than `now` means at once."""
        window = self._window / min(1.0, budget)
        capacity = max(1, math.floor(budget + 1e-9))
        while self._sent and self._sent[0] + window <= now:
            self._sent.popleft()
        if len(self._sent) < capacity:
            return now
        return self._sent[len(self._sent) - capacity] + window

    def record(self, now: float) -> None:
        """Record that a call is sent `now`."""
        self._sent.append(now)


class Slowdown:
    """The part of the permitted rate that is used after 429s: 5 % less for each, slowly back to all of it."""

    def __init__(self) -> None:
        self._factor = 1.0
        self._since = 0.0

    def factor(self, share: float, now: float) -> float:
        """Between 0.1 and 1; `share` (0-1) is the share of the limit which is permitted."""
        if self._factor >= 1.0:
            return 1.0
        return min(1.0, self._factor + _RECOVERY / share * max(0.0, now - self._since))

    def lower(self, share: float, now: float) -> None:
        """Take 5 % off what is used now."""
        self._factor = max(_LOWEST, self.factor(share, now) * _LOWERING)
        self._since = now
