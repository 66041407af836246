"""Help screen: all keys and what they do, from the registry of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widgets import Static

from tui_importer.tui.actions.keymap import shown_keys
from tui_importer.tui.actions.registry import ACTIONS, Action, Place, When, actions_of, bindings_of
from tui_importer.tui.screens.base import ConsoleScreen, Reader, styles
from tui_importer.tui.style.drawing import lines
from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.widgets.header_line import HeaderData

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events
    from textual.app import ComposeResult
    from textual.screen import Screen

_UNSPOKEN = frozenset({When.ALWAYS, When.HAS_ROWS, When.NO_DIALOG})
"""Conditions that go without saying."""


class HelpScreen(ConsoleScreen[None]):
    """Actions of the screen it was called from first; then everything else."""

    CSS_PATH = styles("help")
    BINDINGS = bindings_of(Place.HELP)
    AUTO_FOCUS = "#reader"
    place: ClassVar[Place] = Place.HELP

    def __init__(self, called_from: Screen[object]) -> None:
        super().__init__()
        self._from = called_from.place if isinstance(called_from, ConsoleScreen) else Place.EVERYWHERE

    def body(self) -> ComposeResult:
        """One text to scroll through."""
        with Reader(id="reader"):
            yield HelpText(self._from, self.console_app.keymap.keys, id="help")

    def on_mount(self) -> None:
        """Say where we are."""
        self.show_header(HeaderData("help", "esc closes", masked=self.console_app.privacy.on))

    def action_back(self) -> None:
        """Back to the screen before."""
        self.app.pop_screen()


class HelpText(Static):
    """The actions, in three columns of which the last one wraps."""

    def __init__(self, first: Place, keymap: Mapping[str, str], *, id: str) -> None:  # noqa: A002 - Textual's own parameter name
        super().__init__(id=id)
        self._first, self._keymap = first, keymap
        self._width = 0

    def on_resize(self, event: events.Resize) -> None:
        """The lines depend on the room."""
        if event.size.width != self._width:
            self._width = event.size.width
            self.update(lines(help_lines(self._first, self._keymap, self._width)))


def help_lines(first: Place, keymap: Mapping[str, str], width: int) -> list[Content]:
    """Actions by place: keys, what they do, and when they apply."""
    keys = {action.id: shown_keys(keymap.get(action.id, action.keys)) for action in ACTIONS}
    columns = max(map(len, keys.values())) + 2, max(len(action.label) for action in ACTIONS) + 2
    places = [first, Place.TABLE, Place.EVERYWHERE]
    places += [place for place in Place if place not in places]
    result: list[Content] = []
    for place in dict.fromkeys(places):
        result += [Content.styled(place.value, f"{STYLES['accent']} bold")]
        for action in actions_of(place):
            result += _entry(action, keys[action.id], columns, width)
        result.append(Content(""))
    return result


def _entry(action: Action, keys: str, columns: tuple[int, int], width: int) -> list[Content]:
    when = "" if action.when in _UNSPOKEN else f"  ({action.when.value})"
    first = Content.assemble((f"  {keys:<{columns[0]}}", "bold"), f"{action.label:<{columns[1]}}")
    text = Content.assemble(action.tooltip, (when, STYLES["muted"]))
    room = max(20, width - first.cell_length)
    below = Content(" " * first.cell_length)
    return [(below if number else first) + line for number, line in enumerate(text.wrap(room))]
