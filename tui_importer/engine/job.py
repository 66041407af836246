"""A job that is open in this process: starts and stops its runs, and answers the screens' questions."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from tui_importer.engine import views
from tui_importer.engine.control import EXIT_CODES, FOLDER_ERRORS, Halt, halt_of, unexpected
from tui_importer.engine.environment import check_key_sees_job, read_environment
from tui_importer.engine.errors import Interrupted, NotNow
from tui_importer.engine.frozen_source import FrozenSource
from tui_importer.engine.keys import try_key
from tui_importer.engine.lifecycle import Lifecycle
from tui_importer.engine.live import LiveOptions
from tui_importer.engine.metrics import Metrics
from tui_importer.engine.options import FrozenOptions, RunOptions
from tui_importer.engine.patience import Patience
from tui_importer.engine.planning import Planner
from tui_importer.engine.review import LONGEST_REASON, RetryPlan, Selection, plan_retry, to_reopen, to_skip
from tui_importer.engine.run import Housekeeper, Run
from tui_importer.engine.snapshot import Snapshot
from tui_importer.engine.speed import Rates, bound_of
from tui_importer.errors import ImporterError
from tui_importer.journal import statements
from tui_importer.journal.journal import Journal
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from tui_importer.engine.keys import TriedKey
    from tui_importer.engine.plan import Plan
    from tui_importer.engine.snapshot import FailureDetail, FailureView, LogEntry, OrganizationView
    from tui_importer.journal.errors import JournalError
    from tui_importer.journal.lock import JobLock
    from tui_importer.journal.writer import Commit
    from tui_importer.secret import Secret
    from tui_importer.workos.connection import Connection

T = TypeVar("T")

STOP_SECONDS = 5.0
"""How long a job that was stopped waits for answers under way; later ones are lost, and looked up on resume."""
LAST_RESORT = STOP_SECONDS + 3.0
"""Seconds after which a job that was stopped is closed although some thread of it does not end."""


class Job:
    """Implements `JobView`. One coordinator thread at a time does the work.

    All public methods return at once, except `wait` and `close`. The job's lock is held until `close`.
    `prewarming` False is for tests only: it shows what happens without the pre-warm.
    """

    def __init__(
        self,
        folder: Path,
        lock: JobLock,
        connection: Connection,
        options: RunOptions,
        patience: Patience | None = None,
        *,
        prewarming: bool = True,
    ) -> None:
        self._file_lock = lock
        self._lock = threading.RLock()
        self._reviewing = threading.Lock()
        """Held while failures become something else: counts are not read from the journal meanwhile."""
        self._folder = folder
        self._journal = Journal(folder, self._journal_failed)
        record = self._journal.job()
        self.connection = connection
        self.frozen = FrozenOptions(**json.loads(record.frozen_options))
        self._patience = patience or Patience(organization_search=options.search_wait)
        self._prewarming = prewarming
        self._lifecycle = Lifecycle(self._journal, record)
        self._source = FrozenSource(folder, self._journal, self.frozen, self._lifecycle)
        self._environment = record.environment
        self._live = LiveOptions(options, record.run_options, self._journal, connection.limiter, self.note)
        self._metrics = Metrics(self._journal.counters())
        self._failures_before = self._journal.failure_count() - self._failures_counted
        connection.observe = self._metrics.observe
        self._error: ImporterError | None = None
        self._stopped: float | None = None
        self._plan: Plan | None = None
        self._planner: Planner | None = None
        self._run: Run | None = None
        self._rates = Rates()
        self._thread: threading.Thread | None = None

    # -- commands -----------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The job's name."""
        return self._source.record.name

    @property
    def begun(self) -> bool:
        """Whether the import was ever started: its plan was agreed to then."""
        return self._lifecycle.phase != "scan"

    @property
    def error(self) -> ImporterError | None:
        """Why the last command was refused; None when it was not."""
        return self._error

    @property
    def exit_code(self) -> int:
        """What a run without a screen ends with."""
        if self._lifecycle.state == "finished":
            return 1 if self.snapshot().totals.failed else 0
        if self._error is not None:
            # "Refused" says that nothing was written, which is over once a run has begun.
            began = self._run is not None
            return EXIT_CODES["internal"] if began and self._error.exit_code == 2 else self._error.exit_code
        halt = self._lifecycle.halt
        return EXIT_CODES[halt.kind] if halt is not None else 0

    @property
    def options(self) -> RunOptions:
        """The run options now in force."""
        return self._live.now

    def prepare(self) -> None:
        """Scan and plan in the background; ends in `ready` with `plan()` set, or paused with a reason."""
        self._begin(self._scan_and_plan)

    def start(self) -> None:
        """Run what is missing in the background."""
        self._begin(self._scan_and_import)

    def pause(self) -> None:
        """Drain: rows in flight end, nothing else begins."""
        self.halt(Halt("operator", "paused by the operator"), now=False)

    def stop_now(self) -> None:
        """Send nothing more; rows in flight stay pending and are looked up on resume."""
        self.halt(
            Halt("operator", "stopped by the operator", "Resume to go on: rows in flight are looked up."), now=True
        )

    def halt(self, halt: Halt, *, now: bool) -> None:
        """Stop the run for a reason, draining or at once."""
        with self._lock:
            if not self._lifecycle.ask_to_stop(halt):
                return
            self._source.cancelled.set()
            if now and self._stopped is None:
                self._stopped = time.monotonic()
                threading.Thread(target=self._end_waits, args=(self._thread,), name="stop", daemon=True).start()
            if self._planner is not None:
                self._planner.control.cancel(halt)  # reads may stop anywhere
            if self._run is not None:
                (self._run.control.cancel if now else self._run.control.drain)(halt)
            self.connection.limiter.wake()

    def set_workers(self, workers: int | None) -> None:
        """Run with this many workers (1 to 128) from now on, None for as many as the limit needs.

        A running import follows within a second, workers that go end their row first. Raises ValueError.
        """
        self._live.set_workers(workers)

    def set_share(self, percent: int) -> None:
        """Use this share of the rate limit (1 to 100) from now on, at once. Raises ValueError."""
        self._live.set_share(percent)

    def note(self, text: str) -> None:
        """Write a line into the job's log."""
        self._lifecycle.say("info", text)

    def plan_retry(self, selection: Selection) -> RetryPlan:
        """What `retry` would do now; blocks for as long as reading all failures takes (a second for 100,000).

        Raises JournalError, FrozenRowsError.
        """
        if self._source.tally is None:
            return RetryPlan(0, 0, (), 0, 0, 0)
        held = self._lifecycle.state not in {"running", "pausing"}
        return plan_retry(self._journal, selection, self._source.rows.first_rows, held=held)

    def retry(self, selection: Selection) -> int:
        """Try failed rows again and return how many: at once in a running import, else with the next `start`.

        Each goes on at the step that failed. Rows of failed organizations wait for the next run, which resolves those
        first. Blocks for a commit. Raises NotNow, JournalError.
        """
        with self._reviewing:
            with self._lock:  # a job that rests does not start meanwhile
                run = self._run
                if self._lifecycle.state not in {"running", "pausing"}:
                    return self._reopen(selection, held=True)
            rows = run.reopen_rows(partial(self._reopen, selection, held=False)) if run is not None else None
            if rows is None:
                raise NotNow("The job is at a point where no row can be tried again.", "Try it in a moment.")
            return rows

    def _reopen(self, selection: Selection, *, held: bool) -> int:
        if self._source.tally is None:
            return 0
        self._journal.flush()  # a failure that was counted is meant, too
        found = to_reopen(self._journal, selection, self._source.rows.first_rows, held=held)
        if found.rows:
            rows = _failed_rows(len(found.rows))
            if self._lifecycle.state == "finished":
                self._lifecycle.reopen(f"{rows} to be tried again", "Go on to try them.")
            self._source.tally.rows_reopened(found.rows, found.without_user)
            commit = self._journal.submit(*statements.reopened(found.rows))
            self._failures_removed(commit, len(found.rows))
            self._lifecycle.say("info", f"Trying {rows} again")
        return len(found.rows)

    def _failures_removed(self, commit: Commit, count: int) -> None:
        """Count them only when they are gone: a screen that hears of it reads the journal anew."""
        try:
            commit.wait()
        finally:
            self._metrics.count("failures_gone", count)

    def skip(self, rows: Iterable[int], reason: str) -> int:
        """End failed rows as skipped, for a reason, and return how many; there is no way back.

        Blocks for a commit. Raises JournalError, FrozenRowsError when the secrets of a finished job's rows cannot be
        removed.
        """
        reason = safe(reason, LONGEST_REASON)
        with self._reviewing:
            tally = self._source.tally
            self._journal.flush()
            found = to_skip(self._journal, rows) if tally is not None else ()
            if tally is None or not found:
                return 0
            tally.rows_skipped(found)
            commit = self._journal.submit(*statements.skipped(found, time.time(), reason))
            self._failures_removed(commit, len(found))
            self._lifecycle.say("info", f"Skipped {_failed_rows(len(found))}: {reason}")
            if self._lifecycle.state == "finished":
                self._keep_secrets()
            return len(found)

    def set_key(self, key: Secret) -> None:
        """Use another key; the next run checks it against this job's objects. Raises KeyRejected if it is none."""
        self.connection.set_key(key)

    def try_key(self, key: Secret) -> TriedKey:
        """Test another key by reading back an object of this job; blocks, so call it from a thread of its own.

        Raises KeyRejected, KeyMismatch, WorkosError, and NotNow when the job runs and has no objects to prove it by.
        """
        tried = try_key(self.connection, key, self._journal)
        self._refuse_unproven(tried)
        return tried

    def use_key(self, tried: TriedKey) -> None:
        """Send everything from the next request on with a tested key; blocks.

        One that was not proven is tested once more: the job may have objects by now. Raises as `try_key`, and
        JournalUnwritable.
        """
        if not tried.proven:
            tried = self.try_key(tried.key)
        salt = self._source.record.key_salt
        name, hint = tried.environment.name, tried.key.hint
        with self._lock:  # no run begins meanwhile
            self._refuse_unproven(tried)
            kept = self._journal.update_job(key_hint=hint, key_hash=tried.key.salted_hash(salt), environment=name)
            self.connection.set_key(tried.key)
            self._environment = name
        kept.wait()  # without the lock: a journal that fails wants to halt the job
        self._source.record = self._journal.job()
        how = "it reads back this job's objects" if tried.proven else f"it leads to {name}, as confirmed"
        self._lifecycle.say("info", f"Another key: {hint}; {how}")

    def _refuse_unproven(self, tried: TriedKey) -> None:
        """A running job may write its first object at any moment, and the next ones to another environment then."""
        if not tried.proven and self._lifecycle.state in {"running", "pausing"}:
            raise NotNow(
                "The job runs and has no objects yet by which another key could be checked.",
                "Pause it, then give the key.",
            )

    def wait(self, seconds: float | None = None) -> bool:
        """Block until the job rests; False when `seconds` passed before."""
        thread = self._thread
        if thread is None:
            return True
        thread.join(seconds)
        return not thread.is_alive()

    def close(self, timeout: float = 30.0) -> None:
        """Pause, wait until everything is durable, give the lock back. Raises JournalUnwritable.

        Rows in flight have `timeout` seconds to end; then the job is stopped, and a resume looks them up.
        """
        self.pause()
        stopped = self._stopped
        if stopped is None and not self.wait(timeout):
            self.stop_now()
            stopped = time.monotonic()
        if stopped is not None and not self.wait(max(0.0, stopped + LAST_RESORT - time.monotonic())):
            self._lifecycle.rest(self._lifecycle.halt or Halt("operator", "stopped by the operator"))
        try:
            self._journal.close()
        finally:
            self._file_lock.release()

    def _begin(self, work: Callable[[], None]) -> None:
        with self._lock:
            if self._lifecycle.state in {"running", "pausing", "finished", "aborted"}:
                return
            self.wait()
            self._error = None
            self._stopped = None
            self._source.cancelled.clear()
            self._lifecycle.begin()
            self._thread = threading.Thread(target=self._coordinate, args=(work,), name="coordinator", daemon=True)
            self._thread.start()

    def _end_waits(self, running: threading.Thread | None) -> None:
        """Wait for answers under way, then for none any more, until the run that was stopped rests."""
        if running is None:
            return
        running.join(STOP_SECONDS)
        while running.is_alive():
            self.connection.abandon()
            running.join(0.5)

    def _journal_failed(self, error: JournalError) -> None:
        self.halt(halt_of(error), now=True)

    # -- the coordinator ----------------------------------------------------------------------------------------

    def _coordinate(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (Interrupted, KeyboardInterrupt):  # polars raises the latter in the thread that scans
            self._lifecycle.rest(self._lifecycle.halt or Halt("operator", "paused by the operator"))
        except ImporterError as error:
            self._error = error
            self._lifecycle.rest(halt_of(error))
        except Exception as error:  # noqa: BLE001 - becomes the job's reason, never swallowed
            self._lifecycle.rest(unexpected(error))
        finally:
            self._lifecycle.end()

    def _scan_and_plan(self) -> None:
        self._source.ensure()
        self._lifecycle.say("info", "Planning: looking organizations up")
        planner = Planner(
            connection=self.connection,
            journal=self._journal,
            metrics=self._metrics,
            options=self.options,
            patience=self._patience,
        )
        with self._lock:
            self._planner = planner
            if self._lifecycle.halt is not None:
                raise Interrupted
        try:
            with self._source.watched():
                plan = planner.plan(self._source.scan, self._source.organizations)
        finally:
            self._planner = None
        if self._lifecycle.halt is not None:
            raise Interrupted
        self._environment = plan.environment.name
        self._journal.update_job(environment=plan.environment.name)
        self._plan = plan
        self._lifecycle.enter("ready")

    def _scan_and_import(self) -> None:
        self._source.ensure()
        self._journal.flush()  # what a failing disk held back comes first, or the job rests again
        self._check_key()
        run = self._new_run()
        keeper = Housekeeper(run, self._lifecycle.seconds_columns)
        try:
            with self._source.watched():
                self._lifecycle.timed("prewarm", run.prewarm)
                if run.control.halt is None:
                    self._lifecycle.timed("import", run.import_rows)
        finally:
            keeper.close()
        halt = run.control.halt
        if halt is None:
            self._finish()
        else:
            self._lifecycle.rest(halt)

    def _check_key(self) -> None:
        """A key that the job was not recorded with must see the job's objects."""
        record, key = self._source.record, self.connection.key
        digest = key.salted_hash(record.key_salt)
        if digest == record.key_hash and self._environment != "UNKNOWN":
            return
        stop = self._source.cancelled
        if digest != record.key_hash and not check_key_sees_job(self.connection, self._journal, stop):
            self._lifecycle.say("warning", f"Another key ({key.hint}); the job has no objects yet to check it by.")
        self._environment = read_environment(self.connection, stop).name
        self._journal.update_job(key_hint=key.hint, key_hash=digest, environment=self._environment).wait()
        self._source.record = self._journal.job()

    def _new_run(self) -> Run:
        with self._reviewing:
            tally = self._source.reload()
        run = Run(
            journal=self._journal,
            connection=self.connection,
            store=self._source.rows,
            tally=tally,
            metrics=self._metrics,
            frozen=self.frozen,
            live=self._live,
            patience=self._patience,
            organizations=self._source.organizations,
            say=self._lifecycle.say,
            prewarming=self._prewarming,
        )
        with self._lock:
            self._run = run
            self._rates = Rates()
            if self._lifecycle.halt is not None:
                raise Interrupted
        return run

    def _keep_secrets(self) -> None:
        """Those of failed rows only: nothing else is sent any more."""
        from tui_importer.source.frozen import keep_secrets

        keep_secrets(self._folder, self._journal.failed_rows())

    def _finish(self) -> None:
        self._journal.flush()
        self._keep_secrets()
        totals = self.snapshot().totals
        self._lifecycle.say(
            "info", f"Finished: {totals.created:,} created, {totals.existing:,} existing, {totals.failed:,} failed"
        )
        self._lifecycle.phase = "done"
        self._lifecycle.enter("finished")
        self._journal.flush()

    # -- questions ----------------------------------------------------------------------------------------------

    @property
    def _failures_counted(self) -> int:
        """Those recorded without those that are gone again, as far as the counters of all runs tell."""
        return self._metrics.value("failures") - self._metrics.value("failures_gone")

    def snapshot(self) -> Snapshot:
        """A picture of the job now; no I/O."""
        while True:
            snapshot = self._picture()
            if snapshot.state == self._lifecycle.state:  # else numbers of one state would be shown with another
                return snapshot

    def _picture(self) -> Snapshot:
        run, life, record = self._run, self._lifecycle, self._source.record
        tally = self._source.tally
        workers = run.pool.views() if run is not None and run.pool is not None else ()
        held = run.cache.held_rows if run is not None else 0
        snapshot = Snapshot(
            job=record.name,
            source=record.source,
            source_change=self._source.change,
            environment=self._environment,  # type: ignore[arg-type]
            key_hint=self.connection.key.hint,
            base_url=self.frozen.base_url,
            state=life.state,
            phase=life.phase,
            reason=life.reason,
            next_step=life.next_step,
            needs_key=life.needs_key,
            elapsed=life.elapsed,
            scanned_rows=views.scanned_rows(self._source.progress, record.rows),
            scanned_share=views.scanned_share(self._source.progress, done=self._source.is_scanned),
            prewarm_limit=self.options.max_failed / 100 if self.options.max_failed is not None else None,
            organizations=views.organization_totals(run, self._source.organizations),
            cache_hits=self._metrics.value("cache_hits"),
            cache_misses=self._metrics.value("cache_misses"),
            requests=self._metrics.stats(
                self.connection.limiter, in_flight=sum(worker.state == "running" for worker in workers)
            ),
            seconds=life.phase_seconds(),
            prewarm_requests=self._metrics.value("prewarm_requests"),
            failures=self._failures_before + self._failures_counted,
            failures_gone=self._metrics.value("failures_gone"),
            log_entries=life.log_entries,
            backing_off=run.health.backing_off if run is not None and life.state == "running" else "",
            workers=workers,
            workers_wanted=self.options.workers or (run.pool.wanted if run is not None and run.pool is not None else 0),
            workers_automatic=self.options.workers is None,
        )
        if tally is None:
            return snapshot
        counted = tally.picture(held)
        moving = snapshot.state == "running"
        return replace(
            snapshot,
            totals=counted.totals,
            users=counted.users,
            memberships=counted.memberships,
            chunks=counted.chunks,
            eta=self._rates.eta(snapshot, counted.totals) if moving and snapshot.phase == "import" else None,
            bound=bound_of(snapshot) if moving else "",
        )

    def plan(self) -> Plan | None:
        """The plan, once it is computed."""
        return self._plan

    def failures_after(self, sequence: int, limit: int = 5_000) -> Sequence[FailureView]:
        """Failures with a greater sequence, in order."""
        return [views.failure_view(failure) for failure in self._asked(lambda: self._journal.failures(sequence, limit))]

    def organizations(self) -> Sequence[OrganizationView]:
        """All organizations, sorted by key."""
        active = self._run.active_keys if self._run is not None else set()
        return [views.organization_view(record, active) for record in self._asked(self._journal.organizations)]

    def log_after(self, sequence: int, limit: int = 1_000) -> Sequence[LogEntry]:
        """Log entries with a greater sequence, in order."""
        return [views.log_entry(entry) for entry in self._asked(lambda: self._journal.log(sequence, limit))]

    def _asked(self, question: Callable[[], Sequence[T]]) -> Sequence[T]:
        """What the journal answers; one that cannot be read halts the job, where the reason is seen."""
        try:
            return question()
        except FOLDER_ERRORS as error:
            halt = halt_of(error)
            self.halt(halt, now=True)
            self._lifecycle.trouble(halt)
            return ()

    def failure_detail(self, sequence: int) -> FailureDetail:
        """One failure with its row, attempts and advice. Raises LookupError when it is gone."""
        failure = self._journal.failure(sequence)
        if failure is None:
            raise LookupError(sequence)
        row = self._source.rows.row(failure.row) if failure.row is not None else None
        return views.failure_detail(failure, row, self._journal.attempts(failure.row, failure.organization_key))


def _failed_rows(count: int) -> str:
    return f"{count:,} failed row" if count == 1 else f"{count:,} failed rows"
