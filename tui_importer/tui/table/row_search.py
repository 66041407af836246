"""Search the rows of a query: at once when that is quick, else in a thread, while the rows shown stay as they are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.widget import Widget

    from tui_importer.tui.table.model import TableModel
    from tui_importer.tui.table.query import RowQuery
    from tui_importer.tui.table.rows import Rows


class RowSearch:
    """Search over the rows of `model`, one query at a time; a new one ends the one before.

    Its threads belong to `widget`. `put` takes what was found and returns whether that was still of use; `compared` is
    called when it is known again how what is shown differs from what should be.
    """

    def __init__(
        self, widget: Widget, model: TableModel, *, put: Callable[[RowQuery, Rows], bool], compared: Callable[[], None]
    ) -> None:
        self._widget, self._model, self._put, self._compared = widget, model, put, compared
        self.is_running = False

    def start(self, query: RowQuery) -> None:
        """Search for the rows of a query."""
        self._widget.workers.cancel_group(self._widget, "find")
        self.is_running = not query.is_plain and self._model.is_large
        if self.is_running:
            self._widget.run_worker(self._search(query), group="find", exclusive=True)
        else:
            self._put(query, self._model.find(query))

    async def _search(self, query: RowQuery) -> None:
        while not self._put(query, await asyncio.to_thread(self._model.find, query)):
            pass
        self.is_running = False

    def compare(self) -> None:
        """Compare what is shown with what should be, in a thread."""
        self._widget.run_worker(self._compare(), group="compare", exclusive=True)

    async def _compare(self) -> None:
        target = await asyncio.to_thread(self._model.find, self._model.query)
        if self._model.to_compare:
            self._model.compare(target)
            self._compared()
