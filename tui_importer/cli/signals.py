"""Handlers of signals: none is missed while a system call blocks, and none tears or doubles a result.

Python only notes a signal, and calls its handler between two of its own instructions. A system call that blocks is
ended by a signal that comes to its thread while it blocks. One that came a moment before, or that the system gave to
another thread, would wait for as long as the call does. So a timer ends such calls again and again.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    Handler = Callable[[int, FrameType | None], None]

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Those that end a command; Windows, on which commands are only refused, has fewer."""
BEAT = 0.2
"""Seconds after which a call that blocks is ended, so that signals are seen to; Python calls it again."""
PATIENCE = 1.0
"""Seconds that a reader has to take the rest of a result once a signal has come."""


def handle(handler: Handler) -> dict[int, Any]:
    """Handle the signals that end a command; return what handled them before.

    A program that was started to outlive its terminal, as `nohup` does it, goes on ignoring that this closes.
    """
    hang_up = getattr(signal, "SIGHUP", None)
    taken = [number for number in SIGNALS if number != hang_up or signal.getsignal(number) is not signal.SIG_IGN]
    return {number: signal.signal(number, handler) for number in taken}


@contextlib.contextmanager
def handling(handler: Handler, *, stays: Callable[[], bool] = lambda: outcome.stands) -> Iterator[None]:
    """Handle signals with `handler` within; what handled them before does so again, unless it `stays` at the end.

    A thread other than the main one gets no signals, and changes nothing.
    """
    before = handle(handler) if threading.current_thread() is threading.main_thread() else {}
    try:
        yield
    finally:
        if not stays():
            for number, earlier in before.items():
                signal.signal(number, earlier)


@contextlib.contextmanager
def noticed(at_beat: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Run handlers of signals soon although the main thread waits in a system call within."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def beat(_number: int, _frame: FrameType | None) -> None:
        at_beat()

    before = signal.signal(signal.SIGALRM, beat)
    timer = signal.setitimer(signal.ITIMER_REAL, BEAT, BEAT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before)


class _Late:
    """Signals that come when the outcome stands: they end a delivery that no reader takes, and nothing else."""

    def __init__(self) -> None:
        # One that came before counts too, or a reader who takes nothing would hang us until it came again.
        self._deadline: float | None = time.monotonic() + PATIENCE if outcome.signalled else None
        self._ends = False

    def note(self, number: int, _frame: FrameType | None) -> None:
        second = self._deadline is not None
        self._deadline = time.monotonic() + PATIENCE
        if second and self._ends:
            self._end()
        elif second:  # what is left of the process does not end
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    @contextlib.contextmanager
    def ends_delivery(self) -> Iterator[None]:
        self._ends = True
        try:
            with noticed(self._check_deadline):
                yield
        finally:
            self._ends = False

    def _check_deadline(self) -> None:
        if self._ends and self._deadline is not None and time.monotonic() > self._deadline:
            self._end()

    def _end(self) -> None:
        self._ends = False
        raise KeyboardInterrupt


@contextlib.contextmanager
def delivering() -> Iterator[None]:
    """Write within what stands: a signal raises KeyboardInterrupt if no reader takes it, or when it comes again."""
    late = _Late()
    with handling(late.note), late.ends_delivery():
        yield


class Outcome:
    """Exit code of the command once its result is delivered, and whether anything of it is on stdout.

    `signalled` says that a signal has come already: it interrupted the command, or came when the job was over.
    """

    def __init__(self) -> None:
        self.begun = False
        self.signalled = False
        self.code: int | None = None

    @property
    def stands(self) -> bool:
        """Whether nothing can interrupt the command any more: only the end of the process is left."""
        return self.code is not None


outcome: Outcome = Outcome()
"""Of this process, which is one command's."""


def settle(code: int) -> None:
    """Let the process end with `code`, whatever signal comes now; a second one ends it if it hangs."""
    outcome.code = code
    if threading.current_thread() is threading.main_thread():
        handle(_Late().note)


def interrupt_on_signals() -> None:
    """Let SIGTERM and SIGHUP unwind the command from now on as Ctrl-C does: folders are tidied, locks given back.

    A job that runs, a scan, the console and the sandbox have handlers of their own meanwhile.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    handle(interrupt)
