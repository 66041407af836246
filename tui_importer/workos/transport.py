"""The exchange of one request: limiter, sending, reading, the attempt, the error. No retries here.

Exactly one attempt is observed for each request that was sent, or that no connection was found for.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import quote, urlencode

from tui_importer.text import safe
from tui_importer.workos import bounded_json, error_mapping
from tui_importer.workos._httpx import httpx
from tui_importer.workos.decoding import Mismatched, Unreadable, decode
from tui_importer.workos.error_body import ErrorBody, read_error_body
from tui_importer.workos.errors import Attempt, Refused, WorkosError
from tui_importer.workos.http_dates import parse_retry_after
from tui_importer.workos.masking import MASK, clip
from tui_importer.workos.network.route import Progress, Step

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Mapping

    from tui_importer.secret import Secret
    from tui_importer.workos.masking import Masker, SecretsInFlight
    from tui_importer.workos.network.route import Route
    from tui_importer.workos.rate_limiter import Budget, RateLimiter
    from tui_importer.workos.server_clock import ServerClock

T = TypeVar("T")

LARGEST_ANSWER = bounded_json.LARGEST
TOO_LATE = "the answer took too long to arrive"
_PERSONAL = frozenset({"email"})

# At INFO httpx logs whole URLs, and with them e-mail addresses; at DEBUG httpcore logs headers, and a proxy's password.
for _logger in ("httpx", "httpcore"):
    logging.getLogger(_logger).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to be made: `name` is the client's method, `path` is encoded already.

    `secrets` are members of the body that must not be seen; they are put in when it is sent.
    """

    name: str
    method: str
    path: str
    budget: Budget
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, object] | None = field(default=None, repr=False)
    secrets: Mapping[str, Secret] = field(default_factory=dict)


@dataclass(slots=True)
class _Answer:
    """An answer: `content` as far as it arrived, `fault` when it did not all arrive."""

    status: int
    headers: httpx.Headers
    content: bytes = field(default=b"", repr=False)
    fault: str = ""


class SharedConnection(Protocol):
    """The part of a `Connection` that its exchanges need; that module makes clients, and so is not known here."""

    @property
    def base_url(self) -> str:
        """The base URL without a slash at the end."""

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""

    @property
    def key(self) -> Secret:
        """The key that the next request is sent with."""

    @property
    def limiter(self) -> RateLimiter:
        """The rate limiter of all requests."""

    @property
    def server_clock(self) -> ServerClock:
        """The server's clocks, learned from its answers."""

    @property
    def in_flight(self) -> SecretsInFlight:
        """The secrets that were sent last."""

    @property
    def observe(self) -> Callable[[Attempt], None]:
        """The observer of every attempt."""

    @property
    def answer_seconds(self) -> float:
        """The longest silence while an answer is waited for."""

    @property
    def exchange_seconds(self) -> float:
        """The longest time that a request may be under way."""

    @property
    def route(self) -> Route:
        """The way to the API."""

    def http_client(self) -> httpx.Client:
        """Make a connection pool for one thread."""


