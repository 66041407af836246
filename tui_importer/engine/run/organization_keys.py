"""The organization keys of a run: which have an id and which failed, in the cache, the journal and the counters."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Final

from tui_importer.engine.run.failures import organization_failure
from tui_importer.engine.run.organizations import OrganizationCache, OrganizationResolver
from tui_importer.engine.service.timeouts import Patience
from tui_importer.journal import statements
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tui_importer.engine.errors import StepFailed
    from tui_importer.engine.run.context import RunContext
    from tui_importer.engine.run.organizations import Resolved
    from tui_importer.engine.service.health import Tries
    from tui_importer.journal.records import OrganizationRecord
    from tui_importer.journal.writer import Commit
    from tui_importer.workos.client import WorkosClient

ENOUGH_TRIED: Final = 20
"""Keys tried before the limit of failures is applied while the pre-warm runs."""


class OrganizationCounts:
    """Live counters of the keys; `resolved` counts keys with an id, `created` those that this job made."""

    def __init__(self, organizations: Sequence[OrganizationRecord]) -> None:
        self._lock = threading.Lock()
        self.total = len(organizations)
        self.created = sum(o.state == "created" for o in organizations)
        self.resolved = self.created + sum(o.state == "existing" for o in organizations)
        self.failed = 0

    def resolved_one(self, *, created: bool) -> None:
        """A key has its id."""
        with self._lock:
            self.resolved += 1
            self.created += created

    def deleted_one(self, *, created: bool) -> None:
        """A key's organization was deleted; it has no id any more."""
        with self._lock:
            self.resolved -= 1
            self.created -= created

    def failed_one(self) -> None:
        """A key has none."""
        with self._lock:
            self.failed += 1

    def over_limit(self, max_failed: float | None, *, finished: bool) -> float | None:
        """The percentage of failed keys among those tried, when it exceeds the limit; else None."""
        with self._lock:
            tried = self.resolved + self.failed
            if max_failed is None or not self.failed or not tried:
                return None
            share = 100 * self.failed / tried
            enough = finished or tried >= ENOUGH_TRIED or max_failed == 0
            return share if enough and share > max_failed else None


class OrganizationKeys:
    """All keys of the source, `organizations` as the journal has them when the run begins."""

    def __init__(self, context: RunContext, organizations: Sequence[OrganizationRecord]) -> None:
        self._context = context
        self._records = {each.key: each for each in organizations}
        self.counts = OrganizationCounts(organizations)
        self.active: set[str] = set()
        """Keys that are being resolved now."""
        self.cache = OrganizationCache(context.metrics.count)
        for each in organizations:
            if each.workos_id is not None:
                self.cache.add(each.key, each.workos_id, each.name or each.value)

    def label(self, key: str | None) -> str:
        """What people call the organization of a key; empty without one."""
        record = self._records.get(key or "")
        return "" if record is None else (record.name or record.value)

    # -- what becomes of a key --------------------------------------------------------------------------------

    def resolved(self, organization: OrganizationRecord, found: Resolved, seconds: float) -> Commit:
        """Note the id of a key, found or made in `seconds`. Raises IdsCollide."""
        self.cache.add(organization.key, found.id, found.name, asked=organization.name)
        commit = self._context.journal.submit(
            *statements.organization_resolved(
                organization.key,
                found.id,
                found.name,
                seconds,
                created=found.created,
                uncertain=found.uncertain,
                adopted=found.adopted,
                stamp=found.stamp,
            )
        )
        self.counts.resolved_one(created=found.created)
        if found.uncertain:
            self._context.uncertain(f"The organization {safe(found.name, 80)}")
        return commit

    def failed(self, organization: OrganizationRecord, failure: StepFailed, seconds: float) -> Commit:
        """Note that a key has no id; its rows are blocked."""
        context = self._context
        attempts = context.metrics.failed_attempts()
        commit = context.journal.submit(*organization_failure(organization, failure, attempts, seconds))
        context.metrics.count("failures")
        self.cache.add_failed(organization.key, organization.rows)
        self.counts.failed_one()
        return commit

    def deleted(self, organization: OrganizationRecord, meant: Sequence[int]) -> None:
        """Note, durably, that an organization was deleted: its key has no id until it is resolved again.

        `meant` are rows whose intent to write a membership is void by it.
        """
        self.counts.deleted_one(created=organization.state == "created")
        self._context.journal.submit(*statements.organization_deleted(organization.key, meant)).wait()

    @contextlib.contextmanager
    def resolving(self, key: str) -> Iterator[None]:
        """Show a key as one that is being resolved."""
        self.active.add(key)
        try:
            yield
        finally:
            self.active.discard(key)

    # -- resolving --------------------------------------------------------------------------------------------

    def resolver(self, client: WorkosClient, patience: Patience | None = None) -> OrganizationResolver:
        """A resolver for one thread."""
        return OrganizationResolver(self._context.tools(client, patience), self.cache)

    def resolve_missed(self, client: WorkosClient, key: str, tries: Tries) -> str:
        """Resolve a key that should have been in the cache, the way importers without a pre-warm do."""
        hasty = Patience(organization_lookup=3.0, organization_search=3.0, first_poll=0.5)
        return self.resolver(client, hasty).resolve(self._records[key], tries).id

    def wanted(self) -> list[OrganizationRecord]:
        """Those of the rows that this run tries: a canary, or rows tried again, make no others."""
        context, scope = self._context, self._context.scope
        known = context.journal.organizations()
        if scope.only is not None:
            rows = [context.store.row(row) for row in sorted(scope.only)]
        elif scope.is_canary:
            rows = context.store.read(1, scope.last_row)
        else:
            return known
        wanted = {row.organization_key for row in rows if row.problem is None}
        return [organization for organization in known if organization.key in wanted]

    def needed(self) -> set[str | None]:
        """The keys of rows that are still pending; reads all of these rows."""
        context = self._context
        keys: set[str | None] = set()
        for chunk in context.tally.unfinished():
            first, last = context.tally.bounds(chunk)
            records = context.journal.rows(first, last)
            keys |= {
                row.organization_key
                for row in context.store.read(first, last)
                if row.problem is None
                and context.scope.includes(row.row)
                and ((begun := records.get(row.row)) is None or begun.outcome is None)
            }
        return keys
