"""Paths offered below a field: recent files, or completions of the typed path."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.message import Message

from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.style.text import clip_middle, safe
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

_NOTE: Final = 10
"""Cells for what is said of a path at the right."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A path as it goes into the field, and a word about it; a `missing` one is shown faint and cannot be taken."""

    text: str
    note: str = ""
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Offers:
    """Offers, and the position of the selected one; None while none is."""

    items: tuple[Offer, ...] = ()
    selected: int | None = None


class PathChoices(Panel[Offers]):
    """One line for each path; it has no focus of its own, the field moves its selection."""

    DEFAULT_CSS = """
    PathChoices { height: auto; display: none; }
    PathChoices.-offering { display: block; }
    """

    @dataclass
    class Taken(Message):
        """A path was clicked."""

        offer: Offer

    def offer(self, items: Sequence[Offer], most: int) -> None:
        """Offer at most so many paths; nothing is selected."""
        shown = tuple(items[:most])
        self.show(Offers(shown))
        self.styles.height = max(1, len(shown))
        self.set_class(bool(shown), "-offering")

    @property
    def offering(self) -> bool:
        """Whether there is anything to select."""
        return self.data is not None and bool(self.data.items)

    @property
    def selected(self) -> Offer | None:
        """The selected path."""
        data = self.data
        return data.items[data.selected] if data is not None and data.selected is not None else None

    def select(self, by: int) -> None:
        """Select the path below or above; above the first none is selected."""
        if self.data is None or not self.data.items:
            return
        before = -1 if self.data.selected is None else self.data.selected
        after = max(-1, min(before + by, len(self.data.items) - 1))
        self.show(replace(self.data, selected=None if after < 0 else after))

    def draw(self, data: Offers) -> Sequence[Content]:
        """Paths with their middle cut when they are long: both ends say most."""
        room = max(8, self.content_size.width - _NOTE - 3)
        rows = []
        for index, offer in enumerate(data.items):
            selected = index == data.selected
            style = STYLES["faint"] if offer.missing else "bold" if selected else ""
            path = Content.styled(clip_middle(safe(offer.text, 4_096), room), style)
            note = Content.styled(offer.note, STYLES["faint" if offer.missing else "muted"])
            line = Content.assemble(
                ("▌ " if selected else "  ", "$accent bold"), path, " " * (room - path.cell_length + 1), note
            )
            row = line.truncate(self.content_size.width, pad=True)
            rows.append(row.stylize_before("on $block-cursor-background") if selected else row)
        return rows

    def on_click(self, event: events.Click) -> None:
        """Take the path under the pointer."""
        if self.data is not None and event.y < len(self.data.items):
            self.post_message(self.Taken(self.data.items[event.y]))
