"""The snapshot of an open job: all that a screen shows of it without reading the journal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui_importer.engine.job import views
from tui_importer.engine.job.acceptance import is_accepted
from tui_importer.engine.run.rate_limit_waits import wait_words
from tui_importer.engine.snapshot.eta import bound_of
from tui_importer.engine.snapshot.models import Snapshot

if TYPE_CHECKING:
    from tui_importer.engine.job.context import JobContext


def take_snapshot(context: JobContext) -> Snapshot:
    """The snapshot of an open job now; no I/O."""
    while True:
        snapshot = _snapshot(context)
        if snapshot.state == context.lifecycle.state:  # else numbers of one state would be shown with another
            return snapshot


def _snapshot(context: JobContext) -> Snapshot:
    run, life, record = context.run, context.lifecycle, context.source.record
    tally, limiter = context.source.tally, context.connection.limiter
    workers = run.staffing.views() if run is not None else ()
    blocked = run.keys.cache.blocked_rows if run is not None else 0
    snapshot = Snapshot(
        job=record.name,
        source=record.source,
        source_change=context.source.change,
        environment=context.environment,  # type: ignore[arg-type]
        key_hint=context.connection.key.hint,
        base_url=context.frozen.base_url,
        state=life.state,
        phase=life.phase,
        reason=life.reason,
        next_step=life.next_step,
        needs_key=life.needs_key,
        accepted=is_accepted(context.accepted, context.environment, record.frozen_options),
        elapsed=life.elapsed,
        scanned_rows=views.scanned_rows(context.source.progress, record.rows),
        scanned_share=views.scanned_share(context.source.progress, done=context.source.is_scanned),
        prewarm_limit=context.live.now.max_failed / 100 if context.live.now.max_failed is not None else None,
        organizations=views.organization_totals(run, context.source.organizations),
        cache_hits=context.metrics.value("cache_hits"),
        cache_misses=context.metrics.value("cache_misses"),
        requests=context.metrics.stats(limiter, in_flight=sum(worker.state == "running" for worker in workers)),
        seconds=life.phase_seconds(),
        prewarm_requests=context.metrics.value("prewarm_requests"),
        failures=context.failures_before + context.failures_counted,
        failures_gone=context.metrics.value("failures_gone"),
        log_entries=life.log_entries,
        backing_off=run.context.health.backing_off if run is not None and life.state == "running" else "",
        waiting=wait_words(limiter.asked_for, limiter.paused_for) if life.state in {"running", "pausing"} else "",
        awaited=run.context.calls.awaited if run is not None and life.state in {"running", "pausing"} else 0,
        workers=workers,
        workers_wanted=context.live.now.workers or (run.staffing.wanted if run is not None else 0),
        workers_automatic=context.live.now.workers is None,
    )
    if tally is None:
        return snapshot
    counted = tally.counts(blocked)
    moving = snapshot.state == "running"
    return replace(
        snapshot,
        totals=counted.totals,
        users=counted.users,
        memberships=counted.memberships,
        chunks=counted.chunks,
        eta=context.rates.eta(snapshot, counted.totals) if moving and snapshot.phase == "import" else None,
        bound=bound_of(snapshot) if moving else "",
    )
