"""How many errors there are of each kind, counted while they arrive."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui_importer.tui.table.polars_rows import FrameRows


class FailureKinds:
    """(kind, count) `by_frequency`, and how many errors are of rows that can be tried again (`retryable`).

    Looks only at the rows that are new since the last time; at all of them when they were read anew.
    """

    def __init__(self) -> None:
        self._seen: FrameRows | None = None
        self._counts: Counter[str] = Counter()
        self.by_frequency: tuple[tuple[str, int], ...] = ()
        self.retryable = 0

    def look(self, rows: FrameRows) -> tuple[tuple[str, int], ...]:
        """(kind, count) of the errors in `rows`, the most frequent first, then by name."""
        if rows is self._seen:
            return self.by_frequency
        start = self._seen.total if self._seen is not None and rows.grew_from(self._seen) else 0
        if not start:
            self._counts.clear()
            self.retryable = 0
        self._counts.update(rows.frame.get_column("kind").slice(start).to_list())
        self.retryable += int(rows.frame.get_column("retryable").slice(start).sum())
        self._seen = rows
        self.by_frequency = tuple(sorted(self._counts.items(), key=lambda item: (-item[1], item[0])))
        return self.by_frequency
