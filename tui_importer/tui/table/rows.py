"""Row sources of a table: read a window at a time, from objects or from a polars frame.

Rows are immutable: new data, another filter or another order make other rows.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from tui_importer.tui.table.query import haystack, matches, sort_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from _typeshed import SupportsRichComparison

    from tui_importer.tui.table.query import RowQuery, Traits

ItemT = TypeVar("ItemT")
Row = tuple[object, ...]
"""The values of one row, in the order of `Rows.names`; all of them hashable."""


class Rows(Protocol):
    """All rows of a source, of which some are shown, in some order. A position counts the rows shown from 0.

    Methods that take other rows expect them to be of the same class.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """The names of a row's values."""

    @property
    def total(self) -> int:
        """All rows there are, shown or not."""

    def __len__(self) -> int:
        """Rows shown."""

    def window(self, first: int, count: int) -> list[Row]:
        """Rows from position `first` on, at most `count`."""

    def position_of(self, name: str, value: object) -> int | None:
        """The position of the row whose value `name` equals `value`."""

    def position_near(self, name: str, value: object) -> int | None:
        """The position of the first row shown that is not before the row of that value in the source.

        None when the source has no such row; rows are expected to be shown in the source's order.
        """

    def ids(self, name: str) -> list[object]:
        """The values `name` of all rows shown, in their order."""

    def all_ids(self, name: str) -> list[object]:
        """The values `name` of all rows, shown or not."""

    def having(self, name: str, values: frozenset[object]) -> Rows:
        """All rows of the source whose value `name` is one of `values`, in its order."""

    def matching(self, query: RowQuery, traits: Traits, start: int = 0) -> Rows:
        """All rows of the source from its row `start` on that the query wants, in its order."""

    def plus(self, more: Rows) -> Rows:
        """These rows, and `more` rows of the same source below them."""

    def grew_from(self, older: Rows) -> bool:
        """Whether the source begins with all rows of the older one, unchanged."""

    def showing(self, older: Rows, name: str) -> Rows:
        """The rows that the older ones showed, in their order, as they are now; those that are gone left out."""

    def compared(self, shown: Rows, name: str) -> tuple[int, bool]:
        """How many of these rows the others do not have, and whether the two differ at all."""


class SequenceRows(Generic[ItemT]):
    """Rows made on demand from a sequence of objects: taking a new sequence costs nothing."""

    def __init__(
        self,
        names: tuple[str, ...],
        items: Sequence[ItemT],
        values: Callable[[ItemT], Row],
        index: Sequence[int] | None = None,
    ) -> None:
        self.names = names
        self.items = items
        self.index = index
        self._values = values
        self._made: list[Row] = []

    @property
    def total(self) -> int:
        """All objects."""
        return len(self.items)

    def __len__(self) -> int:
        return len(self.items if self.index is None else self.index)

    def _with(self, index: Sequence[int] | None) -> SequenceRows[ItemT]:
        rows = SequenceRows(self.names, self.items, self._values, index)
        rows._made = self._made
        return rows

    def _all(self) -> list[Row]:
        """The values of all objects, made once: a search that reads one of them reads all."""
        if len(self._made) != len(self.items):
            self._made[:] = map(self._values, self.items)
        return self._made

    def positions(self) -> Sequence[int]:
        """The places of the objects shown, in their order."""
        return range(len(self.items)) if self.index is None else self.index

    def window(self, first: int, count: int) -> list[Row]:
        """Values of the objects in the window."""
        return [self._values(self.items[at]) for at in self.positions()[first : first + count]]

    def ids(self, name: str) -> list[object]:
        """One value of every object shown."""
        every = self.all_ids(name)
        return every if self.index is None else [every[at] for at in self.index]

    def all_ids(self, name: str) -> list[object]:
        """One value of every object."""
        column = self.names.index(name)
        return [row[column] for row in self._all()]

    def position_of(self, name: str, value: object) -> int | None:
        """Search from the top."""
        column = self.names.index(name)
        shown = enumerate(self.positions())
        return next((at for at, source in shown if self._values(self.items[source])[column] == value), None)

    def position_near(self, name: str, value: object) -> int | None:
        """Search the source, then the view."""
        column = self.names.index(name)
        found = next((at for at, item in enumerate(self.items) if self._values(item)[column] == value), None)
        return None if found is None else bisect_left(self.positions(), found)

    def having(self, name: str, values: frozenset[object]) -> SequenceRows[ItemT]:
        """Filter and sort object by object."""
        return self._with([at for at, value in enumerate(self.all_ids(name)) if value in values])

    def matching(self, query: RowQuery, traits: Traits, start: int = 0) -> SequenceRows[ItemT]:
        """Filter and sort object by object."""
        if query.is_plain and start == 0:
            return self._with(None)
        searched = [self.names.index(name) for name in traits.searched]
        faults = [(self.names.index(fault.name), fault) for fault in traits.faults]
        words = query.words
        made = self._all()
        index = [
            at
            for at, row in enumerate(made[start:], start)
            if (not words or matches(haystack([row[column] for column in searched]), words))
            and (not query.faults or any(fault.is_in(row[column]) for column, fault in faults))
        ]
        if query.sort:
            column, order = self.names.index(query.sort), traits.orders.get(query.sort, ())
            keys = {at: sort_key(made[at][column], order) for at in index}
            known = [at for at in index if keys[at] is not None]
            known.sort(key=lambda at: cast("SupportsRichComparison", keys[at]), reverse=query.descending)
            index = known + [at for at in index if keys[at] is None]
        return self._with(index)

    def plus(self, more: Rows) -> SequenceRows[ItemT]:
        """Join the indices."""
        return self._with([*self.positions(), *cast("SequenceRows[ItemT]", more).positions()])

    def grew_from(self, older: Rows) -> bool:
        """Objects may have changed: only the very same sequence is known to be the same."""
        return isinstance(older, SequenceRows) and older.items is self.items

    def showing(self, older: Rows, name: str) -> SequenceRows[ItemT]:
        """Find the objects again by their ids."""
        where = {value: at for at, value in enumerate(self.all_ids(name))}
        return self._with([where[value] for value in older.ids(name) if value in where])

    def compared(self, shown: Rows, name: str) -> tuple[int, bool]:
        """Compare ids."""
        ours, theirs = self.ids(name), shown.ids(name)
        return len(set(ours).difference(theirs)), ours != theirs


class Prefetched:
    """Rows by position, taken from a window around the ones last asked for."""

    _MARGIN = 200

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._first = 0
        self._window: list[Row] = []

    def window(self, first: int, count: int) -> list[Row]:
        """Rows from position `first` on, at most `count`."""
        start = first - self._first
        if not self._window or start < 0 or start + count > len(self._window):
            margin = 0 if isinstance(self._rows, SequenceRows) else self._MARGIN  # objects cost the same at any time
            self._first = max(0, first - margin)
            self._window = self._rows.window(self._first, count + 2 * margin)
            start = first - self._first
        return self._window[start : start + count]


def as_mapping(names: Sequence[str], row: Row) -> Mapping[str, object]:
    """One row's values by name."""
    return dict(zip(names, row, strict=True))
