"""The server's two clocks: that of its `Date` headers, and that of its objects' `created_at`.

Intents are noted in the time of `Date`, what is found after a lost answer says when it was made in the time of
`created_at`. Both may differ, and both may jump. How far `Date` is ahead is learned from creations that were answered:
each of them gives both times at one moment. A jump begins another epoch, in which it is learned again.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from tui_importer.workos.http_dates import parse_http_date

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

JUMP: Final = 3.0
"""Seconds that a `Date` may be off what was expected: it has whole seconds, and answers overtake each other."""
TOLERANCE: Final = 2.0
"""Seconds by which an object may be older than our intent and still be ours: `Date` has whole seconds."""
LARGEST_OFFSET: Final = 14 * 3_600.0
"""Seconds by which `Date` may be ahead of `created_at` as long as nothing is known of it: a wrong time zone."""
MOST_EPOCHS: Final = 32

_LOW, _HIGH, _AHEAD = "clock_offset_low_ms", "clock_offset_high_ms", "clock_ahead_ms"


class Since(NamedTuple):
    """Times of `created_at` from which on an object that was found is surely, and may be, younger than an intent."""

    surely: float
    maybe: float


@dataclass(slots=True)
class _Epoch:
    """A time without jumps, by `Date`; `low` and `high` bound how far that is ahead of `created_at`.

    `back` are the seconds by which the clock was set back before it, if it is unknown when; then `start` is too late.
    """

    start: float
    low: float
    high: float
    measured: bool = False
    end: float | None = None
    back: float = 0.0

    @property
    def offset(self) -> tuple[float, float]:
        """The bounds; no offset at all where that is possible."""
        return (0.0, 0.0) if self.measured and self.low <= 0 <= self.high else (self.low, self.high)


class ServerClock:
    """The last `Date` plus the time since it came; up to a second and half a round trip behind. Thread-safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._monotonic = monotonic
        self._wall = wall
        self._lock = threading.Lock()
        self._last: tuple[float, float] | None = None
        self._epochs: list[_Epoch] = []
        self._ahead: float | None = None
        self._jumped_at = -math.inf
        self._mine = threading.local()

    def observe(self, date: str | None, sent: float | None = None) -> None:
        """Take the `Date` header of an answer that came now, to a request `sent` then; ignored if it is no date."""
        self._mine.answer = None
        parsed = parse_http_date(date)
        if parsed is None:
            return
        shown, now = parsed.timestamp(), self._monotonic()
        asked = now if sent is None else sent
        self._mine.answer = (shown, asked, now)
        with self._lock:
            if asked < self._jumped_at:
                return  # it may be of before the jump that another answer has shown
            if self._last is not None:
                before, at = self._last
                earliest, latest = before + asked - at, before + now - at
                if not earliest - JUMP <= shown <= latest + JUMP:
                    self._jumped(latest, shown, shown - (earliest if shown < earliest else latest))
                    self._jumped_at = now
                elif shown < latest - JUMP:
                    return  # others overtook it: it is no news of the clock
            elif not self._epochs:
                self._epochs.append(_Epoch(shown, 0.0, LARGEST_OFFSET))
            self._last = (shown, now)
            self._compare_with_earlier_process()

    def created(self, created_at: datetime | None) -> None:
        """Learn from this thread's last answer, about an object that its request has just created."""
        answer: tuple[float, float, float] | None = getattr(self._mine, "answer", None)
        if answer is None or created_at is None:
            return
        shown, asked, came = answer
        ahead = shown - created_at.timestamp()
        low, high = (
            ahead - (came - asked),
            ahead + 1.0,
        )  # made while the request was under way; `Date` is cut to seconds
        with self._lock:
            if asked < self._jumped_at:
                return  # made before the jump, maybe, and answered after it
            epoch = self._epochs[-1]
            if epoch.measured and (low > epoch.high + JUMP or high < epoch.low - JUMP):
                self._jumped(self._time() or shown, shown, 0.0)
                epoch = self._epochs[-1]
            elif epoch.measured and low <= epoch.high and high >= epoch.low:
                low, high = max(low, epoch.low), min(high, epoch.high)
            epoch.low, epoch.high, epoch.measured = low, high, True

    def now(self) -> datetime | None:
        """The server's time in UTC, None before the first answer that had a `Date`."""
        seconds = self._time()
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    def since(self, intent: float) -> Since:
        """The times of creation from which an object is younger than an `intent`, which is in the time of `Date`."""
        with self._lock:
            now = self._time()
            if now is None or not self._epochs:
                return Since(intent - TOLERANCE, intent - LARGEST_OFFSET - TOLERANCE)
            ends = [now if epoch.end is None else epoch.end for epoch in self._epochs]
            holding = [
                number
                for number, (epoch, end) in enumerate(zip(self._epochs, ends, strict=True))
                if (number == 0 or epoch.start - 1 <= intent) and intent <= end + 1
            ]
            if not holding:  # of a time that this process knows nothing of
                surely = intent - self._epochs[0].offset[0]
                return Since(surely - TOLERANCE, min(surely, intent, now) - LARGEST_OFFSET - TOLERANCE)
            surely = max(intent - self._epochs[number].offset[0] for number in holding)
            maybe = min(
                *(intent - self._epochs[number].offset[1] for number in holding),
                # A request of before a jump may have had its effect after it, when clocks were set back.
                *(
                    (intent - epoch.back if epoch.back else epoch.start) - epoch.offset[1]
                    for epoch in self._epochs[holding[0] + 1 :]
                ),
                surely,
            )
            return Since(surely - TOLERANCE, maybe - TOLERANCE)

    # -- from one process to the next -------------------------------------------------------------------------

    def known(self) -> dict[str, int]:
        """The state that the next process needs, in milliseconds by name; empty while there is nothing."""
        with self._lock:
            now = self._time()
            if now is None or not self._epochs:
                return {}
            epoch = self._epochs[-1]
            found = {_AHEAD: round(1_000 * (now - self._wall()))}
            if epoch.measured:
                found |= {_LOW: round(1_000 * epoch.low), _HIGH: round(1_000 * epoch.high)}
            return found

    def restore(self, known: Mapping[str, int]) -> None:
        """Take over what an earlier process knew, unless this one has learned for itself."""
        with self._lock:
            if any(epoch.measured for epoch in self._epochs) or _AHEAD not in known:
                return
            self._ahead = known[_AHEAD] / 1_000
            start = self._wall() + self._ahead
            measured = _LOW in known and _HIGH in known
            low, high = (known[_LOW] / 1_000, known[_HIGH] / 1_000) if measured else (0.0, LARGEST_OFFSET)
            self._epochs = [_Epoch(start, low, high, measured)]
            self._compare_with_earlier_process()

    def _compare_with_earlier_process(self) -> None:
        """Compare with an earlier process: whether the server's clock jumped, or ours, which has the same effect."""
        if self._last is None or self._ahead is None:
            return
        expected, shown = self._wall() + self._ahead, self._time() or self._last[0]
        self._ahead = None
        if abs(shown - expected) > JUMP:
            self._jumped(expected, shown, max(0.0, shown - expected))
            self._epochs[-1].back = max(0.0, expected - shown)

    # -- jumps ------------------------------------------------------------------------------------------------

    def _jumped(self, before: float, after: float, seconds: float) -> None:
        """`Date` went from `before` to `after`; `created_at` may have gone with it by `seconds`, or stayed."""
        last = self._epochs[-1]
        last.end = before
        low, high = last.offset
        self._epochs.append(_Epoch(after, low + min(seconds, 0.0), high + max(seconds, 0.0)))
        if len(self._epochs) > MOST_EPOCHS:
            one, two, *later = self._epochs
            start, end = min(one.start, two.start), max(one.end or before, two.end or before)
            low, high = min(one.offset[0], two.offset[0]), max(one.offset[1], two.offset[1])
            self._epochs = [_Epoch(start, low, high, one.measured and two.measured, end, one.back + two.back), *later]

    def _time(self) -> float | None:
        last = self._last
        return None if last is None else last[0] + self._monotonic() - last[1]
