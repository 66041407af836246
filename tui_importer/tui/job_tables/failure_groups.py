"""Failures by cause: counted by kind, and grouped by step, kind and message shape, while they arrive.

Imports polars: loaded with the first job.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from tui_importer.engine.job.explanations import explain_failure
from tui_importer.text import by_frequency
from tui_importer.tui.job_tables import frames
from tui_importer.tui.job_tables.feeds import Parts
from tui_importer.tui.table.polars_rows import FrameRows

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

KEYS: Final = ("step", "kind", "shape")
_SEPARATOR: Final = "\x1f"


class Cause(NamedTuple):
    """Common part of the failures of one group."""

    step: str
    kind: str
    shape: str

    @property
    def id(self) -> str:
        """The group's id in its table."""
        return _SEPARATOR.join(self)


def cause_of(group: Mapping[str, object]) -> Cause:
    """The cause of a row of the groups' table."""
    return Cause(*(str(group[name]) for name in KEYS))


class FailureGroups:
    """One row a group, in the order in which the groups first appeared.

    Its values are `id`, `step`, `kind`, `shape`, `count`, `share` (0 to 1), `first_row` (None for organizations),
    `newest`, `retryable` (how many of them) and `suggestion`. Only failures that are new since the last update are
    gone through (10 ms for 100,000, a quarter of a second for a million); all of them when they were read again.
    """

    def __init__(self) -> None:
        self._seen: FrameRows | None = None
        self._counted = _counted(frames.failures_frame([]))
        self.rows = FrameRows(_shown(self._counted, 0))

    def update(self, failures: FrameRows) -> FrameRows:
        """The groups of all failures; the same object as the last time when these are the same."""
        if failures is self._seen:
            return self.rows
        seen = self._seen
        if seen is not None and failures.grew_from(seen):
            new = _counted(failures.frame.slice(seen.total))
            self._counted = pl.concat([self._counted, new]).group_by(KEYS, maintain_order=True).agg(*_TOTALS)
        else:
            self._counted = _counted(failures.frame)
        self._seen = failures
        self.rows = FrameRows(_shown(self._counted, failures.total))
        return self.rows


_TOTALS: Final = (
    pl.col("count").sum(), pl.col("first_row").min(), pl.col("newest").max(), pl.col("status").max(),
    pl.col("retryable").sum(),
)  # fmt: skip


def _counted(failures: pl.DataFrame) -> pl.DataFrame:
    return failures.group_by(KEYS, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("count"),
        pl.col("row").min().alias("first_row"),
        pl.col("time").max().alias("newest"),
        pl.col("status").max(),
        pl.col("retryable").sum().cast(pl.Int64),
    )


def _shown(counted: pl.DataFrame, total: int) -> pl.DataFrame:
    suggestions = [_suggestion(kind, status) for kind, status in counted.select("kind", "status").iter_rows()]
    return counted.with_columns(pl.col("shape").cast(pl.String)).select(
        pl.concat_str(KEYS, separator=_SEPARATOR).alias("id"),
        pl.col(KEYS),
        pl.col("count"),
        (pl.col("count") / max(1, total)).alias("share"),
        pl.col("first_row", "newest", "retryable"),
        pl.Series("suggestion", suggestions, pl.String),
    )


@cache
def _suggestion(kind: str, status: int | None) -> str:
    return explain_failure(kind, status).suggestion


class GroupFailures:
    """The failures of one group, while others arrive."""

    def __init__(self, cause: Cause) -> None:
        self.cause = cause
        self._seen: FrameRows | None = None
        self._parts = Parts(frames.failures_frame([]))
        self.rows = FrameRows(self._parts.frame)

    def update(self, failures: FrameRows) -> FrameRows:
        """Those of all failures that are in the group; the same object as the last time when none came or went."""
        if failures is self._seen:
            return self.rows
        seen, self._seen = self._seen, failures
        if seen is not None and failures.grew_from(seen):
            new = self._of(failures.frame.slice(seen.total))
            if new.height:
                self._parts.append(new)
                self.rows = self.rows.grown(self._parts.frame)
        else:
            self._parts = Parts(self._of(failures.frame))
            self.rows = FrameRows(self._parts.frame)
        return self.rows

    def _of(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(*(pl.col(name) == value for name, value in zip(KEYS, self.cause, strict=True)))


class FailureKinds:
    """(kind, count) `by_frequency`, and how many errors are of rows that can be tried again (`retryable`).

    Only rows that are new since the last update are counted; all of them when they were read again.
    """

    def __init__(self) -> None:
        self._seen: FrameRows | None = None
        self._counts: Counter[str] = Counter()
        self.by_frequency: tuple[tuple[str, int], ...] = ()
        self.retryable = 0

    def update(self, rows: FrameRows) -> tuple[tuple[str, int], ...]:
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
        self.by_frequency = tuple(by_frequency(self._counts))
        return self.by_frequency


def failures_of(failures: pl.DataFrame, causes: Collection[Cause]) -> pl.DataFrame:
    """The failures of some groups, in their order."""
    schema = {name: failures.schema[name] for name in KEYS}
    wanted = pl.DataFrame([tuple(cause) for cause in causes], schema=schema, orient="row")
    return failures.join(wanted, on=list(KEYS), how="semi", maintain_order="left")
