"""A design for jobs: what the environment has before, the source, and what must be true afterwards.

What must come of it is computed from the design alone, row by row and object by object, so that nothing that happens
on the way can hide in a sum.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.cli.conftest import wait_until
from tests.support import COLUMNS, person, write_source
from tui_importer.journal.records import Flag, How, Outcome
from tui_importer.sandbox.objects import ACTIVE, INACTIVE, PENDING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tui_importer.engine.job.job import Job
    from tui_importer.report.summary import Summary
    from tui_importer.sandbox.answers import JsonObject
    from tui_importer.sandbox.server import Sandbox

_KEYS = ("org_id", "org_external_id", "org_name")


@dataclass(frozen=True, slots=True)
class Place:
    """An organization; `cells` are how rows name it."""

    name: str
    external_id: str | None = None
    cells: Mapping[str, str] = field(default_factory=dict)
    before: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """How a row must end; `user` is set for a person's first row only."""

    outcome: Outcome
    user: How | None
    membership: How | None
    role_differs: bool = False
    kind: str = ""


class Design:
    """Seeds `sandbox` and plans the rows; `deactivated` is the number of people who were deactivated, a copy."""

    def __init__(self, sandbox: Sandbox, copies: int = 1, *, update: bool = False, deactivated: int = 3) -> None:
        self._sandbox = sandbox
        self.update = update
        self.rows: list[dict[str, str]] = []
        self._places: dict[int, Place] = {}  # by the row's identity, before they are mixed
        self._organizations: list[Place] = []
        self._keys: set[tuple[str, str]] = set()
        self._bodies: dict[str, JsonObject] = {}
        self._people = 0
        for copy in range(copies):
            self._copy(copy, deactivated)
        order = list(range(len(self.rows)))
        random.Random(copies).shuffle(order)
        self._row_places = [self._places.get(number) for number in order]
        self.rows = [self.rows[number] for number in order]
        self._users_before = {str(user["email"]): user for user in sandbox.state.users}
        self._memberships_before = {
            (self._email(m["user_id"]), str(m["organization_name"])): m for m in sandbox.state.memberships
        }
        self.ends = list(self._model())

    # -- the design ---------------------------------------------------------------------------------------------

    def _copy(self, copy: int, deactivated: int) -> None:
        places = [*self._given(copy), *self._new(copy)]
        self._decoys(copy)
        new = [self._person() for _ in range(54)]
        for index, number in enumerate(new):
            self._row(number, places[index % len(places)], admin=index % 4 == 0)
        for _ in range(6):
            self._row(self._person(), None)
        known = [self._person(before=True) for _ in range(16)]
        for index, number in enumerate(known):
            self._row(number, places[(5 * index) % len(places)])
        given = [place for place in places if place.before]
        members = [self._person(before=True) for _ in range(10)]
        for index, number in enumerate(members):
            self._member(number, given[index], ACTIVE)
            self._row(number, given[index], admin=index < 2)
        inactive = [self._person(before=True) for _ in range(deactivated)]
        for index, number in enumerate(inactive):
            self._member(number, given[index % len(given)], INACTIVE)
            self._row(number, given[index % len(given)], admin=index % 2 == 1)
        invited = self._person(before=True)
        self._member(invited, given[4], PENDING)
        self._row(invited, given[4])
        for number in (*new[0:6], *known[0:4], *inactive[0:2]):  # a second membership
            self._row(number, places[(number + 13) % len(places)])
        for number, place in (
            *((new[index], places[index]) for index in (6, 7, 8, 20)),
            *((known[index], places[5 * index]) for index in (4, 5)),
            (members[0], given[0]),
            (inactive[-1], given[(deactivated - 1) % len(given)]),
            (new[32], places[33]),
            (new[33], places[32]),
        ):  # the same again, the last two by the organization's other name
            self._row(number, place)

    def _given(self, copy: int) -> Iterator[Place]:
        """Organizations that are there: known by id, by external id, by name."""
        for index in range(8):
            name = f"By id {copy}-{index}"
            seeded = self._sandbox.seed_organization(name)
            yield self._place(Place(name, cells={"org_id": str(seeded["id"])}, before=True))
        for index in range(8):
            name, external_id = f"Given {copy}-{index}", f"given-{copy}-{index}"
            self._sandbox.seed_organization(name, external_id=external_id)
            cells = {"org_external_id": external_id, "org_name": name if index % 2 else ""}
            yield self._place(Place(name, external_id, cells, before=True))
        for index in range(8):
            name = f"Known {copy}-{index}"
            self._sandbox.seed_organization(name)
            yield self._place(Place(name, cells={"org_name": name}, before=True))

    def _new(self, copy: int) -> Iterator[Place]:
        """Organizations that are not; the last one is named in two ways."""
        for index in range(8):
            name, external_id = f"New {copy}-{index}", f"new-{copy}-{index}"
            yield self._place(Place(name, external_id, {"org_external_id": external_id, "org_name": name}))
        for index in range(8):
            name = f"Newcomer {copy}-{index}"
            yield self._place(Place(name, cells={"org_name": name}))
        name, external_id = f"Both {copy}", f"both-{copy}"
        yield self._place(Place(name, external_id, {"org_external_id": external_id, "org_name": name}))
        yield self._place(Place(name, external_id, {"org_name": f" Both   {copy} "}))

    def _decoys(self, copy: int) -> None:
        """Organizations that the search for others shows, too."""
        for name in (f"Known {copy}-0 Ltd", f"Newcomer {copy}-1 and more", f"KNOWN {copy}-2"):
            self._sandbox.seed_organization(name)
            self._organizations.append(Place(name, before=True))

    def _place(self, place: Place) -> Place:
        if not any(each.name == place.name for each in self._organizations):
            self._organizations.append(place)
        return place

    def _person(self, *, before: bool = False) -> int:
        number = self._people
        self._people += 1
        if before:
            email = f"user{number}@example.com"
            external_id = f"legacy-{number}" if number % 2 else None
            self._bodies[email] = self._sandbox.seed_user(email, first_name="Old", external_id=external_id)
        return number

    def _member(self, number: int, place: Place, status: str) -> None:
        (organization,) = (o for o in self._sandbox.state.organizations if o["name"] == place.name)
        user = self._bodies[f"user{number}@example.com"]
        self._sandbox.seed_membership(str(user["id"]), str(organization["id"]), status=status)

    def _row(self, number: int, place: Place | None, *, admin: bool = False) -> None:
        cells = {"role_slug": "admin"} if admin else {}
        if number % 7 == 3:
            cells["email"] = f" User{number}@Example.COM "
        if place is not None:
            self._places[len(self.rows)] = place
            cells |= place.cells
            self._keys.add(next((kind, cells[kind].strip()) for kind in _KEYS if cells.get(kind)))
        self.rows.append(person(number) | cells)

    # -- what must come of it ---------------------------------------------------------------------------------

    def _model(self) -> Iterator[End]:
        """How each row must end, in the file's order."""
        seen: set[str] = set()
        memberships: dict[tuple[str, str], str] = {}
        for row, place in zip(self.rows, self._row_places, strict=True):
            email = row["email"].strip().lower()
            user = None
            if email not in seen:
                user = How.EXISTING if email in self._users_before else How.CREATED
            seen.add(email)
            made = Outcome.CREATED if user is How.CREATED else Outcome.EXISTING
            if place is None:
                yield End(made, user, None)
                continue
            pair = (email, place.name)
            role = row.get("role_slug") or "member"
            before = self._memberships_before.get(pair)
            if before is not None and before["status"] != ACTIVE:
                yield End(Outcome.FAILED, user, None, kind=f"membership_{before['status']}")
            elif before is not None or pair in memberships:
                present = memberships.setdefault(pair, str(before["role"]["slug"]) if before else role)
                differs = bool(row.get("role_slug")) and role != present
                if differs and self.update:
                    memberships[pair] = role
                yield End(made, user, How.EXISTING, role_differs=differs and not self.update)
            else:
                memberships[pair] = role
                yield End(Outcome.CREATED, user, How.CREATED)
        self._memberships = memberships

    def source(self, folder: Path) -> Path:
        """Write the rows to a file."""
        return write_source(folder / "users.csv", self.rows, (*COLUMNS, "org_id"))

    def check(self, job: Job, summary: Summary) -> None:
        """The job has finished, and all is exactly as designed: every row, every total, every object."""
        assert summary.state == "finished", summary
        self._check_rows(job)
        self._check_totals(summary)
        self.check_server()

    def _check_rows(self, job: Job) -> None:
        kinds = {failure.row: failure.kind for failure in job.failures_after(0)}
        expected = {row: end.kind for row, end in enumerate(self.ends, 1) if end.kind}
        assert kinds == expected, [(f.row, f.step, f.kind, f.message) for f in job.failures_after(0)]
        records = job._journal.rows(1, len(self.rows))
        found = [records[row] for row in range(1, len(self.rows) + 1)]
        ends = [
            End(r.outcome, r.user_how, r.membership_how, Flag.ROLE_DIFFERS in r.flags, kinds.get(r.row, ""))
            for r in found
            if r.outcome is not None
        ]
        differences = _differences(ends, self.ends)
        assert not differences, differences
        uncertain = [r for r in found if Flag.UNCERTAIN in r.flags]
        assert not uncertain, uncertain
        assert not any(o.uncertain for o in job._journal.organizations())

    def _check_totals(self, summary: Summary) -> None:
        totals, ends = summary.totals, self.ends
        outcomes = Counter(end.outcome for end in ends)
        users = Counter(end.user for end in ends)
        memberships = Counter(end.membership for end in ends)
        new = sum(not place.before for place in self._organizations)
        assert (totals.created, totals.existing, totals.failed, totals.rows) == (
            outcomes[Outcome.CREATED],
            outcomes[Outcome.EXISTING],
            outcomes[Outcome.FAILED],
            len(ends),
        )
        updated = users[How.EXISTING] if self.update else 0
        assert (summary.users.created, summary.users.existing, summary.users.updated, summary.users.failed) == (
            users[How.CREATED],
            users[How.EXISTING],
            updated,
            0,
        )
        assert (summary.memberships.created, summary.memberships.existing) == (
            memberships[How.CREATED],
            memberships[How.EXISTING],
        )
        organizations = summary.organizations
        assert (organizations.total, organizations.resolved, organizations.created, organizations.failed) == (
            len(self._keys),
            len(self._keys),
            new,
            0,
        )
        assert summary.cache_misses == 0

    def check_server(self) -> None:
        """The server has every object of the design once and nothing else; what was there before is untouched."""
        wait_until(lambda: self._sandbox.snapshot(objects=False).in_flight == 0)
        state = self._sandbox.state
        assert Counter((o["name"], o["external_id"]) for o in state.organizations) == Counter(
            (place.name, place.external_id) for place in self._organizations
        )
        firsts: dict[str, dict[str, str]] = {}
        for row in self.rows:
            firsts.setdefault(row["email"].strip().lower(), row)
        assert Counter(str(user["email"]) for user in state.users) == Counter(dict.fromkeys(firsts, 1))
        for user in state.users:
            before, row = self._users_before.get(str(user["email"])), firsts[str(user["email"])]
            if before is not None and not self.update:
                assert user == before
            else:
                named = (user["first_name"], user["last_name"], user["external_id"])
                assert named == (row["first_name"], row["last_name"], row["external_id"])
        self._check_memberships(state.memberships)

    def _check_memberships(self, found: tuple[JsonObject, ...]) -> None:
        expected = Counter((email, name, ACTIVE, role) for (email, name), role in self._memberships.items())
        expected.update(
            (email, name, str(m["status"]), str(m["role"]["slug"]))
            for (email, name), m in self._memberships_before.items()
            if m["status"] != ACTIVE
        )
        emails = {user["id"]: str(user["email"]) for user in self._sandbox.state.users}
        assert expected == Counter(
            (emails[m["user_id"]], str(m["organization_name"]), str(m["status"]), str(m["role"]["slug"])) for m in found
        )
        by_id = {m["id"]: m for m in found}
        for before in self._memberships_before.values():
            if before["status"] != ACTIVE or not self.update:
                assert by_id[before["id"]] == before

    def _email(self, user_id: object) -> str:
        return next(email for email, user in self._bodies.items() if user["id"] == user_id)


def _differences(found: list[End], expected: list[End]) -> list[tuple[int, End, End]]:
    pairs = zip(found, expected, strict=True)
    return [(row, is_, must) for row, (is_, must) in enumerate(pairs, 1) if is_ != must]
