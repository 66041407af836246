"""A client for the tests of recovery: WorkosClient's calls on the model server, each request with a fate."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from tui_importer.engine.halt import Halt
from tui_importer.workos.client import ALL_STATUSES
from tui_importer.workos.errors import (
    AnswerMismatch,
    KeyRejected,
    NotFound,
    NotSent,
    RateLimited,
    Refused,
    ServiceFailed,
)
from tui_importer.workos.models import Membership, MembershipStatus, Organization, Page, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.engine.recovery_server import ModelServer
    from tui_importer.engine.service.stop import Control
    from tui_importer.secret import Secret
    from tui_importer.workos.server_clock import ServerClock

T = TypeVar("T")

LATENCY = 0.2
SEARCHED = 14.0
"""Seconds within which an organization that is known by its name only becomes visible: it is searched for longer."""
STOP = Halt("operator", "stopped")


class Crashed(BaseException):
    """The process was killed while this request was on its way; nothing of ours can catch it."""


class Kind(StrEnum):
    """What becomes of one request."""

    ANSWERED = "answered"
    LOST_BEFORE = "lost before"  # never applied, which nobody can know
    LOST_AFTER = "lost after"  # applied, the answer was lost
    ABOUT_ANOTHER = "about another"  # applied, and the answer is about another object
    LATE = "late"  # no answer; applied later, if it is still possible then
    RATE_LIMITED = "rate limited"
    NOT_SENT = "not sent"
    KEY_REJECTED = "key rejected"
    DRAINED = "drained"  # answered, and the operator pauses the run meanwhile
    STOPPED = "stopped"  # the same, and nothing more may be sent
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    KILLED_LATE = "killed late"


LOST = frozenset({Kind.LOST_BEFORE, Kind.LOST_AFTER, Kind.ABOUT_ANOTHER, Kind.LATE})
KILLED = frozenset({Kind.KILLED_BEFORE, Kind.KILLED_AFTER, Kind.KILLED_LATE})
REFUSED = {
    Kind.RATE_LIMITED: RateLimited("slow down", retry_after=1.0, status=429),
    Kind.NOT_SENT: NotSent("no connection"),
    Kind.KEY_REJECTED: KeyRejected("revoked", status=401),
}


@dataclass(frozen=True, slots=True)
class Fate:
    """`delay` is how many seconds later a late POST is applied."""

    kind: Kind
    delay: float = 0.0


Fates = Mapping[str, Sequence[Fate]]
"""What becomes of the next requests, all later ones are answered: POSTs by the call's name, all others as `read`."""

Meanwhile = Mapping[int, "Callable[[], None]"]
"""What others do just before the request of this number has its effect."""

ANSWERED = Fate(Kind.ANSWERED)
_STOPPING = (Fate(Kind.KEY_REJECTED), Fate(Kind.DRAINED), Fate(Kind.STOPPED), Fate(Kind.KILLED_BEFORE))
_POST = st.sampled_from(
    [
        ANSWERED,
        Fate(Kind.LOST_BEFORE),
        Fate(Kind.LOST_AFTER),
        Fate(Kind.LOST_AFTER),
        Fate(Kind.ABOUT_ANOTHER),
        Fate(Kind.KILLED_AFTER),
        Fate(Kind.LATE, 1.0),
        Fate(Kind.LATE, 7.0),
        Fate(Kind.LATE, 30.0),
        Fate(Kind.KILLED_LATE, 2.0),
        Fate(Kind.KILLED_LATE, 30.0),
        Fate(Kind.RATE_LIMITED),
        Fate(Kind.NOT_SENT),
        *_STOPPING,
    ]
)
_READ = st.sampled_from(
    [
        ANSWERED,
        Fate(Kind.LOST_BEFORE),
        Fate(Kind.ABOUT_ANOTHER),
        Fate(Kind.RATE_LIMITED),
        Fate(Kind.NOT_SENT),
        *_STOPPING,
    ]
)
_TROUBLE = st.builds(
    lambda good, bad: (ANSWERED,) * good + (Fate(Kind.LOST_BEFORE),) * bad, st.integers(0, 2), st.integers(5, 14)
)
POSTS = st.one_of(st.tuples(), st.tuples(_POST), st.tuples(_POST, _POST), st.tuples(_POST, _POST, _POST))
READS = st.one_of(st.tuples(), st.tuples(), st.tuples(), st.tuples(_READ), st.tuples(_READ, _READ), _TROUBLE)


