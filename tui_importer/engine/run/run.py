"""One run of a job, from start or resume to its pause or end: what its threads share, and its phases in order."""

from __future__ import annotations

import math
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from tui_importer.engine.errors import GaveUp, Interrupted, SetAside, StepFailed
from tui_importer.engine.halt import Halt
from tui_importer.engine.run.deleted_objects import DeletedObjects
from tui_importer.engine.run.finish import end_held_rows
from tui_importer.engine.run.organizations import OrganizationCache, OrganizationResolver
from tui_importer.engine.run.prewarm import OrganizationCounts, prewarm
from tui_importer.engine.run.rate_limit_waits import RateLimitWaits
from tui_importer.engine.run.step_context import Tools
from tui_importer.engine.run.unforeseen_errors import UnforeseenErrors
from tui_importer.engine.run.workers import ChunkQueue, WorkerPool
from tui_importer.engine.service.api_calls import Calls
from tui_importer.engine.service.health import Health
from tui_importer.engine.service.stop import Breaker, Control, unexpected
from tui_importer.engine.service.timeouts import Patience
from tui_importer.journal import statements
from tui_importer.journal.records import UNKNOWN_TIME
from tui_importer.text import plural, safe
from tui_importer.workos.errors import NotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui_importer.engine.live_options import LiveOptions
    from tui_importer.engine.options import FrozenOptions, RunOptions
    from tui_importer.engine.run.organizations import Resolved
    from tui_importer.engine.run.tally import Tally
    from tui_importer.engine.run.unforeseen_errors import CrashFile
    from tui_importer.engine.service.health import Tries
    from tui_importer.engine.service.metrics import Metrics
    from tui_importer.engine.snapshot.models import Level
    from tui_importer.journal.journal import Journal
    from tui_importer.journal.records import OrganizationRecord
    from tui_importer.journal.writer import Commit
    from tui_importer.source.models import RowStore, SourceRow
    from tui_importer.workos.client import WorkosClient
    from tui_importer.workos.connection import Connection

FEWEST_WORKERS = 4
MOST_WORKERS = 32
UNLIMITED_WORKERS = 16
SMALL_CHANGE = 2
"""Workers that the automatic number must be off before it is followed; less is not worth a thread."""
FOLLOW_EVERY = 2.0
"""Seconds between looks at the latency."""
KEPT_TO = 500
"""Milliseconds by which the server's clocks may move before the journal hears of it."""
NEVER = 10**15
MOST_UNCERTAIN_LOGGED = 20
"""Rows and organizations of one job that the log names as uncertain; the summary counts all of them."""
EXPECTED_LATENCY = 0.2
"""Seconds a request takes until it is measured (observed on the live API, reference section 7.1)."""


