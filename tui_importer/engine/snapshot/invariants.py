"""Rows are conserved: the numbers of a snapshot must add up, and a screen must say so when they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_importer.engine.snapshot.models import ChunkView, Snapshot, Totals


def disorder(now: Snapshot) -> Iterator[str]:
    """What is wrong with the numbers of one snapshot, each as a sentence without its full stop."""
    totals, organizations = now.totals, now.organizations
    yield from _disorder_of_chunks(totals, now.chunks)
    if not 0 <= totals.pending <= totals.rows:
        yield "more rows ended than there are"
    if not 0 <= totals.blocked <= totals.pending:
        yield "more rows are blocked than are pending"
    if totals.blocked and not organizations.failed:
        yield "rows are blocked although no organization failed"
    if organizations.tried > organizations.total or organizations.created > organizations.resolved:
        yield "more organizations were tried than there are"
    if now.state == "finished" and totals.pending:
        yield "the job has finished with pending rows"


def _disorder_of_chunks(totals: Totals, chunks: tuple[ChunkView, ...]) -> Iterator[str]:
    rows = created = existing = failed = skipped = 0
    overfull = False
    for chunk in chunks:
        size = chunk.last_row - chunk.first_row + 1
        done = chunk.created + chunk.existing + chunk.failed + chunk.skipped
        overfull = overfull or done > size
        rows += size
        created += chunk.created
        existing += chunk.existing
        failed += chunk.failed
        skipped += chunk.skipped
    if rows != totals.rows:
        yield "the chunks have other rows"
    found = {"created": created, "existing": existing, "failed": failed, "skipped": skipped}
    for name, count in found.items():
        if count != getattr(totals, name):
            yield f"the chunks count other {name} rows"
    if overfull:
        yield "a chunk has more rows that ended than rows"
