"""The server's time, by the `Date` headers of its answers."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from tui_importer.workos.retry_after import parse_http_date

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class ServerClock:
    """The last `Date` plus the time since it came; up to a second and half a round trip behind. Thread-safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._last: tuple[datetime, float] | None = None

    def observe(self, date: str | None) -> None:
        """An answer with this `Date` header came now; nothing happens if it is none."""
        parsed = parse_http_date(date)
        if parsed is not None:
            self._last = (parsed, self._monotonic())

    def now(self) -> datetime | None:
        """The server's time in UTC, None before the first answer that had a `Date`."""
        last = self._last
        if last is None:
            return None
        date, at = last
        return date + timedelta(seconds=self._monotonic() - at)
