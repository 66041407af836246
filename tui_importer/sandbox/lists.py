"""Paged lists: `limit`, `order`, `after`, `before`, as the API documents them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, TypeVar

from tui_importer.sandbox.answers import Answer, invalid, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tui_importer.sandbox.objects import Stamped

    S = TypeVar("S", bound=Stamped)

DEFAULT_LIMIT = 10
MAX_LIMIT = 100
ORDERS = ("asc", "desc", "normal")

Query = dict[str, list[str]]


def one(query: Query, name: str) -> str | None:
    """A parameter's last value; an empty one counts as absent."""
    return query.get(name, [""])[-1] or None


def many(query: Query, name: str) -> list[str]:
    """A parameter's values: repeated, comma-joined, or in the older form `name[]`."""
    given = query.get(name, []) + query.get(f"{name}[]", [])
    return [part for value in given for part in value.split(",") if part]


def page(found: Iterable[S], query: Query, show: Callable[[S], Any]) -> Answer:
    """One page of `found`, which must be in ascending order of id.

    A cursor is a position, so it stays valid when its object is gone. Bad parameters are refused with 422.
    """
    limit, order = _limit(query), one(query, "order") or "desc"
    if order not in ORDERS:
        raise invalid("order", "order_invalid")
    items = list(found)
    ids = [item.id for item in items]
    descending = order == "desc"
    after, before = one(query, "after"), one(query, "before")
    low, high = 0, len(items)
    if after is not None:
        low, high = (low, bisect_left(ids, after)) if descending else (bisect_right(ids, after), high)
    elif before is not None:
        low, high = (bisect_right(ids, before), high) if descending else (low, bisect_left(ids, before))
    # `after` takes the items next to the cursor, and so does `before`: at the other end of what is left.
    take_last = descending != (before is not None and after is None)
    if take_last:
        low = max(low, high - limit)
    else:
        high = min(high, low + limit)
    chosen = items[low:high]
    more_low, more_high = low > 0, high < len(items)
    if descending:
        chosen.reverse()
        more_low, more_high = more_high, more_low
    metadata = {
        "before": chosen[0].id if chosen and more_low else None,
        "after": chosen[-1].id if chosen and more_high else None,
    }
    return json_answer(200, {"object": "list", "data": [show(item) for item in chosen], "list_metadata": metadata})


def _limit(query: Query) -> int:
    given = one(query, "limit")
    if given is None:
        return DEFAULT_LIMIT
    if not (given.isascii() and given.isdigit() and len(given) <= 4 and 1 <= int(given) <= MAX_LIMIT):
        raise invalid("limit", "limit_invalid")
    return int(given)
