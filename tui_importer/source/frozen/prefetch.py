"""Generators that are run by other threads than the one that made them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """Yield `items`, with the next one already being made in a thread; at most one waits.

    An exception of `items` is raised where its item would have come. Closing waits for the item under way.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="scan") as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


class Exclusive(Generic[T]):
    """An iterator over a generator that can be closed while another thread may be in it: closing then waits.

    A query that polars gives up does not wait for the source it reads from.
    """

    def __init__(self, items: Generator[T, None, None]) -> None:
        self._items = items
        self._lock = threading.Lock()

    def __iter__(self) -> Exclusive[T]:
        return self

    def __next__(self) -> T:
        with self._lock:
            return next(self._items)

    def close(self) -> None:
        """Close the generator."""
        with self._lock:
            self._items.close()
