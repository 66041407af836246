"""The thread that keeps a run in order: saved counters, the number of workers, trouble in the log, drains that end."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from tui_importer.engine.run.rate_limit_waits import RateLimitWaits
from tui_importer.journal import statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.run.context import RunContext
    from tui_importer.engine.run.staffing import Staffing

INTERVAL: Final = 0.5
"""Seconds between rounds."""
FOLLOW_EVERY: Final = 2.0
"""Seconds after which the number of workers follows the latency."""
KEPT_TO: Final = 500
"""Milliseconds by which the server's clocks may move before the journal hears of it."""
NEVER: Final = 10**15


class Housekeeper:
    """Works twice a second from its making until `close`; `phase_seconds` are the journal's columns of times."""

    def __init__(self, context: RunContext, staffing: Staffing, phase_seconds: Callable[[], dict[str, float]]) -> None:
        self._context = context
        self._staffing = staffing
        self._phase_seconds = phase_seconds
        self._end = threading.Event()
        self._followed = time.monotonic()
        self._clock: dict[str, int] = {}
        self._in_trouble = False
        self._waits = RateLimitWaits(context.connection.limiter, context.health, context.say)
        self._thread = threading.Thread(target=self._loop, name="housekeeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Save a last time and end."""
        self._end.set()
        self._thread.join()

    def _loop(self) -> None:
        while True:
            ended = self._end.wait(INTERVAL)
            self._save()
            self._log_trouble()
            if ended:
                self._waits.log()
                return
            self._waits.check()
            self._hasten_drain()
            follow = time.monotonic() - self._followed >= FOLLOW_EVERY
            if follow:
                self._followed = time.monotonic()
            self._staffing.adjust(follow=follow)

    def _save(self) -> None:
        context = self._context
        counted = context.journal.count(context.metrics.take_unsaved())
        if counted is not None:
            context.journal.submit(counted)
        self._save_clock()
        context.journal.update_job(**self._phase_seconds())

    def _save_clock(self) -> None:
        """Keep what was learned of the server's clocks, for a resume after a crash."""
        known = self._context.connection.server_clock.known()
        if any(abs(value - self._clock.get(name, NEVER)) > KEPT_TO for name, value in known.items()):
            self._clock = known
            self._context.journal.submit(statements.noted(known))

    def _log_trouble(self) -> None:
        """Write into the log when trouble with the service begins and when it is over."""
        trouble = self._context.health.trouble
        if bool(trouble) == self._in_trouble:
            return
        self._in_trouble = bool(trouble)
        if trouble:
            self._context.say("warning", f"Nothing succeeds ({trouble}): backing off, no row fails by it")
        else:
            self._context.say("info", "The service answers again")

    def _hasten_drain(self) -> None:
        """Do not let a drain wait for a long pause of the rate limit."""
        limiter = self._context.connection.limiter
        self._context.control.hasten(limiter.paused_for, waiting=limiter.waiting > 0)
