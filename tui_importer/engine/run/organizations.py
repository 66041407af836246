"""Finding or making one organization, exactly once, whatever happened before.

`org_id` is looked up only. `org_external_id` is looked up, created when missing, and, since its uniqueness is the
server's, every doubt ends in a lookup. `org_name` alone has no unique key on the server: after an open intent the
search is polled before the organization is created again, so the guarantee holds for lookups that lag less than that.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tui_importer.engine.errors import IdsCollide, StepFailed
from tui_importer.engine.run.step_context import Tools, adopted, definite, stamp_of
from tui_importer.journal import statements
from tui_importer.journal.records import Flag, How
from tui_importer.journal.statements import UNSTAMPED
from tui_importer.text import normalised_name, safe
from tui_importer.workos import refusals
from tui_importer.workos.errors import NotFound, Refused, ServiceFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.service.health import Tries
    from tui_importer.journal.records import OrganizationRecord, Stamp
    from tui_importer.workos.models import Organization
    from tui_importer.workos.server_clock import ServerClock


class OrganizationCache:
    """Organization ids by key; complete and read-only while workers run. Hits and misses are counted."""

    def __init__(self, count: Callable[[str], None]) -> None:
        self._lock = threading.Lock()
        self._ids: dict[str, str] = {}
        self._titles: dict[str, tuple[str, str]] = {}
        self._names: dict[str, dict[str, str]] = {}
        self._failed: dict[str, int] = {}
        self._count = count

    def add(self, key: str, workos_id: str, name: str, *, asked: str | None = None) -> None:
        """A key has its id; `asked` is the name that the file gives to it.

        Raises IdsCollide when the id serves another key already to which the file gives another name: two tenants
        would become one.
        """
        with self._lock:
            if asked:
                title = normalised_name(asked)
                other = self._titles.setdefault(workos_id, (key, title))
                if other[1] != title:
                    raise IdsCollide(workos_id, other[1], title)
            self._ids[key] = workos_id
            self._names.setdefault(normalised_name(name), {})[workos_id] = name
            self._failed.pop(key, None)

    def forget(self, key: str) -> None:
        """The organization of a key was deleted."""
        self.forget_id(self._ids.get(key) or "")
        with self._lock:
            self._ids.pop(key, None)

    def forget_id(self, gone: str) -> None:
        """An organization was deleted: its name is no hit of a search any more; its keys keep the id for a while."""
        with self._lock:
            self._titles.pop(gone, None)
            for ids in self._names.values():
                ids.pop(gone, None)

    def add_failed(self, key: str, rows: int) -> None:
        """A key has none; its rows are blocked."""
        with self._lock:
            self._failed[key] = rows  # before the id goes: who misses it must see why
            self._ids.pop(key, None)

    def forget_failed(self) -> None:
        """Failed keys get another try."""
        with self._lock:
            self._failed.clear()

    def get(self, key: str) -> str | None:
        """The id of a key; counts a hit or a miss."""
        found = self._ids.get(key)
        self._count("cache_hits" if found is not None else "cache_misses")
        return found

    def id_of(self, key: str) -> str | None:
        """The id of a key, not counted as a hit or a miss."""
        return self._ids.get(key)

    def is_failed(self, key: str | None) -> bool:
        """Whether rows of this key are blocked."""
        return key in self._failed

    def named(self, name: str) -> dict[str, str]:
        """Ids and names of this job's organizations whose normalised name is `name`."""
        with self._lock:
            return dict(self._names.get(name, {}))

    def same(self) -> dict[str, str]:
        """Keys that turned out to name the organization of another key, with that key."""
        firsts: dict[str, str] = {}
        with self._lock:
            found = {key: firsts.setdefault(id_, key) for key, id_ in sorted(self._ids.items())}
        return {key: first for key, first in found.items() if key != first}

    @property
    def blocked_rows(self) -> int:
        """Importable rows of failed keys."""
        with self._lock:
            return sum(self._failed.values())


@dataclass(frozen=True, slots=True)
class Resolved:
    """An organization with its id; `created` when this job made it, `adopted` when it was found after a lost answer."""

    id: str
    name: str
    created: bool = False
    uncertain: bool = False
    adopted: bool = False
    stamp: Stamp = UNSTAMPED


