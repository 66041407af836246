"""The way of one request through the sandbox: key, limits, fault, effect, answer, in this order."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol, cast

from tui_importer.sandbox.answers import Answer, Refused, Request, json_answer
from tui_importer.sandbox.faults import Drawn, FaultPlan
from tui_importer.sandbox.limits import Limits
from tui_importer.sandbox.own_pages import OWN_PATH, own_page
from tui_importer.sandbox.routes import UNKNOWN_CALL, Route, match
from tui_importer.sandbox.settings import WRONG_ANSWERS
from tui_importer.sandbox.state import World
from tui_importer.sandbox.stats import Asked, Stats
from tui_importer.sandbox.wrong_answers import wrong_answer

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from tui_importer.sandbox.settings import SandboxSettings

_UNAUTHORIZED = json_answer(401, {"message": "Unauthorized"})
_FORBIDDEN = json_answer(403, {"message": "Forbidden"})
_NO_ROUTE = json_answer(404, {"message": "Not Found", "error": "Not Found"})
_LIMITED = json_answer(429, {"message": "Too many requests.", "code": "rate_limit_exceeded"})


class Peer(Protocol):
    """The connection a request came from; it may be gone when the answer is due."""

    def answer(self, answer: Answer, *, half: bool = False) -> None:
        """Send the answer, or half of it and close."""

    def answer_slowly(self, answer: Answer, pause: float) -> None:
        """Send the answer's head a byte at a time, `pause` seconds apart, until the client leaves."""

    def hold(self, exchange: Exchange) -> None:
        """Send nothing and keep the connection; `App.give_up` is called when the client leaves."""

    def drop(self, *, reset: bool) -> None:
        """End the connection without an answer."""


@dataclass(slots=True, eq=False)
class Exchange:
    """A request on its way through the sandbox. `target` is the path with its query, as sent."""

    peer: Peer
    method: str
    target: str
    authorization: str
    raw: bytes
    began: float = field(default_factory=time.monotonic)
    call: str = UNKNOWN_CALL
    route: Route | None = None
    request: Request | None = None
    fault: Drawn | None = None
    answer: Answer = _NO_ROUTE
    applied: bool = False


