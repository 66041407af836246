"""Summary of a job as a document for programs and as lines for people, read from its journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_importer.engine.snapshot.models import (
    MembershipTotals,
    OrganizationTotals,
    PhaseSeconds,
    Totals,
    UserTotals,
)
from tui_importer.journal.journal import open_reader
from tui_importer.journal.records import How, Outcome
from tui_importer.text import plural, safe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tui_importer.journal.journal import Reader


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of a job so far; `prewarm_requests` are the requests of the pre-warm alone.

    `uncertain` counts rows and organizations that are existing because it is unknown whether this job made them.
    """

    job: str
    state: str
    reason: str
    next_step: str
    totals: Totals
    users: UserTotals
    memberships: MembershipTotals
    organizations: OrganizationTotals
    requests: int
    retries: int
    rate_limited: int
    prewarm_requests: int
    cache_hits: int
    cache_misses: int
    seconds: PhaseSeconds
    uncertain: int = 0


def summary_of(folder: Path) -> Summary:
    """Read a job's summary from its folder. Raises JobNotFound, JournalCorrupt, JournalNewer."""
    with open_reader(folder) as reader:
        return _summary(reader)


def _summary(reader: Reader) -> Summary:
    job = reader.job()
    outcomes = reader.totals()
    organizations = reader.organizations()
    counters = reader.counters()
    users = dict.fromkeys(How, 0)
    memberships = dict.fromkeys(How, 0)
    updated = 0
    for found in reader.chunk_counts(job.chunk_size or 1_000):
        if found.user_how is not None:
            users[found.user_how] += found.rows
        if found.membership_how is not None:
            memberships[found.membership_how] += found.rows
        updated += found.rows if found.updated else 0
    rows = job.rows or 0
    pending = rows - sum(outcomes.values())
    blocked = sum(o.rows for o in organizations if o.state == "failed")
    created = sum(o.state == "created" for o in organizations)
    return Summary(
        job=job.name,
        state=job.state,
        reason=job.reason,
        next_step=job.next_step,
        totals=Totals(
            rows,
            outcomes[Outcome.CREATED],
            outcomes[Outcome.EXISTING],
            outcomes[Outcome.FAILED],
            outcomes[Outcome.SKIPPED],
            min(blocked, pending),
        ),
        users=UserTotals(users[How.CREATED], users[How.EXISTING], updated, users[How.FAILED]),
        memberships=MembershipTotals(memberships[How.CREATED], memberships[How.EXISTING]),
        organizations=OrganizationTotals(
            len(organizations),
            created + sum(o.state == "existing" for o in organizations),
            created,
            sum(o.state == "failed" for o in organizations),
        ),
        requests=counters.get("requests", 0),
        retries=counters.get("retries", 0),
        rate_limited=counters.get("rate_limited", 0),
        prewarm_requests=counters.get("prewarm_requests", 0),
        cache_hits=counters.get("cache_hits", 0),
        cache_misses=counters.get("cache_misses", 0),
        seconds=PhaseSeconds(job.seconds_scan, job.seconds_prewarm, job.seconds_import),
        uncertain=reader.uncertain_rows() + sum(o.uncertain for o in organizations),
    )


def summary_document(summary: Summary) -> Mapping[str, object]:
    """The JSON document of `run` and `resume`."""
    totals = summary.totals
    return {
        "job": summary.job,
        "state": summary.state,
        "reason": summary.reason,
        "rows": totals.rows,
        "created": totals.created,
        "existing": totals.existing,
        "failed": totals.failed,
        "skipped": totals.skipped,
        "pending": totals.pending,
        "blocked": totals.blocked,
        "uncertain": summary.uncertain,
        "users": {
            "created": summary.users.created,
            "existing": summary.users.existing,
            "updated": summary.users.updated,
            "failed": summary.users.failed,
        },
        "memberships": {"created": summary.memberships.created, "existing": summary.memberships.existing},
        "organizations": {
            "resolved": summary.organizations.resolved,
            "created": summary.organizations.created,
            "failed": summary.organizations.failed,
        },
        "requests": summary.requests,
        "retries": summary.retries,
        "rate_limited": summary.rate_limited,
        "cache": {"hits": summary.cache_hits, "misses": summary.cache_misses},
        "seconds": {
            "scan": round(summary.seconds.scan, 3),
            "prewarm": round(summary.seconds.prewarm, 3),
            "import": round(summary.seconds.import_, 3),
        },
    }


def summary_lines(summary: Summary) -> list[str]:
    """The summary as lines for people."""
    totals, users, organizations = summary.totals, summary.users, summary.organizations
    lines = [
        f"{safe(summary.job)}: {summary.state}{f' ({safe(summary.reason)})' if summary.reason else ''}",
        (
            f"  rows           {totals.rows:,}: {totals.created:,} created, {totals.existing:,} existing, "
            f"{totals.failed:,} failed, {totals.skipped:,} skipped, {totals.pending:,} pending"
        ),
        (
            f"  users          {users.created:,} created, {users.existing:,} existing ({users.updated:,} updated), "
            f"{users.failed:,} failed"
        ),
        f"  memberships    {summary.memberships.created:,} created, {summary.memberships.existing:,} existing",
        (
            f"  organizations  {organizations.resolved:,}/{organizations.total:,} resolved, "
            f"{organizations.created:,} created, {organizations.failed:,} failed"
        ),
        (
            f"  pre-warm       {summary.seconds.prewarm:.1f} s, {plural(summary.prewarm_requests, 'request')}; "
            f"cache {plural(summary.cache_hits, 'hit')}, {plural(summary.cache_misses, 'miss', 'misses')}"
        ),
        (
            f"  requests       {summary.requests:,}, {plural(summary.retries, 'retry', 'retries')}, "
            f"{plural(summary.rate_limited, 'time')} 429"
        ),
        (
            f"  seconds        scan {summary.seconds.scan:.1f}, pre-warm {summary.seconds.prewarm:.1f}, "
            f"import {summary.seconds.import_:.1f}"
        ),
    ]
    if totals.blocked:
        waiting = plural(totals.blocked, "pending row waits", "pending rows wait")
        lines.insert(2, f"  blocked        {waiting} for an organization that failed")
    if summary.uncertain:
        found = plural(summary.uncertain, "row or organization was", "rows and organizations were")
        lines.insert(2, f"  uncertain      {found} found after a lost answer, and counted as existing; see the log")
    if summary.next_step:
        lines.append(f"Next: {safe(summary.next_step)}")
    return lines
