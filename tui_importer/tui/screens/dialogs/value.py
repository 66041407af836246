"""Dialogs for one value: typed and checked at once, or picked from a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tui_importer.tui.actions.registry import cancel_binding, picking_bindings
from tui_importer.tui.job_tables.columns import text_column
from tui_importer.tui.screens.base import ConsoleModal, styles
from tui_importer.tui.screens.dialogs.line import keys_hint
from tui_importer.tui.style.drawing import lines
from tui_importer.tui.style.text import safe
from tui_importer.tui.table.rows import SequenceRows
from tui_importer.tui.table.table import VirtualTable
from tui_importer.tui.widgets.fields import Field

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Question:
    """A dialog's title, some lines, and the label of its field."""

    title: str
    text: tuple[str, ...]
    label: str


class ValueDialog(ConsoleModal[str | None]):
    """Ask for a text, taken once `check` finds nothing wrong with it (it returns words, empty for nothing); or None."""

    CSS_PATH = styles("value_dialog")
    BINDINGS = cancel_binding()

    def __init__(self, question: Question, value: str, check: Callable[[str], str]) -> None:
        super().__init__()
        self._question, self._value, self._check = question, value, check

    def compose(self) -> ComposeResult:
        """Title, lines, field, what is wrong, keys."""
        question = self._question
        with Vertical(id="dialog"):
            yield Static(Content.styled(safe(question.title), "bold"), id="title")
            yield Static(lines([Content(safe(line)) for line in question.text]), id="text")
            yield Field("value", question.label, value=self._value)
            yield Static(Content(""), id="wrong")
            yield Static(keys_hint("enter", "write it", "esc", "change nothing"), id="hint")

    def on_mount(self) -> None:
        """Begin typing at the end."""
        field = self.query_one("#value", Input)
        field.focus()
        field.cursor_position = len(field.value)
        if field.value:
            self._say(self._check(field.value))

    @on(Input.Changed)
    def changed(self, message: Input.Changed) -> None:
        """Say what is wrong while it is typed."""
        message.stop()
        self._say(self._check(message.value))

    def _say(self, problem: str) -> None:
        self.query_one("#wrong", Static).update(Content.styled(f"✖ {safe(problem)}" if problem else "", "$error"))

    @on(Input.Submitted)
    def entered(self, message: Input.Submitted) -> None:
        """Give it when nothing is wrong."""
        message.stop()
        problem = self._check(message.value)
        self._say(problem)
        if not problem:
            self.dismiss(message.value.strip())

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(None)


class PickDialog(ConsoleModal[str | None]):
    """A list to pick from; `show` is called with what is under the cursor, which can be seen before it is taken."""

    CSS_PATH = styles("value_dialog")
    BINDINGS: ClassVar[list[Binding | tuple[str, str] | tuple[str, str, str]]] = picking_bindings()
    AUTO_FOCUS = "#options"

    def __init__(
        self, title: str, options: Sequence[str], chosen: str, show: Callable[[str], None] = lambda _: None
    ) -> None:
        super().__init__()
        self._title, self._options, self._chosen, self._show = title, tuple(options), chosen, show

    def compose(self) -> ComposeResult:
        """Title, list, keys."""
        with Vertical(id="dialog"):
            yield Static(Content.styled(safe(self._title), "bold"), id="title")
            yield VirtualTable([text_column("option", "", 20, flex=1)], id_name="option", id="options")
            yield Static(keys_hint("enter", "take it", "esc", "change nothing"), id="hint")

    def on_mount(self) -> None:
        """Begin at the chosen one."""
        table = self.query_one(VirtualTable)
        table.styles.height = min(len(self._options), 14) + 1
        table.set_rows(SequenceRows(("option",), self._options, lambda option: (option,)))
        if self._chosen in self._options:
            table.move_cursor(self._options.index(self._chosen))

    @on(VirtualTable.RowHighlighted)
    def moved(self) -> None:
        """Show what it would be like."""
        if (option := self._option) is not None:
            self._show(option)

    @property
    def _option(self) -> str | None:
        row = self.query_one(VirtualTable).current
        return None if row is None else str(row["option"])

    @on(VirtualTable.RowSelected)
    def action_confirm(self) -> None:
        """Take the one under the cursor."""
        self.dismiss(self._option)

    def action_cancel(self) -> None:
        """Take none."""
        self._show(self._chosen)
        self.dismiss(None)
