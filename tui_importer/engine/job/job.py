"""A job that is open in this process: starts and stops its runs, and answers the screens' questions."""

from __future__ import annotations

import threading
import time
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from tui_importer.engine.errors import EngineError, Interrupted
from tui_importer.engine.halt import EXIT_CODES, Halt
from tui_importer.engine.job import views
from tui_importer.engine.job.acceptance import acceptance, is_accepted
from tui_importer.engine.job.context import JobContext
from tui_importer.engine.job.failed_rows import FailedRows
from tui_importer.engine.job.key_change import KeyChange
from tui_importer.engine.job.same_source import refuse_later
from tui_importer.engine.job.source import FrozenSource
from tui_importer.engine.job.state import Lifecycle
from tui_importer.engine.job.take_snapshot import take_snapshot
from tui_importer.engine.live_options import LiveOptions
from tui_importer.engine.options import RunOptions, frozen_from
from tui_importer.engine.plan.planner import Planner
from tui_importer.engine.run.context import run_context
from tui_importer.engine.run.housekeeper import Housekeeper
from tui_importer.engine.run.run import Run
from tui_importer.engine.run.scope import Scope
from tui_importer.engine.run.unforeseen_errors import UnforeseenErrors
from tui_importer.engine.service.metrics import Metrics
from tui_importer.engine.service.stop import DRAIN_PATIENCE, FOLDER_ERRORS, Control, halt_of, unexpected
from tui_importer.engine.service.timeouts import Patience
from tui_importer.engine.snapshot.eta import Rates
from tui_importer.errors import ExitCode, ImporterError
from tui_importer.journal.journal import Journal
from tui_importer.source.frozen.reader import read_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from tui_importer.engine.job.key_change import TriedKey
    from tui_importer.engine.job.retry import RetryPlan, Selection
    from tui_importer.engine.plan.plan import Plan
    from tui_importer.engine.run.unforeseen_errors import CrashFile
    from tui_importer.engine.snapshot.models import FailureDetail, FailureView, LogEntry, OrganizationView, Snapshot
    from tui_importer.journal.errors import JournalError
    from tui_importer.journal.lock import JobLock
    from tui_importer.secret import Secret
    from tui_importer.source.models import Problem
    from tui_importer.workos.connection import Connection

T = TypeVar("T")

STOP_SECONDS = 5.0
"""How long a job that was stopped waits for answers under way; later ones are lost, and looked up on resume."""
LAST_RESORT = STOP_SECONDS + 3.0
"""Seconds after which a job that was stopped is closed although some thread of it does not end."""
_STOPPED = Halt("operator", "stopped by the operator", "Resume to go on: rows in flight are looked up.")


