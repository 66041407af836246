"""Fields of a form: a labelled line to type in, and one to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.content import Content
from textual.keys import KEY_NAME_REPLACEMENTS, key_to_character
from textual.message import Message
from textual.widgets import Input, Static

from tui_importer.text import safe as harmless
from tui_importer.tui.actions.registry import Place, bindings_of
from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.style.text import safe
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.suggester import Suggester

_LONGEST = 4_096
_TYPED = {short: key_to_character(long) for long, short in KEY_NAME_REPLACEMENTS.items()}
"""The characters of keys that Textual calls by short names of its own (`plus`), and then does not know."""


class SafeInput(Input):
    """An input that never holds control or invisible characters, however they arrive."""

    def validate_value(self, value: str) -> str:
        """Leave out what `safe` would replace: the symbol of a control character is no part of a value."""
        if value.isprintable():
            return value
        return "".join(character for character in value[:_LONGEST] if harmless(character) == character)

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Whether a key types here, so that no binding of it is offered meanwhile."""
        return super().check_consume_key(key, character or _TYPED.get(key))


class Field(Horizontal):
    """Label, input, and at the right what it means or what is wrong with it."""

    DEFAULT_CSS = """
    Field { height: 1; width: 1fr; }
    Field > .label { width: 13; color: $text-muted; }
    Field:focus-within > .label { color: $accent; text-style: bold; }
    Field > Input { width: 1fr; min-width: 12; max-width: 70; background: $panel; padding: 0 1; }
    Field > Input:focus { background: $block-cursor-background; }
    Field > Input > .input--placeholder, Field > Input > .input--suggestion { color: $text-muted; }
    Field > .hint.-empty { display: none; }
    Field > .hint { width: 26; margin-left: 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(
        self, field: str, label: str, hint: str = "", *, value: str = "", password: bool = False,
        placeholder: str = "", suggester: Suggester | None = None, make: type[SafeInput] = SafeInput,
        replaced: bool = False,
    ) -> None:  # fmt: skip
        """What is typed in a `replaced` field takes the place of its value, unless a key or a click moves first."""
        super().__init__(id=f"field-{field}")
        self.field, self._label, self._hint = field, label, hint
        self.input = make(
            value, placeholder=placeholder, password=password, suggester=suggester, compact=True, id=field,
            select_on_focus=replaced,
        )  # fmt: skip

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static(Content(self._label), classes="label")
        yield self.input
        yield Static(Content(self._hint), classes="hint" if self._hint else "hint -empty")

    def show_problem(self, problem: str) -> None:
        """Say what is wrong, or the usual hint for nothing."""
        shown = Content.styled(f"✖ {safe(problem)}", STYLES["bad"]) if problem else Content(self._hint)
        hint = self.query_one(".hint", Static)
        hint.update(shown, layout=False)
        hint.set_class(not shown.plain, "-empty")

    def show_hint(self, hint: str) -> None:
        """Say something else at the right from now on."""
        self._hint = safe(hint)
        self.show_problem("")


@dataclass(frozen=True, slots=True)
class ChoiceData:
    """All options, and the position of the chosen one."""

    options: tuple[str, ...]
    chosen: int


class ChoiceField(Panel[ChoiceData], can_focus=True):
    """One of a few words; left and right (or a click) change it, enter leaves it."""

    BINDINGS = bindings_of(Place.CHOICE)
    DEFAULT_CSS = """
    ChoiceField { height: 1; width: 1fr; }
    """

    @dataclass
    class Chosen(Message):
        """Another option was chosen."""

        option: str

    def __init__(self, label: str, options: Sequence[str], chosen: str, *, id: str) -> None:  # noqa: A002 - Textual's own parameter name
        super().__init__(ChoiceData(tuple(options), list(options).index(chosen)), id=id)
        self._label = label

    @property
    def value(self) -> str:
        """The chosen option."""
        data = self.data or ChoiceData(("",), 0)
        return data.options[data.chosen]

    @property
    def position(self) -> int:
        """The position of the chosen option."""
        return self.data.chosen if self.data else 0

    def choose(self, option: str) -> None:
        """Choose an option without posting it."""
        if self.data is not None and option in self.data.options:
            self.show(ChoiceData(self.data.options, self.data.options.index(option)))

    def action_choose(self, by: int) -> None:
        """Choose another."""
        if self.data is not None:
            self.show(ChoiceData(self.data.options, (self.data.chosen + by) % len(self.data.options)))
            self.post_message(self.Chosen(self.value))

    def action_leave(self) -> None:
        """On to the next field, as in one to type in."""
        self.screen.focus_next()

    def on_click(self) -> None:
        """The next one."""
        self.focus()
        self.action_choose(1)

    def on_focus(self) -> None:
        """The label lights up."""
        self.refresh()

    def on_blur(self) -> None:
        """The label rests."""
        self.refresh()

    def draw(self, data: ChoiceData) -> Sequence[Content]:
        """Label and options; the chosen one has a glyph as well as a colour. Options that do not fit are counted."""
        focused = self.has_focus
        label_style = "$accent bold" if focused else STYLES["muted"]
        back = " on $block-cursor-background" if focused else ""
        pieces: list[tuple[str, str]] = [(f"{self._label:<13}", label_style)]
        if sum(len(option) + 5 for option in data.options) + 13 > self.content_size.width:
            chosen = safe(data.options[data.chosen], max(8, self.content_size.width - 30))
            count = f"   {data.chosen + 1} of {len(data.options)}"
            return [Content.assemble(*pieces, (f"‹ {chosen} ›", f"bold{back}"), (count, STYLES["muted"]))]
        for index, option in enumerate(data.options):
            chosen_one = index == data.chosen
            style = f"bold{back}" if chosen_one else STYLES["muted"]
            pieces += [(f"{'●' if chosen_one else '○'} {safe(option)}", style), ("   ", "")]
        return [Content.assemble(*pieces)]
