"""Panel of the most frequent kinds of errors, each with a bar and its number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from tui_importer.text import plural
from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.drawing import justified, scaled_bar
from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.style.text import clip, safe
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_KIND: Final = 20


@dataclass(frozen=True, slots=True)
class FailuresData:
    """(kind, count) of all errors, the most frequent first."""

    kinds: tuple[tuple[str, int], ...]


class FailuresPanel(Panel[FailuresData]):
    """A line for each kind as far as they fit; the last one sums up the rest."""

    def draw(self, data: FailuresData) -> Sequence[Content]:
        """Draw for the room there is."""
        width, height = self.content_size
        total = sum(count for _, count in data.kinds)
        tone = STYLES["bad" if total else "muted"]
        title = justified(Content.styled("Errors", "bold"), Content.styled(fmt.number(total), tone), width)
        gap = [Content("")] if height >= 7 else []
        if not total:
            return [title, *gap, Content.styled("✔ none", STYLES["muted"])]
        room = max(1, height - 1 - len(gap))
        shown = [(clip(safe(kind), _LONGEST_KIND), count) for kind, count in data.kinds[:room]]
        if len(data.kinds) > room:
            rest = sum(count for _, count in data.kinds[room - 1 :])
            shown[-1:] = [(f"{plural(len(data.kinds) - room + 1, 'other kind')}", rest)]
        return [title, *gap, *_bars(shown, width)]


def _bars(shown: Sequence[tuple[str, int]], width: int) -> list[Content]:
    top = max(count for _, count in shown)
    label = max(cell_len(kind) for kind, _ in shown)
    number = max(len(fmt.number(count)) for _, count in shown)
    room = width - label - number - 4
    lines = []
    for kind, count in shown:
        bar = Content.assemble("  ", scaled_bar(count, top, room, "bad")) if room >= 4 else Content("")
        left = Content.assemble((set_cell_size(kind, label), STYLES["muted"]), bar)
        lines.append(justified(left, Content.styled(fmt.number(count), "bold"), width))
    return lines
