"""Computing the plan: the scan's numbers, plus what the environment says about organizations and roles. Reads only."""

from __future__ import annotations

import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from tui_importer.engine.calls import Calls
from tui_importer.engine.control import Control
from tui_importer.engine.environment import patiently, read_environment
from tui_importer.engine.errors import Interrupted, PlanFailed, SetAside, StepFailed
from tui_importer.engine.health import Health
from tui_importer.engine.organizations import OrganizationCache, OrganizationResolver
from tui_importer.engine.plan import OrganizationPlan, Plan
from tui_importer.engine.steps import Tools
from tui_importer.journal.records import UNKNOWN_TIME
from tui_importer.workos.errors import NotFound, PermissionDenied

if TYPE_CHECKING:
    from tui_importer.engine.metrics import Metrics
    from tui_importer.engine.options import RunOptions
    from tui_importer.engine.patience import Patience
    from tui_importer.journal.journal import Journal
    from tui_importer.journal.records import OrganizationRecord
    from tui_importer.source.models import ScanResult
    from tui_importer.workos.connection import Connection

EXPECTED_LATENCY = 0.2
UNLIMITED_WORKERS = 16
MOST_REQUESTS = 400.0
"""Requests a second that this program reaches on a small machine when nothing else bounds it."""
LONGEST_TROUBLE = 60.0
"""Seconds without an answer after which a plan is given up: nobody waits half an hour for it."""
UNCERTAINTY = 1.25
"""The range's upper end over its lower: 429s, retries and slow answers."""


class Planner:
    """Looks organizations up with a pool of threads. Its control's `cancel` ends it within one request."""

    def __init__(
        self,
        *,
        connection: Connection,
        journal: Journal,
        metrics: Metrics,
        options: RunOptions,
        patience: Patience,
    ) -> None:
        self._connection = connection
        self._journal = journal
        self._metrics = metrics
        self._options = options
        self._patience = patience
        self.control = Control()
        self._health = Health(self.control, patience, min(LONGEST_TROUBLE, 60 * options.give_up_after))
        self._calls = Calls(self.control, self._health, metrics, patience)

    def plan(self, scan: ScanResult, organizations: list[OrganizationRecord]) -> Plan:
        """Compute the plan. Raises WorkosError (wrong key: exit 4; dead host: exit 2), PlanFailed, Interrupted."""
        environment = read_environment(self._connection, self.control.cancelled)
        found = self._look_up(organizations)
        halt = self.control.halt
        if halt is not None:
            if halt.kind in {"operator", "signal"}:
                raise Interrupted
            raise PlanFailed(halt)
        roles_missing = self._missing_roles(scan.roles, found)
        counts = OrganizationPlan(
            existing=sum(isinstance(state, _Found) for state in found.values()),
            create=sum(state == "create" for state in found.values()),
            conflict=sum(state == "conflict" for state in found.values()),
            unknown=sum(state == "unknown" for state in found.values()),
        )
        writes = scan.users + scan.memberships
        requests = len(organizations) + counts.create + writes
        seconds = self._seconds(writes, len(organizations) + counts.create)
        notes = []
        if roles_missing is None:
            notes.append("The environment's roles could not be read: the key has no permission for it.")
        if counts.unknown:
            notes.append(f"Organizations not found that cannot be created: {counts.unknown:,}. Their rows will fail.")
        return Plan(
            environment=environment,
            rows=scan.rows,
            refused_rows=scan.rows - scan.importable,
            users=scan.users,
            memberships=scan.memberships,
            organizations=counts,
            problems=scan.problem_counts,
            roles_missing=roles_missing,
            requests=requests,
            seconds_low=seconds,
            seconds_high=seconds * UNCERTAINTY,
            notes=tuple(notes),
        )

    def _seconds(self, writes: int, organization_calls: int) -> float:
        """At the permitted rate; without one, at what as many workers reach with the latency seen so far."""
        latency = self._metrics.mean_latency() or EXPECTED_LATENCY
        permitted = self._connection.limiter.permitted_writes
        workers = self._options.workers or UNLIMITED_WORKERS
        rate = permitted if permitted is not None else min(MOST_REQUESTS, workers / latency)
        return writes / rate + organization_calls * latency / max(1, self._options.prewarm_concurrency)

    # -- organizations ----------------------------------------------------------------------------------------

    def _look_up(self, organizations: list[OrganizationRecord]) -> dict[str, str | _Found]:
        lock = threading.Lock()
        waiting = deque(organizations)
        states: dict[str, str | _Found] = {}
        errors: list[Exception] = []

        def work() -> None:
            client = self._connection.client(self.control.cancelled)
            tools = Tools(client, self._calls, self._journal, lambda: UNKNOWN_TIME, self._patience)
            resolver = OrganizationResolver(tools, OrganizationCache(lambda _: None))
            try:
                while not self.control.draining.is_set():
                    with lock:
                        if not waiting:
                            return
                        organization = waiting.popleft()
                    state = self._state(resolver, organization)
                    with lock:
                        if state is None:
                            waiting.append(organization)
                        else:
                            states[organization.key] = state
            except Interrupted:
                return
            except Exception as error:  # noqa: BLE001 - raised again by the thread that asked for the plan
                errors.append(error)
            finally:
                self._health.leave()
                client.close()

        count = min(self._options.prewarm_concurrency, len(organizations))
        threads = [threading.Thread(target=work, name=f"plan-{n + 1}", daemon=True) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return states

    def _state(self, resolver: OrganizationResolver, organization: OrganizationRecord) -> str | _Found | None:
        """`create`, `conflict`, `unknown` or what was found; None to look again later."""
        self._metrics.begin()
        try:
            found = resolver.look(organization, self._health.tries())
        except SetAside:
            return None
        except StepFailed as failure:
            self._health.succeeded()
            return "conflict" if failure.kind == "organization_ambiguous" else "unknown"
        self._health.succeeded()
        if found is not None:
            return _Found(found.id)
        return "create" if organization.name else "unknown"

    # -- roles ------------------------------------------------------------------------------------------------

    def _missing_roles(self, roles: tuple[str, ...], found: dict[str, str | _Found]) -> tuple[str, ...] | None:
        """Roles of the file that neither the environment nor one of the organizations found has; None if unreadable."""
        if not roles:
            return ()
        client = self._connection.client(self.control.cancelled)
        try:
            missing = set(roles) - {role.slug for role in patiently(client.list_roles)}
            for state in found.values():
                if not any(role.startswith("org-") for role in missing):
                    break
                if isinstance(state, _Found):
                    missing -= {r.slug for r in patiently(partial(client.list_organization_roles, state.id))}
        except (PermissionDenied, NotFound):
            return None
        finally:
            client.close()
        return tuple(sorted(missing))


class _Found:
    """An organization that exists."""

    def __init__(self, id_: str) -> None:
        self.id = id_
