"""Tabs in one line, with counts in their titles and a caption at the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.message import Message

from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.glyphs import STYLES, Tone
from tui_importer.tui.style.text import safe
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

_SHORT: Final = {"Organizations": "Orgs"}


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its id, title, count (None shows no number) and the count's tone."""

    id: str
    title: str
    count: int | None = None
    tone: Tone = "muted"


@dataclass(frozen=True, slots=True)
class TabsData:
    """All tabs, the active one's id and the caption of what it shows."""

    tabs: tuple[Tab, ...]
    active: str
    caption: str = ""


class TabStrip(Panel[TabsData]):
    """Tabs drawn from data, with no state of their own; clicks are posted as `TabClicked`."""

    @dataclass
    class TabClicked(Message):
        """A tab was clicked."""

        tab: str

    def draw(self, data: TabsData) -> Sequence[Content]:
        """One line; short titles when there is little room, the caption only when it fits."""
        width = self.content_size.width
        tabs = Content.assemble(*[piece for _, piece in self._pieces(data, width)])
        caption = Content.styled(safe(data.caption), STYLES["muted"])
        space = width - tabs.cell_length - caption.cell_length
        return [tabs if space < 2 else Content.assemble(tabs, " " * (space - 1), caption, " ")]

    def _pieces(self, data: TabsData, width: int) -> list[tuple[str, Content]]:
        """Each tab's id with what is drawn of it; short titles where the full ones do not fit."""
        pieces = self._titled(data, "  " if width >= 100 else " ")
        if sum(piece.cell_length for _, piece in pieces) > width:
            pieces = self._titled(data, "", short=True)
        return pieces

    def _titled(self, data: TabsData, gap: str, *, short: bool = False) -> list[tuple[str, Content]]:
        pieces = []
        for position, tab in enumerate(data.tabs, 1):
            active = tab.id == data.active
            style = "$accent bold underline" if active else STYLES["muted"]
            count = "" if tab.count is None else f" {fmt.number(tab.count)}"
            title = (
                (f" {position} ", STYLES["faint"]),
                (_SHORT.get(tab.title, tab.title) if short else tab.title, style),
            )
            tone = STYLES[tab.tone] if tab.count else STYLES["muted"]
            pieces.append((tab.id, Content.assemble(*title, (count, tone), gap)))
        return pieces

    def on_click(self, event: events.Click) -> None:
        """Find the tab under the pointer."""
        if self.data is None:
            return
        position = 0
        for tab, piece in self._pieces(self.data, self.content_size.width):
            position += piece.cell_length
            if event.x < position:
                self.post_message(self.TabClicked(tab))
                return
