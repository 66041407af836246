"""Turning the journal's records and the run's counters into what screens show."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_importer.engine.explanations import explain_failure
from tui_importer.engine.snapshot import (
    AttemptView,
    Eta,
    FailureDetail,
    FailureView,
    LogEntry,
    OrganizationTotals,
    OrganizationView,
    Snapshot,
    Totals,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tui_importer.engine.run import Run
    from tui_importer.journal.records import FailedAttempt, Failure, OrganizationRecord
    from tui_importer.source.models import ScanProgress, SourceRow

WINDOW = 60.0
"""Seconds over which the rows' rate is taken."""
ENOUGH = 4.0
"""Seconds of work before an estimate is worth showing."""


def moment(seconds: float) -> datetime:
    """A time of the journal."""
    return datetime.fromtimestamp(seconds, UTC)


def scanned_share(progress: ScanProgress | None, *, done: bool) -> float:
    """How much of the source is read, 0 to 1."""
    if done:
        return 1.0
    if progress is None or not progress.bytes_total:
        return 0.0
    return min(1.0, progress.bytes_read / progress.bytes_total)


def scanned_rows(progress: ScanProgress | None, rows: int | None) -> int:
    """Rows read so far."""
    return rows if rows is not None else (progress.rows if progress is not None else 0)


def organization_totals(run: Run | None, records: Sequence[OrganizationRecord]) -> OrganizationTotals:
    """Live counters of a run, else what the journal has."""
    if run is not None:
        counts = run.organizations
        return OrganizationTotals(counts.total, counts.resolved, counts.created, counts.failed)
    created = sum(record.state == "created" for record in records)
    existing = sum(record.state == "existing" for record in records)
    failed = sum(record.state == "failed" for record in records)
    return OrganizationTotals(len(records), created + existing, created, failed)


def organization_view(record: OrganizationRecord, active: Iterable[str]) -> OrganizationView:
    """One line of the organizations table."""
    how = "resolving" if record.key in active else record.state
    return OrganizationView(
        key=record.value,
        name=record.name or "",
        workos_id=record.workos_id or "",
        how=how,
        rows=record.rows,
        seconds=record.seconds,
        message=record.message,
    )


def failure_view(failure: Failure) -> FailureView:
    """One line of the errors table."""
    return FailureView(
        sequence=failure.sequence,
        time=moment(failure.time),
        row=failure.row,
        line=failure.line,
        email=failure.email,
        organization=failure.organization,
        step=failure.step,
        kind=failure.kind,
        status=failure.status,
        message=failure.message,
        request_id=failure.request_id,
    )


def log_entry(entry: tuple[int, float, str, str]) -> LogEntry:
    """One line of the log."""
    sequence, seconds, level, message = entry
    return LogEntry(sequence, moment(seconds), level, message)  # type: ignore[arg-type]


def failure_detail(failure: Failure, row: SourceRow | None, attempts: Sequence[FailedAttempt]) -> FailureDetail:
    """A failure with its row, its failed requests, and what they mean."""
    explanation = explain_failure(failure.kind, failure.status)
    return FailureDetail(
        failure=failure_view(failure),
        cells=tuple((header, value or "") for header, value in row.cells.items()) if row is not None else (),
        attempts=tuple(
            AttemptView(
                time=moment(attempt.time),
                method=attempt.method,
                path=attempt.path,
                status=attempt.status,
                code=attempt.code,
                message=attempt.error,
                request_id=attempt.request_id,
                milliseconds=attempt.milliseconds,
                request_body=attempt.request_body,
                response_body=attempt.response_body,
            )
            for attempt in attempts
        ),
        meaning=explanation.meaning,
        advice=explanation.advice,
        retryable=failure.step != "row",
    )


class Rates:
    """Rows per second over the last minute, from (time, rows done) points that each look adds to."""

    def __init__(self) -> None:
        self._points: list[tuple[float, int]] = []

    def eta(self, snapshot: Snapshot, totals: Totals) -> Eta | None:
        """Seconds still needed, as a range between the last seconds' rate and the window's; None when unknown yet."""
        now = time.monotonic()
        points = self._points
        points.append((now, totals.done))
        while len(points) > 2 and points[0][0] < now - WINDOW:
            points.pop(0)
        left = totals.pending - totals.held
        span = now - points[0][0]
        if span < ENOUGH or left <= 0:
            return None
        recent = next(point for point in points if point[0] >= now - 10)
        rates = [(totals.done - done) / (now - since) for since, done in (points[0], recent) if now - since >= ENOUGH]
        fastest, slowest = max(rates), min(rates)
        if slowest <= 0:
            return None
        return Eta(0.97 * left / fastest, 1.03 * left / slowest, _bound(snapshot))


def _bound(snapshot: Snapshot) -> str:
    """What limits the speed now."""
    requests = snapshot.requests
    if snapshot.backing_off:
        return f"backing off {snapshot.backing_off}"
    if requests.permitted is not None and requests.write_rate >= 0.88 * requests.permitted:
        return f"write limit {requests.permitted:.0f}/s"
    working = sum(worker.state not in {"idle", "stopped"} for worker in snapshot.workers)
    return f"latency, {working} workers"