class ModelClient:
    """`sending` is asked before every POST: it raises AssertionError when that must not be sent."""

    def __init__(self, server: ModelServer, server_clock: ServerClock, control: Control) -> None:
        self.faults = 0
        self.unevaluated = ""
        self.violation: AssertionError | None = None
        self.sending: Callable[[str, Mapping[str, object]], None] = lambda _call, _body: None
        self._fates: dict[str, deque[Fate]] = {}
        self._colleagues: Meanwhile = {}
        self._requests = 0
        self._looked: dict[tuple[str, str], float] = {}
        self._server = server
        self._server_clock = server_clock
        self._control = control

    def expect(self, fates: Fates, colleagues: Meanwhile | None = None) -> None:
        self._fates = {call: deque(each) for call, each in fates.items()}
        self._colleagues = colleagues or {}
        self._requests = 0

    def close(self) -> None:
        """Nothing is open."""

    def list_organizations(self, *, limit: int = 100, after: str | None = None) -> Page[Organization]:
        assert after is None, "there is one page"
        return self._read(lambda: Page(tuple(self._organizations()[:limit]), None))

    def get_organization(self, organization_id: str) -> Organization:
        return self._read(lambda: _one([o.thing for o in self._server.organizations.values()], id=organization_id))

    def get_organization_by_external_id(self, external_id: str) -> Organization:
        return self._read(lambda: _one(self._organizations(), external_id=external_id), external_id)

    def find_organizations(self, search: str) -> list[Organization]:
        return self._read(lambda: [o for o in self._organizations() if search in o.name], search)

    def create_organization(self, name: str, external_id: str | None = None) -> Organization:
        lag = self._server.traits.organizations_lag
        return self._post(
            "create_organization",
            {"name": name, "external_id": external_id},
            lambda _: self._server.create_organization(name, external_id, "job"),
            external_id or name,
            None if external_id else SEARCHED - lag,
        )

    def list_users(self, *, email: str) -> list[User]:
        return self._read(lambda: [user for user in self._users() if user.email == email], email)

    def get_user(self, user_id: str) -> User:
        return self._read(lambda: _one([entry.thing for entry in self._server.users.values()], id=user_id))

    def get_user_by_external_id(self, external_id: str) -> User:
        return self._read(lambda: _one(self._users(), external_id=external_id))

    def create_user(self, payload: Mapping[str, object], secrets: Mapping[str, Secret] | None = None) -> User:
        email, external_id = str(payload["email"]), payload.get("external_id")
        return self._post(
            "create_user",
            payload,
            lambda _: self._server.create_user(email, str(external_id) if external_id else None, "job"),
            email,
        )

    def update_user(self, user_id: str, payload: Mapping[str, object]) -> User:
        external_id = payload.get("external_id")
        return self._read(lambda: self._server.update_user(user_id, str(external_id) if external_id else None))

    def list_memberships(
        self,
        user_id: str,
        organization_id: str | None = None,
        statuses: Sequence[MembershipStatus] = ALL_STATUSES,
    ) -> list[Membership]:
        def found() -> list[Membership]:
            if user_id not in self._server.users and not self._server.traits.lists_strangers:
                raise NotFound("Not found.", status=404)
            if organization_id is not None:
                self._looked[user_id, organization_id] = self._server.clock.seconds
            return [
                membership
                for membership in self._server.seen(self._server.memberships.values())
                if membership.user_id == user_id
                and membership.status in statuses
                and organization_id in {None, membership.organization_id}
            ]

        return self._read(found, f"{user_id} in {organization_id}")

    def create_membership(self, user_id: str, organization_id: str, roles: Sequence[str] = ()) -> Membership:
        return self._post(
            "create_membership",
            {"user_id": user_id, "organization_id": organization_id},
            lambda late: self._server.create_membership(
                user_id, organization_id, "job", excused=late or self._looked_before(user_id, organization_id)
            ),
            f"{user_id} in {organization_id}",
        )

    def _looked_before(self, user_id: str, organization_id: str) -> bool:
        """Whether this process has looked for a membership, and somebody has deactivated it after that only."""
        pair = (user_id, organization_id)
        entry = self._server.memberships.get(pair)
        if entry is None or entry.changed_at is None or pair not in self._looked:
            return False
        return self._looked[pair] < entry.changed_at

    def _organizations(self) -> list[Organization]:
        return self._server.seen(self._server.organizations.values())

    def _users(self) -> list[User]:
        return self._server.seen(self._server.users.values())

    def _post(
        self,
        call: str,
        body: Mapping[str, object],
        write: Callable[[bool], T],
        what: str,
        within: float | None = None,
    ) -> T:
        """`what` is the natural key of the object, `within` the longest that it may be late."""
        try:
            self.sending(call, body)
            assert what not in self._server.doubts, f"{what} may be there and was not looked up"
            return self._send(call, write, what, within)
        except AssertionError as error:
            self.violation = error
            raise

    def _read(self, look: Callable[[], T], what: str = "") -> T:
        """Also for writes that may be repeated. `what` is in no doubt any more."""
        try:
            return self._send("read", lambda _: look(), "", None)
        finally:
            self._server.doubts.discard(what)

    def _let_pass(self) -> None:
        """The time of a request goes by, and others do what they do just before it has its effect."""
        self._server.pass_time(LATENCY)
        self._requests += 1
        if self._requests in self._colleagues:
            self._colleagues[self._requests]()

    def _send(self, call: str, work: Callable[[bool], T], what: str, within: float | None) -> T:
        self._let_pass()
        fates = self._fates.get(call)
        fate = fates.popleft() if fates else ANSWERED
        kind = fate.kind
        self.faults += kind in LOST or kind is Kind.NOT_SENT
        if kind in REFUSED:
            raise REFUSED[kind]
        if what and kind in LOST | KILLED:
            self._server.doubts.add(what)
        if kind in {Kind.LATE, Kind.KILLED_LATE}:
            self._server.later(fate.delay if within is None else min(fate.delay, within), lambda: work(True))
        if kind in LOST | KILLED:
            if kind in {Kind.LOST_AFTER, Kind.ABOUT_ANOTHER, Kind.KILLED_AFTER}:
                with suppress(Refused, NotFound):
                    work(False)
            if kind in KILLED:
                raise Crashed
            if kind is Kind.ABOUT_ANOTHER:
                raise AnswerMismatch("it is about another object", status=201)
            raise ServiceFailed("no answer", status=503)
        self._server_clock.observe(self._server.date())
        try:
            return work(False)
        finally:
            if kind is Kind.DRAINED:
                self._control.drain(STOP)
            if kind is Kind.STOPPED:
                self._control.cancel(STOP)


def _one(things: Iterable[T], **values: object) -> T:
    for thing in things:
        if all(getattr(thing, name) == value for name, value in values.items()):
            return thing
    raise NotFound("Not found.", status=404)
