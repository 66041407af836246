"""A model of the server for the tests of recovery: the live API's rules, its lags, and simulated time."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from hypothesis import strategies as st

from tui_importer.workos.errors import NotFound, Refused
from tui_importer.workos.models import Membership, MembershipStatus, Organization, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Thing = TypeVar("Thing", User, Membership, Organization)

EPOCH = 1_800_000_000.25
"""The server's time when a test begins; not a whole second."""
DAY = 86_400.0


class Clock:
    """Simulated seconds. Takes the place of the module `time` where the engine waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def condition(self) -> threading.Condition:
        return _Condition(self)


class _Condition(threading.Condition):
    """Nobody ever notifies in a test of one thread: waiting is time going by."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None, "this wait would never end"
        self._clock.seconds += timeout
        return False


@dataclass(frozen=True, slots=True)
class Traits:
    """How a server is. Seconds a new object lags in lookups, and a new user in the creation of its memberships.

    `skew` is how far the clock of `created_at` is behind the one of `Date`; `dates` False: there is no `Date`;
    `email_first`: which refusal comes first when both e-mail and external id are taken; `lists_strangers`: a list of
    the memberships of a user who is not there is empty, else it is refused.
    """

    users_lag: float = 0.0
    memberships_lag: float = 0.0
    organizations_lag: float = 0.0
    user_unknown: float = 0.0
    skew: float = 0.0
    dates: bool = True
    email_first: bool = True
    lists_strangers: bool = True


TRAITS = st.builds(
    replace,
    st.sampled_from([Traits(), Traits(1.0, 1.0, 3.0, 1.0), Traits(8.0, 8.0, 12.0, 1.0)]),
    skew=st.sampled_from([0.0, 0.9, -0.9]),
    dates=st.sampled_from([True, True, True, True, False]),
    email_first=st.booleans(),
    lists_strangers=st.booleans(),
)


