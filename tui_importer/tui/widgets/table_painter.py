"""How a table's lines become strips: plain segments of sanitised text, the recent ones remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.cache import LRUCache
from textual.strip import Strip

from tui_importer.tui.rows import as_mapping
from tui_importer.tui.text import clip, safe
from tui_importer.tui.widgets.columns import Layout, lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.widget import Widget

    from tui_importer.tui.rows import Row
    from tui_importer.tui.widgets.columns import Column

_GUTTER = 1
"""Cells at the left for the cursor's mark, so that it does not depend on colour."""

_MARGIN = 1
"""Cells left free at the right."""

_REMEMBERED = 512
"""Strips kept; a row is drawn again only when its values, its cursor or the room changed."""


class TablePainter:
    """Draws the header, the rows and the words of a table in the styles of `widget`."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(_REMEMBERED)
        self._layout: Layout | None = None
        self._fitted: tuple[Sequence[Column], int] | None = None

    def forget(self) -> None:
        """Something that is not part of the rows has changed: colours, masking, columns."""
        self._strips.clear()
        self._fitted = None

    def fit(self, columns: Sequence[Column], width: int) -> Layout:
        """Lay the columns out for `width` cells, once for each width."""
        if self._layout is None or self._fitted != (columns, width):
            self._layout = lay_out(columns, max(1, width - _GUTTER - _MARGIN))
            self._fitted = (columns, width)
            self._strips.clear()
        return self._layout

    def _style(self, name: str) -> Style:
        return self._widget.get_component_rich_style(f"table--{name}", partial=True)

    def words(self, text: str, width: int) -> Strip:
        """One line of an empty table, or a blank one."""
        base = self._widget.rich_style
        if not text:
            return Strip.blank(width, base)
        shown = clip(safe(text), max(1, width - _GUTTER - 1))
        segments = [Segment(" " * (_GUTTER + 1), base), Segment(shown, base + self._style("empty"))]
        return Strip(segments).adjust_cell_length(width, base)

    def header(self, width: int) -> Strip:
        """The columns' titles, aligned like their cells."""
        layout = self._layout or Layout((), (), 1)
        style = self._widget.rich_style + self._style("header")
        pieces = [" " * _GUTTER]
        for column, room in zip(layout.columns, layout.widths, strict=True):
            title = clip(safe(column.title), room)
            blank = " " * (room - cell_len(title))
            pieces += [blank + title if column.align == "right" else title + blank, " " * layout.gap]
        return Strip([Segment("".join(pieces), style)]).adjust_cell_length(width, style)

    def row(self, names: Sequence[str], row: Row, width: int, *, under_cursor: bool) -> Strip:
        """One row, from memory when it was drawn like this before."""
        key = (row, under_cursor, self._widget.has_focus)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._drawn(names, row, width, under_cursor=under_cursor)
            self._strips.set(key, strip)
        return strip

    def _drawn(self, names: Sequence[str], row: Row, width: int, *, under_cursor: bool) -> Strip:
        layout = self._layout or Layout((), (), 1)
        focused = self._widget.has_focus
        base = self._widget.rich_style
        if under_cursor:
            base += self._style("cursor" if focused else "cursor-blurred")
        values = as_mapping(names, row)
        mark = ("▌" if focused else "│") if under_cursor else " "
        segments = [Segment(mark, base + self._style("accent"))]
        for index, (column, room) in enumerate(zip(layout.columns, layout.widths, strict=True)):
            if index:
                segments.append(Segment(" " * layout.gap, base))
            for text, tone in column.pieces(values, room):
                segments.append(Segment(text, base + self._style(tone) if tone else base))
        return Strip(segments).adjust_cell_length(width, base)
