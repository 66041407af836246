"""Viewport of a table: rows in sight, fetched around the ones last shown, and drawn line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_importer.tui.table.painter import Header, RowState
from tui_importer.tui.table.rows import Prefetched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

    from tui_importer.tui.table.model import TableModel
    from tui_importer.tui.table.painter import TablePainter
    from tui_importer.tui.table.rows import Row


@dataclass(frozen=True, slots=True)
class CellCursor:
    """Cursor as drawn: on its row (`shown`), on the column of this name, and with the focus."""

    shown: bool
    column: str
    focused: bool


class Viewport:
    """Lines of `painter` over the rows shown by `model`; the first line is the header."""

    def __init__(self, model: TableModel, painter: TablePainter) -> None:
        self._model, self._painter = model, painter
        self._fetched = Prefetched(model.shown)

    def fetch_again(self) -> None:
        """Forget the rows fetched: the model shows others."""
        self._fetched = Prefetched(self._model.shown)

    def rows(self, first: int, height: int) -> list[Row | None]:
        """The rows from position `first` on in `height` lines, None for lines below the last."""
        count = max(0, min(height, len(self._model.shown) - first))
        rows: list[Row | None] = list(self._fetched.window(first, count)) if count else []
        return rows + [None] * (height - len(rows))

    def header(self, width: int, cursor: CellCursor) -> Strip:
        """The columns' titles."""
        query = self._model.query
        return self._painter.header(
            width, Header(cursor.column if cursor.focused else "", query.sort, query.descending)
        )

    def row(self, position: int, width: int, cursor: CellCursor) -> Strip:
        """One row, a blank line below the last."""
        model = self._model
        if position >= len(model.shown):
            return self._painter.words("", width)
        row = self._fetched.window(position, 1)[0]
        under_cursor = cursor.shown and position == model.cursor
        marked = bool(model.marked) and self._id_of(row) in model.marked
        state = RowState(under_cursor, cursor.column if under_cursor else "", marked)
        return self._painter.row(model.shown.names, row, width, state)

    def words(self, words: Sequence[str], y: int, width: int) -> Strip:
        """One line of the words that an empty table shows below its header."""
        return self._painter.words(words[y - 1] if 1 <= y <= len(words) else "", width)

    def _id_of(self, row: Row) -> object:
        return row[self._model.shown.names.index(self._model.traits.id_name)]
