"""Snapshots of a job, immutable, for screens and progress lines; taken about four times a second.

Building one takes microseconds and no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime

State = Literal["ready", "running", "pausing", "paused", "finished", "aborted"]
Phase = Literal["scan", "prewarm", "import", "done"]
EnvironmentName = Literal["SANDBOX", "STAGING", "PRODUCTION", "UNKNOWN"]
ChunkState = Literal["waiting", "running", "done", "deferred"]
WorkerState = Literal["idle", "running", "waiting", "backing off", "paused", "stopped"]
Level = Literal["info", "warning", "error"]

_ACTIVE: Final[frozenset[State]] = frozenset({"running", "pausing"})
_OVER: Final[frozenset[State]] = frozenset({"finished", "aborted"})


@dataclass(frozen=True, slots=True)
class Totals:
    """Outcomes of rows; `rows` = created + existing + failed + skipped + pending, always.

    `blocked` are pending rows whose organization failed.
    """

    rows: int = 0
    created: int = 0
    existing: int = 0
    failed: int = 0
    skipped: int = 0
    blocked: int = 0

    @property
    def done(self) -> int:
        """Rows that have an outcome."""
        return self.created + self.existing + self.failed + self.skipped

    @property
    def pending(self) -> int:
        """Rows without an outcome, blocked ones included."""
        return self.rows - self.done


@dataclass(frozen=True, slots=True)
class OrganizationTotals:
    """Organization keys: all of them, those with an id, of which created by this job, and failed."""

    total: int = 0
    resolved: int = 0
    created: int = 0
    failed: int = 0

    @property
    def tried(self) -> int:
        """Keys with a result."""
        return self.resolved + self.failed


@dataclass(frozen=True, slots=True)
class UserTotals:
    """Distinct users by what became of them; `updated` is part of `existing`."""

    created: int = 0
    existing: int = 0
    updated: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class MembershipTotals:
    """Memberships written by this job and found in place."""

    created: int = 0
    existing: int = 0


@dataclass(frozen=True, slots=True)
class RequestStats:
    """Requests over all runs of the job. Rates are per second, latencies in milliseconds.

    `history` holds the writes of each of the last 60 full seconds, oldest first. `permitted` is the write rate the
    limiter allows now, of the environment's `limit`; both None when unlimited. `paused_for` are the seconds left of a
    pause after a 429, `asked_for` those left of what the server asked for, which may be longer. `statuses` counts
    answers by status (0 = no answer); they add up to `requests`. `import_writes` are the writes of the import alone.
    """

    requests: int = 0
    import_writes: int = 0
    retries: int = 0
    rate_limited: int = 0
    in_flight: int = 0
    rate: float = 0.0
    write_rate: float = 0.0
    permitted: float | None = None
    limit: float | None = None
    share: int = 80
    paused_for: float = 0.0
    asked_for: float = 0.0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    history: tuple[float, ...] = ()
    statuses: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PhaseSeconds:
    """Seconds spent in each phase, over all runs of the job."""

    scan: float = 0.0
    prewarm: float = 0.0
    import_: float = 0.0


@dataclass(frozen=True, slots=True)
class Eta:
    """Seconds still needed, as a range."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ChunkView:
    """One chunk: rows `first_row` to `last_row`; `rate` in rows per second, `seconds` of work so far."""

    chunk: int
    first_row: int
    last_row: int
    state: ChunkState
    worker: int | None
    created: int
    existing: int
    failed: int
    skipped: int
    rate: float
    seconds: float

    @property
    def rows(self) -> int:
        """Rows in the chunk."""
        return self.last_row - self.first_row + 1

    @property
    def done(self) -> int:
        """Rows that have an outcome."""
        return self.created + self.existing + self.failed + self.skipped


