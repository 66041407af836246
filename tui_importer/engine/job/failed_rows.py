"""The failed rows of an open job: tried again or skipped, while it runs as well as while it rests."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from tui_importer.engine.errors import NotNow
from tui_importer.engine.job.retry import LONGEST_REASON, RetryPlan, Selection, plan_retry, to_reopen, to_skip
from tui_importer.journal import statements
from tui_importer.text import plural, safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui_importer.engine.job.context import JobContext
    from tui_importer.journal.writer import Commit


class FailedRows:
    """Changes failures into something else: on the journal, the tally and a running import alike."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._journal = context.journal
        self._lifecycle = context.lifecycle
        self._source = context.source
        self._reopened: set[int] = set()

    @property
    def waiting(self) -> bool:
        """Whether rows became pending again that no run has taken yet."""
        return bool(self._reopened)

    def take_reopened(self) -> set[int]:
        """The rows that became pending again while the job rested, once."""
        found, self._reopened = self._reopened, set()
        return found

    def plan(self, selection: Selection) -> RetryPlan:
        """What `retry` would do now; blocks for as long as reading all failures takes (a second for 100,000).

        Raises JournalError, FrozenRowsError.
        """
        if self._source.tally is None:
            return RetryPlan(0, 0, (), 0, 0, 0)
        blocked = not self._context.moves
        return plan_retry(self._journal, selection, self._source.rows.first_rows, blocked=blocked)

    def retry(self, selection: Selection) -> int:
        """Try failed rows again and return how many: at once in a running import, else with the next `start`.

        Each goes on at the step that failed. Rows of failed organizations wait for the next run, which resolves those
        first. Blocks for a commit. Raises NotNow, JournalError.
        """
        with self._context.reviewing:
            with self._context.lock:  # a job that rests does not start meanwhile
                run = self._context.run
                if not self._context.moves:
                    rows = self._reopen(selection, blocked=True)
                    left = self._journal.begun()  # a retry that was stopped has left its rows pending
                    self._reopened.update(left)
                    return len(rows)
            found = (
                run.context.scope.reopen(partial(self._reopen, selection, blocked=False)) if run is not None else None
            )
            if found is None:
                raise NotNow("The job is at a point where no row can be tried again.", "Try it in a moment.")
            return len(found)

    def _reopen(self, selection: Selection, *, blocked: bool) -> tuple[int, ...]:
        if self._source.tally is None:
            return ()
        self._journal.flush()  # a failure that was counted is meant, too
        found = to_reopen(self._journal, selection, self._source.rows.first_rows, blocked=blocked)
        if found.rows:
            rows = plural(len(found.rows), "failed row")
            if self._lifecycle.state == "finished":
                self._lifecycle.reopen(f"{rows} to be tried again", "Go on to try them.")
            self._source.tally.rows_reopened(found.rows, found.without_user)
            commit = self._journal.submit(*statements.reopened(found.rows))
            self._failures_removed(commit, len(found.rows))
            self._lifecycle.say("info", f"Trying {rows} again")
        return found.rows

    def _failures_removed(self, commit: Commit, count: int) -> None:
        """Count them only when they are gone: a screen that hears of it reads the journal again."""
        try:
            commit.wait()
        finally:
            self._context.metrics.count("failures_gone", count)

    def skip(self, rows: Iterable[int], reason: str) -> int:
        """End failed rows as skipped, for a reason, and return how many; there is no way back.

        Blocks for a commit. Raises JournalError, FrozenRowsError when the secrets of a finished job's rows cannot be
        removed.
        """
        reason = safe(reason, LONGEST_REASON)
        with self._context.reviewing:
            tally = self._source.tally
            self._journal.flush()
            found = to_skip(self._journal, rows) if tally is not None else ()
            if tally is None or not found:
                return 0
            tally.rows_skipped(found)
            commit = self._journal.submit(*statements.skipped(found, time.time(), reason))
            self._failures_removed(commit, len(found))
            self._lifecycle.say("info", f"Skipped {plural(len(found), 'failed row')}: {reason}")
            if self._lifecycle.state == "finished":
                self._context.keep_secrets()
            return len(found)
