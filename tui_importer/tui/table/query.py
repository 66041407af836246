"""Queries over the rows of a table: which of them, in which order. Filters are literal words, never patterns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from _typeshed import SupportsRichComparison

Alternatives = tuple[str, ...]
"""Lower-case texts of which one must be found."""

SEPARATOR = "\n"
"""Between the values of a haystack: words hold no white space, so none is found across two values."""

_DIGITS_AND_COMMAS = frozenset("0123456789,")


@dataclass(frozen=True, slots=True)
class Fault:
    """A row is faulty when the value `name` is one of `values`; without them, when it is a number above zero."""

    name: str
    values: tuple[str, ...] = ()

    def is_in(self, value: object) -> bool:
        """Whether a row with this value has the fault."""
        return value in self.values if self.values else isinstance(value, (int, float)) and value > 0


@dataclass(frozen=True, slots=True)
class Traits:
    """Traits of a table's rows: their id, the values a filter searches, words with an order, faults."""

    id_name: str
    searched: tuple[str, ...] = ()
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class RowQuery:
    """A filter, faults only or all, and the value sorted by (empty: the rows' own order, which also breaks ties)."""

    text: str = ""
    faults: bool = False
    sort: str = ""
    descending: bool = False

    @property
    def narrows(self) -> bool:
        """Whether some rows may not be shown."""
        return self.faults or bool(self.text.split())

    @property
    def is_plain(self) -> bool:
        """Whether all rows are shown in their own order."""
        return not self.sort and not self.narrows

    @property
    def words(self) -> tuple[Alternatives, ...]:
        """What must be found in a row: each word, in lower case. Numbers are found with and without commas."""
        return tuple(_alternatives(word) for word in self.text.lower().split())

    def within(self, wider: RowQuery) -> bool:
        """Whether every row of this query is one of the `wider` query, whatever the rows are."""
        words = self.text.lower().split()
        grown = all(any(old in new for new in words) for old in wider.text.lower().split())
        return grown and (self.faults or not wider.faults)

    def sorted_by(self, name: str, *, descending: bool = False) -> RowQuery:
        """The same rows in another order."""
        return replace(self, sort=name, descending=descending and bool(name))


def _alternatives(word: str) -> Alternatives:
    if "," in word and _DIGITS_AND_COMMAS.issuperset(word) and (digits := word.replace(",", "")):
        return (word, digits)
    return (word,)


def haystack(values: Sequence[object]) -> str:
    """What a filter searches of one row."""
    return SEPARATOR.join(str(value).lower() for value in values if value is not None)


def matches(text: str, words: Sequence[Alternatives]) -> bool:
    """Whether every word is in a haystack."""
    return all(any(word in text for word in alternatives) for alternatives in words)


def sort_key(value: object, order: Sequence[str] = ()) -> SupportsRichComparison | None:
    """A key by which values of one kind sort: words with an order by it, texts regardless of case.

    None for what sorts last either way: nothing, and a word that the order does not know.
    """
    if order:
        return order.index(value) if isinstance(value, str) and value in order else None
    return value.lower() if isinstance(value, str) else cast("SupportsRichComparison", value)
