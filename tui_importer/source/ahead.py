"""Working one step ahead of a consumer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

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
