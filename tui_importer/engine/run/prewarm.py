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
from tui_importer.engine.run.unforeseen_errors import is_of_one_row, left_open
from tui_importer.engine.service.stop import FOLDER_ERRORS, halt_of
from tui_importer.text import safe

if TYPE_CHECKING:
    from tui_importer.engine.run.context import RunContext
    from tui_importer.engine.run.organization_keys import OrganizationKeys
    from tui_importer.engine.run.organizations import OrganizationResolver
    from tui_importer.engine.service.health import Tries
    from tui_importer.journal.records import OrganizationRecord
    from tui_importer.workos.client import WorkosClient


def prewarm(context: RunContext, keys: OrganizationKeys, organizations: list[OrganizationRecord]) -> None:
    """Resolve all keys without an id, failed ones first. On return the cache is complete or the run is halted."""
    keys.cache.forget_failed()
    unresolved = [o for o in organizations if o.state not in {"created", "existing"}]
    unresolved.sort(key=lambda o: o.state != "failed")
    for by_name in (False, True):
        _Pool(context, keys, [o for o in unresolved if (o.kind == "name") is by_name]).run()
        if context.control.halt is not None:
            return
    _check_limit(context, keys, finished=True)


class _Pool:
    def __init__(self, context: RunContext, keys: OrganizationKeys, unresolved: list[OrganizationRecord]) -> None:
        self._context = context
        self._keys = keys
        self._lock = threading.Lock()
        self._waiting: deque[tuple[OrganizationRecord, Tries | None]] = deque((each, None) for each in unresolved)

    def run(self) -> None:
        count = min(self._context.options.prewarm_concurrency, len(self._waiting))
        threads = [threading.Thread(target=self._work, name=f"prewarm-{n + 1}", daemon=True) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        context = self._context
        client = context.client()
        resolver = self._keys.resolver(client)
        try:
            while not context.control.draining.is_set():
                with self._lock:
                    if not self._waiting:
                        return
                    organization, tries = self._waiting.popleft()
                tries = tries or context.health.tries()
                try:
                    self._resolve(resolver, organization, tries, client)
                except SetAside:
                    context.calls.judge(lambda: client.list_organizations(limit=1), tries)
                    again = context.journal.organization(organization.key) or organization  # it may have an intent now
                    with self._lock:
                        self._waiting.append((again, tries))
        except Interrupted:
            return  # the key stays as it is; the next run goes on with it
        except IdsCollide as collision:
            context.control.cancel(collided(collision))
        except FOLDER_ERRORS as error:
            context.control.cancel(halt_of(error))
        except Exception as error:  # noqa: BLE001 - reported to the operator and in the crash file, never swallowed
            context.crashed(error)
        finally:
            context.health.leave()
            client.close()

    def _resolve(
        self, resolver: OrganizationResolver, organization: OrganizationRecord, tries: Tries, client: WorkosClient
    ) -> None:
        context, words = self._context, ""
        began = time.monotonic()
        context.metrics.begin()
        try:
            try:
                with self._keys.resolving(organization.key):
                    found = resolver.resolve(organization, tries)
            except (StepFailed, SetAside):
                raise
            except Exception as error:
                if not is_of_one_row(error):
                    raise
                words = context.unforeseen.words(error, [context.connection.key])
                if left_open(client, tries):
                    label = safe(organization.name or organization.value, 80)
                    context.say("warning", f"{label}: unforeseen error: {words}; what became of it is looked up")
                    raise SetAside from error
                raise StepFailed("organization", "internal_error", f"unforeseen error: {words}") from error
        except StepFailed as failure:
            commit = self._keys.failed(organization, failure, time.monotonic() - began)
        else:
            commit = self._keys.resolved(organization, found, time.monotonic() - began)
        if organization.state == "failed":
            commit.wait()  # a screen that hears of it reads the journal again
            context.metrics.count("failures_gone")  # another one may be in its place
        context.unforeseen.ended(words)
        context.health.succeeded()
        _check_limit(context, self._keys, finished=False)


def collided(collision: IdsCollide) -> Halt:
    """Two tenants would become one: nothing more is written until that is decided."""
    first, second = safe(collision.first, 80), safe(collision.second, 80)
    return Halt(
        "limit",
        f"the organizations “{first}” and “{second}” of the file lead to the same id {safe(collision.workos_id, 80)}",
        "Find out in WorkOS whether they are one organization. If so, give both rows one org_id and import the file "
        "as a new job; if not, report it to WorkOS.",
    )


def _check_limit(context: RunContext, keys: OrganizationKeys, *, finished: bool) -> None:
    """Stop the run when too many of the keys that were tried have failed."""
    counts = keys.counts
    share = counts.over_limit(context.options.max_failed, finished=finished)
    if share is None:
        return
    tried = counts.resolved + counts.failed
    context.control.drain(
        Halt(
            "limit",
            f"too many organizations failed: {counts.failed} of {tried} tried ({share:.0f} %)",
            "Look at the failed organizations, correct the cause, then resume: they are tried first.",
        )
    )
