"""A heading with text below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui_importer.tui.style.text import safe

if TYPE_CHECKING:
    from textual.app import ComposeResult


class Section(Vertical):
    """Heading and text, without room while there is nothing to say."""

    DEFAULT_CSS = """
    Section { height: auto; margin-bottom: 1; }
    Section > .heading { height: 1; color: $accent; text-style: bold; }
    Section > .text { height: auto; padding-left: 2; }
    """

    def __init__(self, title: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own parameter name
        super().__init__(id=id)
        self._title = title

    def compose(self) -> ComposeResult:
        """Heading, text."""
        yield Static(Content(safe(self._title)), classes="heading")
        yield Static(Content(""), classes="text")

    def show(self, text: Content | None) -> None:
        """Show a text, or nothing at all."""
        self.display = text is not None
        self.query_one(".text", Static).update(text or Content(""))
