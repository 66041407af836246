"""One run of a job, from start or resume to its pause or end: its phases in order."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

from tui_importer.engine.errors import GaveUp, Interrupted, SetAside
from tui_importer.engine.halt import Halt
from tui_importer.engine.run.blocked_rows import end_blocked_rows
from tui_importer.engine.run.deleted_objects import DeletedObjects
from tui_importer.engine.run.organization_keys import OrganizationKeys
from tui_importer.engine.run.prewarm import prewarm
from tui_importer.engine.run.row_endings import RowEndings
from tui_importer.engine.run.staffing import Staffing
from tui_importer.engine.run.workers import ChunkQueue, Worker
from tui_importer.text import plural
from tui_importer.workos.errors import NotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.run.context import RunContext
    from tui_importer.journal.records import OrganizationRecord


class Run:
    """The phases of one run, on the coordinator's thread; what its threads share is in `context`.

    With `recheck` the organizations that are still needed are looked for before anything is written. If rows are
    pending at the end, the run halts for `afterwards`, if that is given.
    """

    def __init__(
        self,
        context: RunContext,
        organizations: Sequence[OrganizationRecord],
        *,
        recheck: bool = False,
        afterwards: Halt | None = None,
    ) -> None:
        self.context = context
        self.keys = OrganizationKeys(context, organizations)
        self.endings = RowEndings(context, self.keys)
        self.deleted = DeletedObjects(context, self.keys)
        self.staffing = Staffing(context)
        self._recheck = recheck
        self._afterwards = afterwards

    @property
    def halt(self) -> Halt | None:
        """Why the run stops, None while it goes on."""
        return self.context.control.halt

    def prewarm(self) -> None:
        """Resolve all organization keys; afterwards the cache is complete, or the run is halted."""
        context, metrics, counts = self.context, self.context.metrics, self.keys.counts
        self._learn_server_time()
        context.health.threshold = max(6, 2 * context.options.prewarm_concurrency)
        requests, writes = metrics.value("requests"), metrics.value("writes")
        if self._recheck:
            self.deleted.check_organizations()
        if self.halt is None:
            prewarm(context, self.keys, self.keys.wanted())
        requests = metrics.value("requests") - requests
        metrics.count("prewarm_requests", requests)
        metrics.count("prewarm_writes", metrics.value("writes") - writes)
        context.say(
            "info",
            f"Organizations: {counts.resolved:,} of {counts.total:,} resolved, {counts.created:,} created, "
            f"{counts.failed:,} failed, {plural(requests, 'request')}",
        )
        context.journal.flush()

    def _learn_server_time(self) -> None:
        """See one answer before the first intent: until then a resumed run would not know the server's clock."""
        context = self.context
        client = context.client()
        try:
            with closing(client), suppress(Interrupted):
                while context.connection.server_clock.now() is None:
                    try:
                        context.calls.read(lambda: client.list_organizations(limit=1), context.health.tries())
                    except (SetAside, GaveUp):
                        continue  # nothing else could go first
                    except (NotFound, Refused):
                        pass  # it was answered
                    context.health.succeeded()
                    return  # a server without a clock is not asked again
        finally:
            context.health.leave()

    def import_rows(self) -> None:
        """Run the workers until every row that can be tried has its outcome, or the run is halted."""
        context = self.context
        if same := self.keys.cache.same():
            context.store.unite(same)  # or two rows might make, and count, one membership at the same time
        self._import_rounds()
        if self.halt is None and context.scope.is_canary:
            context.control.drain(self._canary_halt())
        while self.halt is None and end_blocked_rows(context, self.keys, self.endings):
            self._import_rounds()  # other rows may have waited for those that were blocked
        if self.halt is None and self._afterwards is not None and context.tally.unfinished():
            context.control.drain(self._afterwards)
        context.journal.flush()

    def _import_rounds(self) -> None:
        self._import_round()
        while self.context.scope.begin_round(halted=self.halt is not None):
            self._import_round()

    def _import_round(self) -> None:
        scope, tally = self.context.scope, self.context.tally
        queue = ChunkQueue([chunk for chunk in tally.unfinished() if tally.bounds(chunk)[0] <= scope.last_row])
        pool = self.staffing.fill(lambda number: self.worker(number, queue))
        while pool.alive():
            pool.join(0.2)

    def worker(self, number: int, queue: ChunkQueue) -> Worker:
        """A worker of this run, not yet started."""
        return Worker(number, queue, context=self.context, keys=self.keys, endings=self.endings, deleted=self.deleted)

    def _canary_halt(self) -> Halt:
        context = self.context
        totals, last = context.tally.counts(0).totals, context.scope.last_row
        return Halt(
            "canary",
            f"the first {plural(last, 'row is', 'rows are')} done: {totals.created:,} created, "
            f"{totals.existing:,} existing, {totals.failed:,} failed",
            f"Look at them, in WorkOS too; resume to go on with the other {context.scope.rows - last:,}.",
        )
