"""Driving a job without a screen: signals, progress on stderr, waiting for its end."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from typing import TYPE_CHECKING

from tui_importer.cli.output import note
from tui_importer.engine.control import Halt
from tui_importer.report.plan import duration
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from tui_importer.engine.job import Job
    from tui_importer.engine.snapshot import Snapshot

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
LOOK = 0.2
"""Seconds between looks at the job."""
LINE_EVERY = 10.0
"""Seconds between progress lines where they cannot be overwritten."""


@contextlib.contextmanager
def draining_signals(job: Job) -> Iterator[None]:
    """The first signal drains the rows in flight, the second stops at once; both are resumable."""
    seen = 0

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal seen
        seen += 1
        name = signal.Signals(number).name
        if seen == 1:
            note(f"\n{name}: finishing the rows in flight; once more stops at once. Nothing is lost either way.")
        job.halt(Halt("signal", f"interrupted by {name}", "Resume to go on."), now=seen > 1)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Progress:
    """One line about a running job: overwritten on a terminal, every ten seconds elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._width = 0
        self._last = ""
        self._at = 0.0

    def show(self, snapshot: Snapshot, *, ended: bool = False) -> None:
        """Write the line when it is time."""
        line = _line(snapshot)
        if not line:
            return
        now = time.monotonic()
        phase_changed = line.split(" ", 1)[0] != self._last.split(" ", 1)[0]
        if not self._terminal and not (phase_changed or now - self._at >= LINE_EVERY):
            return
        if line == self._last and not ended:
            return
        if self._terminal:
            sys.stderr.write("\r" + line.ljust(self._width) + ("\n" if ended else ""))
            sys.stderr.flush()
            self._width = len(line)
        else:
            note(line)
        self._last, self._at = line, now


def wait_for(job: Job, progress: Progress) -> None:
    """Block until the job rests, showing how it goes."""
    while not job.wait(LOOK):
        progress.show(job.snapshot())
    progress.show(job.snapshot(), ended=True)


def _line(snapshot: Snapshot) -> str:
    totals, organizations, requests = snapshot.totals, snapshot.organizations, snapshot.requests
    if snapshot.phase == "scan":
        if not snapshot.scanned_rows:
            return ""
        if snapshot.scanned_share == 1:
            return f"plan: looking up {organizations.total:,} organizations"
        return f"scan {snapshot.scanned_rows:,} rows ({100 * snapshot.scanned_share:.0f} %)"
    if snapshot.phase == "prewarm":
        return (
            f"organizations {organizations.tried:,}/{organizations.total:,}: {organizations.resolved:,} resolved, "
            f"{organizations.created:,} created, {organizations.failed:,} failed"
        )
    held = f", {totals.held:,} held" if totals.held else ""
    line = (
        f"users {totals.done:,}/{totals.rows:,}: {totals.created:,} created, {totals.existing:,} existing, "
        f"{totals.failed:,} failed{held} · {requests.rate:.0f} requests/s"
    )
    if snapshot.backing_off:
        line += f" · backing off {safe(snapshot.backing_off)}"
    elif snapshot.eta is not None:
        line += f" · {duration(snapshot.eta.low)} to {duration(snapshot.eta.high)} left"
    return line
