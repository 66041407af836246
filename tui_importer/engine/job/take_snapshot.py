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
    from tui_importer.engine.job.context import Parts


def take_snapshot(parts: Parts) -> Snapshot:
    """A picture of the job now; no I/O."""
    while True:
        snapshot = _picture(parts)
        if snapshot.state == parts.lifecycle.state:  # else numbers of one state would be shown with another
            return snapshot


def _picture(parts: Parts) -> Snapshot:
    run, life, record = parts.run, parts.lifecycle, parts.source.record
    tally, limiter = parts.source.tally, parts.connection.limiter
    workers = run.staffing.views() if run is not None else ()
    held = run.keys.cache.held_rows if run is not None else 0
    snapshot = Snapshot(
        job=record.name,
        source=record.source,
        source_change=parts.source.change,
        environment=parts.environment,  # type: ignore[arg-type]
        key_hint=parts.connection.key.hint,
        base_url=parts.frozen.base_url,
        state=life.state,
        phase=life.phase,
        reason=life.reason,
        next_step=life.next_step,
        needs_key=life.needs_key,
        accepted=is_accepted(parts.accepted, parts.environment, record.frozen_options),
        elapsed=life.elapsed,
        scanned_rows=views.scanned_rows(parts.source.progress, record.rows),
        scanned_share=views.scanned_share(parts.source.progress, done=parts.source.is_scanned),
        prewarm_limit=parts.live.now.max_failed / 100 if parts.live.now.max_failed is not None else None,
        organizations=views.organization_totals(run, parts.source.organizations),
        cache_hits=parts.metrics.value("cache_hits"),
        cache_misses=parts.metrics.value("cache_misses"),
        requests=parts.metrics.stats(limiter, in_flight=sum(worker.state == "running" for worker in workers)),
        seconds=life.phase_seconds(),
        prewarm_requests=parts.metrics.value("prewarm_requests"),
        failures=parts.failures_before + parts.failures_counted,
        failures_gone=parts.metrics.value("failures_gone"),
        log_entries=life.log_entries,
        backing_off=run.context.health.backing_off if run is not None and life.state == "running" else "",
        waiting=wait_words(limiter.asked_for, limiter.paused_for) if life.state in {"running", "pausing"} else "",
        awaited=run.context.calls.awaited if run is not None and life.state in {"running", "pausing"} else 0,
        workers=workers,
        workers_wanted=parts.live.now.workers or (run.staffing.wanted if run is not None else 0),
        workers_automatic=parts.live.now.workers is None,
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
        eta=parts.rates.eta(snapshot, counted.totals) if moving and snapshot.phase == "import" else None,
        bound=bound_of(snapshot) if moving else "",
    )
