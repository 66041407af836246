"""Dialogs: a choice that defaults to changing nothing, and one that wants a name typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tui_importer.tui.actions.registry import Place, bindings_of
from tui_importer.tui.screens.base import ConsoleModal
from tui_importer.tui.screens.dialogs.line import LineAnswer, LineDialog, LineQuestion, keys_hint
from tui_importer.tui.style.drawing import lines
from tui_importer.tui.style.glyphs import STYLES, Tone
from tui_importer.tui.style.text import safe
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

ChoiceT = TypeVar("ChoiceT")


@dataclass(frozen=True, slots=True)
class Choice(Generic[ChoiceT]):
    """One way out of a dialog: its words, what they mean, the result."""

    label: str
    explanation: str
    result: ChoiceT
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class ChoicesData:
    """Label, explanation and tone of each choice, and which is selected."""

    selected: int
    choices: tuple[tuple[str, str, Tone], ...]


class ChoiceList(Panel[ChoicesData]):
    """Choices below each other, one selected; a click takes one."""

    @dataclass
    class Taken(Message):
        """A choice was clicked."""

        index: int

    def draw(self, data: ChoicesData) -> Sequence[Content]:
        """A bar, the label, and what it means."""
        width = self.content_size.width
        longest = max(len(label) for label, _, _ in data.choices)
        drawn = []
        for index, (label, explanation, tone) in enumerate(data.choices):
            selected = index == data.selected
            line = Content.assemble(
                ("▌ " if selected else "  ", "$accent bold"),
                (label.ljust(longest), f"{STYLES[tone]} bold".strip() if selected else STYLES[tone]),
                (f"   {explanation}", "" if selected else STYLES["muted"]),
            )
            cut = line.truncate(width, ellipsis=True, pad=True)
            drawn.append(cut.stylize_before("on $block-cursor-background") if selected else cut)
        return drawn

    def on_click(self, event: events.Click) -> None:
        """Take the choice under the pointer."""
        if self.data is not None and event.y < len(self.data.choices):
            self.post_message(self.Taken(event.y))


class ChoiceDialog(ConsoleModal[ChoiceT], Generic[ChoiceT]):
    """A title, some lines and choices; esc and the first choice change nothing: its result is the first one's."""

    BINDINGS = bindings_of(Place.DIALOG)

    def __init__(self, title: str, text: Sequence[str], choices: Sequence[Choice[ChoiceT]], *, tone: Tone = "") -> None:
        super().__init__()
        self.heading, self.text, self.choices, self.tone = title, tuple(text), tuple(choices), tone
        self.selected = 0

    def compose(self) -> ComposeResult:
        """Title, lines, choices, keys."""
        with Vertical(id="dialog", classes=f"-{self.tone}" if self.tone else ""):
            yield Static(Content.styled(safe(self.heading), "bold"), id="title")
            yield Static(lines([Content(safe(line)) for line in self.text]), id="text")
            yield ChoiceList(id="choices")
            yield Static(keys_hint("↑↓", "choose", "enter", "do it", "esc", "change nothing"), id="hint")

    def on_mount(self) -> None:
        """Select the first choice."""
        self.query_one(ChoiceList).styles.height = len(self.choices)
        self._show()

    def _show(self) -> None:
        shown = tuple((choice.label, choice.explanation, choice.tone) for choice in self.choices)
        self.query_one(ChoiceList).show(ChoicesData(self.selected, shown))

    @on(ChoiceList.Taken)
    def take(self, message: ChoiceList.Taken) -> None:
        """A click is as good as enter."""
        self.dismiss(self.choices[message.index].result)

    def action_choose_next(self, by: int) -> None:
        """Select another choice."""
        self.selected = (self.selected + by) % len(self.choices)
        self._show()

    def action_confirm(self) -> None:
        """Do what is selected."""
        self.dismiss(self.choices[self.selected].result)

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(self.choices[0].result)


class TypedNameDialog(LineDialog[bool]):
    """Ask for `name` to be typed before something that cannot be taken back; True when it was."""

    def __init__(self, title: str, text: Sequence[str], name: str) -> None:
        ask = Content.assemble("Type ", (safe(name, 120), "bold"), " to go on:")
        super().__init__(
            LineQuestion(title, tuple(text), does="go on when it matches", ask=ask, tone="bad"),
            LineAnswer(
                result=lambda _: True,
                nothing=False,
                wrong=lambda typed: "" if typed == name else "That is not the name. Nothing was started.",
            ),
        )

    def field(self) -> Input:
        """As plain as can be: what is typed is compared, and never kept."""
        return Input(id="typed", compact=True, select_on_focus=False)
