"""The file of a recovery test: a few people in a few organizations; and what happens to these without us."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tui_importer.journal.records import OrganizationRecord
from tui_importer.source.models import SourceRow
from tui_importer.workos.models import MembershipStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.engine.recovery_server import Entry, ModelServer
    from tui_importer.workos.models import Organization

PEOPLE = 3
STRANGER = "stranger@example.com"


@dataclass(frozen=True, slots=True)
class Place:
    """An organization of the file: its key's kind, value and name; `id` and `title` are what others' one has."""

    kind: str
    value: str
    name: str | None
    id: str
    title: str
    external_id: str | None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.value}"

    def leads_to(self, entry: Entry[Organization]) -> bool:
        """Whether this organization is the one that the file asks for, or was when it was looked up."""
        found = entry.thing
        if self.kind == "name":
            return self.value in entry.names
        return self.value == (found.id if self.kind == "id" else found.external_id)


CORE = Place("id", "org_core", None, "org_core", "Core", None)
"""It is always there: what has an id cannot be made."""
PLACES = (
    Place("external_id", "acme", "Acme", "org_acme", "Acme", "acme"),
    Place("name", "Bolt", "Bolt", "org_bolt", "Bolt", None),
    Place("name", "Acme", "Acme", "org_acme", "Acme", "acme"),  # the first one by its name alone
    Place("external_id", "dune", "Bolt", "org_dune", "Dune, Inc.", "dune"),  # the file has another name for it
    CORE,
)

FileRow = tuple[int, int | None]
"""A row of the file: number of the person, of the place."""
FILES = st.lists(
    st.tuples(st.integers(0, PEOPLE - 1), st.sampled_from([*range(len(PLACES)), None])), min_size=1, max_size=6
)


@dataclass(frozen=True, slots=True)
class Deed:
    """Others make the user, the organization, or the membership with this status, that row `pick` is about."""

    pick: int
    what: str


DEEDS = st.builds(
    Deed,
    st.integers(0, 5),
    st.sampled_from(
        ["user", "organization", MembershipStatus.INACTIVE, MembershipStatus.ACTIVE, MembershipStatus.PENDING]
    ),
)


def email_of(person: int) -> str:
    return f"user{person}@example.com"


def external_id_of(person: int) -> str | None:
    """The last person has none."""
    return None if person == PEOPLE - 1 else f"legacy-{person}"


def organization_for(server: ModelServer, place: Place) -> Entry[Organization] | None:
    """What the server has for a place."""
    entries = server.organizations.values()
    if place.external_id is not None:
        return next((entry for entry in entries if entry.thing.external_id == place.external_id), None)
    return next((entry for entry in entries if entry.thing.name == place.title), None)


def do(deed: Deed, server: ModelServer, file: Sequence[FileRow], maker: str) -> None:
    """A membership needs its ends; one that is active may be deactivated; all else that exists stays as it is."""
    person, place = file[deed.pick % len(file)]
    user_id = None if deed.what == "organization" else _user(server, person, maker)
    organization_id = None if deed.what == "user" or place is None else put_organization(server, PLACES[place], maker)
    if user_id is not None and organization_id is not None:
        server.put_membership(user_id, organization_id, MembershipStatus(deed.what), maker)


def put_organization(server: ModelServer, place: Place, maker: str) -> str:
    """Its id, made if there was none."""
    entry = organization_for(server, place)
    if entry is not None:
        return entry.thing.id
    is_new = place.id not in server.organizations and not server.disturbed[place.id]  # no id is given twice
    return server.create_organization(place.title, place.external_id, maker, place.id if is_new else None).id


def _user(server: ModelServer, person: int, maker: str) -> str:
    entry = server.user_of(email_of(person))
    if entry is not None:
        return entry.thing.id
    external_id = external_id_of(person)
    return server.create_user(email_of(person), external_id if server.owner_of(external_id) is None else None, maker).id


def file_of(file: Sequence[FileRow]) -> tuple[list[SourceRow], list[OrganizationRecord]]:
    """The frozen rows and the organization keys of a file."""
    rows: list[SourceRow] = []
    for number, (person, place) in enumerate(file, 1):
        email, external_id = email_of(person), external_id_of(person)
        user = {"email": email} if external_id is None else {"email": email, "external_id": external_id}
        first = next((row.row for row in rows if row.email == email), None)
        key = None if place is None else PLACES[place].key
        rows.append(SourceRow(number, number + 1, email, user, key, (), {}, first_row=first))
    used = Counter(row.organization_key for row in rows)
    records = [
        OrganizationRecord(place.key, place.kind, place.value, place.name, used[place.key], 1)
        for place in PLACES
        if used[place.key]
    ]
    return with_twins(rows, {}), records


def with_twins(rows: Sequence[SourceRow], same: Mapping[str, str]) -> list[SourceRow]:
    """Each row with the nearest earlier one of the same person and organization; `same` tells which keys are one."""
    made: list[SourceRow] = []
    nearest: dict[tuple[str, str], int] = {}
    for row in rows:
        key = row.organization_key
        pair = (row.email, same.get(key or "", key or ""))
        made.append(replace(row, twin_row=nearest.get(pair)))
        if key is not None:
            nearest[pair] = row.row
    return made


class ModelStore:
    """The frozen rows of a job, as one process has them."""

    def __init__(self, rows: Sequence[SourceRow]) -> None:
        self._rows = list(rows)

    @property
    def rows(self) -> int:
        return len(self._rows)

    def read(self, first: int, last: int) -> list[SourceRow]:
        return self._rows[first - 1 : last]

    def row(self, number: int) -> SourceRow:
        return self._rows[number - 1]

    def first_rows(self, rows: Sequence[int]) -> dict[int, int]:
        """The first row of the same person, for those that are not it."""
        found = ((number, self.row(number).first_row) for number in rows)
        return {number: first for number, first in found if first is not None}

    def unite(self, same: Mapping[str, str]) -> None:
        self._rows = with_twins(self._rows, same)
