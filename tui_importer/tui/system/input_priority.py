"""Defer snapshot refreshes while the user types, at most one second."""

from __future__ import annotations

from typing import Final

REST: Final = 0.15
"""Seconds after a key in which the next one is expected: a key held down repeats every 33 ms or so."""

LONGEST: Final = 1.0
"""Seconds after a refresh in which the next one may be put off."""


class InputPriority:
    """Input before refreshes, by the seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._input = self._refresh = float("-inf")

    def input_came(self, now: float) -> None:
        """A key or the mouse."""
        self._input = now

    def may_refresh(self, now: float) -> bool:
        """Whether to take a snapshot now; one that may be taken counts as taken."""
        if now - self._input < REST and now - self._refresh < LONGEST:
            return False
        self._refresh = now
        return True
