"""Waits after a 429: in words, in the log, and within the patience for a service that does not answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from tui_importer.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.service.health import Health
    from tui_importer.engine.snapshot.models import Level
    from tui_importer.workos.rate_limiter import RateLimiter

WORTH_LOGGING: Final = 10.0
"""Seconds of waiting from which on it is logged and shown; shorter ones belong to a limit that is used to the full."""
_DAY: Final = 86_400


def duration(seconds: float) -> str:
    """`4:58`, `1:00:00 h` or `365 days`."""
    whole = math.ceil(seconds)
    if whole >= 2 * _DAY:
        return plural(round(whole / _DAY), "day")
    minutes, rest = divmod(whole, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d} h" if minutes >= 60 else f"{minutes}:{rest:02d}"


def wait_words(asked_for: float, paused_for: float) -> str:
    """What the server asks for and when it is asked again; empty when that is soon. 0: the server does not say."""
    if not paused_for or max(asked_for, paused_for) < WORTH_LOGGING:
        return ""
    asks = f"the server asks for {duration(asked_for)}; " if asked_for else ""
    return f"{asks}next try in {duration(paused_for)}"


class RateLimitWaits:
    """Logs waits and ends a run that does nothing else; `check` is called now and then."""

    def __init__(self, limiter: RateLimiter, health: Health, say: Callable[[Level, str], None]) -> None:
        self._limiter = limiter
        self._health = health
        self._say = say
        self._logged_until: float | None = None

    def check(self) -> None:
        """Log what is new, and give up when nothing else has happened for too long."""
        words = self.log()
        if words:  # an answer to what was sent before the 429 may have come after it: now nothing is asked any more
            self._health.throttled()
        self._health.check_patience(f"429, {words}" if words else "429")

    def log(self) -> str:
        """Log what is new; return what the wait is, empty without one."""
        asked_for, paused_for, until = self._limiter.asked_for, self._limiter.paused_for, self._limiter.paused_until
        words = wait_words(asked_for, paused_for)
        if words and until is not None and (self._logged_until is None or until > self._logged_until + 1.0):
            self._logged_until = until
            self._say("warning", f"429: {words}. All requests wait, no row fails by it")
        elif self._logged_until is not None and self._health.waiting_since is None and not paused_for:
            self._logged_until = None
            self._say("info", "The server takes requests again")
        return words