class Exchange:
    """The exchanges of one thread over one connection pool. Raises the errors of `errors.py`."""

    def __init__(self, connection: SharedConnection, cancelled: threading.Event | None) -> None:
        self._connection = connection
        self._cancelled = cancelled
        self._http = connection.http_client()
        self._auth = _Bearer(connection)
        self._progress = Progress(connection.answer_seconds)
        self._began: float | None = None
        self.unevaluated = ""

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        self._connection.in_flight.forget(self)

    def abandon(self, after: float = 0.0) -> None:
        """End a wait for an answer, from another thread: the request under way fails as if its connection was lost.

        Only one that was sent `after` seconds ago or more.
        """
        began = self._began
        if after and (began is None or time.monotonic() - began < after):
            return
        if self._progress.socket is not None:
            with contextlib.suppress(OSError):  # it is closed already
                socket.socket.shutdown(self._progress.socket, socket.SHUT_RDWR)  # TLS has no part in this

    def send(self, call: Call, read: Callable[[object], T]) -> T:
        """Wait for the limiter, send `call`, and return what `read` makes of the answer's JSON."""
        self.unevaluated = ""
        request = self._request(call)
        if call.secrets:
            self._connection.in_flight.send(self, call.secrets.values())
        waited = self._connection.limiter.acquire(call.budget, self._cancelled)
        record = _Record(self._connection, call, waited)
        self.unevaluated = call.method
        try:
            value = self._exchanged(request, read, record)
        except WorkosError:
            self.unevaluated = ""
            raise
        except Exception as error:
            record.broken(error)
            raise
        self.unevaluated = ""
        return value

    def _exchanged(self, request: httpx.Request, read: Callable[[object], T], record: _Record) -> T:
        """Send, and evaluate the answer. Raises WorkosError; anything else is an error of ours."""
        limiter = self._connection.limiter
        sent, began = limiter.now(), time.monotonic()
        try:
            answer = self._transmit(request, authorized=True)
        except httpx.HTTPError as error:
            raise record.failed(error_mapping.transport(error, self._connection.route, self._progress)) from None
        headers = answer.headers
        self._connection.server_clock.observe(headers.get("Date"), began)
        if answer.status == 429:
            retry_after = parse_retry_after(headers.get("Retry-After"), headers.get("Date"))
            limiter.throttled(retry_after, sent)
            body = record.read_error(answer)
            raise record.failed(error_mapping.rate_limited(body, retry_after), answer)
        if answer.status < 500:
            limiter.succeeded(sent, record.budget)
        if answer.fault:
            raise record.failed(error_mapping.unreadable(answer.status, answer.fault), answer)
        if not 200 <= answer.status < 300:
            body = record.read_error(answer)
            location = record.header(answer, "Location", 2_000).partition("?")[0][:200]
            raise record.failed(error_mapping.answered(answer.status, body, location), answer)
        try:
            value = read(decode(answer.content))
        except Mismatched as error:
            raise record.failed(error_mapping.mismatched(answer.status, str(error)), answer) from None
        except Unreadable as error:
            raise record.failed(error_mapping.unreadable(answer.status, str(error)), answer) from None
        record.succeeded(answer)
        return value

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        return self._connection.is_local

    def probe(self, path: str) -> object:
        """The JSON of a GET without a key, past the limiter and unobserved; None for anything but a readable 200."""
        try:
            answer = self._transmit(self._http.build_request("GET", self._connection.base_url + path), authorized=False)
            return decode(answer.content) if answer.status == 200 and not answer.fault else None
        except (httpx.HTTPError, Unreadable):
            return None

    def _request(self, call: Call) -> httpx.Request:
        """The request without its key. Raises Refused for what HTTP or JSON cannot express; nothing is sent then."""
        try:
            query = "?" + urlencode(call.query, quote_via=quote) if call.query else ""
            url = self._connection.base_url + call.path + query
            if call.body is None:
                return self._http.build_request(call.method, url)
            content = json.dumps(
                {**call.body, **{name: secret.reveal() for name, secret in call.secrets.items()}}, allow_nan=False
            )
            return self._http.build_request(
                call.method, url, content=content.encode("ascii"), headers={"Content-Type": "application/json"}
            )
        except (ValueError, httpx.InvalidURL) as error:
            raise Refused(
                f"A value of this request cannot be sent: {type(error).__name__}.",
                "Look for characters that are no text, or for an extremely long value, in the row.",
            ) from None

    def _transmit(self, request: httpx.Request, *, authorized: bool) -> _Answer:
        """Send and read to the end. Raises what fails before the status has come; later faults are in the answer."""
        self._began = time.monotonic()
        try:
            return self._transmitted(request, authorized=authorized)
        finally:
            self._began = None

    def _transmitted(self, request: httpx.Request, *, authorized: bool) -> _Answer:
        deadline = time.monotonic() + self._connection.exchange_seconds
        self._progress.begin()
        request.extensions["trace"] = self._progress
        response = self._send(request, self._auth if authorized else None)
        answer = _Answer(response.status_code, response.headers)
        content = bytearray()
        try:
            for piece in response.iter_bytes():
                content += piece
                if len(content) > LARGEST_ANSWER:
                    answer.fault = "the answer does not end"
                    break
                if time.monotonic() > deadline:
                    answer.fault = TOO_LATE
                    break
        except httpx.HTTPError as error:
            late = time.monotonic() > deadline  # and so it was abandoned
            answer.fault = TOO_LATE if late else error_mapping.words(error)
        finally:
            response.close()
        answer.content = bytes(content)
        return answer

    def _send(self, request: httpx.Request, auth: httpx.Auth | None) -> httpx.Response:
        deadline = time.monotonic() + self._connection.exchange_seconds
        try:
            return self._http.send(request, auth=auth, stream=True)
        except Exception as error:
            if time.monotonic() > deadline and self._progress.step is Step.REQUEST:  # it was abandoned
                raise httpx.ReadError(TOO_LATE) from None
            if self._progress.step is Step.TUNNEL:
                self._progress.hang_up()  # httpcore leaves it open when it is a SOCKS proxy's
                if not isinstance(error, httpx.HTTPError):
                    # Nor has it an error of its own for a SOCKS proxy's answer that is none.
                    raise httpx.ProxyError(str(error) or type(error).__name__) from None
            raise


