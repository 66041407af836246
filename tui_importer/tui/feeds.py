"""From the journal's pages to the tables' rows: what grows is appended, what changes is taken anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from tui_importer.tui import frames
from tui_importer.tui.rows import FrameRows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

    from tui_importer.engine.snapshot import FailureView, JobView, LogEntry, OrganizationTotals

MOST_ROWS = 1_000_000
"""Entries kept in memory for one table; the journal has all."""

_MOST_CHUNKS = 200


class _Numbered(Protocol):
    @property
    def sequence(self) -> int: ...


NumberedT = TypeVar("NumberedT", bound=_Numbered)


class GrowingFeed(Generic[NumberedT]):
    """Pulls entries newer than the last one seen, a page a call."""

    def __init__(
        self, page: Callable[[int], Sequence[NumberedT]], to_frame: Callable[[Sequence[NumberedT]], pl.DataFrame]
    ) -> None:
        self._page, self._to_frame = page, to_frame
        self._last = -1
        self.rows = FrameRows(to_frame([]))

    def pull(self, expected: int) -> bool:
        """Take one page when there should be more than we have; begin anew when there are fewer."""
        have = self.rows.total
        if expected < have:
            self._last, self.rows = -1, FrameRows(self._to_frame([]))
        elif expected == have or have >= MOST_ROWS:
            return False
        entries = self._page(self._last)
        if not entries:
            return expected < have
        self._last = entries[-1].sequence
        self.rows = self.rows.appended(self._to_frame(entries))
        if self.rows.frame.n_chunks() > _MOST_CHUNKS:
            self.rows = FrameRows(self.rows.frame.rechunk())
        return True


def failures_feed(view: JobView) -> GrowingFeed[FailureView]:
    """The errors of a job."""
    return GrowingFeed(view.failures_after, frames.failures_frame)


def log_feed(view: JobView) -> GrowingFeed[LogEntry]:
    """The log of a job."""
    return GrowingFeed(view.log_after, frames.log_frame)


class OrganizationsFeed:
    """Takes all organizations anew when their totals changed; large lists less often."""

    _LARGE = 5_000
    _SKIP = 8

    def __init__(self, view: JobView) -> None:
        self._view = view
        self._seen: object = None
        self._skipped = 0
        self.rows = FrameRows(frames.organizations_frame([]))

    def pull(self, totals: OrganizationTotals, *, settled: bool) -> bool:
        """Read again when `totals` (or whether they are final) differ from the last time."""
        if (totals, settled) == self._seen:
            return False
        if not settled and len(self.rows) > self._LARGE and self._skipped < self._SKIP:
            self._skipped += 1
            return False
        self._skipped = 0
        self._seen = (totals, settled)
        self.rows = FrameRows(frames.organizations_frame(self._view.organizations()))
        return True
