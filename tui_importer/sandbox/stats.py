"""Statistics of requests, and the state of the sandbox that tests read."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.sandbox.answers import JsonObject

LOG_SIZE = 100_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One finished request. `at` is the time of arrival and `seconds` the duration, `at` since the start.

    `status` is 0 when nothing was answered; `applied` tells whether the call was carried out.
    """

    at: float
    seconds: float
    method: str
    target: str
    call: str
    status: int
    fault: str | None
    applied: bool


@dataclass(frozen=True, slots=True)
class SandboxState:
    """The state of the sandbox, also the JSON of `GET /__sandbox/state`.

    organizations, users, memberships  the objects as the API answers them, oldest first (memberships without the
                                       embedded user); empty when the objects were left out
    counts        how many of each there are
    requests      call -> outcome -> how many; an outcome is the status, or the fault that left it unanswered
    total         requests finished, without those to `/__sandbox`
    rate_limited  answers with 429; unauthorized: with 401
    faults        kind -> how often it happened
    conflicts     refused duplicates: organization_external_id, user_email, user_external_id, membership
    in_flight     requests begun and neither answered nor given up; max_in_flight is its highest value
    connections   open now; max_connections at most; total_connections ever
    """

    organizations: tuple[JsonObject, ...]
    users: tuple[JsonObject, ...]
    memberships: tuple[JsonObject, ...]
    counts: Mapping[str, int]
    requests: Mapping[str, Mapping[str, int]]
    total: int
    rate_limited: int
    unauthorized: int
    faults: Mapping[str, int]
    conflicts: Mapping[str, int]
    in_flight: int
    max_in_flight: int
    connections: int
    max_connections: int
    total_connections: int
    key_revoked: bool
    seconds: float

    def asked(self, call: str, status: int | str | None = None) -> int:
        """The number of requests of `call`, with this outcome or with any."""
        outcomes = self.requests.get(call, {})
        return sum(outcomes.values()) if status is None else outcomes.get(str(status), 0)

    def as_json(self, *, objects: bool = True) -> dict[str, Any]:
        """The document, without the three lists of objects if `objects` is false."""
        left_out = () if objects else ("organizations", "users", "memberships")
        names = (each.name for each in fields(self))
        return {"sandbox": True, **{name: getattr(self, name) for name in names if name not in left_out}}


class Stats:
    """Counters of a running sandbox, kept by its event loop."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.requests: dict[str, Counter[str]] = {}
        self.log: deque[Asked] = deque(maxlen=LOG_SIZE)
        self.total = 0
        self.statuses: Counter[int] = Counter()
        self.in_flight = self.max_in_flight = 0
        self.connections = self.max_connections = self.total_connections = 0

    def connected(self) -> None:
        """Count a connection that was opened."""
        self.connections += 1
        self.total_connections += 1
        self.max_connections = max(self.max_connections, self.connections)

    def disconnected(self) -> None:
        """Count a connection that is gone."""
        self.connections -= 1

    def began(self) -> None:
        """Count a request that has arrived."""
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def ended(self, asked: Asked) -> None:
        """Record a request that was answered or given up."""
        self.in_flight -= 1
        self.total += 1
        self.statuses[asked.status] += 1
        outcome = str(asked.status) if asked.status else str(asked.fault)
        self.requests.setdefault(asked.call, Counter())[outcome] += 1
        self.log.append(asked)
