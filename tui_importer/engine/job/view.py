"""The protocol by which screens see a job and command it.

A screen never talks to the engine's threads: it asks a `JobView` for a `Snapshot`, for pages of rows that were
appended since the last page, and for details of one row. A snapshot takes microseconds and no I/O; pages read the
journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tui_importer.engine.job.key_change import TriedKey
    from tui_importer.engine.job.retry import RetryPlan, Selection
    from tui_importer.engine.plan.plan import Plan
    from tui_importer.engine.snapshot.models import FailureDetail, FailureView, LogEntry, OrganizationView, Snapshot
    from tui_importer.secret import Secret
    from tui_importer.source.models import Problem


class JobView(Protocol):
    """What a screen may ask of a job, and its commands to it.

    Every method returns at once, except those that say they block.

    `failures_after`, `organizations` and `log_after` read the journal (about a millisecond a page).
    """

    def snapshot(self) -> Snapshot:
        """The snapshot of the job now."""

    def failures_after(self, sequence: int, limit: int = 5_000) -> Sequence[FailureView]:
        """Failures with a greater sequence, in order."""

    def organizations(self) -> Sequence[OrganizationView]:
        """All organizations, sorted by key; changed while the pre-warm runs."""

    def log_after(self, sequence: int, limit: int = 1_000) -> Sequence[LogEntry]:
        """Log entries with a greater sequence, in order."""

    def failure_detail(self, sequence: int) -> FailureDetail:
        """One failure with its row, attempts and advice."""

    def plan(self) -> Plan | None:
        """The plan, once it is computed."""

    def findings(self, limit: int) -> Sequence[Problem]:
        """The first findings of the scan, in the file's order (blocks). Raises FrozenRowsError."""

    def prepare(self) -> None:
        """Begin the scan and compute the plan; the job then is `ready` with `plan()` set, or paused with a reason."""

    def start(self, canary: int | None = None, *, retried: bool = False) -> None:
        """Begin or resume: scan, pre-warm, import, whatever is missing.

        With `canary` only the first so many rows are tried; with `retried` only those that `retry` made pending, after
        which the job is as it was.
        """

    def pause(self) -> None:
        """Drain the rows in flight, then rest."""

    def stop_now(self) -> None:
        """Send nothing more; rows in flight stay pending."""

    def set_workers(self, workers: int | None) -> None:
        """Run with this many workers (1 to 128), None for automatic; kept. Raises ValueError."""

    def set_share(self, percent: int) -> None:
        """Use this share of the rate limit (1 to 100); kept. Raises ValueError."""

    def note(self, text: str) -> None:
        """Write a line into the job's log."""

    def plan_retry(self, selection: Selection) -> RetryPlan:
        """What `retry` would do now (blocks: it reads all failures). Raises ImporterError."""

    def retry(self, selection: Selection) -> int:
        """Make failed rows pending again; a job that rests tries them with its next `start` (blocks for a commit).

        Returns how many rows. Raises ImporterError.
        """

    def skip(self, rows: Iterable[int], reason: str) -> int:
        """End failed rows as skipped and return how many (blocks for a commit). Raises ImporterError."""

    def try_key(self, key: Secret) -> TriedKey:
        """Test another key against this job's objects (blocks, network). Raises ImporterError."""

    def use_key(self, tried: TriedKey) -> None:
        """Go on with a tested key (blocks for a commit). Raises ImporterError."""

    def close(self, timeout: float = 30.0) -> None:
        """Pause, wait until everything is durable, release the job."""
