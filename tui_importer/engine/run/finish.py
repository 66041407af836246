"""The end of an import: rows that could not be tried get their outcome, so that every row has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.engine.errors import StepFailed
from tui_importer.engine.run.failures import record_row_failure

if TYPE_CHECKING:
    from tui_importer.engine.run.run import Run


def end_held_rows(run: Run) -> None:
    """Held rows end as failed, step organization; then rows that waited for one of them, step user."""
    run.journal.flush()
    chunks = run.tally.unfinished()
    for chunk in chunks:
        _end_chunk(run, chunk, held=True)
    run.journal.flush()
    for chunk in chunks:
        _end_chunk(run, chunk, held=False)


def _has_no_user(run: Run, first_row: int) -> bool:
    """Whether a person's first row has ended without a user; one that is pending leaves its followers pending."""
    first = run.journal.row(first_row)
    return first is not None and first.outcome is not None and first.has_no_user


def _end_chunk(run: Run, chunk: int, *, held: bool) -> None:
    first, last = run.tally.bounds(chunk)
    records = run.journal.rows(first, last)
    for row in run.store.read(first, last):
        record = records.get(row.row)
        if (record is not None and record.outcome is not None) or not run.is_meant(row.row):
            continue
        if held and run.cache.is_failed(row.organization_key):
            message = f"The organization {run.organization_label(row.organization_key)} could not be resolved."
            failure = StepFailed("organization", "organization_failed", message)
        elif not held and row.first_row is not None and _has_no_user(run, row.first_row):
            failure = run.first_row_failure(row)
        else:
            continue
        run.tally.row_ended(row.row, record_row_failure(run, row, failure, tried=False))
    run.tally.chunk_left(chunk, "deferred")