class Run:
    """Shared by the coordinator, the pre-warm pool and the workers of one run. `prewarming` False is for tests only.

    With `only` no other rows are tried, and if others are pending then, the run halts for `afterwards`.
    With `recheck` the organizations that are still needed are looked for before anything is written.
    With `canary` only the first so many rows of the source are tried; then the run halts for the operator to look.
    `crash_file` writes unforeseen errors down.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        connection: Connection,
        store: RowStore,
        tally: Tally,
        metrics: Metrics,
        frozen: FrozenOptions,
        live: LiveOptions,
        patience: Patience,
        organizations: list[OrganizationRecord],
        say: Callable[[Level, str], None],
        prewarming: bool = True,
        canary: int | None = None,
        recheck: bool = False,
        only: set[int] | None = None,
        afterwards: Halt | None = None,
        crash_file: CrashFile | None = None,
    ) -> None:
        self.journal = journal
        self.connection = connection
        self.store = store
        self.tally = tally
        self.metrics = metrics
        self.frozen = frozen
        self._live = live
        self.patience = patience
        self.say = say
        self.control = Control()
        self.health = Health(self.control, patience, 60 * self.options.give_up_after)
        self.unforeseen = UnforeseenErrors(self.control, crash_file)
        self.calls = Calls(self.control, self.health, metrics, patience)
        self.breaker = Breaker(self.options.max_failed)
        self.cache = OrganizationCache(metrics.count)
        self.organizations = OrganizationCounts(organizations)
        self.is_first = not journal.has_begun()
        self._reopening = threading.Lock()
        self._reopened = self._over = False
        self.set_aside: dict[int, Tries] = {}
        self.objects = DeletedObjects(self)
        self.pool: WorkerPool | None = None
        self._asked = self.options.workers
        self._in_trouble = False
        self.active_keys: set[str] = set()
        self._records = {o.key: o for o in organizations}
        self._prewarming = prewarming
        self._recheck = recheck
        self.only = only
        self._afterwards = afterwards
        self.last_row = tally.rows if canary is None else min(canary, tally.rows)
        for organization in organizations:
            if organization.workos_id is not None:
                self.cache.add(organization.key, organization.workos_id, organization.name or organization.value)

    @property
    def options(self) -> RunOptions:
        """The run options now in force."""
        return self._live.now

    # -- what workers and the pre-warm pool use ---------------------------------------------------------------

    def server_time(self) -> float:
        """The server's clock now, from its last `Date` header; UNKNOWN_TIME before there was one."""
        now = self.connection.server_clock.now()
        return now.timestamp() if now is not None else UNKNOWN_TIME

    def client(self) -> WorkosClient:
        """A client for one thread; its waits for the limiter end when the run is cancelled."""
        return self.connection.client(self.control.cancelled)

    def tools(self, client: WorkosClient, patience: Patience | None = None) -> Tools:
        """What one thread works with."""
        return Tools(
            client=client,
            calls=self.calls,
            journal=self.journal,
            server_clock=self.connection.server_clock,
            patience=patience or self.patience,
            update_existing=self.frozen.on_existing == "update",
        )

    def resolver(self, client: WorkosClient, patience: Patience | None = None) -> OrganizationResolver:
        """A resolver for one thread."""
        return OrganizationResolver(self.tools(client, patience), self.cache)

    def resolve_missed(self, client: WorkosClient, key: str, tries: Tries) -> str:
        """Resolve a key that should have been in the cache, the way importers without a pre-warm do."""
        hasty = Patience(organization_lookup=3.0, organization_search=3.0, first_poll=0.5)
        return self.resolver(client, hasty).resolve(self._records[key], tries).id

    def organization_label(self, key: str | None) -> str:
        """What people call the organization of a key."""
        record = self._records.get(key or "")
        return "" if record is None else (record.name or record.value)

    def forget_organization(self, organization: OrganizationRecord, meant: Sequence[int]) -> None:
        """An organization was deleted: its key has no id until it is resolved again, and intents of rows are void.

        `meant` are these rows.
        """
        self.organizations.lost_one(created=organization.state == "created")
        self.journal.submit(*statements.organization_lost(organization.key, meant)).wait()

    def organization_resolved(self, organization: OrganizationRecord, found: Resolved, seconds: float) -> Commit:
        """A key has its id: in the cache, in the journal, and counted. Raises IdsCollide."""
        self.cache.add(organization.key, found.id, found.name, asked=organization.name)
        commit = self.journal.submit(
            *statements.organization_resolved(
                organization.key,
                found.id,
                found.name,
                seconds,
                created=found.created,
                uncertain=found.uncertain,
                adopted=found.adopted,
                stamp=found.stamp,
            )
        )
        self.organizations.resolved_one(created=found.created)
        if found.uncertain:
            self.uncertain(f"The organization {safe(found.name, 80)}")
        return commit

    def uncertain(self, what: str) -> None:
        """Log that nothing decides whose something is that was found after a lost answer."""
        self.metrics.count("uncertain")
        if self.metrics.value("uncertain") <= MOST_UNCERTAIN_LOGGED:
            self.say(
                "warning",
                f"{what}: an answer was lost, and the server's clocks do not tell whether this job made what was "
                "found. It counts as existing, marked uncertain",
            )

    def resolving(self, key: str, *, active: bool) -> None:
        """Note which keys are being resolved now, for the screen."""
        (self.active_keys.add if active else self.active_keys.discard)(key)

    def first_row_failure(self, row: SourceRow) -> StepFailed:
        """The failure of a row whose person's first row has no user."""
        message = f"Row {row.first_row:,} brings this person first and its user step failed: mend that row."
        return StepFailed("user", "first_row_failed", message)

    def failure_recorded(self) -> None:
        """A failure was submitted (counted for the screen's badge)."""
        self.metrics.count("failures")

    def failure_gone(self) -> None:
        """A failure is durably gone, or another one is in its place."""
        self.metrics.count("failures_gone")

    def too_many_failures(self, share: float) -> None:
        """The breaker tripped."""
        top = self._most_frequent_failure()
        self.control.drain(
            Halt(
                "limit",
                f"too many failures: {share:.0f} % of the last rows{top}",
                "Look at the errors, mend the cause, then resume.",
            )
        )

    def crashed(self, error: Exception) -> None:
        """An unexpected error of ours: stop safely and say so."""
        self.control.cancel(unexpected(error, self.unforeseen.words(error, [self.connection.key])))

    def _most_frequent_failure(self) -> str:
        self.journal.flush()
        found = self.journal.most_frequent_failure()
        return f", most often {safe(found[0], 60)} ({safe(found[1], 160)})" if found else ""

    # -- phases -----------------------------------------------------------------------------------------------

    def prewarm(self) -> None:
        """Resolve all organization keys; afterwards the cache is complete, or the run is halted."""
        self._learn_server_time()
        self.health.threshold = max(6, 2 * self.options.prewarm_concurrency)
        before, writes = self.metrics.value("requests"), self.metrics.value("writes")
        if self._recheck:
            self.objects.check_organizations(self._needed_organizations)
        if self._prewarming and self.control.halt is None:
            prewarm(self, self._wanted_organizations())
        requests = self.metrics.value("requests") - before
        self.metrics.count("prewarm_requests", requests)
        self.metrics.count("prewarm_writes", self.metrics.value("writes") - writes)
        counts = self.organizations
        self.say(
            "info",
            f"Organizations: {counts.resolved:,} of {counts.total:,} resolved, {counts.created:,} created, "
            f"{counts.failed:,} failed, {plural(requests, 'request')}",
        )
        self.journal.flush()

    def _wanted_organizations(self) -> list[OrganizationRecord]:
        """Those of the rows that are tried: a canary, or rows tried again, make no others."""
        known = self.journal.organizations()
        if self.only is not None:
            rows = [self.store.row(row) for row in sorted(self.only)]
        elif self.last_row < self.tally.rows:
            rows = self.store.read(1, self.last_row)
        else:
            return known
        wanted = {row.organization_key for row in rows if row.problem is None}
        return [organization for organization in known if organization.key in wanted]

    def _needed_organizations(self) -> set[str | None]:
        """The keys of rows that are still pending; reads all of these rows."""
        keys: set[str | None] = set()
        for chunk in self.tally.unfinished():
            first, last = self.tally.bounds(chunk)
            records = self.journal.rows(first, last)
            keys |= {
                row.organization_key
                for row in self.store.read(first, last)
                if row.problem is None
                and self.is_meant(row.row)
                and ((begun := records.get(row.row)) is None or begun.outcome is None)
            }
        return keys

    def _learn_server_time(self) -> None:
        """See one answer before the first intent: until then a resumed run would not know the server's clock."""
        client = self.client()
        try:
            with closing(client), suppress(Interrupted):
                while self.connection.server_clock.now() is None:
                    try:
                        self.calls.read(lambda: client.list_organizations(limit=1), self.health.tries())
                    except (SetAside, GaveUp):
                        continue  # nothing else could go first
                    except (NotFound, Refused):
                        pass  # it was answered
                    self.health.succeeded()
                    return  # a server without a clock is not asked again
        finally:
            self.health.leave()

    def import_rows(self) -> None:
        """Run the workers until every row that can be tried has its outcome, or the run is halted."""
        if same := self.cache.same():
            self.store.unite(same)  # or two rows might make, and count, one membership at the same time
        while True:
            self._import_round()
            with self._reopening:
                if self.control.halt is not None or not self._reopened:
                    self._over = True
                    break
                self._reopened = False
        if self.control.halt is None and self.last_row < self.tally.rows:
            self.control.drain(self._canary_halt())
        if self.control.halt is None:
            end_held_rows(self)
        if self.control.halt is None and self._afterwards is not None and self.tally.unfinished():
            self.control.drain(self._afterwards)
        self.journal.flush()

    def _canary_halt(self) -> Halt:
        totals = self.tally.picture(0).totals
        return Halt(
            "canary",
            f"the first {plural(self.last_row, 'row is', 'rows are')} done: {totals.created:,} created, "
            f"{totals.existing:,} existing, {totals.failed:,} failed",
            f"Look at them, in WorkOS too; resume to go on with the other {self.tally.rows - self.last_row:,}.",
        )

    def reopen_rows(self, reopen: Callable[[], tuple[int, ...]]) -> tuple[int, ...] | None:
        """Try failed rows again in another round of this run; None when there will be none any more."""
        with self._reopening:
            if self._over:
                return None
            rows = reopen()
            if self.only is not None:
                self.only.update(rows)
            self._reopened = self._reopened or bool(rows)
            return rows

    def is_meant(self, row: int) -> bool:
        """Whether this run tries a row: all of them, unless it only tries some again."""
        return self.only is None or row in self.only

    def _import_round(self) -> None:
        chunks = (chunk for chunk in self.tally.unfinished() if self.tally.bounds(chunk)[0] <= self.last_row)
        queue = ChunkQueue(list(chunks))
        pool = WorkerPool(self, queue)
        self._asked = self.options.workers
        wanted = self.wanted_workers()
        self.say("info", f"Importing users with {plural(wanted, 'worker')}")
        pool.resize(wanted)
        self.pool = pool  # from here on the housekeeper resizes it
        while pool.alive():
            pool.join(0.2)

    def wanted_workers(self) -> int:
        """The operator's number, else by Little's law: permitted rate x observed latency, with a margin."""
        if self.options.workers is not None:
            wanted = self.options.workers
        else:
            permitted = self.connection.limiter.permitted_writes
            latency = self.metrics.mean_latency() or EXPECTED_LATENCY
            if permitted is None:
                wanted = UNLIMITED_WORKERS
            else:
                wanted = min(MOST_WORKERS, max(FEWEST_WORKERS, math.ceil(1.25 * permitted * latency) + 1))
        self.health.threshold = max(6, 2 * wanted)
        return wanted

    def adjust_workers(self, *, follow: bool) -> None:
        """Do at once what the operator asks for; with `follow` and in automatic, do what the observed latency asks."""
        pool = self.pool
        if pool is None or self.control.draining.is_set():
            return
        asked = self.options.workers
        is_new, self._asked = asked != self._asked, asked
        if not is_new and not (follow and asked is None):
            return
        wanted = self.wanted_workers()
        if is_new or abs(wanted - pool.wanted) >= SMALL_CHANGE:
            pool.resize(wanted)

    def log_trouble(self) -> None:
        """Write into the log when trouble with the service begins and when it is over."""
        trouble = self.health.trouble
        if bool(trouble) == self._in_trouble:
            return
        self._in_trouble = bool(trouble)
        if trouble:
            self.say("warning", f"Nothing succeeds ({trouble}): backing off, no row fails by it")
        else:
            self.say("info", "The service answers again")

    def hasten_drain(self) -> None:
        """Do not let a drain wait for a long pause of the rate limit."""
        limiter = self.connection.limiter
        self.control.hasten(limiter.paused_for, waiting=limiter.waiting > 0)


