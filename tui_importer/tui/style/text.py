"""Sanitise text from outside, and keep it from being read as markup.

Textual parses markup in most places and passes ESC through to the terminal, so a cell of a CSV file could carry
buttons or set the terminal's title. Everything dynamic goes through `safe_content` or `notify_safe`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from textual.content import Content

from tui_importer.text import MAX_LENGTH, safe, safe_lines

if TYPE_CHECKING:
    from textual.app import App

    from tui_importer.errors import ImporterError

__all__ = ["clip", "clip_middle", "error_text", "notify_safe", "safe", "safe_content", "safe_lines"]

Severity = Literal["information", "warning", "error"]


@runtime_checkable
class WritesDown(Protocol):
    """App that keeps a log of its notifications."""

    def write_down(self, severity: str, text: str) -> None:
        """Add a line."""


def safe_content(value: object, style: str = "", limit: int = MAX_LENGTH) -> Content:
    """Return `value` as one literal line of content in one style."""
    return Content.styled(safe(value, limit), style)


def notify_safe(
    app: App[Any],
    message: object,
    *,
    title: str = "",
    severity: Severity = "information",
    timeout: float | None = None,
) -> None:
    """Show a toast with `message` and `title` taken literally, for `timeout` seconds.

    An app that keeps a log has its words there too.
    """
    if isinstance(app, WritesDown):
        app.write_down(severity, f"{title}: {message}" if title else str(message))
    app.notify(safe(message), title=safe(title, 80), severity=severity, timeout=timeout, markup=False)


def error_text(error: ImporterError) -> str:
    """What happened and what to do next, as one line."""
    return safe(f"{error.message} {error.next}".strip())


def clip(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, its end replaced by `…` when it is cut."""
    from rich.cells import cell_len, set_cell_size

    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def clip_middle(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, its middle replaced by `…`: both ends of a path say most."""
    from rich.cells import cell_len

    if cell_len(text) <= width:
        return text
    if width < 8:
        return clip(text, width)
    head = clip(text, width // 3).removesuffix("…")
    tail = text
    while cell_len(tail) > width - cell_len(head) - 1:
        tail = tail[1:]
    return f"{head}…{tail}"
