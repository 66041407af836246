"""Computing the plan: the scan's numbers, plus what the environment says of organizations, people, roles, webhooks.

Reads only. The environment is asked for every organization, and for all people or a sample of them, as the operator
chooses: a lookup a person is what it costs.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui_importer.engine.errors import StepFailed
from tui_importer.engine.plan.environment import patiently, read_environment
from tui_importer.engine.plan.lookup_pool import Lookups
from tui_importer.engine.plan.plan import OrganizationPlan, Plan, ProblemGroup, UserPlan
from tui_importer.engine.run.organizations import OrganizationCache, OrganizationResolver
from tui_importer.source.frozen.reader import problem_examples
from tui_importer.source.problems import BY_NAME
from tui_importer.text import plural, safe
from tui_importer.workos.errors import NotFound, PermissionDenied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tui_importer.engine.options import RunOptions
    from tui_importer.engine.run.step_context import Tools
    from tui_importer.engine.service.health import Tries
    from tui_importer.engine.service.metrics import Metrics
    from tui_importer.engine.service.timeouts import Patience
    from tui_importer.engine.snapshot.models import Level
    from tui_importer.journal.journal import Journal
    from tui_importer.journal.records import OrganizationRecord
    from tui_importer.source.models import Problem, RowStore, ScanResult
    from tui_importer.workos.connection import Connection

EXPECTED_LATENCY = 0.2
UNLIMITED_WORKERS = 16
MOST_REQUESTS = 400.0
"""Requests a second that this program reaches on a small machine when nothing else bounds it."""
LONGEST_TROUBLE = 60.0
"""Seconds without an answer after which a plan is given up: an operator does not wait half an hour for it."""
UNCERTAINTY = 1.25
"""The range's upper end over its lower: 429s, retries and slow answers."""
SAMPLE = 100
"""People looked up when a sample is wanted."""
PAGE = 5_000
EXAMPLES = 3
"""Findings of each kind that the plan shows with their lines."""


class Planner:
    """Computes a plan; its control's `cancel` ends it within one request."""

    def __init__(
        self,
        *,
        connection: Connection,
        journal: Journal,
        metrics: Metrics,
        options: RunOptions,
        patience: Patience,
        say: Callable[[Level, str], None],
    ) -> None:
        self._connection = connection
        self._metrics = metrics
        self._options = options
        self._lookups = Lookups(
            connection,
            journal,
            metrics,
            patience,
            threads=options.prewarm_concurrency,
            give_up_after=min(LONGEST_TROUBLE, 60 * options.give_up_after),
            longest_wait=60 * options.give_up_after,
            say=say,
        )
        self.control = self._lookups.control

    def plan(self, scan: ScanResult, organizations: list[OrganizationRecord], rows: RowStore) -> Plan:
        """Compute the plan. Raises WorkosError (wrong key: exit 4; dead host: exit 2), PlanFailed, Interrupted."""
        environment = read_environment(self._connection, self.control.cancelled)
        found = {each.key: state for each, state in self._lookups.each(organizations, _organization)}
        people = self._people(scan, rows)
        roles_missing = self._missing_roles(scan.roles, found)
        counts = OrganizationPlan(
            existing=sum(isinstance(state, _Found) for state in found.values()),
            create=sum(state == "create" for state in found.values()),
            conflict=sum(state == "conflict" for state in found.values()),
            unknown=sum(state == "unknown" for state in found.values()),
        )
        writes = scan.users + scan.memberships
        known = round(scan.users * people.existing / people.looked_up) if people.looked_up else 0
        # Who is there is looked up, as are theirs; so is a membership that an earlier row named, before it is written,
        # and the user of a row without an organization whose person came before.
        members = sum(organization.rows for organization in organizations)
        repeated = members - scan.memberships + max(0, scan.importable - members - scan.users)
        requests = len(organizations) + counts.create + writes + 2 * known + repeated
        seconds = self._seconds(writes, len(organizations) + counts.create)
        webhooks = self._webhooks()
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
            notes=tuple(_notes(scan, organizations, found, roles_missing, webhooks)),
            people=people,
            groups=_groups(scan),
            webhooks=webhooks,
            dialect=scan.dialect,
            preset=scan.preset,
            coverage=scan.coverage,
            repairs=scan.repairs,
        )

    def _seconds(self, writes: int, organization_calls: int) -> float:
        """At the permitted rate; without one, at what as many workers reach with the latency seen so far."""
        latency = self._metrics.mean_latency() or EXPECTED_LATENCY
        permitted = self._connection.limiter.permitted_writes
        workers = self._options.workers or UNLIMITED_WORKERS
        rate = permitted if permitted is not None else min(MOST_REQUESTS, workers / latency)
        return writes / rate + organization_calls * latency / max(1, self._options.prewarm_concurrency)

    # -- people -----------------------------------------------------------------------------------------------

    def _people(self, scan: ScanResult, rows: RowStore) -> UserPlan:
        """Look up all people, or a sample spread over the file."""
        if self._options.look_up_users == "none" or not scan.users:
            return UserPlan()
        everybody = self._options.look_up_users == "all"
        addresses = _everybody(rows) if everybody else _sample(rows)
        found = self._lookups.each(addresses, _exists)
        return UserPlan(len(found), sum(exists for _, exists in found))

    def _webhooks(self) -> int | None:
        """Enabled webhook endpoints, None when the key may not read them."""
        client = self._connection.client(self.control.cancelled)
        try:
            return patiently(client.count_webhooks)
        except (PermissionDenied, NotFound):
            return None
        finally:
            client.close()

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


