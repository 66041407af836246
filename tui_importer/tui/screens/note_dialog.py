"""Asking for one line that the job's log shall keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tui_importer.tui.actions import cancel_binding
from tui_importer.tui.screens.base import ConsoleModal
from tui_importer.tui.widgets.fields import SafeInput

if TYPE_CHECKING:
    from textual.app import ComposeResult

_LONGEST: Final = 400
"""Characters of a note."""


class NoteDialog(ConsoleModal[str]):
    """Gives the note, empty for none."""

    BINDINGS = cancel_binding()

    def compose(self) -> ComposeResult:
        """Title, words, field, keys."""
        with Vertical(id="dialog"):
            yield Static(Content.styled("Note", "bold"), id="title")
            yield Static(Content("A line for the job's log, with its time: what you did or saw."), id="text")
            yield SafeInput(id="typed", compact=True, max_length=_LONGEST)
            yield Static(
                Content.assemble(
                    ("enter", "$accent bold"), (" write it   ", "$text-muted"), ("esc", "$accent bold"),
                    (" write nothing", "$text-muted"),
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
        self.dismiss(message.value.strip())

    def action_cancel(self) -> None:
        """Write nothing."""
        self.dismiss("")