@dataclass(frozen=True, slots=True)
class WorkerView:
    """One worker thread: state with `detail` ("row 1,204", "rate limit", "2.1 s"), its work so far."""

    worker: int
    state: WorkerState
    detail: str
    chunk: int | None
    row: int | None
    rows: int
    errors: int
    latency_ms: float | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a screen shows of a job, consistent in itself.

    `workers_wanted` is the number of workers asked for or found best, 0 before the import when it is
    `workers_automatic`. `backing_off` says for how long and why, empty without trouble;
    `waiting` the same of a long wait after a 429. `source_change` says what
    became of the source since its scan ("was removed"), empty while it is as it was. `bound` says what limits the speed
    now ("write limit 39.2/50"), empty when nothing moves. `needs_key` says that the job rests because of its key.
    `accepted` says that the operator has agreed to write to this environment.
    `awaited` counts objects that are looked for, as the answer that made them was lost or they are not to be seen yet.
    `failures` are those in the journal; `failures_gone` grows when some of them are not there any more, or are others.
    """

    job: str
    source: str
    environment: EnvironmentName
    key_hint: str
    base_url: str
    state: State
    phase: Phase
    reason: str = ""
    next_step: str = ""
    needs_key: bool = False
    accepted: bool = False
    dry_run: bool = False
    elapsed: float = 0.0
    scanned_rows: int = 0
    scanned_share: float = 0.0
    prewarm_limit: float | None = 0.10
    totals: Totals = field(default_factory=Totals)
    organizations: OrganizationTotals = field(default_factory=OrganizationTotals)
    users: UserTotals = field(default_factory=UserTotals)
    memberships: MembershipTotals = field(default_factory=MembershipTotals)
    cache_hits: int = 0
    cache_misses: int = 0
    requests: RequestStats = field(default_factory=RequestStats)
    seconds: PhaseSeconds = field(default_factory=PhaseSeconds)
    prewarm_requests: int = 0
    chunks: tuple[ChunkView, ...] = ()
    workers: tuple[WorkerView, ...] = ()
    eta: Eta | None = None
    bound: str = ""
    failures: int = 0
    failures_gone: int = 0
    log_entries: int = 0
    backing_off: str = ""
    waiting: str = ""
    source_change: str = ""
    awaited: int = 0
    workers_wanted: int = 0
    workers_automatic: bool = True

    @property
    def is_active(self) -> bool:
        """Whether threads of the job are at work."""
        return self.state in _ACTIVE

    @property
    def is_over(self) -> bool:
        """Whether nothing of the job goes on any more."""
        return self.state in _OVER


@dataclass(frozen=True, slots=True)
class FailureView:
    """One entry of the errors table: a failed row, or a failed organization (`row` None).

    `sequence` grows with time; `step` is row, organization, user or membership; `shape` is the message without what
    belongs to one row; `retryable` says whether trying the row again can help.
    """

    sequence: int
    time: datetime
    row: int | None
    line: int | None
    email: str
    organization: str
    step: str
    kind: str
    status: int | None
    message: str
    request_id: str
    shape: str = ""
    retryable: bool = True


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One request of a failed row: bodies are masked and at most 4 KiB."""

    time: datetime
    method: str
    path: str
    status: int | None
    code: str
    message: str
    request_id: str
    milliseconds: float
    request_body: str
    response_body: str


@dataclass(frozen=True, slots=True)
class FailureDetail:
    """All that is known of one failure. `cells` are (header, value) as in the file, secrets masked."""

    failure: FailureView
    cells: tuple[tuple[str, str], ...]
    attempts: tuple[AttemptView, ...]
    meaning: str
    advice: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class OrganizationView:
    """One line of the organizations table; `how` is waiting, resolving, existing, created or failed."""

    key: str
    name: str
    workos_id: str
    how: str
    rows: int
    seconds: float
    message: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the engine's log."""

    sequence: int
    time: datetime
    level: Level
    message: str


@dataclass(frozen=True, slots=True)
class JobSummary:
    """One line of the jobs list; read from a job's folder without opening it for writing.

    `state` is what a resume would find: a job whose process died reads `paused`, reason `interrupted`.
    `problem` says why a folder could not be read, else empty.
    """

    job: str
    source: str
    environment: EnvironmentName
    state: State
    reason: str
    totals: Totals
    started: datetime
    updated: datetime
    problem: str = ""

    @property
    def is_active(self) -> bool:
        """Whether threads of the job are at work."""
        return self.state in _ACTIVE

    @property
    def is_over(self) -> bool:
        """Whether nothing of the job goes on any more."""
        return self.state in _OVER