class Housekeeper:
    """A thread that looks after a run twice a second: counters, workers, trouble, a drain that takes too long."""

    INTERVAL = 0.5

    def __init__(self, run: Run, phase_seconds: Callable[[], dict[str, float]]) -> None:
        self._run = run
        self._phase_seconds = phase_seconds
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="housekeeper", daemon=True)
        self._adjusted = time.monotonic()
        self._clock: dict[str, int] = {}
        self._waits = RateLimitWaits(run.connection.limiter, run.health, run.say)
        self._thread.start()

    def close(self) -> None:
        """Save a last time and end."""
        self._end.set()
        self._thread.join()

    def _loop(self) -> None:
        while True:
            ended = self._end.wait(self.INTERVAL)
            self._save()
            self._run.log_trouble()
            if ended:
                self._waits.log()
                return
            self._waits.check()
            self._run.hasten_drain()
            follow = time.monotonic() - self._adjusted >= FOLLOW_EVERY
            if follow:
                self._adjusted = time.monotonic()
            self._run.adjust_workers(follow=follow)

    def _save(self) -> None:
        counted = self._run.journal.count(self._run.metrics.take_unsaved())
        if counted is not None:
            self._run.journal.submit(counted)
        self._save_clock()
        self._run.journal.update_job(**self._phase_seconds())

    def _save_clock(self) -> None:
        """Keep what was learned of the server's clocks, for a resume after a crash."""
        known = self._run.connection.server_clock.known()
        if any(abs(value - self._clock.get(name, NEVER)) > KEPT_TO for name, value in known.items()):
            self._clock = known
            self._run.journal.submit(statements.noted(known))
