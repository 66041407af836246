"""All keys and what they do, from the registry of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widgets import Static

from tui_importer.tui.actions import Action, Place, When, actions_of, bindings_of
from tui_importer.tui.drawing import lines
from tui_importer.tui.keymap import shown_keys
from tui_importer.tui.marks import STYLES
from tui_importer.tui.screens.base import ConsoleScreen, Reader
from tui_importer.tui.widgets.header_line import HeaderData

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult
    from textual.screen import Screen

_UNSPOKEN = frozenset({When.ALWAYS, When.HAS_ROWS, When.NO_DIALOG})
"""Conditions that go without saying."""


class HelpScreen(ConsoleScreen[None]):
    """Lists the actions of the screen it was called from first; then everything else."""

    BINDINGS = bindings_of(Place.HELP)
    AUTO_FOCUS = "#reader"
    place: ClassVar[Place] = Place.HELP

    def __init__(self, called_from: Screen[object]) -> None:
        super().__init__()
        self._from = called_from.place if isinstance(called_from, ConsoleScreen) else Place.EVERYWHERE

    def body(self) -> ComposeResult:
        """One text to scroll through."""
        with Reader(id="reader"):
            yield Static(lines(help_lines(self._from, self.console_app.keymap.keys)), id="help")

    def on_mount(self) -> None:
        """Say where we are."""
        self.show_header(HeaderData("help", "esc closes", masked=self.console_app.privacy.on))

    def action_back(self) -> None:
        """Back to the screen before."""
        self.app.pop_screen()


def help_lines(first: Place, keymap: Mapping[str, str]) -> list[Content]:
    """Actions by place: keys, what they do, and when they apply."""
    places = [first, Place.TABLE, Place.EVERYWHERE]
    places += [place for place in Place if place not in places]
    result: list[Content] = []
    for place in dict.fromkeys(places):
        result += [Content.styled(place.value, f"{STYLES['accent']} bold")]
        result += [_line(action, keymap) for action in actions_of(place)]
        result.append(Content(""))
    return result


def _line(action: Action, keymap: Mapping[str, str]) -> Content:
    keys = shown_keys(keymap.get(action.id, action.keys))
    when = "" if action.when in _UNSPOKEN else f"  ({action.when.value})"
    return Content.assemble(
        (f"  {keys:<16}", "bold"), (f"{action.label:<16}", ""), action.tooltip,
        (when, STYLES["muted"]),
    )  # fmt: skip
