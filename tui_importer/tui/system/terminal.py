"""Terminal around the console: its title shows the open job's progress, its bell rings when a run has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui_importer.text import safe
from tui_importer.tui.style import format as fmt

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from tui_importer.engine.snapshot.models import Snapshot

SAVE_TITLE: Final = "\x1b[22;0t"
RESTORE_TITLE: Final = "\x1b]0;\x07\x1b[23;0t"
"""Terminals that keep no stack of titles are left with an empty one, which their shell sets again."""

BELL: Final = "\x07"
PROGRAM: Final = "tui-importer"


def title_of(snapshot: Snapshot | None) -> str:
    """The title while this job is open: `62 % acme-2026-11 · tui-importer`."""
    if snapshot is None:
        return PROGRAM
    totals, organizations = snapshot.totals, snapshot.organizations
    name = safe(snapshot.job, 80)
    if snapshot.is_over or snapshot.state == "ready":
        return f"{snapshot.state} {name} · {PROGRAM}"
    share = {
        "scan": lambda: f"scan {fmt.percent(snapshot.scanned_share, 1)} %",
        "prewarm": lambda: f"organizations {fmt.percent(organizations.tried, organizations.total)} %",
    }.get(snapshot.phase, lambda: f"{fmt.percent(totals.done, totals.rows)} %")()
    word = "paused " if snapshot.state == "paused" else ""
    return f"{word}{share} {name} · {PROGRAM}"


class Terminal:
    """Title and bell, written by `write` only when they change something."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._title = ""
        self._moving = False

    def show_job(self, snapshot: Snapshot | None, *, title: bool, bell: bool) -> None:
        """Show a job's progress as `title`, and ring the `bell` when a run has ended, where these are wanted."""
        ended = self.run_ended(snapshot)
        if title:
            self.show_title(title_of(snapshot))
        else:
            self.restore_title()
        if ended and bell:
            self.ring()

    def show_title(self, title: str) -> None:
        """Set the title; the one before is kept by the terminal."""
        if title != self._title:
            save = "" if self._title else SAVE_TITLE
            self._title = title
            self._write(f"{save}\x1b]0;{safe(title, 120)}\x07")

    def restore_title(self) -> None:
        """Give the terminal its own title again."""
        if self._title:
            self._title = ""
            self._write(RESTORE_TITLE)

    def end(self, screen: TextIO | None) -> None:
        """Give the title back to the terminal at `screen` after the console has left it."""
        if screen is not None and self._title:
            self._title = ""
            try:
                screen.write(RESTORE_TITLE)
                screen.flush()
            except OSError:  # the terminal is gone, and its title with it
                return

    def run_ended(self, snapshot: Snapshot | None) -> bool:
        """Whether a run that moved at the last call is over now: finished, or paused."""
        moved = self._moving
        self._moving = snapshot is not None and snapshot.is_active and snapshot.phase != "scan"
        return moved and snapshot is not None and not self._moving

    def ring(self) -> None:
        """Ring the bell."""
        self._write(BELL)
