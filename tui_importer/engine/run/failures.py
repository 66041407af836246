"""Recording why a row or an organization failed, with the requests that failed on the way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tui_importer.engine.run.message_shapes import shape_of
from tui_importer.engine.run.row_importer import RowResult
from tui_importer.journal import statements
from tui_importer.journal.records import FailedAttempt, Failure, Flag, How, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui_importer.engine.errors import StepFailed
    from tui_importer.engine.run.run import Run
    from tui_importer.journal.records import OrganizationRecord
    from tui_importer.journal.writer import Commit
    from tui_importer.source.models import SourceRow
    from tui_importer.workos.errors import Attempt


def record_row_failure(run: Run, row: SourceRow, failure: StepFailed, *, tried: bool) -> RowResult:
    """Write the row's outcome, its failure and its failed requests in one commit; return the result to count."""
    user = How.FAILED if failure.step == "user" and row.first_row is None else None
    entries = [
        statements.row_ended(row.row, Outcome.FAILED, None, None, Flag.NONE),
        *statements.failed(
            Failure(
                row=row.row,
                organization_key=None,
                time=time.time(),
                line=row.line,
                email=row.email,
                organization=run.organization_label(row.organization_key),
                step=failure.step,
                kind=failure.kind,
                status=failure.status,
                message=failure.message,
                request_id=failure.request_id,
                shape=shape_of(failure.message),
            )
        ),
    ]
    if user is not None:
        entries.append(statements.user_failed(row.row, user))
        run.tally.user_ended(user, Flag.NONE)
    if tried:
        entries += statements.attempted(row.row, None, failed_attempts(run.metrics.failed_attempts()))
    run.journal.submit(*entries)
    run.failure_recorded()
    return RowResult(Outcome.FAILED)


def record_organization_failure(
    run: Run, organization: OrganizationRecord, failure: StepFailed, seconds: float
) -> Commit:
    """Write a failed organization key; its rows are held."""
    commit = run.journal.submit(
        statements.organization_failed(organization.key, failure.message, seconds),
        *statements.failed(
            Failure(
                row=None,
                organization_key=organization.key,
                time=time.time(),
                line=None,
                email="",
                organization=organization.name or organization.value,
                step="organization",
                kind=failure.kind,
                status=failure.status,
                message=failure.message,
                request_id=failure.request_id,
                shape=shape_of(failure.message),
            )
        ),
        *statements.attempted(None, organization.key, failed_attempts(run.metrics.failed_attempts())),
    )
    run.failure_recorded()
    return commit


def failed_attempts(attempts: Iterable[Attempt]) -> list[FailedAttempt]:
    """The journal's form of the client's attempts."""
    return [
        FailedAttempt(
            time=attempt.started.timestamp(),
            method=attempt.method,
            path=attempt.path,
            status=attempt.status,
            code=attempt.code,
            error=attempt.error,
            request_id=attempt.request_id,
            milliseconds=1_000 * attempt.seconds,
            request_body=attempt.request_body,
            response_body=attempt.response_body,
        )
        for attempt in attempts
    ]
