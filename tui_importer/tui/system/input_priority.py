"""Keys come first: a look at the job that would hold up somebody who is pressing them waits, though not for long."""

from __future__ import annotations

from typing import Final

REST: Final = 0.15
"""Seconds after a key in which the next one is expected: a key held down repeats every 33 ms or so."""

LONGEST: Final = 1.0
"""Seconds after a look in which the next one may be put off."""


class Turns:
    """Whose turn it is, by the seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._input = self._look = float("-inf")

    def input_came(self, now: float) -> None:
        """A key or the mouse."""
        self._input = now

    def may_look(self, now: float) -> bool:
        """Whether to look at the job now; one that may is taken to be done."""
        if now - self._input < REST and now - self._look < LONGEST:
            return False
        self._look = now
        return True
