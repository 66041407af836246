"""Cover for a terminal that is too small for the console."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from tui_importer.tui.style.drawing import lines

MINIMUM = (60, 16)
"""Columns and rows that the console needs."""


class TooSmall(Widget):
    """Cover of the screen while it is smaller than `MINIMUM` (the breakpoint classes show it)."""

    DEFAULT_CSS = """
    TooSmall {
        layer: cover; width: 100%; height: 100%; display: none; content-align: center middle;
        text-align: center; background: $background;
    }
    """

    def render(self) -> Content:
        """Say what is needed and what there is."""
        width, height = self.app.size
        return lines(
            [
                Content("The terminal is too small."),
                Content(f"{width}x{height} now, {MINIMUM[0]}x{MINIMUM[1]} needed."),
                Content("A running job goes on."),
            ]
        )
