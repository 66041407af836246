"""Turning the journal's records and the run's counters into what screens show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_importer.engine.job.explanations import explain_failure
from tui_importer.engine.job.retry import retryable
from tui_importer.engine.snapshot.models import (
    AttemptView,
    FailureDetail,
    FailureView,
    LogEntry,
    OrganizationTotals,
    OrganizationView,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tui_importer.engine.run.run import Run
    from tui_importer.journal.records import FailedAttempt, Failure, OrganizationRecord
    from tui_importer.source.models import ScanProgress, SourceRow


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
        counts = run.keys.counts
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
        shape=failure.shape,
        retryable=retryable(failure),
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
        retryable=retryable(failure),
    )
