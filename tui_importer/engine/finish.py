"""The end of an import: rows that could not be tried get their outcome, so that every row has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.engine.errors import StepFailed
from tui_importer.engine.failures import record_row_failure

if TYPE_CHECKING:
    from tui_importer.engine.run import Run


def end_held_rows(run: Run) -> None:
    """Held rows end as failed, step organization; then rows that waited for one of them, step user."""
    run.journal.flush()
    chunks = run.tally.unfinished()
    for chunk in chunks:
        _end_chunk(run, chunk, held=True)
    run.journal.flush()
    for chunk in chunks:
        _end_chunk(run, chunk, held=False)


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
        elif not held and row.first_row is not None:
            failure = run.first_row_failure(row)
        else:
            continue
        run.tally.row_ended(row.row, record_row_failure(run, row, failure, tried=False))
    run.tally.chunk_left(chunk, "deferred")
