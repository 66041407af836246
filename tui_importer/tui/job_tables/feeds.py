"""Feeds from the journal's pages to the tables' rows: what grows is appended, what changes is read again.

A little is read at once, on the screen's own beat. Whatever takes longer is read by `read`, in a thread: a feed that
is `behind` wants that.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import polars as pl

from tui_importer.tui.job_tables import frames
from tui_importer.tui.table.polars_rows import FrameRows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui_importer.engine.job.view import JobView
    from tui_importer.engine.snapshot.models import FailureView, LogEntry, OrganizationTotals

MOST_ROWS: Final = 1_000_000
"""Entries kept in memory for one table; the journal has all."""

AT_ONCE: Final = 1_000
"""Entries read on the screen's own beat (some 10 ms), and in a page: polars makes the frame of so many in 4 ms, during
which nothing else of the process runs."""

_PAGES: Final = 40
"""Pages read before the table shows them."""

_MERGED: Final = 1 << 17
"""Rows of a frame's part beyond which it is not merged with a later one."""

_REST: Final = 10.0
"""How many times longer than a reading took the next one is put off."""


class Feed(Protocol):
    """Rows for a table; `behind` is whether `read` has something to do, in a thread."""

    rows: FrameRows
    behind: bool

    def read(self) -> bool:
        """Read some of what is missing; return whether the rows are others now."""


class _Numbered(Protocol):
    @property
    def sequence(self) -> int: ...


NumberedT = TypeVar("NumberedT", bound=_Numbered)


class Parts:
    """A growing frame in few parts: parts of about the same size become one, so that no row is copied often."""

    def __init__(self, empty: pl.DataFrame) -> None:
        self._parts = [empty]

    def append(self, more: pl.DataFrame) -> None:
        """Put rows below."""
        parts = self._parts
        parts.append(more)
        while len(parts) > 1 and parts[-2].height < 2 * parts[-1].height and parts[-2].height < _MERGED:
            last = parts.pop()
            parts[-1] = pl.concat([parts[-1], last], rechunk=True)

    @property
    def frame(self) -> pl.DataFrame:
        """All rows; nothing is copied."""
        return pl.concat(self._parts, rechunk=False)


class GrowingFeed(Generic[NumberedT]):
    """Feed of entries newer than the last one seen; it starts over when some are gone, or fewer than it has."""

    def __init__(
        self, page: Callable[[int, int], Sequence[NumberedT]], to_frame: Callable[[Sequence[NumberedT]], pl.DataFrame]
    ) -> None:
        self._page, self._to_frame = page, to_frame
        self._empty = to_frame([])
        self._last, self._parts, self._held = -1, Parts(self._empty), 0
        self.rows = FrameRows(self._empty)
        self.behind = False
        self._anew = False
        self._gone = 0

    def pull(self, expected: int, gone: int = 0) -> bool:
        """Have as many entries as expected: at once when few are missing, else `behind` says that `read` is needed.

        `gone` is another number than before when entries that are here may not be there any more. Returns whether the
        rows are others now.
        """
        have = self.rows.total
        if self.behind:
            return False
        if gone == self._gone and (expected == have or expected > have >= MOST_ROWS):
            return False
        self._anew = have > 0 and (gone != self._gone or expected < have)
        self._gone = gone
        if (expected if self._anew else expected - have) > AT_ONCE:
            self.behind = True
            return False
        return self._read(1)

    def read(self) -> bool:
        """Read some pages; entries read again replace the old ones only when all are there."""
        return self._read(_PAGES)

    def _read(self, pages: int) -> bool:
        if self._anew:
            return self._read_anew()
        before = self._held
        for _ in range(pages):
            if not self._take_page():
                self.behind = False
                break
        if self._held == before:
            return False
        self.rows = self.rows.grown(self._parts.frame)
        return True

    def _take_page(self) -> bool:
        entries = self._page(self._last, AT_ONCE) if self._held < MOST_ROWS else ()
        if not entries:
            return False
        self._last = entries[-1].sequence
        self._held += len(entries)
        self._parts.append(self._to_frame(entries))
        return True

    def _read_anew(self) -> bool:
        other = GrowingFeed(self._page, self._to_frame)
        while other._read(_PAGES):
            pass
        self._last, self._parts, self._held, self.rows = other._last, other._parts, other._held, other.rows
        self._anew = self.behind = False
        return True


def failures_feed(view: JobView) -> GrowingFeed[FailureView]:
    """The errors of a job."""
    return GrowingFeed(view.failures_after, frames.failures_frame)


def log_feed(view: JobView) -> GrowingFeed[LogEntry]:
    """The log of a job."""
    return GrowingFeed(view.log_after, frames.log_frame)


class OrganizationsFeed:
    """Feed of all organizations, read again when their totals changed: many of them in a thread, and less often."""

    def __init__(self, view: JobView, clock: Callable[[], float] = time.monotonic) -> None:
        self._view, self._clock = view, clock
        self._seen: object = None
        self._not_before = 0.0
        self.rows = FrameRows(frames.organizations_frame([]))
        self.behind = False

    def pull(self, totals: OrganizationTotals, *, settled: bool) -> bool:
        """Read again when `totals` (or whether they are final) differ from the last time.

        Returns whether the rows are others now; `behind` says that `read` is needed.
        """
        if self.behind or (totals, settled) == self._seen:
            return False
        if totals.total <= AT_ONCE:
            self._seen = (totals, settled)
            return self.read()
        if settled or self._clock() >= self._not_before:
            self._seen = (totals, settled)
            self.behind = True
        return False

    def read(self) -> bool:
        """Read all of them."""
        begun = self._clock()
        self.rows = FrameRows(frames.organizations_frame(self._view.organizations()))
        self._not_before = self._clock() + _REST * (self._clock() - begun)
        self.behind = False
        return True
