"""Asking why rows are skipped: the reason stays in the journal with each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tui_importer.engine.review import LONGEST_REASON
from tui_importer.tui.actions import cancel_binding
from tui_importer.tui.drawing import lines
from tui_importer.tui.screens.base import ConsoleModal
from tui_importer.tui.text import safe
from tui_importer.tui.widgets.fields import SafeInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult


class SkipDialog(ConsoleModal[str]):
    """Gives the reason, empty when nothing is to be skipped. `reason` is the last one, to be used again."""

    BINDINGS = cancel_binding()

    def __init__(self, title: str, text: Sequence[str], reason: str) -> None:
        super().__init__()
        self._title, self._text, self._reason = title, tuple(text), reason

    def compose(self) -> ComposeResult:
        """Title, lines, the field, keys."""
        with Vertical(id="dialog", classes="-warn"):
            yield Static(Content.styled(safe(self._title), "bold"), id="title")
            yield Static(lines([Content(safe(line)) for line in self._text]), id="text")
            yield Static(Content("Why? The reason stays in the job's journal and log."), id="ask")
            yield SafeInput(self._reason, id="typed", compact=True, max_length=LONGEST_REASON)
            yield Static(
                Content.assemble(
                    ("enter", "$accent bold"), (" skip   ", "$text-muted"), ("esc", "$accent bold"),
                    (" change nothing", "$text-muted"),
                ),
                id="hint",
            )  # fmt: skip

    def on_mount(self) -> None:
        """Begin typing at once; typing replaces the last reason."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def take(self, message: Input.Submitted) -> None:
        """Take the reason; without one nothing is skipped."""
        message.stop()
        if reason := message.value.strip():
            self.dismiss(reason)
        else:
            self.query_one("#hint", Static).update(Content.styled("✖ A reason is needed.", "$error"), layout=False)

    def action_cancel(self) -> None:
        """Skip nothing."""
        self.dismiss("")