class _Record:
    """The attempt of one request, reported to the observer."""

    def __init__(self, connection: SharedConnection, call: Call, waited: float) -> None:
        self._connection = connection
        self._call = call
        self.budget = call.budget
        self._waited = waited
        self._started = datetime.now(UTC)
        self._began = time.perf_counter()

    @cached_property
    def _masker(self) -> Masker:
        """The masker, made when something failed: only then more than ids and counters is kept of an exchange."""
        proxy = self._connection.route.proxy
        credentials = proxy.credentials[1:] if proxy is not None and proxy.credentials else ()
        return self._connection.in_flight.masker(self._connection.key, *credentials)

    def read_error(self, answer: _Answer) -> ErrorBody:
        """Read an error's body, without the secrets that the server may have repeated."""
        return read_error_body(answer.content, self._masker)

    def header(self, answer: _Answer, name: str, longest: int) -> str:
        """A header of an error, without secrets."""
        return safe(self._masker.text(answer.headers.get(name, "")), longest)

    def succeeded(self, answer: _Answer) -> None:
        request_id = safe(answer.headers.get("X-Request-ID", ""), 128)  # for the observer; it is not kept
        self._connection.observe(self._attempt(answer, request_id=request_id))

    def broken(self, error: Exception) -> None:
        """Report an answer that met an error of ours: its words may hold anything."""
        self._connection.observe(self._attempt(None, words=f"unforeseen error: {type(error).__name__}"))

    def failed(self, error: error_mapping.E, answer: _Answer | None = None) -> error_mapping.E:
        """Complete `error` with its attempt; whatever words it has of the answer or the network lose their secrets."""
        call = self._call
        error.message, error.text = self._masker.text(error.message), self._masker.text(error.text)
        error.args = (error.message,)
        error.attempt = self._attempt(
            answer,
            code=error.code,
            words=error.text or error.message,
            request=self._masker.request(
                None if call.body is None else {**call.body, **dict.fromkeys(call.secrets, MASK)}
            ),
            request_id=self.header(answer, "X-Request-ID", 128) if answer else "",
            response=self._masker.response(answer.content) if answer else "",
        )
        error.request_id = error.attempt.request_id
        self._connection.observe(error.attempt)
        return error

    def _attempt(
        self,
        answer: _Answer | None,
        *,
        code: str = "",
        words: str = "",
        request_id: str = "",
        request: str = "",
        response: str = "",
    ) -> Attempt:
        call = self._call
        shown = {name: MASK if name in _PERSONAL else value for name, value in call.query.items()}
        query = "&".join(f"{name}={value}" for name, value in shown.items())
        return Attempt(
            call=call.name,
            method=call.method,
            path=clip(safe(call.path + (f"?{query}" if query else ""))),
            started=self._started,
            seconds=time.perf_counter() - self._began,
            waited=self._waited,
            status=answer.status if answer else None,
            code=code,
            error=words,
            request_id=request_id,
            request_body=request,
            response_body=response,
        )


class _Bearer(httpx.Auth):
    """Authentication that puts the key on a request at the last moment, so that no variable of a traceback holds it."""

    def __init__(self, connection: SharedConnection) -> None:
        self._connection = connection

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._connection.key.reveal()}"
        yield request
