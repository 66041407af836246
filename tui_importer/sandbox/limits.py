"""The API's rate limits: so many requests of a class within a window, then 429."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tui_importer.sandbox.settings import SandboxSettings


class Window:
    """At most `limit` accepted requests in `seconds`; 0 means no limit. Refused requests do not count."""

    def __init__(self) -> None:
        self.limit = 0
        self.seconds = 1.0
        self.fixed = False
        self._accepted: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until a request would be accepted; 0 when it would be now."""
        if not self.limit:
            self._accepted.clear()
            return 0.0
        start = math.floor(now / self.seconds) * self.seconds if self.fixed else now - self.seconds
        accepted = self._accepted
        # A request leaves a sliding window when it is exactly as old as the window; a fixed one owns its start.
        while accepted and (accepted[0] < start if self.fixed else accepted[0] <= start):
            accepted.popleft()
        if len(accepted) < self.limit:
            return 0.0
        if self.fixed:
            return start + self.seconds - now
        return accepted[len(accepted) - self.limit] + self.seconds - now

    def accept(self, now: float) -> None:
        """Count a request."""
        if self.limit:
            self._accepted.append(now)


class Limits:
    """The windows of all classes: `overall`, `reads`, `writes`, `organization_deletes`."""

    def __init__(self, settings: SandboxSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows = {name: Window() for name in ("overall", "reads", "writes", "organization_deletes")}
        self.configure(settings)

    def configure(self, settings: SandboxSettings) -> None:
        """Take other limits; what was accepted so far still counts."""
        lengths = {
            "overall": (settings.overall_limit, settings.overall_window_seconds),
            "reads": (settings.reads_per_10s, settings.window_seconds),
            "writes": (settings.writes_per_10s, settings.window_seconds),
            "organization_deletes": (settings.organization_deletes_per_60s, settings.overall_window_seconds),
        }
        for name, (limit, seconds) in lengths.items():
            window = self._windows[name]
            window.limit, window.seconds, window.fixed = limit, seconds, settings.window_kind == "fixed"

    def admit(self, classes: Iterable[str]) -> float:
        """Count a request in all its classes and return 0, or the seconds to wait when one of them is full."""
        now = self._clock()
        windows = [self._windows[name] for name in classes]
        wait = max(window.wait(now) for window in windows)
        if wait <= 0:
            for window in windows:
                window.accept(now)
        return max(wait, 0.0)
