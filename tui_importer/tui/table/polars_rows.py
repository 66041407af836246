"""Rows of a polars frame, for tables of up to a million rows; imported with the first job."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Final, cast

import polars as pl

from tui_importer.tui.table.query import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.tui.table.query import RowQuery, Traits
    from tui_importer.tui.table.rows import Row, Rows

HAYSTACK: Final = "haystack"
"""A column made of the values that a filter searches: one search instead of one for each column. Never shown."""

_FEW = 8
"""When fewer than one in so many rows are wanted, these are sorted; otherwise all are, and that is remembered."""


def with_haystack(frame: pl.DataFrame, searched: Sequence[str]) -> pl.DataFrame:
    """The frame with its haystack (about 100 bytes and a microsecond a row)."""
    values = [pl.col(name).cast(pl.String).str.to_lowercase() for name in searched] or [pl.lit("")]
    return frame.with_columns(pl.concat_str(values, separator=SEPARATOR, ignore_nulls=True).alias(HAYSTACK))


@dataclass(frozen=True, slots=True)
class _Matched:
    """The rows of a query among the first `total`, in their own order."""

    query: RowQuery
    total: int
    index: pl.Series


@dataclass(frozen=True, slots=True)
class _Ordered:
    """All of the first `total` rows, sorted."""

    sort: str
    descending: bool
    total: int
    index: pl.Series


class _Memory:
    """Results found in a growing frame; shared by the rows that grew from each other, replaced as a whole."""

    def __init__(self) -> None:
        self.matched: _Matched | None = None
        self.ordered: _Ordered | None = None


class FrameRows:
    """Rows of a polars frame, optionally through `index`: the numbers of the rows shown, in their order."""

    def __init__(self, frame: pl.DataFrame, index: pl.Series | None = None, memory: _Memory | None = None) -> None:
        self.frame = frame
        self.index = index
        self.names = tuple(name for name in frame.columns if name != HAYSTACK)
        self.memory = memory or _Memory()
        self._values: pl.DataFrame | None = None

    @property
    def total(self) -> int:
        """Rows in the frame."""
        return self.frame.height

    def __len__(self) -> int:
        return self.frame.height if self.index is None else self.index.len()

    def _with(self, index: pl.Series | None) -> FrameRows:
        return FrameRows(self.frame, index, self.memory)

    def appended(self, chunk: pl.DataFrame) -> FrameRows:
        """All rows, with `chunk` below; the frame's buffers are shared, not copied."""
        return FrameRows(self.frame.vstack(chunk), None, self.memory)

    def grown(self, frame: pl.DataFrame) -> FrameRows:
        """All rows of `frame`, which begins with ours."""
        return FrameRows(frame, None, self.memory)

    def window(self, first: int, count: int) -> list[Row]:
        """Materialise the window only (0.2 to 1.2 ms for 400 rows, however large the frame is)."""
        if self._values is None:  # no select: that would go through the query engine for every window
            self._values = pl.DataFrame([self.frame.get_column(name) for name in self.names])
        rows = self._values.slice(first, count) if self.index is None else self._values[self.index.slice(first, count)]
        return rows.rows()

    def column(self, name: str) -> pl.Series:
        """One column of the rows shown."""
        column = self.frame.get_column(name)
        return column if self.index is None else column.gather(self.index)

    def ids(self, name: str) -> list[object]:
        """One column of the rows shown."""
        return self.column(name).to_list()

    def all_ids(self, name: str) -> list[object]:
        """One column."""
        return self.frame.get_column(name).to_list()

    def position_of(self, name: str, value: object) -> int | None:
        """Two vectorised comparisons."""
        found = self.frame.get_column(name).index_of(value)
        return found if found is None or self.index is None else self.index.index_of(found)

    def position_near(self, name: str, value: object) -> int | None:
        """One comparison, and a binary search."""
        found = self.frame.get_column(name).index_of(value)
        return found if found is None or self.index is None else int(self.index.search_sorted(found))

    def grew_from(self, older: Rows) -> bool:
        """Whether `appended` led from there to here."""
        return isinstance(older, FrameRows) and older.memory is self.memory and older.total <= self.total

    def plus(self, more: Rows) -> FrameRows:
        """Join the indices."""
        return self._with(pl.concat([self.positions(), cast("FrameRows", more).positions()]))

    def having(self, name: str, values: frozenset[object]) -> FrameRows:
        """One vectorised comparison."""
        found = self.frame.select(pl.col(name).is_in(list(values)).arg_true()).to_series()
        return self._with(found.cast(pl.UInt32))

    def positions(self) -> pl.Series:
        """The numbers of the rows shown, in their order."""
        return _range(0, self.total) if self.index is None else self.index

    # -- searching ----------------------------------------------------------------------------------------------

    def matching(self, query: RowQuery, traits: Traits, start: int = 0) -> FrameRows:
        """Filter, then sort; what is found is remembered for the next query (any thread may call)."""
        if start:
            return self._with(self._filtered(_range(start, self.total), query, traits) if start < self.total else _NONE)
        if not query.narrows:
            return self._with(self._order(query, traits) if query.sort else None)
        found = self._found(query, traits)
        if query.sort:
            found = self._sorted(found, query, traits)
        return self._with(found)

    def _found(self, query: RowQuery, traits: Traits) -> pl.Series:
        """The rows of a query in their own order: one that narrows the last one searches its rows only."""
        before = self.memory.matched
        if before is None or before.total > self.total or not query.within(before.query):
            found = self._filtered(None, query, traits)
        else:
            candidates = before.index
            if before.total < self.total:
                candidates = pl.concat([candidates, _range(before.total, self.total)])
            crowded = candidates.len() > self.total // 2
            found = self._filtered(None if crowded else candidates, query, traits)
        self.memory.matched = _Matched(query, self.total, found)
        return found

    def _filtered(self, candidates: pl.Series | None, query: RowQuery, traits: Traits) -> pl.Series:
        frame = self._searchable(query, traits)
        if candidates is not None:
            frame = frame.select(_needed(query, traits))[candidates]
        wanted = [_any_of(alternatives) for alternatives in query.words]
        if query.faults:
            wanted.append(_faulty(traits))
        if not wanted:
            return self.positions() if candidates is None else candidates
        found = frame.select(reduce(and_, wanted).fill_null(value=False).arg_true()).to_series().cast(pl.UInt32)
        return found if candidates is None else candidates.gather(found)

    def _searchable(self, query: RowQuery, traits: Traits) -> pl.DataFrame:
        if query.words and HAYSTACK not in self.frame.columns:
            self.frame = with_haystack(self.frame, traits.searched)
        return self.frame

    def _order(self, query: RowQuery, traits: Traits) -> pl.Series:
        """All rows in the order of a query."""
        known = self.memory.ordered
        wanted = (query.sort, query.descending, self.total)
        if known is not None and (known.sort, known.descending, known.total) == wanted:
            return known.index
        index = _arg_sort(self.frame, query, traits)
        self.memory.ordered = _Ordered(query.sort, query.descending, self.total, index)
        return index

    def _sorted(self, found: pl.Series, query: RowQuery, traits: Traits) -> pl.Series:
        if found.len() < self.total // _FEW:
            return found.gather(_arg_sort(self.frame.select(query.sort)[found], query, traits))
        order = self._order(query, traits)
        wanted = pl.repeat(value=False, n=self.total, dtype=pl.Boolean, eager=True).scatter(found, True)
        return order.filter(wanted.gather(order))

    # -- new data for an old view -------------------------------------------------------------------------------

    def showing(self, older: Rows, name: str) -> FrameRows:
        """The same numbers when the ids are the same or more were appended, otherwise found again by id."""
        before = cast("FrameRows", older)
        if self.grew_from(before) or self.frame.get_column(name).equals(before.frame.get_column(name)):
            return self._with(before.positions())
        wanted = before.column(name).to_frame()
        places = self.frame.select(name).with_row_index("at")
        return self._with(wanted.join(places, on=name, how="inner", maintain_order="left").get_column("at"))

    def compared(self, shown: Rows, name: str) -> tuple[int, bool]:
        """Compare the columns of ids."""
        ours, theirs = self.column(name), cast("FrameRows", shown).column(name)
        if ours.equals(theirs):
            return 0, False
        return ours.to_frame().join(theirs.to_frame(), on=name, how="anti").height, True


