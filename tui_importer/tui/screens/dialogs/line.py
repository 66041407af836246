"""Base of dialogs that ask for one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tui_importer.tui.actions.registry import cancel_binding
from tui_importer.tui.screens.base import ConsoleModal, ResultT
from tui_importer.tui.style.drawing import lines
from tui_importer.tui.style.glyphs import STYLES, Tone
from tui_importer.tui.style.text import safe
from tui_importer.tui.widgets.fields import SafeInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult


@dataclass(frozen=True, slots=True)
class LineQuestion:
    """A title, some lines, what stands over the field, what enter and esc do, and the tone of the frame."""

    title: str
    text: tuple[str, ...]
    does: str
    leaves: str = "change nothing"
    ask: Content | None = None
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class LineAnswer(Generic[ResultT]):
    """Result of a line (`result` of it, once `wrong` finds nothing: it returns words), and `nothing` after esc."""

    result: Callable[[str], ResultT]
    nothing: ResultT
    wrong: Callable[[str], str] = lambda _: ""


class LineDialog(ConsoleModal[ResultT], Generic[ResultT]):
    """Ask for one line; white space around what was typed does not count."""

    BINDINGS = cancel_binding()

    def __init__(self, question: LineQuestion, answer: LineAnswer[ResultT]) -> None:
        super().__init__()
        self._question, self._answer = question, answer

    def field(self) -> Input:
        """The field, `#typed`."""
        return SafeInput(id="typed", compact=True)

    def compose(self) -> ComposeResult:
        """Title, lines, field, keys."""
        question = self._question
        with Vertical(id="dialog", classes=f"-{question.tone}" if question.tone else ""):
            yield Static(Content.styled(safe(question.title), "bold"), id="title")
            yield Static(lines([Content(safe(line)) for line in question.text]), id="text")
            if question.ask is not None:
                yield Static(question.ask, id="ask")
            yield self.field()
            yield Static(keys_hint("enter", question.does, "esc", question.leaves), id="hint")

    def on_mount(self) -> None:
        """Begin typing at once."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def take(self, message: Input.Submitted) -> None:
        """Give what the line means, or say what is wrong with it."""
        message.stop()
        typed = message.value.strip()
        if words := self._answer.wrong(typed):
            self.query_one("#hint", Static).update(Content.styled(f"✖ {words}", STYLES["bad"]), layout=False)
        else:
            self.dismiss(self._answer.result(typed))

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(self._answer.nothing)


def keys_hint(*pairs: str) -> Content:
    """Keys, each with what it does: the last line of a dialog."""
    pieces: list[tuple[str, str]] = []
    for key, label in zip(pairs[::2], pairs[1::2], strict=True):
        pieces += [(key, "$accent bold"), (f" {label}   ", STYLES["muted"])]
    return Content.assemble(*pieces)
