"""Why a row or an organization failed, as the journal keeps it, with the requests that failed on the way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tui_importer.engine.errors import StepFailed
from tui_importer.engine.run.message_shapes import shape_of
from tui_importer.journal import statements
from tui_importer.journal.records import FailedAttempt, Failure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui_importer.journal.records import OrganizationRecord
    from tui_importer.journal.writer import Statement
    from tui_importer.source.models import SourceRow
    from tui_importer.workos.errors import Attempt


def first_row_failure(row: SourceRow) -> StepFailed:
    """The failure of a row whose person's first row has no user."""
    message = f"Row {row.first_row:,} brings this person first and its user step failed: correct that row."
    return StepFailed("user", "first_row_failed", message)


def row_failure(row: SourceRow, organization: str, failure: StepFailed, attempts: Iterable[Attempt]) -> list[Statement]:
    """What the journal keeps of a failed row; `organization` is its label, `attempts` its requests that failed."""
    kept = _failure(failure, organization, row=row.row, line=row.line, email=row.email)
    return [*statements.failed(kept), *statements.attempted(row.row, None, failed_attempts(attempts))]


def organization_failure(
    organization: OrganizationRecord, failure: StepFailed, attempts: Iterable[Attempt], seconds: float
) -> list[Statement]:
    """What the journal keeps of a key that failed after `seconds`."""
    kept = _failure(failure, organization.name or organization.value, key=organization.key)
    return [
        statements.organization_failed(organization.key, failure.message, seconds),
        *statements.failed(kept),
        *statements.attempted(None, organization.key, failed_attempts(attempts)),
    ]


def _failure(
    failure: StepFailed,
    organization: str,
    *,
    row: int | None = None,
    key: str | None = None,
    line: int | None = None,
    email: str = "",
) -> Failure:
    return Failure(
        row=row,
        organization_key=key,
        time=time.time(),
        line=line,
        email=email,
        organization=organization,
        step=failure.step,
        kind=failure.kind,
        status=failure.status,
        message=failure.message,
        request_id=failure.request_id,
        shape=shape_of(failure.message),
    )


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
