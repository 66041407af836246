"""Asking for the API key, masked, when the environment gave none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tui_importer.secret import Secret
from tui_importer.tui.actions import cancel_binding
from tui_importer.tui.screens.base import ConsoleModal
from tui_importer.tui.text import safe
from tui_importer.tui.widgets.fields import SafeInput

if TYPE_CHECKING:
    from textual.app import ComposeResult


class KeyDialog(ConsoleModal[Secret | None]):
    """Gives the key, or None."""

    BINDINGS = cancel_binding()

    def __init__(self, job: str, words: str = "") -> None:
        super().__init__()
        self._words = words or f"{job} needs the key it was begun with. The key itself is never stored."

    def compose(self) -> ComposeResult:
        """Title, words, field, keys."""
        with Vertical(id="dialog"):
            yield Static(Content.styled("API key", "bold"), id="title")
            yield Static(
                Content(safe(self._words, 300)),
                id="text",
            )
            yield SafeInput(id="typed", password=True, compact=True, placeholder="sk_…")
            yield Static(
                Content.assemble(
                    ("enter", "$accent bold"), (" use it   ", "$text-muted"), ("esc", "$accent bold"),
                    (" change nothing", "$text-muted"),
                ),
                id="hint",
            )  # fmt: skip

    def on_mount(self) -> None:
        """Begin typing at once."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def take(self, message: Input.Submitted) -> None:
        """Take what was typed."""
        message.stop()
        if message.value.strip():
            self.dismiss(Secret(message.value.strip()))

    def action_cancel(self) -> None:
        """Take nothing."""
        self.dismiss(None)