_NONE: Final = pl.Series([], dtype=pl.UInt32)


def _range(first: int, end: int) -> pl.Series:
    return pl.int_range(first, end, dtype=pl.UInt32, eager=True)


def _any_of(alternatives: Sequence[str]) -> pl.Expr:
    column = pl.col(HAYSTACK)
    if len(alternatives) == 1:
        return column.str.contains(alternatives[0], literal=True)
    return column.str.contains_any(list(alternatives))


def _faulty(traits: Traits) -> pl.Expr:
    each = [
        pl.col(fault.name).is_in(fault.values) if fault.values else pl.col(fault.name) > 0 for fault in traits.faults
    ]
    return reduce(or_, each) if each else pl.lit(value=False)


def _needed(query: RowQuery, traits: Traits) -> list[str]:
    """The columns that decide whether a row is wanted."""
    faults = [fault.name for fault in traits.faults] if query.faults else []
    return list(dict.fromkeys([*([HAYSTACK] if query.words else []), *faults])) or [traits.id_name]


def _arg_sort(frame: pl.DataFrame, query: RowQuery, traits: Traits) -> pl.Series:
    """The frame's rows sorted: absent values last either way, equal ones in their own order."""
    key = pl.col(query.sort)
    if order := traits.orders.get(query.sort):
        key = key.replace_strict(order, range(len(order)), default=None, return_dtype=pl.Int32)
    elif frame.schema[query.sort] == pl.String:
        key = key.str.to_lowercase()
    sort = pl.arg_sort_by(key, descending=query.descending, nulls_last=True, maintain_order=True)
    return frame.select(sort).to_series().cast(pl.UInt32)
