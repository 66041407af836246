"""A stepped engine for the console's tests: it does nothing by itself, and remembers what it was told."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.console.snapshots import a_preview, an_environment, detail_of, ready
from tui_importer.engine.job.key_change import TriedKey
from tui_importer.engine.job.retry import RetryPlan
from tui_importer.errors import ImporterError
from tui_importer.secret import Secret
from tui_importer.source.errors import ScanCancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tui_importer.engine.job.retry import Selection
    from tui_importer.engine.options import NewJob
    from tui_importer.engine.plan.plan import Environment, Plan
    from tui_importer.engine.snapshot.models import (
        FailureDetail,
        FailureView,
        JobSummary,
        LogEntry,
        OrganizationView,
        Snapshot,
    )
    from tui_importer.source.models import Preview, Problem
    from tui_importer.source.options import Reading


def _fits(view: FailureView, selection: Selection) -> bool:
    return view.row is not None and (selection.rows is None or view.row in selection.rows)


@dataclass
class FakeJobView:
    """A `JobView` that stands still: a test sets `now` and calls the screen's refresh."""

    now: Snapshot
    failures: list[FailureView] = field(default_factory=list)
    orgs: list[OrganizationView] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    the_plan: Plan | None = None
    the_findings: list[Problem] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    details: dict[int, FailureDetail] = field(default_factory=dict)
    tried: TriedKey | ImporterError | None = None
    refuse: ImporterError | None = None

    def set(self, **changes: object) -> None:
        """Change the picture."""
        self.now = replace(self.now, **changes)  # type: ignore[arg-type]  # fields by name

    def snapshot(self) -> Snapshot:
        return replace(self.now, failures=len(self.failures) or self.now.failures, log_entries=len(self.log))

    def failures_after(self, sequence: int, limit: int = 5_000) -> Sequence[FailureView]:
        return [view for view in self.failures if view.sequence > sequence][:limit]

    def organizations(self) -> Sequence[OrganizationView]:
        return list(self.orgs)

    def log_after(self, sequence: int, limit: int = 1_000) -> Sequence[LogEntry]:
        return [entry for entry in self.log if entry.sequence > sequence][:limit]

    def failure_detail(self, sequence: int) -> FailureDetail:
        known = next((view for view in self.failures if view.sequence == sequence), None)
        if known is None:
            raise LookupError(sequence)
        return self.details.get(sequence, detail_of(known))

    def plan(self) -> Plan | None:
        return self.the_plan

    def findings(self, limit: int) -> Sequence[Problem]:
        return self.the_findings[:limit]

    def prepare(self) -> None:
        self.told.append("prepare")
        self.set(state="running", phase="scan", reason="", next_step="")

    def start(self, canary: int | None = None, *, retried: bool = False) -> None:
        self.told.append("start retried" if retried else "start" if canary is None else f"start {canary}")
        self.set(state="running", reason="", next_step="")

    def pause(self) -> None:
        self.told.append("pause")
        self.set(state="pausing")

    def stop_now(self) -> None:
        self.told.append("stop_now")
        self.set(state="paused", reason="stopped by you")

    def set_workers(self, workers: int | None) -> None:
        self.told.append(f"set_workers {workers}")
        self.set(workers_wanted=workers or 12, workers_automatic=workers is None)

    def set_share(self, percent: int) -> None:
        self.told.append(f"set_share {percent}")
        self.set(requests=replace(self.now.requests, share=percent))

    def note(self, text: str) -> None:
        self.told.append(f"note {text}")

    def plan_retry(self, selection: Selection) -> RetryPlan:
        fits = [view for view in self.failures if view.row is not None and _fits(view, selection)]
        kinds = Counter(view.kind for view in fits if view.retryable)
        rows = kinds.total()
        ordered = tuple(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
        return RetryPlan(rows, 0, ordered, refused=len(fits) - rows, later=0, requests=2 * rows)

    def retry(self, selection: Selection) -> int:
        if isinstance(self.refuse, ImporterError):
            raise self.refuse
        tried = [view for view in self.failures if view.retryable and _fits(view, selection)]
        self.told.append(f"retry {','.join(str(view.row) for view in tried)}")
        self._take(tried, skipped=False)
        if tried and self.now.state == "finished":
            self.set(state="paused", phase="import", reason="failed rows to be tried again")
        return len(tried)

    def skip(self, rows: Iterable[int], reason: str) -> int:
        if isinstance(self.refuse, ImporterError):
            raise self.refuse
        wanted = set(rows)
        skipped = [view for view in self.failures if view.row in wanted]
        self.told.append(f"skip {','.join(str(view.row) for view in skipped)}: {reason}")
        self._take(skipped, skipped=True)
        return len(skipped)

    def _take(self, gone: Sequence[FailureView], *, skipped: bool) -> None:
        self.failures = [view for view in self.failures if view not in gone]
        count = len(gone)
        totals, left, chunks = self.now.totals, count, []
        for chunk in self.now.chunks:
            here = min(left, chunk.failed)
            left -= here
            chunks.append(replace(chunk, failed=chunk.failed - here, skipped=chunk.skipped + here * skipped))
        self.set(
            totals=replace(totals, failed=totals.failed - count, skipped=totals.skipped + count * skipped),
            failures=len(self.failures), failures_gone=self.now.failures_gone + count, chunks=tuple(chunks),
        )  # fmt: skip

    def try_key(self, key: Secret) -> TriedKey:
        self.told.append(f"try_key {key.hint}")
        if isinstance(self.tried, ImporterError):
            raise self.tried
        return self.tried or TriedKey(key, an_environment(self.now.environment), proven=True)

    def use_key(self, tried: TriedKey) -> None:
        self.told.append(f"use_key {tried.key.hint}")
        self.set(key_hint=tried.key.hint, environment=tried.environment.name)

    def come_to_rest(self) -> None:
        """What the engine does when the last row in flight has ended."""
        self.set(state="paused", reason="by you")

    def close(self, timeout: float = 30.0) -> None:
        self.told.append("close")


@dataclass
class FakeBackend:
    """A `Backend` over fakes."""

    summaries: list[JobSummary] = field(default_factory=list)
    views: dict[str, FakeJobView] = field(default_factory=dict)
    key: Secret | None = field(default_factory=lambda: Secret("sk_test_4eC39HqLyjWDarjtT1zdp7x7Qd"))
    the_preview: Preview | ImporterError = field(default_factory=a_preview)
    the_plan: Plan | None = None
    the_findings: list[Problem] = field(default_factory=list)
    the_environment: Environment | ImporterError = field(default_factory=an_environment)
    refuse: ImporterError | None = None
    prepared: list[NewJob] = field(default_factory=list)
    purged: list[str] = field(default_factory=list)
    stored: dict[str, Secret] = field(default_factory=dict)
    dry_runs: list[str] = field(default_factory=list)
    forgotten: int = 0
    folder: Path = field(default_factory=Path.cwd)
    asked: list[str] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    counting: Preview | None = None
    silent: bool = False
    counted: threading.Event = field(default_factory=threading.Event)

    def stored_key(self, job: str) -> Secret | None:
        return self.stored.get(job)

    def jobs(self) -> Sequence[JobSummary]:
        return list(self.summaries)

    def preview(
        self, source: Path, reading: Reading, progress: Callable[[Preview], None], cancelled: threading.Event
    ) -> Preview:
        self.asked.append(f"preview {source}")
        self.readings.append(reading)
        if self.counting is not None:
            if not self.silent:
                progress(self.counting)
            while not self.counted.wait(0.01):
                if cancelled.is_set():
                    self.asked.append(f"given up {source}")
                    raise ScanCancelled
        if isinstance(self.the_preview, ImporterError):
            raise self.the_preview
        return self.the_preview

    def environment(self, base_url: str) -> Environment:
        self.asked.append(f"environment {base_url}")
        if isinstance(self.the_environment, ImporterError):
            raise self.the_environment
        return self.the_environment

    def default_job_name(self, source: Path) -> str:
        return f"{source.stem}-2026-11-23"

    def prepare(self, new: NewJob, *, dry_run: bool = False) -> FakeJobView:
        self.prepared.append(new)
        if dry_run:
            self.dry_runs.append(new.name)
        if self.refuse is not None:
            raise self.refuse
        environment = self.the_environment
        name = "STAGING" if isinstance(environment, ImporterError) else environment.name
        view = FakeJobView(
            replace(ready(), job=new.name, source=str(new.source), environment=name, scanned_rows=0, scanned_share=0.0),
            the_plan=self.the_plan,
            the_findings=self.the_findings,
        )
        self.views[new.name] = view
        return view

    def forget_dry_run(self) -> None:
        self.forgotten += 1

    def open(self, job: str) -> FakeJobView:
        if self.refuse is not None:
            raise self.refuse
        return self.views[job]

    def folder_of(self, job: str) -> Path:
        return self.folder / job

    def purge(self, job: str) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.purged.append(job)
        self.summaries = [summary for summary in self.summaries if summary.job != job]
