"""The sandbox's own pages under `/__sandbox`: no key, no limits, no faults, no latency, not counted."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs

from tui_importer import __version__
from tui_importer.sandbox.answers import Answer, json_answer
from tui_importer.sandbox.stats import Asked, SandboxState, Stats

if TYPE_CHECKING:
    from tui_importer.sandbox.faults import FaultPlan
    from tui_importer.sandbox.state import World

OWN_PATH = "/__sandbox"
DEFAULT_LAST = 1000


class Served(Protocol):
    """The part of a sandbox that its pages show."""

    @property
    def world(self) -> World:
        """The environment."""

    @property
    def stats(self) -> Stats:
        """Counters and log of requests."""

    @property
    def faults(self) -> FaultPlan:
        """The faults that were drawn."""

    @property
    def key_revoked(self) -> bool:
        """Whether every request is answered with 401."""


def own_page(sandbox: Served, path: str, query_string: str) -> Answer:
    """`/__sandbox`: who this is; `/state` (`?objects=0` without the objects); `/requests` (`?last=N`)."""
    query = parse_qs(query_string)
    page = path.removeprefix(OWN_PATH).rstrip("/")
    if page == "":
        return json_answer(200, {"sandbox": True, "version": __version__})
    if page == "/state":
        objects = query.get("objects", ["1"])[-1] != "0"
        return json_answer(200, snapshot(sandbox, objects=objects).as_json(objects=objects))
    if page == "/requests":
        last = query.get("last", [""])[-1]
        count = int(last) if last.isascii() and last.isdigit() and len(last) < 9 else DEFAULT_LAST
        return json_answer(200, {"requests": [asdict(each) for each in last_requests(sandbox, count)]})
    return json_answer(404, {"message": "Not Found", "error": "Not Found"})


def snapshot(sandbox: Served, *, objects: bool = True) -> SandboxState:
    """The state now, with all objects or none."""
    world, stats = sandbox.world, sandbox.stats
    return SandboxState(
        organizations=tuple(each.body() for each in world.organizations.values()) if objects else (),
        users=tuple(each.body() for each in world.users.values()) if objects else (),
        memberships=tuple(each.body(with_user=False) for each in world.memberships.values()) if objects else (),
        counts={
            "organizations": len(world.organizations),
            "users": len(world.users),
            "memberships": len(world.memberships),
        },
        requests={call: dict(outcomes) for call, outcomes in stats.requests.items()},
        total=stats.total,
        rate_limited=stats.statuses[429],
        unauthorized=stats.statuses[401],
        faults=dict(sandbox.faults.counts),
        conflicts=dict(world.conflicts),
        in_flight=stats.in_flight,
        max_in_flight=stats.max_in_flight,
        connections=stats.connections,
        max_connections=stats.max_connections,
        total_connections=stats.total_connections,
        key_revoked=sandbox.key_revoked,
        seconds=time.monotonic() - stats.started,
    )


def last_requests(sandbox: Served, count: int) -> list[Asked]:
    """The last `count` finished requests, oldest first."""
    log = sandbox.stats.log
    return [log[index] for index in range(max(0, len(log) - count), len(log))]
