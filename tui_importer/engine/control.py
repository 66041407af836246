"""Stopping a run: who asked, how fast, and the threads' way to notice.

Draining lets every row in flight end; cancelling sends nothing more and leaves rows in flight pending. Both are
safe, because every write is preceded by a durable intent.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tui_importer.engine.errors import Interrupted

HaltKind = Literal["operator", "signal", "limit", "service", "key", "journal", "refused", "internal"]

EXIT_CODES: dict[HaltKind, int] = {
    "operator": 130,
    "signal": 130,
    "limit": 3,
    "service": 3,
    "key": 4,
    "journal": 3,
    "refused": 2,
    "internal": 3,
}
"""What a run without a screen ends with, by why it stopped."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Why a run stopped, in words, and what the operator does next."""

    kind: HaltKind
    reason: str
    next_step: str = ""


def unexpected(error: Exception) -> Halt:
    """The halt for an error of ours: its type and place, never its text or values, which may hold secrets."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame is not None else "unknown"
    return Halt(
        "internal",
        f"unexpected error: {type(error).__name__} at {where}",
        "Nothing was lost. Resume; if it happens again, report it with this line.",
    )


class Control:
    """Shared by the threads of one run. The first halt names the reason; a later cancel only hastens it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._halt: Halt | None = None
        self.draining = threading.Event()
        self.cancelled = threading.Event()

    @property
    def halt(self) -> Halt | None:
        """Why the run stops, None while it goes on."""
        return self._halt

    def drain(self, halt: Halt) -> None:
        """Begin no further row."""
        self._stop(halt, cancel=False)

    def cancel(self, halt: Halt) -> None:
        """Send nothing more."""
        self._stop(halt, cancel=True)

    def _stop(self, halt: Halt, *, cancel: bool) -> None:
        with self._condition:
            self._halt = self._halt or halt
            self.draining.set()
            if cancel:
                self.cancelled.set()
            self._condition.notify_all()

    def check(self) -> None:
        """Raise Interrupted when nothing more may be sent."""
        if self.cancelled.is_set():
            raise Interrupted

    def sleep(self, seconds: float) -> None:
        """Wait; raise Interrupted as soon as the run drains or is cancelled."""
        deadline = time.monotonic() + seconds
        with self._condition:
            while not self.draining.is_set():
                left = deadline - time.monotonic()
                if left <= 0:
                    return
                self._condition.wait(left)
        raise Interrupted


class Breaker:
    """Stops a run in which too many of the last rows failed.

    Of the last min(200, tried) rows, from 50 on, more than `max_failed` percent failed; 0 trips at the first
    failure, None never. Rows refused by the scan and held rows are not tried.
    """

    WINDOW = 200
    FROM = 50

    def __init__(self, max_failed: float | None) -> None:
        self._max_failed = max_failed
        self._lock = threading.Lock()
        self._last: deque[bool] = deque(maxlen=self.WINDOW)

    def record(self, *, failed: bool) -> float | None:
        """Note one tried row; return the percentage of failures when the limit is exceeded."""
        with self._lock:
            self._last.append(failed)
            if self._max_failed is None or not failed:
                return None
            share = 100 * sum(self._last) / len(self._last)
            enough = len(self._last) >= self.FROM or self._max_failed == 0
            return share if enough and share > self._max_failed else None
