"""One request and what became of it: limiter, sending, reading, the attempt, the error. No retries here.

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
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlencode

from tui_importer.text import safe
from tui_importer.workos import failures
from tui_importer.workos._httpx import httpx
from tui_importer.workos.answers import ErrorBody, read_error_body
from tui_importer.workos.errors import Attempt, Refused
from tui_importer.workos.masking import MASK, Masker, clip
from tui_importer.workos.reading import Mismatched, Unreadable, decode
from tui_importer.workos.retry_after import parse_retry_after
from tui_importer.workos.route import Progress, Step

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Mapping

    from tui_importer.secret import Secret
    from tui_importer.workos.connection import Connection
    from tui_importer.workos.limits import Budget

T = TypeVar("T")

LARGEST_ANSWER = 16 * 1024 * 1024
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
    """What came back: `content` as far as it arrived, `fault` when it did not all arrive."""

    status: int
    headers: httpx.Headers
    content: bytes = field(default=b"", repr=False)
    fault: str = ""


class Exchange:
    """Sends calls over one connection pool; for one thread. Raises the errors of `errors.py`."""

    def __init__(self, connection: Connection, cancelled: threading.Event | None) -> None:
        self._connection = connection
        self._cancelled = cancelled
        self._http = connection.http_client()
        self._auth = _Bearer(connection)
        self._progress = Progress(connection.answer_seconds)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def abandon(self) -> None:
        """End a wait for an answer, from another thread: the request under way fails as if its connection was lost."""
        if self._progress.socket is not None:
            with contextlib.suppress(OSError):  # it is closed already
                socket.socket.shutdown(self._progress.socket, socket.SHUT_RDWR)  # TLS has no part in this

    def send(self, call: Call, read: Callable[[object], T]) -> T:
        """Wait for the limiter, send `call`, and return what `read` makes of the answer's JSON."""
        request = self._request(call)
        limiter = self._connection.limiter
        waited = limiter.acquire(call.budget, self._cancelled)
        sent = limiter.now()
        record = _Record(self._connection, call, waited)
        try:
            answer = self._transmit(request, authorized=True)
        except httpx.HTTPError as error:
            raise record.failed(failures.transport(error, self._connection.route, self._progress)) from None
        headers = answer.headers
        self._connection.server_clock.observe(headers.get("Date"))
        if answer.status == 429:
            retry_after = parse_retry_after(headers.get("Retry-After"), headers.get("Date"))
            limiter.throttled(retry_after, sent)
            body = record.read_error(answer)
            raise record.failed(failures.rate_limited(body, retry_after), answer)
        if answer.status < 500:
            limiter.succeeded(sent)
        if answer.fault:
            raise record.failed(failures.unreadable(answer.status, answer.fault), answer)
        if not 200 <= answer.status < 300:
            body = record.read_error(answer)
            location = safe(headers.get("Location", "").partition("?")[0], 200)
            raise record.failed(failures.answered(answer.status, body, location), answer)
        try:
            value = read(decode(answer.content))
        except Mismatched as error:
            raise record.failed(failures.mismatched(answer.status, str(error)), answer) from None
        except Unreadable as error:
            raise record.failed(failures.unreadable(answer.status, str(error)), answer) from None
        record.succeeded(answer)
        return value

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        return self._connection.base.is_loopback

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
        """Send and read to the end. What fails before the status has come is raised, after it is told in the answer."""
        patience = time.monotonic() + 2 * self._connection.answer_seconds
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
                if time.monotonic() > patience:
                    answer.fault = "the answer took too long to arrive"
                    break
        except httpx.HTTPError as error:
            answer.fault = failures.words(error)
        finally:
            response.close()
        answer.content = bytes(content)
        return answer

    def _send(self, request: httpx.Request, auth: httpx.Auth | None) -> httpx.Response:
        try:
            return self._http.send(request, auth=auth, stream=True)
        except Exception as error:
            if self._progress.step is Step.TUNNEL:
                self._progress.hang_up()  # httpcore leaves it open when it is a SOCKS proxy's
                if not isinstance(error, httpx.HTTPError):
                    # Nor has it an error of its own for a SOCKS proxy's answer that is none.
                    raise httpx.ProxyError(str(error) or type(error).__name__) from None
            raise


class _Record:
    """Makes the attempt of one request and tells the observer."""

    def __init__(self, connection: Connection, call: Call, waited: float) -> None:
        self._connection = connection
        self._call = call
        self._waited = waited
        self._started = datetime.now(UTC)
        self._began = time.perf_counter()
        self._masker = Masker([connection.key, *call.secrets.values()])

    def read_error(self, answer: _Answer) -> ErrorBody:
        """What an error's body says, without the secrets that the server may have repeated."""
        return read_error_body(answer.content, self._masker.text)

    def succeeded(self, answer: _Answer) -> None:
        self._connection.observe(self._attempt(answer))

    def failed(self, error: failures.E, answer: _Answer | None = None) -> failures.E:
        """Complete `error` with its attempt."""
        call = self._call
        error.attempt = self._attempt(
            answer,
            code=error.code,
            words=error.text or error.message,
            request=self._masker.request(
                None if call.body is None else {**call.body, **dict.fromkeys(call.secrets, MASK)}
            ),
            response=self._masker.response(answer.content) if answer else "",
        )
        error.request_id = error.attempt.request_id
        self._connection.observe(error.attempt)
        return error

    def _attempt(
        self, answer: _Answer | None, *, code: str = "", words: str = "", request: str = "", response: str = ""
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
            request_id=safe(answer.headers.get("X-Request-ID", ""), 128) if answer else "",
            request_body=request,
            response_body=response,
        )


class _Bearer(httpx.Auth):
    """Puts the key on a request at the last moment, so that no variable of a traceback holds it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._connection.key.reveal()}"
        yield request