@dataclass(slots=True)
class Entry(Generic[Thing]):
    """An object of the server; `maker` is seed, other or job; lists and lookups show it from `visible_at` on.

    `changed_at` tells when others have changed it, `names` what its address or name has been up to now.
    """

    thing: Thing
    maker: str
    visible_at: float
    changed_at: float | None = None
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class ModelServer:
    """The rules of the live API, as far as an import meets them.

    `doubts` are natural keys of what an unanswered POST may have made, not looked up since; `disturbed` counts how
    often others have deleted or renamed what has or had this id, address, name or external id; `crowded` are names
    that two organizations had at one time.
    """

    clock: Clock
    traits: Traits
    users: dict[str, Entry[User]] = field(default_factory=dict)
    memberships: dict[tuple[str, str], Entry[Membership]] = field(default_factory=dict)
    organizations: dict[str, Entry[Organization]] = field(default_factory=dict)
    doubts: set[str] = field(default_factory=set)
    disturbed: Counter[str] = field(default_factory=Counter)
    crowded: set[str] = field(default_factory=set)
    _late: list[tuple[float, Callable[[], object]]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def time(self) -> float:
        return EPOCH + self.clock.seconds

    def date(self) -> str | None:
        """The `Date` header: whole seconds."""
        now = datetime.fromtimestamp(int(self.time), UTC)
        return format_datetime(now, usegmt=True) if self.traits.dates else None

    def pass_time(self, seconds: float) -> None:
        """Time goes by."""
        self.clock.seconds += seconds
        self._apply_late_writes()

    def later(self, seconds: float, write: Callable[[], object]) -> None:
        self._late.append((self.clock.seconds + seconds, write))

    def _apply_late_writes(self) -> None:
        """What fell due meanwhile has its effect at its time, if it is still possible."""
        now = self.clock.seconds
        due = sorted((at, number) for number, (at, _) in enumerate(self._late) if at <= now)
        writes = [(at, self._late[number][1]) for at, number in due]
        self._late = [(at, write) for at, write in self._late if at > now]
        for at, write in writes:
            self.clock.seconds = at
            with suppress(Refused, NotFound):
                write()
        self.clock.seconds = now

    def _stamp(self, maker: str) -> datetime:
        age = DAY if maker == "seed" else self.traits.skew
        return datetime.fromtimestamp(self.time - age, UTC)

    def _visible_from(self, maker: str, lag: float) -> float:
        return self.clock.seconds + (lag if maker == "job" else -DAY)

    def seen(self, entries: Iterable[Entry[Thing]]) -> list[Thing]:
        """What lists and lookups show now."""
        return [entry.thing for entry in entries if entry.visible_at <= self.clock.seconds]

    def user_of(self, email: str) -> Entry[User] | None:
        return next((entry for entry in self.users.values() if entry.thing.email == email), None)

    def owner_of(self, external_id: object) -> Entry[User] | None:
        found = (entry for entry in self.users.values() if external_id and entry.thing.external_id == external_id)
        return next(found, None)

    def named(self, name: str) -> list[Entry[Organization]]:
        return [entry for entry in self.organizations.values() if entry.thing.name == name]

    def photograph(self) -> ModelServer:
        """What is there at this moment, to be looked at later."""
        kept = replace(self, disturbed=Counter(self.disturbed), _late=[])
        kept.users = {key: replace(entry) for key, entry in self.users.items()}
        kept.memberships = {key: replace(entry) for key, entry in self.memberships.items()}
        kept.organizations = {key: replace(entry) for key, entry in self.organizations.items()}
        return kept

    def create_user(self, email: str, external_id: str | None, maker: str) -> User:
        taken = [
            (self.user_of(email), "email_not_available"),
            (self.owner_of(external_id), "external_id_already_used"),
        ]
        for entry, code in taken if self.traits.email_first else reversed(taken):
            if entry is not None:
                raise Refused("Could not create user.", status=400, codes=("user_creation_error", code))
        user = User(f"user_{next(self._numbers)}", email, external_id, self._stamp(maker))
        visible_at = self._visible_from(maker, self.traits.users_lag)
        self.users[user.id] = Entry(user, maker, visible_at, names=(email,))
        return user

    def update_user(self, user_id: str, external_id: str | None) -> User:
        entry = self._user(user_id)
        owner = self.owner_of(external_id)
        if owner is not None and owner is not entry:
            raise Refused("Already used.", status=400, codes=("external_id_already_used",))
        entry.thing = replace(entry.thing, external_id=external_id or entry.thing.external_id)
        return entry.thing

    def _user(self, user_id: str) -> Entry[User]:
        if user_id not in self.users:
            raise NotFound("Not found.", status=404)
        return self.users[user_id]

    def create_membership(self, user_id: str, organization_id: str, maker: str, *, excused: bool = False) -> Membership:
        """`excused`: when it was sent nobody could know that the membership is deactivated."""
        user = self._user(user_id)
        known_from = user.visible_at - self.traits.users_lag + self.traits.user_unknown
        if self.clock.seconds < known_from or organization_id not in self.organizations:
            raise NotFound("Not found.", status=404)
        entry = self.memberships.get((user_id, organization_id))
        if entry is not None and entry.thing.status is MembershipStatus.INACTIVE and not excused:
            # The live API makes it active again. A request that was under way before somebody deactivated it is
            # nobody's fault, so such a one has no effect here.
            raise AssertionError(f"access was silently given back to {user.thing.email}")
        if entry is not None:
            pending = entry.thing.status is MembershipStatus.PENDING
            code = "cannot_reactivate_pending_organization_membership"
            raise Refused(
                "Already there.",
                status=400 if pending else 409,
                codes=(code if pending else "organization_membership_already_exists",),
            )
        return self.put_membership(user_id, organization_id, MembershipStatus.ACTIVE, maker)

    def put_membership(self, user_id: str, organization_id: str, status: MembershipStatus, maker: str) -> Membership:
        """A new membership of this status; of those that exist, an active one may be deactivated."""
        pair = (user_id, organization_id)
        entry = self.memberships.get(pair)
        if entry is None:
            stamp = self._stamp(maker)
            made = Membership(f"om_{next(self._numbers)}", *pair, status, ("member",), False, stamp)
            entry = self.memberships[pair] = Entry(made, maker, self._visible_from(maker, self.traits.memberships_lag))
        elif entry.thing.status is MembershipStatus.ACTIVE and status is MembershipStatus.INACTIVE:
            entry.thing, entry.changed_at = replace(entry.thing, status=status), self.clock.seconds
            entry.visible_at = self.clock.seconds  # who changes it has seen it
        return entry.thing

    def create_organization(
        self, name: str, external_id: str | None, maker: str, organization_id: str | None = None
    ) -> Organization:
        if external_id and any(entry.thing.external_id == external_id for entry in self.organizations.values()):
            raise Refused("Already assigned.", status=400, codes=("external_id_already_used",))
        made = Organization(organization_id or f"org_{next(self._numbers)}", name, external_id, self._stamp(maker))
        visible_at = self._visible_from(maker, self.traits.organizations_lag)
        self.organizations[made.id] = Entry(made, maker, visible_at, names=(name,))
        if len(self.named(name)) > 1:
            self.crowded.add(name)
        return made

    def delete_user(self, user_id: str) -> None:
        """With its memberships."""
        entry = self.users.pop(user_id)
        self._disturb(user_id, *entry.names, entry.thing.external_id)
        self.memberships = {pair: each for pair, each in self.memberships.items() if pair[0] != user_id}

    def delete_organization(self, organization_id: str) -> None:
        """With its memberships; its users stay."""
        entry = self.organizations.pop(organization_id)
        self._disturb(organization_id, *entry.names, entry.thing.external_id)
        self.memberships = {pair: each for pair, each in self.memberships.items() if pair[1] != organization_id}

    def rename(self, entry: Entry[User] | Entry[Organization], name: str) -> None:
        """Give a user another address, or an organization another name."""
        self._disturb(entry.thing.id, *entry.names, entry.thing.external_id)
        entry.names += (name,)
        entry.changed_at = self.clock.seconds
        if isinstance(entry.thing, User):
            entry.thing = replace(entry.thing, email=name)
        else:
            entry.thing = replace(entry.thing, name=name)

    def _disturb(self, *keys: str | None) -> None:
        self.disturbed.update({key for key in keys if key})