def _organization(tools: Tools, organization: OrganizationRecord, tries: Tries) -> str | _Found:
    """`create`, `conflict`, `unknown` or what was found. Raises SetAside to be asked again later."""
    resolver = OrganizationResolver(tools, OrganizationCache(lambda _: None))
    try:
        found = resolver.find_existing(organization, tries)
    except StepFailed as failure:
        return "conflict" if failure.kind == "organization_ambiguous" else "unknown"
    if found is not None:
        return _Found(found.id)
    return "create" if organization.name else "unknown"


def _exists(tools: Tools, email: str, tries: Tries) -> bool:
    """Whether a user has this address. Raises SetAside to be asked again later."""
    return bool(tools.calls.read(lambda: tools.client.list_users(email=email), tries))


def _sample(rows: RowStore) -> Iterator[str]:
    """Addresses of importable rows that are spread evenly over the file, each person once."""
    step = max(1, rows.rows // SAMPLE)
    seen: set[str] = set()
    for number in range(1, rows.rows + 1, step):
        row = rows.row(number)
        if row.problem is None and row.email not in seen and len(seen) < SAMPLE:
            seen.add(row.email)
            yield row.email


def _everybody(rows: RowStore) -> Iterator[str]:
    """The address of every person, at their first row."""
    for first in range(1, rows.rows + 1, PAGE):
        for row in rows.read(first, first + PAGE - 1):
            if row.problem is None and row.first_row is None:
                yield row.email


def _groups(scan: ScanResult) -> tuple[ProblemGroup, ...]:
    """The findings by kind, errors first, then the most frequent first."""
    examples: Mapping[str, tuple[Problem, ...]] = problem_examples(scan.folder, EXAMPLES) if scan.problem_counts else {}
    groups = [
        ProblemGroup(kind, BY_NAME[kind].severity, count, examples.get(kind, ()))
        for kind, count in scan.problem_counts.items()
    ]
    return tuple(sorted(groups, key=lambda group: (group.severity != "error", -group.count, group.kind)))


def _notes(
    scan: ScanResult,
    organizations: list[OrganizationRecord],
    found: Mapping[str, str | _Found],
    roles_missing: tuple[str, ...] | None,
    webhooks: int | None,
) -> Iterator[str]:
    """What the numbers do not say: first which rows will fail, unless something is done before the start."""
    for state, what in (("unknown", "not there and cannot be created"), ("conflict", "ambiguous")):
        these = [each for each in organizations if found.get(each.key) == state]
        if these:
            rows = sum(each.rows for each in these)
            names = _few([each.name or each.value for each in these])
            are = plural(len(these), "organization is", "organizations are")
            yield f"Will fail: {plural(rows, 'row')}. {are} {what}: {names}."
    if roles_missing:
        rows = sum(scan.roles_rows.get(role, 0) for role in roles_missing)
        names = _few([f"{role} ({scan.roles_rows.get(role, 0):,})" for role in roles_missing])
        yield f"Will fail: {plural(rows, 'row')} with a role that the environment does not have: {names}."
    if roles_missing is None:
        yield "The environment's roles could not be read: the key has no permission for it."
    if webhooks:
        endpoints = plural(webhooks, "webhook endpoint is", "webhook endpoints are")
        yield (
            f"{endpoints} enabled: each new organization, user and membership is sent there. "
            "WorkOS advises to disable them during the import."
        )
    if webhooks is None:
        yield "Webhook endpoints were not checked: the key has no permission for it."


def _few(names: list[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(safe(name, 60) for name in names[:3])
    return shown + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
