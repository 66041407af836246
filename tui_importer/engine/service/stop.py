"""Stopping a run: who asked, how fast, and the threads' way to notice.

Draining lets every row in flight end; cancelling sends nothing more and leaves rows in flight pending. Both are
safe, because every write is preceded by a durable intent.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from tui_importer.engine.errors import Interrupted, PlanFailed
from tui_importer.engine.halt import Halt, key_rejected
from tui_importer.errors import ExitCode, lacking
from tui_importer.journal.errors import JournalError
from tui_importer.source.errors import FrozenRowsError
from tui_importer.text import safe
from tui_importer.workos.errors import KeyRejected

if TYPE_CHECKING:
    from tui_importer.engine.halt import HaltKind
    from tui_importer.errors import ImporterError, Lack

DRAIN_PATIENCE = 5.0
"""Seconds from its beginning within which a drain lets rows in flight wait: for a hiccup, not for an outage."""
DRAIN_LONGEST = 30.0
"""Seconds after which a drain sends nothing more, when a slow rate limit holds up the rows in flight."""

FOLDER_ERRORS = (JournalError, FrozenRowsError)
"""What is wrong with the job's own folder: nothing more may be sent, as nothing can be recorded or read."""


def halt_of(error: ImporterError) -> Halt:
    """The halt for an error of ours that ended a phase or the check of a key."""
    if isinstance(error, PlanFailed):
        return error.halt
    if (lack := lacking(error)) is not None:
        return _lacked(lack)
    if isinstance(error, FOLDER_ERRORS):
        return Halt("journal", safe(error.message), safe(error.next))
    if isinstance(error, KeyRejected):
        return key_rejected()
    kinds: dict[int, HaltKind] = {ExitCode.REFUSED: "refused", ExitCode.KEY_REJECTED: "key"}
    return Halt(kinds.get(error.exit_code, "service"), safe(error.message), safe(error.next))


def _lacked(lack: Lack) -> Halt:
    return Halt("journal", lack.what, f"{lack.cure}, then resume; nothing was lost.")


def place_of(error: BaseException) -> str:
    """An error's type and place, never its text or values, which may hold secrets."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame is not None else "unknown"
    return f"{type(error).__name__} at {where}"


def unexpected(error: Exception, words: str = "") -> Halt:
    """The halt for an error of ours; `words` are its type and place, and where more of it is written down."""
    if (lack := lacking(error)) is not None:
        return _lacked(lack)
    return Halt(
        "internal",
        f"unexpected error: {words or place_of(error)}",
        "Nothing was lost. Resume; if it happens again, report it with this line.",
    )


class Control:
    """Shared by the threads of one run. The first halt names the reason; a later cancel only hastens it.

    `drain_patience` are the seconds from its beginning within which a drain lets a row in flight wait.
    """

    def __init__(self, drain_patience: float = DRAIN_PATIENCE) -> None:
        self._condition = threading.Condition()
        self._halt: Halt | None = None
        self._drain_patience = drain_patience
        self._draining_since = math.inf
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
            self._draining_since = min(self._draining_since, time.monotonic())
            self.draining.set()
            if cancel:
                self.cancelled.set()
            self._condition.notify_all()

    def check(self) -> None:
        """Raise Interrupted when nothing more may be sent."""
        if self.cancelled.is_set():
            raise Interrupted

    def sleep(self, seconds: float) -> None:
        """Wait; raise Interrupted as soon as the run is cancelled, or drains and has no patience for this wait."""
        until = time.monotonic() + seconds
        with self._condition:
            while not (self.cancelled.is_set() or self._is_too_late(until)):
                left = until - time.monotonic()
                if left <= 0:
                    return
                self._condition.wait(left)
        raise Interrupted

    def hasten(self, paused_for: float, *, waiting: bool) -> None:
        """Cancel a drain that would only wait: for a pause of `paused_for` seconds, or on and on for the rate limit.

        Call it now and then. The rows stay pending where they are, which every durable intent allows.
        """
        halt = self._halt
        if halt is None or self.cancelled.is_set():
            return
        now = time.monotonic()
        is_stuck = waiting and now - self._draining_since > DRAIN_LONGEST
        if is_stuck or (paused_for and self._is_too_late(now + paused_for)):
            self.cancel(halt)

    def _is_too_late(self, until: float) -> bool:
        return until - self._draining_since > self._drain_patience


class Breaker:
    """Stops a run in which too many of the last rows failed.

    Of the last min(200, tried) rows, from 50 on, more than `max_failed` percent failed; 0 trips at the first
    failure, None never. Rows refused by the scan and blocked rows are not tried.
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
