"""A job that is open in this process: starts and stops its runs, and answers the screens' questions."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui_importer.engine import views
from tui_importer.engine.control import EXIT_CODES, Halt, HaltKind, unexpected
from tui_importer.engine.environment import check_key_sees_job, read_environment
from tui_importer.engine.errors import Interrupted, SourceChanged
from tui_importer.engine.metrics import Metrics
from tui_importer.engine.options import DEFAULT_CHUNK_SIZE, FrozenOptions, RunOptions
from tui_importer.engine.patience import Patience
from tui_importer.engine.planning import Planner
from tui_importer.engine.run import Housekeeper, Run
from tui_importer.engine.snapshot import (
    FailureDetail,
    FailureView,
    LogEntry,
    OrganizationView,
    Phase,
    PhaseSeconds,
    Snapshot,
    State,
)
from tui_importer.engine.tally import Tally
from tui_importer.errors import ImporterError
from tui_importer.journal.errors import JournalUnwritable
from tui_importer.journal.journal import Journal
from tui_importer.journal.records import OrganizationRecord
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.plan import Plan
    from tui_importer.journal.lock import JobLock
    from tui_importer.source.frozen import FrozenRows
    from tui_importer.source.models import ScanProgress, ScanResult
    from tui_importer.workos.connection import Connection

SMALLEST_CHUNK = 25
CHUNKS_WANTED = 60


class Job:
    """Implements `JobView`. One coordinator thread at a time runs the phases; all public methods return at once,.

    except `wait` and `close`. The job's lock is held until `close`.
    """

    def __init__(
        self,
        folder: Path,
        lock: JobLock,
        connection: Connection,
        options: RunOptions | None = None,
        patience: Patience | None = None,
        *,
        prewarming: bool = True,
    ) -> None:
        self.folder = folder
        self._file_lock = lock
        self._lock = threading.RLock()
        self._journal = Journal(folder, self._journal_failed)
        self._record = self._journal.job()
        self.connection = connection
        self.frozen = FrozenOptions(**json.loads(self._record.frozen_options))
        self.options = options or RunOptions(**json.loads(self._record.run_options))
        self._patience = patience or Patience(organization_search=self.options.search_wait)
        self._prewarming = prewarming
        self._metrics = Metrics(self._journal.counters())
        connection.observe = self._metrics.observe
        self._state: State = "paused" if self._record.state in {"running", "pausing"} else self._record.state  # type: ignore[assignment]
        self._phase: Phase = self._record.phase  # type: ignore[assignment]
        self._reason = "interrupted" if self._record.state in {"running", "pausing"} else self._record.reason
        self._next_step = self._record.next_step
        self._environment = self._record.environment
        self._seconds = {
            "scan": self._record.seconds_scan,
            "prewarm": self._record.seconds_prewarm,
            "import": self._record.seconds_import,
        }
        self._began: float | None = None
        self._elapsed = 0.0
        self._halt: Halt | None = None
        self._error: ImporterError | None = None
        self._plan: Plan | None = None
        self._looked_up = 0
        self._scan: ScanResult | None = None
        self._progress: ScanProgress | None = None
        self._cancel_scan = threading.Event()
        self._planner: Planner | None = None
        self._run: Run | None = None
        self._store: FrozenRows | None = None
        self._tally: Tally | None = None
        self._organizations: list[OrganizationRecord] = self._journal.organizations()
        self._last_log = self._journal.last_log()
        self._failures = self._journal.failure_count()
        self._failures_base = self._failures - self._metrics.value("failures")
        self._thread: threading.Thread | None = None
        self._checked_key = False
        self._rates: list[tuple[float, int]] = []
        if self._record.rows is not None:
            self._load_tally()

    # -- commands -----------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The job's name."""
        return self._record.name

    @property
    def begun(self) -> bool:
        """Whether the import was ever started: its plan was agreed to then."""
        return self._phase != "scan"

    def prepare(self) -> None:
        """Scan and plan in the background; ends in `ready` with `plan()` set, or paused with a reason."""
        self._begin(self._prepare)

    def start(self) -> None:
        """Run what is missing in the background."""
        self._begin(self._go)

    def _begin(self, work: object) -> None:
        with self._lock:
            if self._state in {"running", "pausing", "finished", "aborted"}:
                return
            self._join(5.0)
            self._halt = self._error = None
            self._reason = self._next_step = ""
            self._cancel_scan.clear()
            self._began = time.monotonic()
            self._set_state("running")
            self._thread = threading.Thread(target=self._coordinate, args=(work,), name="coordinator", daemon=True)
            self._thread.start()

    def pause(self) -> None:
        """Drain: rows in flight end, nothing else begins."""
        self.halt(Halt("operator", "paused by the operator", "Resume to go on."), now=False)

    def stop_now(self) -> None:
        """Send nothing more; rows in flight stay pending and are looked up on resume."""
        self.halt(
            Halt("operator", "stopped by the operator", "Resume to go on: rows in flight are looked up."), now=True
        )

    def halt(self, halt: Halt, *, now: bool) -> None:
        """Stop the run for a reason, draining or at once."""
        with self._lock:
            if self._state not in {"running", "pausing"}:
                return
            if self._state == "running":
                self._state = "pausing"
            self._halt = self._halt or halt
            self._cancel_scan.set()
            for control in [part.control for part in (self._planner, self._run) if part is not None]:
                (control.cancel if now else control.drain)(halt)
            self.connection.limiter.wake()

    def set_key(self, key: object) -> None:
        """Use another key from now on; it is checked against this job's objects when the run goes on."""
        self.connection.set_key(key)  # type: ignore[arg-type]
        self._checked_key = False

    def wait(self, seconds: float | None = None) -> bool:
        """Block until the coordinator has ended; False when `seconds` passed before."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
            return not thread.is_alive()
        return True

    def close(self, timeout: float = 30.0) -> None:
        """Pause, wait until everything is durable, give the lock back. Raises JournalUnwritable."""
        self.pause()
        if not self.wait(timeout):
            self.stop_now()
            self.wait(timeout)
        try:
            self._journal.close()
        finally:
            self._file_lock.release()

    @property
    def error(self) -> ImporterError | None:
        """Why the last command was refused, for the command line's exit code; None when it was not."""
        return self._error

    @property
    def exit_code(self) -> int:
        """What a run without a screen ends with."""
        if self._state == "finished":
            failed = self.snapshot().totals.failed
            return 1 if failed else 0
        if self._error is not None:
            return self._error.exit_code
        return EXIT_CODES[self._halt.kind] if self._halt is not None else 0

    # -- the coordinator ----------------------------------------------------------------------------------------

    def _coordinate(self, work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except Interrupted:
            self._rest(self._halt or Halt("operator", "paused by the operator"))
        except ImporterError as error:
            self._error = error
            kind: HaltKind = "key" if error.exit_code == 4 else "refused" if error.exit_code == 2 else "service"
            self._rest(Halt(kind, safe(error.message), safe(error.next)))
        except Exception as error:  # noqa: BLE001 - shown to the operator as the job's reason, never swallowed
            self._rest(unexpected(error))
        finally:
            with self._lock:
                self._elapsed += time.monotonic() - (self._began or time.monotonic())
                self._began = None

    def _prepare(self) -> None:
        self._scan_once()
        self._make_plan()
        self._set_state("ready")

    def _go(self) -> None:
        self._scan_once()
        if self._halt is not None:
            raise Interrupted
        self._check_key()
        self._report_changed_source()
        run = self._new_run()
        keeper = Housekeeper(run, self._phase_seconds)
        try:
            for phase, work in (("prewarm", run.prewarm), ("import", run.import_rows)):
                self._set_phase(phase)  # type: ignore[arg-type]
                self._timed(phase, work)
                if run.control.halt is not None:
                    break
        finally:
            keeper.close()
        halt = run.control.halt
        if halt is None:
            self._finish()
        else:
            self._rest(halt)

    def _timed(self, phase: str, work: object) -> None:
        before = self._seconds[phase]
        self._phase_began = (phase, before, time.monotonic())
        try:
            work()  # type: ignore[operator]
        finally:
            self._seconds[phase] = before + time.monotonic() - self._phase_began[2]
            self._phase_began = None
            self._journal.update_job(**self._phase_seconds())

    _phase_began: tuple[str, float, float] | None = None

    def _phase_seconds(self) -> dict[str, float]:
        seconds = dict(self._seconds)
        began = self._phase_began
        if began is not None:
            seconds[began[0]] = began[1] + time.monotonic() - began[2]
        return {f"seconds_{phase}": value for phase, value in seconds.items()}

    def _scan_once(self) -> None:
        from tui_importer.source.frozen import FrozenRows
        from tui_importer.source.scan import ScanCancelled, read_scan, scan

        if self._record.rows is None:
            self._set_phase("scan")
            self._refuse_changed_source()
            self.say("info", f"Scanning {self._record.source}")
            try:
                self._timed("scan", lambda: self._do_scan(scan))
            except ScanCancelled as error:
                raise Interrupted from error
        elif self._scan is None:
            self._scan = read_scan(self.folder)
        if self._store is None:
            self._store = FrozenRows(self.folder)

    def _do_scan(self, scan: object) -> None:
        def progressed(progress: ScanProgress) -> None:
            self._progress = progress

        result: ScanResult = scan(  # type: ignore[operator]
            Path(self._record.source),
            self.folder,
            limit=self.frozen.limit,
            progress=progressed,
            cancelled=self._cancel_scan,
        )
        self._scan = result
        self._journal.add_organizations(
            OrganizationRecord(o.key, o.kind, o.value, o.name, o.rows, o.first_row) for o in result.organizations
        )
        chunk_size = self.frozen.chunk_size or _chunk_size(result.rows)
        self._journal.update_job(rows=result.rows, sha256=result.fingerprint.sha256, chunk_size=chunk_size).wait()
        self._record = self._journal.job()
        self._organizations = self._journal.organizations()
        self._load_tally()
        refused = result.rows - result.importable
        self.say(
            "info", f"Scanned {result.rows:,} rows, {len(result.organizations):,} organizations, {refused:,} refused"
        )

    def _load_tally(self) -> None:
        size = self._record.chunk_size or DEFAULT_CHUNK_SIZE
        self._tally = Tally(self._record.rows or 0, size, self._journal.chunk_counts(size))

    def _refuse_changed_source(self) -> None:
        if self._source_changed():
            raise SourceChanged(
                f"{safe(self._record.source)} has changed or is gone since the job was recorded, and its rows were not "
                "frozen yet.",
                "Restore the file, or purge this job and start a new one.",
            )

    def _report_changed_source(self) -> None:
        if self._source_changed():
            self.say("warning", "The source has changed since the scan; the job goes on with its frozen rows.")

    def _source_changed(self) -> bool:
        try:
            found = Path(self._record.source).stat()
        except OSError:
            return True
        return (found.st_size, found.st_mtime_ns) != (self._record.size, self._record.mtime_ns)

    def _make_plan(self) -> None:
        assert self._scan is not None  # noqa: S101 - set by the scan
        self.say("info", "Planning: looking organizations up")
        self._planner = Planner(
            connection=self.connection,
            journal=self._journal,
            metrics=self._metrics,
            options=self.options,
            patience=self._patience,
            looked_up=lambda count: setattr(self, "_looked_up", count),
        )
        try:
            plan = self._planner.plan(self._scan, self._organizations)
        finally:
            self._planner = None
        if self._halt is not None:
            raise Interrupted
        self._environment = plan.environment.name
        self._journal.update_job(environment=plan.environment.name)
        self._plan = plan

    def _check_key(self) -> None:
        """A key that this job has not used yet must see the job's objects."""
        key = self.connection.key
        digest = key.salted_hash(self._record.key_salt)
        if self._checked_key:
            return
        if digest != self._record.key_hash or self._environment == "UNKNOWN":
            if self._record.key_hash and not check_key_sees_job(self.connection, self._journal):
                self.say("warning", f"Another key ({key.hint}) is used; the job has no objects yet to check it by.")
            self._environment = read_environment(self.connection).name
            self._journal.update_job(key_hint=key.hint, key_hash=digest, environment=self._environment).wait()
            self._record = self._journal.job()
        self._checked_key = True

    def _new_run(self) -> Run:
        assert self._store is not None  # noqa: S101 - set by the scan
        self._load_tally()
        assert self._tally is not None  # noqa: S101 - set just now
        self._organizations = self._journal.organizations()
        self.connection.limiter.set_share(self.options.share)
        run = Run(
            journal=self._journal,
            connection=self.connection,
            store=self._store,
            tally=self._tally,
            metrics=self._metrics,
            frozen=self.frozen,
            options=self.options,
            patience=self._patience,
            organizations=self._organizations,
            say=self.say,
            prewarming=self._prewarming,
        )
        with self._lock:
            self._run = run
            self._rates = []
            if self._halt is not None:
                run.control.drain(self._halt)
        return run

    def _finish(self) -> None:
        from tui_importer.source.frozen import keep_secrets

        self._journal.flush()
        keep_secrets(self.folder, self._journal.failed_rows())
        self._set_phase("done")
        self._set_state("finished")
        totals = self.snapshot().totals
        self.say(
            "info", f"Finished: {totals.created:,} created, {totals.existing:,} existing, {totals.failed:,} failed"
        )
        self._journal.flush()

    def _rest(self, halt: Halt) -> None:
        with self._lock:
            self._halt = halt
            self._reason, self._next_step = halt.reason, halt.next_step
            self._state = "paused"
        try:
            self._journal.update_job(state="paused", reason=halt.reason, next_step=halt.next_step).wait()
            self.say("warning" if halt.kind != "operator" else "info", f"Paused: {halt.reason}")
        except JournalUnwritable:
            return  # the state in the folder stays `running`, which a resume reads as interrupted

    def _journal_failed(self, error: JournalUnwritable) -> None:
        self.halt(Halt("journal", safe(error.message), safe(error.next)), now=True)

    def _set_state(self, state: State) -> None:
        with self._lock:
            self._state = state
            self._journal.update_job(state=state, phase=self._phase, reason=self._reason, next_step=self._next_step)

    def _set_phase(self, phase: Phase) -> None:
        with self._lock:
            self._phase = phase
            self._journal.update_job(phase=phase)

    def say(self, level: str, message: str) -> None:
        """Write to the job's log."""
        self._last_log += 1
        self._journal.log_entry(level, safe(message))

    def _join(self, seconds: float) -> None:
        if self._thread is not None:
            self._thread.join(seconds)

    # -- questions ----------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """A picture of the job now; microseconds, no I/O."""
        with self._lock:
            run, tally = self._run, self._tally
            state, phase = self._state, self._phase
            elapsed = self._elapsed + (time.monotonic() - self._began if self._began is not None else 0.0)
        totals = tally.totals(run.cache.held_rows if run is not None and phase != "done" else 0) if tally else None
        workers = run.pool.views() if run is not None and run.pool is not None else ()
        rates = views.Rates(self._rates)
        snapshot = Snapshot(
            job=self._record.name,
            source=self._record.source,
            environment=self._environment,  # type: ignore[arg-type]
            key_hint=self.connection.key.hint,
            base_url=self.frozen.base_url,
            state=state,
            phase=phase,
            reason=self._reason,
            next_step=self._next_step,
            elapsed=elapsed,
            scanned_rows=self._progress.rows if self._progress else (self._record.rows or 0),
            scanned_share=views.scanned_share(self._progress, done=self._record.rows is not None),
            prewarm_limit=self.options.max_failed / 100 if self.options.max_failed is not None else None,
            organizations=views.organization_totals(run, self._organizations),
            cache_hits=self._metrics.value("cache_hits"),
            cache_misses=self._metrics.value("cache_misses"),
            requests=self._metrics.stats(
                permitted=self.connection.limiter.permitted_writes,
                share=self.options.share,
                in_flight=sum(w.state == "running" for w in workers),
            ),
            seconds=PhaseSeconds(*self._phase_seconds().values()),
            prewarm_requests=self._metrics.value("prewarm_requests"),
            failures=self._failures_base + self._metrics.value("failures"),
            log_entries=self._last_log,
            backing_off=run.health.backing_off if run is not None and state == "running" else "",
            workers=workers,
        )
        if tally is None or totals is None:
            return snapshot
        return replace(
            snapshot,
            totals=totals,
            users=tally.users(),
            memberships=tally.memberships(),
            chunks=tally.views(),
            eta=rates.eta(snapshot, totals) if phase == "import" and state == "running" else None,
        )

    def plan(self) -> Plan | None:
        """The plan, once it is computed."""
        return self._plan

    def failures_after(self, sequence: int, limit: int = 5_000) -> Sequence[FailureView]:
        """Failures with a greater sequence, in order."""
        return [views.failure_view(failure) for failure in self._journal.failures(sequence, limit)]

    def organizations(self) -> Sequence[OrganizationView]:
        """All organizations, sorted by key."""
        active = self._run.active_keys if self._run is not None else set()
        return [views.organization_view(record, active) for record in self._journal.organizations()]

    def log_after(self, sequence: int, limit: int = 1_000) -> Sequence[LogEntry]:
        """Log entries with a greater sequence, in order."""
        return [views.log_entry(entry) for entry in self._journal.log(sequence, limit)]

    def failure_detail(self, sequence: int) -> FailureDetail:
        """One failure with its row, attempts and advice. Raises LookupError when it is gone."""
        failure = self._journal.failure(sequence)
        if failure is None:
            raise LookupError(sequence)
        if self._store is None and self._record.rows is not None:
            from tui_importer.source.frozen import FrozenRows

            self._store = FrozenRows(self.folder)
        row = self._store.row(failure.row) if failure.row is not None and self._store is not None else None
        return views.failure_detail(failure, row, self._journal.attempts(failure.row, failure.organization_key))

    def flush(self) -> None:
        """Make everything submitted durable, so that pages read it. Raises JournalUnwritable."""
        self._journal.flush()


def run_options_json(options: RunOptions) -> str:
    """The journal's form of the run options."""
    return json.dumps(asdict(options))


def _chunk_size(rows: int) -> int:
    """Small files get small chunks, so that all workers have one."""
    wanted = -(-rows // CHUNKS_WANTED)
    rounded = -(-wanted // SMALLEST_CHUNK) * SMALLEST_CHUNK
    return min(DEFAULT_CHUNK_SIZE, max(SMALLEST_CHUNK, rounded))
