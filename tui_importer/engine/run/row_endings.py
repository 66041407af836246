"""What ends a row: its outcome in the journal, the counters, the limit of failures and the service's health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.engine.halt import Halt
from tui_importer.engine.run.failures import row_failure
from tui_importer.engine.run.row_importer import RowResult
from tui_importer.engine.service.stop import Breaker
from tui_importer.journal import statements
from tui_importer.journal.records import Flag, How, Outcome
from tui_importer.text import safe

if TYPE_CHECKING:
    from tui_importer.engine.errors import StepFailed
    from tui_importer.engine.run.context import RunContext
    from tui_importer.engine.run.organization_keys import OrganizationKeys
    from tui_importer.source.models import SourceRow


class RowEndings:
    """Ends rows, of all workers; each row of the source ends here and nowhere else."""

    def __init__(self, context: RunContext, keys: OrganizationKeys) -> None:
        self._context = context
        self._keys = keys
        self._breaker = Breaker(context.options.max_failed)

    def done(self, row: SourceRow, result: RowResult) -> None:
        """End a row whose steps are done."""
        self._end(row, result, tried=True)

    def failed(self, row: SourceRow, failure: StepFailed, *, tried: bool, unforeseen: str = "") -> None:
        """End a row as failed; `tried` when something was sent for it, `unforeseen` names an error of ours."""
        context = self._context
        attempts = context.metrics.failed_attempts() if tried else ()
        entries = row_failure(row, self._keys.label(row.organization_key), failure, attempts)
        if failure.step == "user" and row.first_row is None:
            entries.append(statements.user_failed(row.row, How.FAILED))
            context.tally.user_ended(How.FAILED, Flag.NONE)
        ended = statements.row_ended(row.row, Outcome.FAILED, None, None, Flag.NONE)
        self._end(row, RowResult(Outcome.FAILED, statements=(ended, *entries)), tried=tried, unforeseen=unforeseen)

    def _end(self, row: SourceRow, result: RowResult, *, tried: bool, unforeseen: str = "") -> None:
        context = self._context
        context.journal.submit(*result.statements)
        if result.outcome is Outcome.FAILED:
            context.metrics.count("failures")
        context.tally.row_ended(row.row, result)
        if result.uncertain:
            context.uncertain(f"Row {row.row:,}")
        if not tried:  # it says nothing about the service
            return
        context.unforeseen.ended(unforeseen)
        context.health.succeeded()
        share = self._breaker.record(failed=result.outcome is Outcome.FAILED)
        if share is not None:
            self._halt(share)

    def _halt(self, share: float) -> None:
        """Stop the run: too many of the last rows failed, `share` in percent."""
        journal = self._context.journal
        journal.flush()
        most = journal.most_frequent_failure()
        which = f", most often {safe(most[0], 60)} ({safe(most[1], 160)})" if most else ""
        self._context.control.drain(
            Halt(
                "limit",
                f"too many failures: {share:.0f} % of the last rows{which}",
                "Look at the errors, correct the cause, then resume.",
            )
        )
