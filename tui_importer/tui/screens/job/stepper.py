"""Stepper of a job's four steps in one line: Scan, Organizations, Users, Done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from tui_importer.text import plural
from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.glyphs import STYLES, Tone
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.snapshot.models import Snapshot

_ORDER: Final = ("scan", "prewarm", "import", "done")
_CURRENT: Final = "▶‖"
"""Glyphs of a step that is being done or rests."""


def step_glyphs(snapshot: Snapshot) -> list[tuple[str, str, str, Tone]]:
    """Glyph, name, figure and tone of each step."""
    current = _ORDER.index(snapshot.phase)
    resting = snapshot.state in {"paused", "aborted", "ready"}
    finished = snapshot.phase == "done"
    scan = plural(snapshot.scanned_rows, "row") if snapshot.scanned_rows else ""
    if snapshot.phase == "scan" and snapshot.scanned_share:
        scan = f"{fmt.percent(snapshot.scanned_share, 1)} %  {scan}".strip()
    organizations = snapshot.organizations
    keys = f"{organizations.resolved:,}/{organizations.total:,}" if organizations.total else ""
    totals = snapshot.totals
    users = f"{fmt.percent(totals.done, totals.rows)} %" if current >= 2 and totals.rows else ""
    figures = (scan, keys, users, fmt.clock(snapshot.elapsed) if finished else "")
    steps: list[tuple[str, str, str, Tone]] = []
    for index, (name, figure) in enumerate(zip(("Scan", "Organizations", "Users", "Done"), figures, strict=True)):
        if index < current or finished:
            steps.append(("✔", name, figure, "good"))
        elif index == current:
            glyph, tone = _current(snapshot.state, resting=resting)
            steps.append((glyph, name, figure, tone))
        else:
            steps.append(("○", name, figure if index == 1 else "", "muted"))
    return steps


def _current(state: str, *, resting: bool) -> tuple[str, Tone]:
    if state == "ready":
        return "○", "accent"
    if resting or state == "pausing":
        return "‖", "warn"
    return "▶", "accent"


class Stepper(Panel["tuple[tuple[str, str, str, Tone], ...]"]):
    """One line; the current step is bold."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take the steps from a snapshot."""
        self.show(tuple(step_glyphs(snapshot)))

    def draw(self, data: tuple[tuple[str, str, str, Tone], ...]) -> Sequence[Content]:
        """Draw the steps; the gaps shrink with the room."""
        width = self.content_size.width
        line = _line(data, "    " if width >= 100 else "  ")
        if line.cell_length > width:  # only the figure of the current step, or of the last one
            last = max((index for index, step in enumerate(data) if step[2]), default=0)
            current = next((index for index, step in enumerate(data) if step[0] in _CURRENT), last)
            brief = [(*step[:2], step[2] if index == current else "", step[3]) for index, step in enumerate(data)]
            line = _line(brief, "  ")
        return [line]


def _line(steps: Sequence[tuple[str, str, str, Tone]], gap: str) -> Content:
    pieces: list[str | tuple[str, str]] = [" "]
    for index, (glyph, name, figure, tone) in enumerate(steps):
        bold = " bold" if glyph in _CURRENT else ""
        pieces += [gap if index else "", (f"{glyph} {name}", f"{STYLES[tone]}{bold}".strip())]
        if figure:
            pieces.append((f" {figure}", STYLES["muted"]))
    return Content.assemble(*pieces)