class App:
    """The sandbox without its sockets. All methods run in the event loop, which the server sets."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.world = World(settings)
        self.limits = Limits(settings)
        self.faults = FaultPlan(settings)
        self.stats = Stats()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.key_revoked = False
        self.colleague: Callable[[World, str], None] | None = None
        """A colleague at work in the environment: called after every request took effect, with its call."""
        self._accepted = 0
        self._jitter = random.Random(settings.seed or 0)
        self._date = (0, b"")
        self._request_ids = 0

    def configure(self, **changes: object) -> None:
        """Take other settings from the next request on; `revoke_after` counts from here."""
        settings = replace(self.settings, **cast("dict[str, Any]", changes))
        self.faults.configure(settings)
        self.limits.configure(settings)
        self.settings = self.world.settings = settings
        if "revoke_after" in changes:
            self._accepted = 0

    def set_key(self, key: str) -> None:
        """Accept this key instead of the old one, without end."""
        self.configure(key=key, revoke_after=None)
        self.key_revoked = False

    def standard_headers(self) -> list[tuple[bytes, bytes]]:
        """`X-Request-ID`, new each time, and `Date` if answers have one."""
        self._request_ids += 1
        headers = [(b"X-Request-ID", b"req_%026d" % self._request_ids)]
        if self.settings.send_date:
            second = int(self.world.wall() + self.settings.date_skew)
            if self._date[0] != second:
                self._date = (second, formatdate(second, usegmt=True).encode())
            headers.append((b"Date", self._date[1]))
        return headers

    def begin(self, exchange: Exchange) -> None:
        """Take a request; its peer hears of it, now or later."""
        path, _, query = exchange.target.partition("?")
        if path == OWN_PATH or path.startswith(OWN_PATH + "/"):
            exchange.peer.answer(own_page(self, path, query))
            return
        self.stats.began()
        classes: tuple[str, ...] = ("overall",)
        found = match(exchange.method, path)
        if found is not None:
            exchange.route, classes, params = found
            exchange.call = exchange.route.call
            exchange.request = Request(params, query, exchange.raw)
        delay = self._delay()
        refusal = self._admit(exchange, classes)
        if refusal is not None or exchange.route is None:
            exchange.answer = refusal or _NO_ROUTE
            self._after(delay, self._finish, exchange)
            return
        exchange.fault = self.faults.draw(exchange.call)
        before = after = delay / 2
        if exchange.fault is not None and exchange.fault.kind == "slow":
            if self.settings.slow_applied == "last":
                before += self.settings.slow_seconds
            else:
                after += self.settings.slow_seconds
        self._after(before, self._apply, exchange, after)

    def give_up(self, exchange: Exchange) -> None:
        """Record a request that is never answered, when its client has left."""
        self._record(exchange, 0)

    def _admit(self, exchange: Exchange, classes: tuple[str, ...]) -> Answer | None:
        """The refusal of a request before it is routed to a handler, if there is one."""
        settings = self.settings
        if self.key_revoked or exchange.authorization != f"Bearer {settings.key}":
            return _UNAUTHORIZED
        if settings.revoke_after is not None and self._accepted >= settings.revoke_after:
            self.key_revoked = True
            return _UNAUTHORIZED
        self._accepted += 1
        wait = self.limits.admit(classes)
        if wait:
            return self._limited(wait)
        if exchange.call in settings.forbidden or "*" in settings.forbidden:
            return _FORBIDDEN
        return None

    def _limited(self, wait: float) -> Answer:
        form = self.settings.retry_after_form
        if form == "none":
            return _LIMITED
        value = str(ceil(wait)) if form == "seconds" else formatdate(ceil(self.world.wall() + wait), usegmt=True)
        return Answer(429, _LIMITED.body, headers=((b"Retry-After", value.encode()),))

    def _delay(self) -> float:
        settings = self.settings
        if not settings.jitter:
            return settings.latency
        return max(0.0, settings.latency + self._jitter.uniform(-settings.jitter, settings.jitter))

    def _after(self, delay: float, then: Callable[..., None], *args: object) -> None:
        """Call `then` later; at once, without a round through the loop, when there is no delay."""
        if delay > 0 and self.loop is not None:
            self.loop.call_later(delay, then, *args)
        else:
            then(*args)

    def _apply(self, exchange: Exchange, after: float) -> None:
        """Let the request take effect; a client that has left changes nothing about it."""
        fault = exchange.fault
        if exchange.route is not None and exchange.request is not None and (fault is None or fault.applied):
            exchange.applied = True
            try:
                exchange.answer = exchange.route.handler(self.world, exchange.request)
            except Refused as refused:
                exchange.answer = json_answer(refused.status, refused.body)
            if self.colleague is not None:
                self.colleague(self.world, exchange.call)
        if fault is not None and fault.kind in WRONG_ANSWERS and exchange.route and exchange.request:
            exchange.answer = wrong_answer(fault.kind, self.world, exchange.route, exchange.request, exchange.answer)
        self._after(after, self._finish, exchange)

    def _finish(self, exchange: Exchange) -> None:
        fault, peer = exchange.fault, exchange.peer
        kind = None if fault is None else fault.kind
        if kind == "no_answer":
            peer.hold(exchange)
            return
        if fault is not None and kind in {"drop_before", "drop_after"}:
            self._record(exchange, 0)
            peer.drop(reset=fault.reset)
            return
        answer = (fault.answer if fault else None) or exchange.answer
        self._record(exchange, answer.status)
        if kind == "slow_head":
            peer.answer_slowly(answer, self.settings.slow_seconds)
        else:
            peer.answer(answer, half=kind == "truncated")

    def _record(self, exchange: Exchange, status: int) -> None:
        began = exchange.began
        self.stats.ended(
            Asked(
                at=began - self.stats.started,
                seconds=time.monotonic() - began,
                method=exchange.method,
                target=exchange.target,
                call=exchange.call,
                status=status,
                fault=exchange.fault.kind if exchange.fault else None,
                applied=exchange.applied,
            )
        )
