"""Mapping of statuses and faults of the network to errors, each with its two sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from tui_importer.text import safe
from tui_importer.workos._httpx import httpx
from tui_importer.workos.error_body import ErrorBody
from tui_importer.workos.errors import (
    AnswerMismatch,
    KeyRejected,
    NotFound,
    NotSent,
    PermissionDenied,
    RateLimited,
    Refused,
    ServiceFailed,
    WorkosError,
)
from tui_importer.workos.explanations import CODES, explain
from tui_importer.workos.network.connection_faults import connection_fault, not_sent
from tui_importer.workos.network.proxy_faults import NO_ANSWER

if TYPE_CHECKING:
    from tui_importer.workos.network.route import Progress, Route

E = TypeVar("E", bound=WorkosError)

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
_MOVED_FOR_GOOD = frozenset({301, 308})
_WILL_NEVER_WORK = frozenset({501, 505})


def transport(error: httpx.HTTPError, route: Route, progress: Progress) -> NotSent | ServiceFailed:
    """The error of a request without an answer: NotSent if no connection stood, else what it did is unknown."""
    found = connection_fault(error, words(error), route, progress)
    if found is not None:
        return found
    if isinstance(error, _NEVER_SENT):
        return not_sent(words(error), route)
    advice = explain(kind="server_error").advice
    if route.in_clear and not isinstance(error, httpx.TimeoutException):
        advice = "If it speaks TLS, write https:// in the base URL; otherwise try again when it answers."
    return ServiceFailed(f"{route.host} did not answer: {words(error)}.", advice, text=words(error))


def words(error: httpx.HTTPError) -> str:
    """A transport error in words; many have none of their own."""
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx.TimeoutException):
        return NO_ANSWER
    return safe(_ERRNO.sub("", str(error)).rstrip("."), 200) or type(error).__name__


def unreadable(status: int, reason: str) -> WorkosError:
    """An answer that did not arrive whole, or is not what was asked for. Where the status says it all, it does."""
    if status == 401:
        return answered(status, ErrorBody(), "")
    return ServiceFailed(
        f"The answer ({status}) cannot be used: {reason}.",
        explain(kind="server_error").advice,
        status=status,
        text=reason,
    )


def mismatched(status: int, reason: str) -> AnswerMismatch:
    """A success that is about another object than the one asked for."""
    message = f"The answer ({status}) cannot be used: {reason}."
    return AnswerMismatch(message, explain(kind="answer_mismatch").advice, status=status, text=reason)


def rate_limited(body: ErrorBody, retry_after: float | None) -> RateLimited:
    """429."""
    return RateLimited(
        _sentence(429, body),
        retry_after=retry_after,
        next=explain(kind="rate_limited").advice,
        status=429,
        codes=body.codes,
        text=body.text,
    )


def answered(status: int, body: ErrorBody, location: str) -> WorkosError:
    """The error of a complete answer that is neither a success nor a 429."""
    kind = _kind(status)
    if 300 <= status < 400:
        elsewhere = f" to {location}" if location else ""
        body = ErrorBody(body.codes, f"The server redirects{elsewhere} instead of answering")
    code = next((code for code in (*body.codes[1:], *body.codes[:1]) if code in CODES), "")
    return kind(
        _sentence(status, body),
        explain(code=code, status=status).advice,
        status=status,
        codes=body.codes,
        text=body.text,
    )


def _kind(status: int) -> type[WorkosError]:
    if status in _WILL_NEVER_WORK or status in _MOVED_FOR_GOOD:
        return Refused
    # Any other redirect is a sign-in page or a page of maintenance in between: it passes.
    if status >= 500 or status == 408 or status < 400:
        return ServiceFailed
    return {401: KeyRejected, 403: PermissionDenied, 404: NotFound}.get(status, Refused)


def _sentence(status: int, body: ErrorBody) -> str:
    text = body.text or explain(code=next(iter(body.codes), ""), status=status).meaning
    return f"{text.rstrip('.')} ({status})."
