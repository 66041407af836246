"""The end of an import: rows that could not be tried get their outcome, so that every row has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.engine.errors import StepFailed
from tui_importer.engine.run.failures import first_row_failure

if TYPE_CHECKING:
    from tui_importer.engine.run.context import RunContext
    from tui_importer.engine.run.organization_keys import OrganizationKeys
    from tui_importer.engine.run.row_endings import RowEndings
    from tui_importer.source.models import SourceRow


def end_blocked_rows(context: RunContext, keys: OrganizationKeys, endings: RowEndings) -> bool:
    """End blocked rows as failed, step organization; then rows that waited for one of them, step user.

    Returns whether there were any while others are still pending, which may have waited for them and can be tried.
    """
    context.journal.flush()
    chunks = context.tally.unfinished()
    ended = False
    for chunk in chunks:
        for row in _pending(context, chunk):
            if keys.cache.is_failed(row.organization_key):
                message = f"The organization {keys.label(row.organization_key)} could not be resolved."
                endings.failed(row, StepFailed("organization", "organization_failed", message), tried=False)
                ended = True
        context.tally.chunk_left(chunk, "deferred")
    context.journal.flush()
    for chunk in chunks:
        for row in _pending(context, chunk):
            if row.first_row is not None and _has_no_user(context, row.first_row):
                endings.failed(row, first_row_failure(row), tried=False)
                ended = True
        context.tally.chunk_left(chunk, "deferred")
    context.journal.flush()
    return ended and any(_pending(context, chunk) for chunk in context.tally.unfinished())


def _has_no_user(context: RunContext, first_row: int) -> bool:
    """Whether a person's first row has ended without a user; one that is pending leaves its followers pending."""
    first = context.journal.row(first_row)
    return first is not None and first.outcome is not None and first.has_no_user


def _pending(context: RunContext, chunk: int) -> list[SourceRow]:
    first, last = context.tally.bounds(chunk)
    records = context.journal.rows(first, last)
    return [
        row
        for row in context.store.read(first, last)
        if ((record := records.get(row.row)) is None or record.outcome is None) and context.scope.includes(row.row)
    ]
