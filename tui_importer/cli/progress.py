"""Progress of a job without a screen: signals, lines on stderr, waiting for its end."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tui_importer.cli.output import note, put
from tui_importer.cli.signals import BEAT, handling, outcome
from tui_importer.engine.halt import Halt
from tui_importer.engine.job.job import LAST_RESORT
from tui_importer.report.plan import span
from tui_importer.text import plural, safe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from tui_importer.engine.job.job import Job
    from tui_importer.engine.snapshot.models import Snapshot

LINE_EVERY = 10.0
"""Seconds between progress lines where they cannot be overwritten."""


class Drain:
    """Signals to a job: the first drains the rows in flight, the second stops at once; both are resumable.

    A handler only notes the signal: it interrupts this very thread, which may hold a lock that halting needs.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._come: list[int] = []
        self._forwarded = 0
        self._stopped: float | None = None

    @property
    def pending(self) -> bool:
        """Whether a signal has come that was not passed on to the job."""
        return len(self._come) > self._forwarded

    @property
    def out_of_patience(self) -> bool:
        """Whether the job was to stop at once and did not: requests that are never answered do not hold it up."""
        return self._stopped is not None and time.monotonic() - self._stopped > LAST_RESORT

    def forward(self) -> None:
        """Pass signals on to the job that have come since the last call."""
        while self.pending:
            name = signal.Signals(self._come[self._forwarded]).name
            self._forwarded += 1
            halt = Halt("signal", f"interrupted by {name}", "Resume to go on.")
            if self._forwarded > 1 and self._stopped is None:
                self._stopped = time.monotonic()
            self._job.halt(halt, now=self._stopped is not None)
            if self._forwarded == 1:
                note(f"\n{name}: finishing the rows in flight; once more stops at once. Nothing is lost either way.")

    def note(self, number: int, _frame: FrameType | None) -> None:
        """Note a signal, which `forward` passes on."""
        self._come.append(number)
        if self._job.is_over:
            outcome.signalled = True


@contextlib.contextmanager
def draining(job: Job) -> Iterator[Drain]:
    """Handle signals by draining the job within."""
    # polars hooks SIGINT when it is imported, and raises KeyboardInterrupt in whatever thread runs a query then.
    # Handlers that are installed after that replace its hook.
    importlib.import_module("tui_importer.source._polars")
    drain = Drain(job)
    # Of a job that is over nothing is left that a signal could interrupt; the summary is still to be written.
    with handling(drain.note, stays=lambda: job.is_over):
        yield drain


class Progress:
    """One line about a running job: overwritten on a terminal, every ten seconds elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._width = 0
        self._last = ""
        self._at = 0.0
        self._waited = False
        self._change_shown = False

    def show(self, snapshot: Snapshot, *, ended: bool = False) -> None:
        """Write the line when it is time, and once what became of the source."""
        if snapshot.source_change and not self._change_shown:
            self._change_shown = True
            self._show_change(snapshot)
        line = _line(snapshot)
        if not line:
            return
        now = time.monotonic()
        is_other = line.split(" ", 1)[0] != self._last.split(" ", 1)[0] or bool(snapshot.waiting) != self._waited
        if not self._terminal and not (is_other or now - self._at >= LINE_EVERY):
            return
        if line == self._last and not ended:
            return
        if self._terminal:
            room = _columns() - 1  # a line that wraps cannot be overwritten
            shown = line[:room]
            put("\r" + shown.ljust(min(self._width, room)) + ("\n" if ended else ""))
            self._width = len(shown)
        else:
            note(line)
        self._last, self._at, self._waited = line, now, bool(snapshot.waiting)

    def _show_change(self, snapshot: Snapshot) -> None:
        below = "\n" if self._terminal and self._width else ""
        name = safe(Path(snapshot.source).name, 100)
        note(f"{below}{name} {safe(snapshot.source_change)} since it was scanned: the job has its own frozen rows.")


def _columns() -> int:
    """The terminal's width now; 80 where it does not say."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:  # it is gone
        return 80


def wait_for(job: Job, progress: Progress, drain: Drain) -> None:
    """Block until the job rests, showing how it goes and passing signals on.

    Returns earlier when it was to stop at once and waits for answers that do not come; close it then.
    """
    while not job.wait(BEAT):
        drain.forward()
        if drain.out_of_patience:
            return
        progress.show(job.snapshot())
    progress.show(job.snapshot(), ended=True)


def _line(snapshot: Snapshot) -> str:
    line = _numbers(snapshot)
    wait = f"waiting: {safe(snapshot.waiting)}" if snapshot.waiting else ""
    return " · ".join(part for part in (line, wait) if part)


def _numbers(snapshot: Snapshot) -> str:
    totals, organizations, requests = snapshot.totals, snapshot.organizations, snapshot.requests
    if snapshot.phase == "scan":
        if not snapshot.scanned_rows:
            return ""
        if totals.rows:
            return f"plan: looking up {plural(organizations.total, 'organization')}"
        return f"scan {plural(snapshot.scanned_rows, 'row')} ({100 * snapshot.scanned_share:.0f} %)"
    if snapshot.phase == "prewarm":
        return (
            f"organizations {organizations.tried:,}/{organizations.total:,}: {organizations.resolved:,} resolved, "
            f"{organizations.created:,} created, {organizations.failed:,} failed"
        )
    blocked = f", {totals.blocked:,} blocked" if totals.blocked else ""
    line = (
        f"users {totals.done:,}/{totals.rows:,}: {totals.created:,} created, {totals.existing:,} existing, "
        f"{totals.failed:,} failed{blocked} · {requests.rate:.0f} requests/s"
    )
    if snapshot.backing_off:
        line += f" · backing off {safe(snapshot.backing_off)}"
    elif snapshot.eta is not None:
        line += f" · {span(snapshot.eta.low, snapshot.eta.high)} left"
    return line
