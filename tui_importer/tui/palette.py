"""Commands of the command palette: the actions that apply here and now."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Provider

from tui_importer.tui.actions.registry import Action, Place, actions_of
from tui_importer.tui.screens.base import ConsoleScreen
from tui_importer.tui.table.table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from textual.command import Hits
    from textual.dom import DOMNode


class ActionProvider(Provider):
    """Provider of actions by their place and label."""

    def _applicable(self) -> Iterator[tuple[Action, DOMNode]]:
        screen = self.screen
        nodes: list[tuple[Place, DOMNode]] = [(Place.EVERYWHERE, self.app)]
        if isinstance(screen, ConsoleScreen) and screen.place is not Place.EVERYWHERE:
            nodes.insert(0, (screen.place, screen))
        if isinstance(screen.focused, VirtualTable):
            nodes.append((Place.TABLE, screen.focused))
        for place, node in nodes:
            for action in actions_of(place):
                if action.palette and node.check_action(action.name, action.parameters):
                    yield action, node

    def _command(self, action: Action, node: DOMNode) -> partial[Coroutine[object, object, bool]]:
        return partial(self.app.run_action, action.command, node)

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for action, node in self._applicable():
            yield DiscoveryHit(title(action), self._command(action, node), help=action.tooltip)

    async def search(self, query: str) -> Hits:
        """Those that match what is typed."""
        matcher = self.matcher(query)
        for action, node in self._applicable():
            if (score := matcher.match(title(action))) > 0:
                yield Hit(score, matcher.highlight(title(action)), self._command(action, node), help=action.tooltip)


def title(action: Action) -> str:
    """An action's name in the palette: its place and what it does."""
    return f"{action.place.value}: {action.label}"
