"""Model of a table: its query, marks and selection, apart from how they are drawn.

Only the operator changes what is shown and in which order. Rows that come while a table is filtered or sorted are
counted as news and wait; rows shown already are always as they are now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui_importer.tui.table.query import RowQuery
from tui_importer.tui.table.rows import Row, SequenceRows, as_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.tui.table.query import Traits
    from tui_importer.tui.table.rows import Rows

SMALL: Final = 5_000
"""Rows that are searched at once; more are searched in a thread."""

_COUNTED: Final = 200_000
"""Hidden marks are counted up to so many rows (some 20 ms)."""


class TableModel:
    """Rows by ids: `source` is all of them, `shown` what is on the screen, `cursor` a position in it.

    `home` is the id the cursor returns to while a filter is being typed, None otherwise.
    """

    def __init__(self, traits: Traits) -> None:
        self.traits = traits
        self.query = RowQuery()
        self.source: Rows = SequenceRows[Row]((), (), lambda row: row)
        self.shown: Rows = self.source
        self.marked: frozenset[object] = frozenset()
        self.news = 0
        self.outdated = False
        self.to_compare = False
        self.cursor = 0
        self.current_id: object = None
        self.home: object = None
        self._row_at: tuple[Rows, int, Mapping[str, object] | None] | None = None  # asked for many times in a row
        self._hidden: tuple[frozenset[object], Rows, int] | None = None

    @property
    def is_large(self) -> bool:
        """Whether searching all rows takes long enough to be noticed."""
        return self.source.total > SMALL

    def row_at(self, position: int) -> Mapping[str, object] | None:
        """One row by name, None beyond the end."""
        if self._row_at is None or self._row_at[:2] != (self.shown, position):
            window = self.shown.window(position, 1) if 0 <= position < len(self.shown) else []
            self._row_at = (self.shown, position, as_mapping(self.shown.names, window[0]) if window else None)
        return self._row_at[2]

    def id_at(self, position: int) -> object:
        """A row's id, None beyond the end."""
        row = self.row_at(position)
        return None if row is None else row[self.traits.id_name]

    # -- data ---------------------------------------------------------------------------------------------------

    def take(self, source: Rows, *, follow: bool) -> None:
        """Take new data. A filtered or sorted table keeps its rows; only when it follows, matching ones join it."""
        old, self.source = self.source, source
        grew = source.grew_from(old)
        if not grew:
            self._forget_marks_of_lost_rows()
        joins = follow and not self.query.sort
        if self.query.is_plain:
            self.shown = source
        elif grew:
            more = source.matching(self.query, self.traits, old.total) if source.total > old.total else None
            self.shown = source.showing(self.shown, self.traits.id_name)
            if more is not None and joins:
                self.shown = self.shown.plus(more)
            elif more is not None:
                self.news += len(more)
        elif joins:
            self.shown, self.news = source.matching(self.query, self.traits), 0
        else:
            self.shown = source.showing(self.shown, self.traits.id_name)
            self.to_compare = True
            if not self.is_large:
                self.compare(self.find(self.query))
        self._settle_on_data()

    def _forget_marks_of_lost_rows(self) -> None:
        if self.marked and self.source.total:
            self.marked = self.marked.intersection(self.source.all_ids(self.traits.id_name))
        elif self.marked:
            self.marked = frozenset()

    # -- queries ------------------------------------------------------------------------------------------------

    def find(self, query: RowQuery) -> Rows:
        """All rows that a query wants now; for any thread."""
        return self.source.matching(query, self.traits)

    def put(self, query: RowQuery, found: Rows) -> bool:
        """Show what was found, news included. False when the rows were replaced meanwhile: find again."""
        if not self.source.grew_from(found):
            return False
        self.query, self.news, self.outdated, self.to_compare = query, 0, False, False
        if found.total == self.source.total:
            self.shown = found
        elif query.is_plain:
            self.shown = self.source
        else:
            more = self.source.matching(query, self.traits, found.total)
            self.shown = self.source.showing(found, self.traits.id_name)
            if query.sort:
                self.news = len(more)
            else:
                self.shown = self.shown.plus(more)
        self._settle_on_query()
        return True

    def compare(self, target: Rows) -> None:
        """Note how what should be shown differs from what is shown."""
        if self.source.grew_from(target):
            self.to_compare = False
            self.news, self.outdated = target.compared(self.shown, self.traits.id_name)

    # -- the selection ------------------------------------------------------------------------------------------

    def move(self, position: int) -> None:
        """Select a row by the operator's wish."""
        if not len(self.shown):
            return
        self.cursor = max(0, min(position, len(self.shown) - 1))
        self.current_id = self.id_at(self.cursor)
        self.home = None

    def _settle_on_data(self) -> None:
        """Stay on the row; when it is gone, on the position."""
        if not len(self.shown):
            self.cursor = 0
            return
        if not self._find(self.current_id):
            self.cursor = min(self.cursor, len(self.shown) - 1)
            self.current_id = self.id_at(self.cursor)

    def _settle_on_query(self) -> None:
        """Stay on the row, or come back to it; when it is not shown, on the next one that is."""
        if not len(self.shown):
            self.cursor = 0
            return
        if (self.home is not None and self._find(self.home)) or self._find(self.current_id):
            return
        near = 0
        if not self.query.sort and self.current_id is not None:
            near = self.shown.position_near(self.traits.id_name, self.current_id) or 0
        self.cursor = min(near, len(self.shown) - 1)
        self.current_id = self.id_at(self.cursor)

    def _find(self, wanted: object) -> bool:
        if wanted is None:
            return False
        if self.id_at(self.cursor) != wanted:
            found = self.shown.position_of(self.traits.id_name, wanted)
            if found is None:
                return False
            self.cursor = found
        self.current_id = wanted
        return True

    # -- marks --------------------------------------------------------------------------------------------------

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or unmark it."""
        if len(self.shown):
            self.marked ^= {self.current_id}

    def toggle_all(self) -> None:
        """Mark all rows shown; when all of them are marked, unmark them."""
        ids = frozenset(self.shown.ids(self.traits.id_name))
        self.marked = self.marked - ids if ids <= self.marked else self.marked | ids

    def unmark(self) -> None:
        """No marks at all."""
        self.marked = frozenset()

    @property
    def hidden_marks(self) -> int:
        """Marked rows that are not shown; 0 when there are too many to count at once."""
        if not self.marked or len(self.shown) == self.source.total or len(self.shown) > _COUNTED:
            return 0
        known = self._hidden
        if known is None or known[0] is not self.marked or known[1] is not self.shown:
            hidden = len(self.marked.difference(self.shown.ids(self.traits.id_name)))
            self._hidden = known = (self.marked, self.shown, hidden)
        return known[2]
