"""Pre-warm: every organization key is resolved exactly once, before any worker starts.

Keys are distinct, so a small pool has no races by construction. Ids and external ids go first, names after them:
a name may belong to an organization that another key of the same file is about to create.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from tui_importer.engine.errors import IdsCollide, Interrupted, SetAside, StepFailed
from tui_importer.engine.halt import Halt
from tui_importer.engine.run.failures import record_organization_failure
from tui_importer.engine.run.unforeseen_errors import is_of_one_row, left_open
from tui_importer.engine.service.stop import FOLDER_ERRORS, halt_of
from tui_importer.text import safe

if TYPE_CHECKING:
    from tui_importer.engine.run.organizations import OrganizationResolver
    from tui_importer.engine.run.run import Run
    from tui_importer.engine.service.health import Tries
    from tui_importer.journal.records import OrganizationRecord
    from tui_importer.workos.client import WorkosClient

ENOUGH_TRIED = 20
"""Keys tried before the limit is looked at while the pre-warm runs."""


class OrganizationCounts:
    """Live counters of the keys; `resolved` counts keys with an id, `created` those that this job made."""

    def __init__(self, organizations: list[OrganizationRecord]) -> None:
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

    def lost_one(self, *, created: bool) -> None:
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


def prewarm(run: Run, organizations: list[OrganizationRecord]) -> None:
    """Resolve all keys without an id, failed ones first. On return the cache is complete or the run is halted."""
    run.cache.forget_failed()
    unresolved = [o for o in organizations if o.state not in {"created", "existing"}]
    unresolved.sort(key=lambda o: o.state != "failed")
    for by_name in (False, True):
        keys = [o for o in unresolved if (o.kind == "name") is by_name]
        _Pool(run, keys).run()
        if run.control.halt is not None:
            return
    share = run.organizations.over_limit(run.options.max_failed, finished=True)
    if share is not None:
        _halt(run, share)


class _Pool:
    def __init__(self, run: Run, keys: list[OrganizationRecord]) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._keys: deque[tuple[OrganizationRecord, Tries | None]] = deque((key, None) for key in keys)

    def run(self) -> None:
        count = min(self._run.options.prewarm_concurrency, len(self._keys))
        threads = [threading.Thread(target=self._work, name=f"prewarm-{n + 1}", daemon=True) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        run = self._run
        client = run.client()
        resolver = run.resolver(client)
        try:
            while not run.control.draining.is_set():
                with self._lock:
                    if not self._keys:
                        return
                    organization, tries = self._keys.popleft()
                tries = tries or run.health.tries()
                try:
                    self._resolve(resolver, organization, tries, client)
                except SetAside:
                    run.calls.judge(lambda: client.list_organizations(limit=1), tries)
                    again = run.journal.organization(organization.key) or organization  # it may have an intent now
                    with self._lock:
                        self._keys.append((again, tries))
        except Interrupted:
            return  # the key stays as it is; the next run goes on with it
        except IdsCollide as collision:
            run.control.cancel(collided(collision))
        except FOLDER_ERRORS as error:
            run.control.cancel(halt_of(error))
        except Exception as error:  # noqa: BLE001 - reported to the operator and in the crash file, never swallowed
            run.crashed(error)
        finally:
            run.health.leave()
            client.close()

    def _resolve(
        self, resolver: OrganizationResolver, organization: OrganizationRecord, tries: Tries, client: WorkosClient
    ) -> None:
        run, words = self._run, ""
        began = time.monotonic()
        run.metrics.begin()
        run.resolving(organization.key, active=True)
        try:
            try:
                found = resolver.resolve(organization, tries)
            except (StepFailed, SetAside):
                raise
            except Exception as error:
                if not is_of_one_row(error):
                    raise
                words = run.unforeseen.words(error, [run.connection.key])
                if left_open(client, tries):
                    label = safe(organization.name or organization.value, 80)
                    run.say("warning", f"{label}: unforeseen error: {words}; what became of it is looked up")
                    raise SetAside from error
                raise StepFailed("organization", "internal_error", f"unforeseen error: {words}") from error
        except StepFailed as failure:
            commit = record_organization_failure(run, organization, failure, time.monotonic() - began)
            run.cache.add_failed(organization.key, organization.rows)
            run.organizations.failed_one()
        else:
            commit = run.organization_resolved(organization, found, time.monotonic() - began)
        finally:
            run.resolving(organization.key, active=False)
        if organization.state == "failed":
            commit.wait()  # a screen that hears of it reads the journal again
            run.failure_gone()
        run.unforeseen.ended(words)
        run.health.succeeded()
        share = run.organizations.over_limit(run.options.max_failed, finished=False)
        if share is not None:
            _halt(run, share)


def collided(collision: IdsCollide) -> Halt:
    """Two tenants would become one: nothing more is written until somebody has decided."""
    first, second = safe(collision.first, 80), safe(collision.second, 80)
    return Halt(
        "limit",
        f"the organizations “{first}” and “{second}” of the file lead to the same id {safe(collision.workos_id, 80)}",
        "Find out in WorkOS whether they are one organization. If so, give both rows one org_id and import the file "
        "as a new job; if not, report it to WorkOS.",
    )


def _halt(run: Run, share: float) -> None:
    counts = run.organizations
    tried = counts.resolved + counts.failed
    run.control.drain(
        Halt(
            "limit",
            f"too many organizations failed: {counts.failed} of {tried} tried ({share:.0f} %)",
            "Look at the failed organizations, mend the cause, then resume: they are tried first.",
        )
    )