class Job:
    """Implements `JobView`. One coordinator thread at a time does the work.

    All public methods return at once, except `wait` and `close`. The job's lock is blocked until `close`.
    `copy` is the file to scan of a source that is a pipe. `crash_file` writes unforeseen errors down. A `dry_run` keeps
    no secrets and cannot be started.
    """

    def __init__(
        self,
        folder: Path,
        lock: JobLock,
        connection: Connection,
        options: RunOptions,
        patience: Patience | None = None,
        *,
        copy: Path | None = None,
        crash_file: CrashFile | None = None,
        dry_run: bool = False,
    ) -> None:
        journal = Journal(folder, self._journal_failed)
        record = journal.job()
        lifecycle = Lifecycle(journal, record)
        frozen = frozen_from(record.frozen_options)
        self._context = JobContext(
            folder=folder,
            journal=journal,
            connection=connection,
            frozen=frozen,
            lifecycle=lifecycle,
            source=FrozenSource(folder, journal, frozen, lifecycle, copy, keeps_secrets=not dry_run),
            live=LiveOptions(options, record.run_options, journal, connection.limiter, self.note),
            metrics=Metrics(journal.counters()),
            environment=record.environment,
            accepted=journal.accepted(),
        )
        self._file_lock = lock
        self._lock = self._context.lock
        self._folder = folder
        self._journal = journal
        self._lifecycle = lifecycle
        self._source = self._context.source
        self._failed_rows = FailedRows(self._context)
        self._key = KeyChange(self._context)
        self.connection = connection
        self.frozen = frozen
        self._patience = patience or Patience(organization_search=options.search_wait)
        self._crash_file = crash_file
        self._dry_run = dry_run
        connection.observe = self._context.metrics.observe
        connection.server_clock.restore(journal.counters())
        self._error: ImporterError | None = None
        self._stopped: float | None = None
        self._before_retry: Halt | None = None
        self._ending = False
        self._plan: Plan | None = None
        self._planner: Planner | None = None
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

    def accept(self, environment: str) -> None:
        """Remember that the operator agreed to write to `environment`; durable on return. Raises JournalError."""
        self._context.accepted = acceptance(environment, self._source.record.frozen_options)
        self._journal.update_job(accepted=self._context.accepted).wait()

    def is_accepted(self, environment: str) -> bool:
        """Whether the operator has agreed to write to `environment`, in this process or an earlier one."""
        return is_accepted(self._context.accepted, environment, self._source.record.frozen_options)

    @property
    def error(self) -> ImporterError | None:
        """Why the last command was refused; None when it was not."""
        return self._error

    @property
    def canary_done(self) -> bool:
        """Whether the job rests because its first rows are done, as was asked for."""
        halt = self._lifecycle.halt
        return self._lifecycle.state == "paused" and halt is not None and halt.kind == "canary"

    @property
    def is_over(self) -> bool:
        """Whether nothing of the job is left to do."""
        return self._lifecycle.state in {"finished", "aborted"}

    @property
    def exit_code(self) -> int:
        """What a run without a screen ends with."""
        if self._lifecycle.state == "finished":
            return ExitCode.PROBLEMS if self.snapshot().totals.failed else ExitCode.DONE
        if self._error is not None:
            # "Refused" says that nothing was written, which is over once a run has begun.
            began = self._context.run is not None
            return ExitCode.PAUSED if began and self._error.exit_code == ExitCode.REFUSED else self._error.exit_code
        halt = self._lifecycle.halt
        return EXIT_CODES[halt.kind] if halt is not None else ExitCode.DONE

    @property
    def options(self) -> RunOptions:
        """The run options now in force."""
        return self._context.live.now

    def prepare(self) -> None:
        """Scan and plan in the background; ends in `ready` with `plan()` set, or paused with a reason."""
        self._begin(self._scan_and_plan)

    def start(self, canary: int | None = None, *, retried: bool = False) -> None:
        """Run what is missing in the background; with `canary` only among the first so many rows, then pause.

        With `retried` only the rows that `retry` made pending; afterwards the job is as it was before.
        """
        with self._lock:
            only = self._failed_rows.take_reopened()
            afterwards = (self._before_retry or self._lifecycle.as_before()) if retried else None
            self._before_retry = None
            self._context.accepted = acceptance(self._context.environment, self._source.record.frozen_options)
            self._journal.update_job(accepted=self._context.accepted)  # who starts a job agrees to it
            self._begin(partial(self._scan_and_import, canary, only if retried else None, afterwards))

    def pause(self) -> None:
        """Drain: rows in flight end, nothing else begins."""
        self.halt(Halt("operator", "paused by the operator"), now=False)

    def stop_now(self) -> None:
        """Send nothing more; rows in flight stay pending and are looked up on resume."""
        self.halt(_STOPPED, now=True)

    def halt(self, halt: Halt, *, now: bool) -> None:
        """Stop the run for a reason, draining or at once."""
        with self._lock:
            if not self._lifecycle.ask_to_stop(halt):
                return
            self._source.cancelled.set()
            if not self._ending:
                self._ending = True
                threading.Thread(target=self._end_long_waits, args=(self._thread,), name="drain", daemon=True).start()
            if now and self._stopped is None:
                self._stopped = time.monotonic()
                threading.Thread(target=self._end_waits, args=(self._thread,), name="stop", daemon=True).start()
            if self._planner is not None:
                self._planner.control.cancel(halt)  # reads may stop anywhere
            if self._context.run is not None:
                control = self._context.run.context.control
                (control.cancel if now else control.drain)(halt)
            self.connection.limiter.wake()

    def set_workers(self, workers: int | None) -> None:
        """Run with this many workers (1 to 128) from now on, None for as many as the limit needs.

        A running import follows within a second, workers that go end their row first. Raises ValueError.
        """
        self._context.live.set_workers(workers)

    def set_share(self, percent: int) -> None:
        """Use this share of the rate limit (1 to 100) from now on, at once. Raises ValueError."""
        self._context.live.set_share(percent)

    def note(self, text: str) -> None:
        """Write a line into the job's log."""
        self._lifecycle.say("info", text)

    def plan_retry(self, selection: Selection) -> RetryPlan:
        """What `retry` would do now; blocks for as long as reading all failures takes (a second for 100,000).

        Raises JournalError, FrozenRowsError.
        """
        return self._failed_rows.plan(selection)

    def retry(self, selection: Selection) -> int:
        """Try failed rows again and return how many, see `FailedRows.retry`. Raises NotNow, JournalError."""
        if self._lifecycle.state == "paused":  # a plan that is made before the start changes the reason
            self._before_retry = self._lifecycle.as_before()
        return self._failed_rows.retry(selection)

    @property
    def has_rows_to_retry(self) -> bool:
        """Whether `start` with `retried` has something to do: rows of `retry`, or of one that was stopped before."""
        return self._failed_rows.waiting

    def skip(self, rows: Iterable[int], reason: str) -> int:
        """End failed rows as skipped, see `FailedRows.skip`. Raises JournalError, FrozenRowsError."""
        return self._failed_rows.skip(rows, reason)

    def set_key(self, key: Secret) -> None:
        """Use another key; the next run checks it against this job's objects. Raises KeyRejected if it is none."""
        self.connection.set_key(key)

    def try_key(self, key: Secret) -> TriedKey:
        """Test another key by reading back an object of this job, see `KeyChange.attempt`; blocks."""
        return self._key.attempt(key)

    def use_key(self, tried: TriedKey) -> None:
        """Send everything from the next request on with a tested key, see `KeyChange.use`; blocks."""
        self._key.use(tried)

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
            self._lifecycle.rest(self._lifecycle.halt or _STOPPED)
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
            self._ending = False
            self._source.cancelled.clear()
            self._lifecycle.begin()
            self._thread = threading.Thread(target=self._coordinate, args=(work,), name="coordinator", daemon=True)
            self._thread.start()

    def _end_long_waits(self, running: threading.Thread | None) -> None:
        """While a run drains: an answer that has not come by now is waited for no longer, and looked up on resume."""
        if running is None:
            return
        running.join(DRAIN_PATIENCE)
        while running.is_alive():
            self.connection.abandon(DRAIN_PATIENCE)
            running.join(0.5)

    def _end_waits(self, running: threading.Thread | None) -> None:
        """Wait for answers under way, then for none any more, until the run that was stopped rests."""
        if running is None:
            return
        running.join(STOP_SECONDS)
        while running.is_alive():
            self.connection.abandon()
            running.join(0.5)

    def _journal_failed(self, error: JournalError) -> None:
        if self._lifecycle.state not in {"running", "pausing"}:  # a resume holds the lock, and waits for commits
            return
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
            unforeseen = UnforeseenErrors(Control(), self._crash_file)
            self._lifecycle.rest(unexpected(error, unforeseen.words(error, [self.connection.key])))

    def _scan_and_plan(self) -> None:
        self._source.ensure()
        self._refuse_second()
        self._lifecycle.say("info", "Planning: looking organizations up")
        planner = Planner(
            connection=self.connection,
            journal=self._journal,
            metrics=self._context.metrics,
            options=self.options,
            patience=self._patience,
            say=self._lifecycle.say,
        )
        with self._lock:
            self._planner = planner
            if self._lifecycle.halt is not None:
                raise Interrupted
        try:
            with self._source.watched():
                plan = planner.plan(self._source.scan, self._source.organizations, self._source.rows)
        finally:
            self._planner = None
        if self._lifecycle.halt is not None:
            raise Interrupted
        self._context.environment = plan.environment.name
        self._journal.update_job(environment=plan.environment.name)
        self._plan = plan
        self._lifecycle.enter("ready")

    def _refuse_second(self) -> None:
        """Refuse, before the first write, what an earlier job imports already. Raises JobUnfinished."""
        if not self.begun:
            self._journal.flush()
            refuse_later(self._folder.parent, self._journal.job())

    def _scan_and_import(self, canary: int | None, only: set[int] | None, afterwards: Halt | None) -> None:
        if self._dry_run:
            raise EngineError("This is a dry run: it has no passwords to import.", "Start a job of this file.")
        recheck = self._lifecycle.organizations_are_old
        self._source.ensure()
        self._refuse_second()
        self._journal.flush()  # what a failing disk held back comes first, or the job rests again
        self._key.check()
        run = self._new_run(canary, recheck=recheck, only=only, afterwards=afterwards)
        keeper = Housekeeper(run.context, run.staffing, self._lifecycle.seconds_columns)
        try:
            with self._source.watched():
                self._lifecycle.timed("prewarm", run.prewarm)
                if run.halt is None:
                    self._lifecycle.timed("import", run.import_rows)
        finally:
            keeper.close()
        halt = run.halt
        if halt is None:
            self._finish()
        else:
            self._lifecycle.rest(halt)

    def _new_run(self, canary: int | None, *, recheck: bool, only: set[int] | None, afterwards: Halt | None) -> Run:
        with self._context.reviewing:
            tally = self._source.reload()
        context = run_context(
            journal=self._journal,
            connection=self.connection,
            store=self._source.rows,
            scope=Scope(tally.rows, canary=canary, only=only),
            tally=tally,
            metrics=self._context.metrics,
            frozen=self.frozen,
            live=self._context.live,
            patience=self._patience,
            say=self._lifecycle.say,
            crash_file=self._crash_file,
        )
        run = Run(context, self._source.organizations, recheck=recheck, afterwards=afterwards)
        with self._lock:
            self._context.run = run
            self._context.rates = Rates()
            if self._lifecycle.halt is not None:
                raise Interrupted
        return run

    def _finish(self) -> None:
        self._journal.flush()
        self._context.keep_secrets()
        totals = self.snapshot().totals
        self._lifecycle.say(
            "info", f"Finished: {totals.created:,} created, {totals.existing:,} existing, {totals.failed:,} failed"
        )
        self._lifecycle.phase = "done"
        self._lifecycle.enter("finished")
        self._journal.flush()

    def snapshot(self) -> Snapshot:
        """The snapshot of the job now; no I/O."""
        return take_snapshot(self._context)

    def plan(self) -> Plan | None:
        """The plan, once it is computed."""
        return self._plan

    def findings(self, limit: int) -> Sequence[Problem]:
        """The first `limit` findings of the scan; none before it. Blocks. Raises FrozenRowsError."""
        return tuple(islice(read_problems(self._source.scan.folder), limit)) if self._source.is_scanned else ()

    def failures_after(self, sequence: int, limit: int = 5_000) -> Sequence[FailureView]:
        """Failures with a greater sequence, in order."""
        return [views.failure_view(failure) for failure in self._asked(lambda: self._journal.failures(sequence, limit))]

    def organizations(self) -> Sequence[OrganizationView]:
        """All organizations, sorted by key."""
        active = self._context.run.keys.active if self._context.run is not None else set()
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
