"""Painter of a table's lines: plain segments of sanitised text, the recent ones cached."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from tui_importer.tui.style.text import clip, safe
from tui_importer.tui.table.columns import Layout, lay_out
from tui_importer.tui.table.rows import as_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from tui_importer.tui.table.columns import Column
    from tui_importer.tui.table.rows import Row

GUTTER: Final = 1
"""Cells at the left for the cursor's mark and the operator's marks, so that neither depends on colour."""

_MARGIN = 1
"""Cells left free at the right."""

_REMEMBERED = 512
"""Strips kept; a row is drawn again only when its values, its state or the room changed."""

_ARROWS: Final = {False: "↑", True: "↓"}

_ATTRIBUTES: Final = {"strong": Style(bold=True), "underlined": Style(underline=True)}
"""Styles without a colour: they need no component class, of which each costs a table time with every style update."""


@dataclass(frozen=True, slots=True)
class RowState:
    """State of a row: under the cursor (then with the column under it, when that is shown), marked."""

    under_cursor: bool = False
    column: str = ""
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """Column under the cursor (empty: none is shown), the one sorted by, and the direction."""

    column: str = ""
    sort: str = ""
    descending: bool = False


class TablePainter:
    """Strips of the header, the rows and the words of a table in the styles of `widget`."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(_REMEMBERED)
        self._fitted: tuple[object, ...] | None = None
        self._styles: dict[tuple[str, ...], Style] = {}
        self.layout = Layout((), (), 1)
        self.reach: tuple[str, ...] = ()

    def forget(self) -> None:
        """Something that is not part of the rows has changed: colours, masking, columns."""
        self._strips.clear()
        self._styles.clear()
        self._fitted = None

    def fit(self, columns: Sequence[Column], width: int, keep: str = "", sort: str = "") -> bool:
        """Lay the columns out for `width` cells; return whether that is another layout than before.

        The column `keep` is shown in any case; the one sorted by has room for its arrow. `reach` becomes the columns
        by name in the order in which the cursor reaches them: those that find room, then the others.
        """
        wanted = (columns, width, keep, sort)
        if self._fitted == wanted:
            return False
        before, self._fitted = self.layout, wanted
        sized = [_with_arrow(column) if sort and column.sorts_by == sort else column for column in columns]
        room = max(1, width - GUTTER - _MARGIN)
        self.layout = lay_out(sized, room)
        found_room = [column.name for column in self.layout.columns]
        self.reach = (*found_room, *(column.name for column in columns if column.name not in found_room))
        if keep and keep not in found_room:
            self.layout = lay_out(sized, room, keep)
        if self.layout == before:
            return False
        self._strips.clear()
        return True

    def _style(self, *names: str) -> Style:
        """The table's own style with the named ones on it (finding it takes a walk to the root of the screen)."""
        style = self._styles.get(names)
        if style is None:
            style = self._widget.rich_style
            for name in filter(None, names):
                if name in _ATTRIBUTES:
                    style += _ATTRIBUTES[name]
                else:
                    style += self._widget.get_component_rich_style(f"table--{name}", partial=True)
            self._styles[names] = style
        return style

    def words(self, text: str, width: int) -> Strip:
        """One line of an empty table, or a blank one."""
        base = self._style()
        if not text:
            return Strip.blank(width, base)
        shown = clip(safe(text), max(1, width - GUTTER - 1))
        segments = [Segment(" " * (GUTTER + 1), base), Segment(shown, self._style("muted"))]
        return Strip(segments).adjust_cell_length(width, base)

    def header(self, width: int, state: Header) -> Strip:
        """The columns' titles, aligned like their cells; the one under the cursor is underlined."""
        base = self._style("muted")
        segments = [Segment(" " * GUTTER, base)]
        for index, (column, room) in enumerate(zip(self.layout.columns, self.layout.widths, strict=True)):
            sorted_by = bool(state.sort) and column.sorts_by == state.sort
            arrow = f" {_ARROWS[state.descending]}" if sorted_by else ""
            title = clip(safe(column.title), room - len(arrow)) + arrow
            blank = Segment(" " * max(0, room - cell_len(title)), base)
            here = "underlined" if column.name == state.column else ""
            of_sort = ("accent", "strong") if sorted_by else ()
            shown = Segment(title, self._style("muted", *of_sort, here))
            if index:
                segments.append(Segment(" " * self.layout.gap, base))
            segments += [blank, shown] if column.align == "right" else [shown, blank]
        return Strip(segments).adjust_cell_length(width, base)

    def row(self, names: Sequence[str], row: Row, width: int, state: RowState) -> Strip:
        """One row, from memory when it was drawn like this before."""
        key = (row, state, self._widget.has_focus)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._drawn(names, row, width, state)
            self._strips.set(key, strip)
        return strip

    def _drawn(self, names: Sequence[str], row: Row, width: int, state: RowState) -> Strip:
        focused = self._widget.has_focus
        ground = ("cursor" if focused else "cursor-blurred") if state.under_cursor else ""
        base = self._style(ground)
        values = as_mapping(names, row)
        segments = [Segment(_glyph(state, focused=focused), self._style(ground, "accent"))]
        plain, gap = "", " " * self.layout.gap
        for column, room in zip(self.layout.columns, self.layout.widths, strict=True):
            here = "cell" if state.under_cursor and focused and column.name == state.column else ""
            for text, tone in column.pieces(values, room):
                if here or tone:
                    segments += [Segment(plain, base), Segment(text, self._style(ground, here, tone))]
                    plain = ""
                else:  # what is plain runs on: fewer segments are drawn faster
                    plain += text
            plain += gap
        used = GUTTER + sum(self.layout.widths) + len(gap) * len(self.layout.widths)
        segments.append(Segment(plain + " " * max(0, width - used), base))
        strip = Strip([segment for segment in segments if segment.text], max(width, used))
        return strip if used <= width else strip.adjust_cell_length(width, base)


def _glyph(state: RowState, *, focused: bool) -> str:
    if state.marked:
        return "◉" if state.under_cursor else "●"
    if state.under_cursor:
        return "▌" if focused else "│"
    return " "


def _with_arrow(column: Column) -> Column:
    return replace(column, width=max(column.width, cell_len(safe(column.title)) + 2))
