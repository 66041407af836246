"""Footer of every screen: the keys that do something here and now, as many as fit, the most needed first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from tui_importer.tui.actions.registry import ACTIONS, footer_label, footer_rank
from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.screen import Screen


class KeyHint(NamedTuple):
    """One key as shown, what it does, the key to press for it, and its rank."""

    display: str
    label: str
    key: str
    rank: int

    @property
    def width(self) -> int:
        """Cells it needs, with the gap after it."""
        return len(self.display) + len(self.label) + 3


class KeyBar(Panel["tuple[KeyHint, ...]"]):
    """One line drawn from the screen's active bindings; a click presses the key."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; background: $surface; padding: 0 1; }
    """

    def on_mount(self) -> None:
        """Follow the screen's bindings.

        Nothing is read yet: from Python 3.12 on this runs before the screen is on the stack, so that the app knows
        no screen, or another one. The screen refreshes its bindings when it is shown.
        """
        self.screen.bindings_updated_signal.subscribe(self, self._read)

    def on_unmount(self) -> None:
        """Stop following."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def _read(self, screen: Screen[object]) -> None:
        if not screen.is_active:  # under a dialog the footer rests as it is; at the start there may be no screen yet
            return
        hints: dict[str, KeyHint] = {}
        labels: dict[str, str] = {}
        for key, active in screen.active_bindings.items():
            binding = active.binding
            if binding.show and active.enabled and (rank := footer_rank(binding.id)):
                display, label, name = self.app.get_key_display(binding), footer_label(binding), binding.id or key
                first = hints.get(labels.setdefault(label, name))
                if first is not None and labels[label] != name and label != binding.description:
                    # Two actions with one label of their own in the footer: +/- Rate.
                    hints[labels[label]] = first._replace(display=f"{first.display}/{display}")
                else:
                    hints.setdefault(name, KeyHint(display, label, binding.key, rank))
        order = {action.id: index for index, action in enumerate(ACTIONS)}
        self.show(tuple(hint for _, hint in sorted(hints.items(), key=lambda item: order.get(item[0], len(order)))))

    def fitting(self, hints: Sequence[KeyHint], width: int) -> list[KeyHint]:
        """Those hints that fit, in their order; lower ranks win."""
        kept = list(hints)
        while kept and sum(hint.width for hint in kept) - 2 > width:
            worst = max(hint.rank for hint in kept)
            kept.remove(next(hint for hint in reversed(kept) if hint.rank == worst))
        return kept

    def draw(self, data: tuple[KeyHint, ...]) -> Sequence[Content]:
        """Keys in the accent colour, labels muted."""
        width = self.content_size.width
        pieces: list[tuple[str, str]] = []
        for hint in self.fitting(data, width):
            gap = "  " if pieces else ""
            pieces += [(gap, ""), (hint.display, "$accent bold"), (f" {hint.label}", STYLES["muted"])]
        return [Content.assemble(*pieces)]

    def on_click(self, event: events.Click) -> None:
        """Press the key under the pointer."""
        position = self.styles.padding.left
        for hint in self.fitting(self.data or (), self.content_size.width):
            position += hint.width
            if event.x < position:
                self.app.simulate_key(hint.key)
                return
