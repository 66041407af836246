"""The rows that one run tries: all, the first of a canary, or those that are tried again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Scope:
    """Which of the source's `rows` a run tries; failed rows may be added while it goes on.

    With `canary` only the first so many rows of the source, with `only` no others than these.
    """

    def __init__(self, rows: int, *, canary: int | None = None, only: set[int] | None = None) -> None:
        self.rows = rows
        self.last_row = rows if canary is None else min(canary, rows)
        self.only = only
        self._lock = threading.Lock()
        self._reopened = self._over = False

    @property
    def is_canary(self) -> bool:
        """Whether rows at the end of the source are left for another run."""
        return self.last_row < self.rows

    def includes(self, row: int) -> bool:
        """Whether this run tries a row, if that is not behind the canary."""
        return self.only is None or row in self.only

    def reopen(self, reopen: Callable[[], tuple[int, ...]]) -> tuple[int, ...] | None:
        """Try failed rows, which `reopen` makes pending, in another round of this run; None after its last round."""
        with self._lock:
            if self._over:
                return None
            rows = reopen()
            if self.only is not None:
                self.only.update(rows)
            self._reopened = self._reopened or bool(rows)
            return rows

    def begin_round(self, *, halted: bool) -> bool:
        """Whether another round is to be made, now that one has ended; after False there is none any more."""
        with self._lock:
            self._over = halted or not self._reopened
            self._reopened = False
            return not self._over