class OrganizationResolver:
    """Resolves keys for one thread."""

    def __init__(self, tools: Tools, cache: OrganizationCache) -> None:
        self._client = tools.client
        self._calls = tools.calls
        self._journal = tools.journal
        self._server_time = tools.server_time
        self._server_clock = tools.server_clock
        self._patience = tools.patience
        self._cache = cache

    def resolve(self, organization: OrganizationRecord, tries: Tries) -> Resolved:
        """Find or make it. Raises StepFailed when it has no id in the end; SetAside, Interrupted, JournalUnwritable."""
        find = {"id": self._by_id, "external_id": self._by_external_id, "name": self._by_name}[organization.kind]
        return definite("organization", lambda tries: find(organization, tries), tries)

    def find_existing(self, organization: OrganizationRecord, tries: Tries) -> Resolved | None:
        """What exists now, without creating anything. Raises StepFailed for a conflict, and as `resolve`."""
        if organization.kind == "id":
            return definite("organization", lambda tries: self._by_id(organization, tries), tries)
        if organization.kind == "external_id":
            return _existing(definite("organization", lambda tries: self._lookup(organization.value, tries), tries))
        return definite("organization", lambda tries: self._search(organization, tries), tries)

    def _by_id(self, organization: OrganizationRecord, tries: Tries) -> Resolved:
        try:
            found = self._calls.read(lambda: self._client.get_organization(organization.value), tries)
        except NotFound as error:
            message = f"There is no organization with the id {safe(organization.value, 80)} in this environment."
            raise StepFailed("organization", "organization_not_found", message, 404, error.request_id) from error
        return Resolved(found.id, found.name)

    def _by_external_id(self, organization: OrganizationRecord, tries: Tries) -> Resolved:
        value = organization.value
        maybe = organization.intent is not None
        wait = self._patience.organization_lookup
        found = self._poll(value, wait, tries) if maybe else self._lookup(value, tries)
        intent = organization.intent if organization.intent is not None else self._server_time()
        if found is None:
            name = organization.name
            if not name:
                message = (
                    f"No organization has the external_id {safe(value, 130)}, and the file gives no name to create it."
                )
                raise StepFailed("organization", "organization_name_missing", message, 404)
            self._journal.submit(statements.organization_intended(organization.key, intent)).wait()
        while found is None:
            try:
                created = self._calls.write(
                    lambda: self._client.create_organization(organization.name or "", value), tries
                )
                self._server_clock.created(created.created_at)
                return Resolved(created.id, created.name, created=True, stamp=stamp_of(created))
            except ServiceFailed as error:
                maybe = True
                self._calls.failed(error, tries)
                found = self._poll(value, wait, tries)
            except Refused as error:
                if not refusals.external_id_taken(error):
                    raise
                found = self._poll(value, wait, tries)
                if found is None:
                    message = (
                        f"The API says the external_id {safe(value, 130)} is assigned, but its lookup did not show the "
                        f"organization within {wait:.0f} s."
                    )
                    raise StepFailed("organization", "organization_not_visible", message, error.status) from error
        return _adopt(found, intent, self._server_clock) if maybe else Resolved(found.id, found.name)

    def _by_name(self, organization: OrganizationRecord, tries: Tries) -> Resolved:
        maybe = organization.intent is not None
        wait = self._patience.organization_search
        intent = organization.intent if organization.intent is not None else self._server_time()
        found = self._search(organization, tries, wait if maybe else 0.0, intent if maybe else None)
        if found is None:
            self._journal.submit(statements.organization_intended(organization.key, intent)).wait()
        while found is None:
            try:
                created = self._calls.write(lambda: self._client.create_organization(organization.value, None), tries)
                self._server_clock.created(created.created_at)
                return Resolved(created.id, created.name, created=True, stamp=stamp_of(created))
            except ServiceFailed as error:
                self._calls.failed(error, tries)
                found = self._search(organization, tries, wait, intent)
        return found

    def _lookup(self, external_id: str, tries: Tries) -> Organization | None:
        try:
            return self._calls.read(lambda: self._client.get_organization_by_external_id(external_id), tries)
        except NotFound:
            return None

    def _poll(self, external_id: str, seconds: float, tries: Tries) -> Organization | None:
        return self._calls.poll(lambda: self._lookup(external_id, tries), seconds)

    def _search(
        self, organization: OrganizationRecord, tries: Tries, seconds: float = 0.0, intent: float | None = None
    ) -> Resolved | None:
        """The one organization of exactly this name, polled for `seconds`. Raises StepFailed when there are several."""
        name = normalised_name(organization.value)

        def search() -> dict[str, Resolved] | None:
            hits = self._calls.read(lambda: self._client.find_organizations(organization.value), tries)
            matches = {
                hit.id: _adopt(hit, intent, self._server_clock) if intent is not None else Resolved(hit.id, hit.name)
                for hit in hits
                if normalised_name(hit.name) == name
            }
            # Those that this job has just resolved under another key may not be in the search yet.
            known = {id_: Resolved(id_, title) for id_, title in self._cache.named(name).items()}
            if matches:  # or one that was deleted since would make the name of the other ambiguous
                known = {id_: each for id_, each in known.items() if id_ in matches or self._is_there(id_, tries)}
            return {**matches, **known} or None

        found = self._calls.poll(search, seconds)
        if found is None:
            return None
        if len(found) > 1:
            ids = ", ".join(safe(id_, 40) for id_ in sorted(found)[:5])
            message = (
                f"{len(found)} organizations are named {safe(organization.value, 120)} ({ids}): give org_id instead."
            )
            raise StepFailed("organization", "organization_ambiguous", message)
        return next(iter(found.values()))

    def _is_there(self, id_: str, tries: Tries) -> bool:
        """Whether an organization was not deleted."""
        try:
            self._calls.read(lambda: self._client.get_organization(id_), tries)
        except NotFound:
            return False
        return True


def _existing(found: Organization | None) -> Resolved | None:
    return None if found is None else Resolved(found.id, found.name)


def _adopt(found: Organization, intent: float, clock: ServerClock) -> Resolved:
    how, flags = adopted(found.created_at, intent, clock)
    known = Resolved(found.id, found.name, uncertain=Flag.UNCERTAIN in flags)
    return replace(known, created=True, adopted=True, stamp=stamp_of(found)) if how is How.CREATED else known
