"""Errors that one request can end with.

WorkosError                    root; carries the Attempt
├── Cancelled                  the wait for the limiter was cancelled; nothing was sent
├── NotSent                    never applied: could not connect, DNS, no free connection (transient)
│   ├── TlsFailed              the server's certificate is not accepted, or there is no TLS with it
│   └── ProxyFailed            the proxy cannot be reached, or refuses
├── RateLimited                429, never applied; `retry_after` seconds or None (transient)
├── ServiceFailed              ambiguous for a write: 408, 5xx, timeout, reset, truncated or unreadable answer
│   └── AnswerMismatch         the answer is about another object than the one asked for
├── KeyRejected                401
├── PermissionDenied           403
├── NotFound                   404
└── Refused                    any other 4xx: 400, 409, 422 …; 501, 505; a request that cannot be put into words

BadBaseUrl                     the base URL is not one
└── InsecureUrl                http:// to another machine: the key would travel in clear
BadNetworkSettings             the environment's proxy or certificates cannot be used
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tui_importer.errors import ExitCode, ImporterError

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP request and what came of it.

    `call` is the client's method name, `path` without query values of persons. Bodies are masked (secrets as
    `•••`), at most 4 KiB, and kept only when the attempt failed. `seconds` is from sending to the last byte,
    `waited` the time spent in the limiter before. `status` is None when no answer came; `error` then says why.
    """

    call: str
    method: str
    path: str
    started: datetime
    seconds: float
    waited: float
    status: int | None
    code: str
    error: str
    request_id: str
    request_body: str = ""
    response_body: str = ""


class WorkosError(ImporterError):
    """One request failed. `codes` are `code` and all `errors[].code`, in this order, without duplicates."""

    kind: str = "api_error"
    exit_code: int = ExitCode.PAUSED
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        next: str = "",  # noqa: A002 - the root's own word
        *,
        attempt: Attempt | None = None,
        status: int | None = None,
        codes: tuple[str, ...] = (),
        text: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(message, next)
        self.attempt = attempt
        self.status = status
        self.codes = codes
        self.text = text
        self.request_id = request_id

    @property
    def code(self) -> str:
        """The most specific code: the first of `errors[].code`, else `code`, else empty."""
        return self.codes[1] if len(self.codes) > 1 else (self.codes[0] if self.codes else "")

    def has(self, *codes: str) -> bool:
        """Whether any of `codes` is among the answer's codes."""
        return any(code in self.codes for code in codes)


class Cancelled(WorkosError):
    """The run was stopped while the call waited for the limiter: nothing was sent."""

    kind = "cancelled"


class NotSent(WorkosError):
    """No connection: the request never reached the server."""

    kind = "not_sent"
    retryable = True


class TlsFailed(NotSent):
    """The server's certificate is not accepted, or no TLS was agreed on."""

    kind = "tls_failed"


class ProxyFailed(NotSent):
    """The proxy cannot be reached or refuses: the server was not asked."""

    kind = "proxy_failed"


class RateLimited(WorkosError):
    """429: refused without effect. `retry_after` in seconds, None when the answer did not say."""

    kind = "rate_limited"
    retryable = True

    def __init__(
        self, message: str, *, retry_after: float | None, attempt: Attempt | None = None, **more: object
    ) -> None:
        super().__init__(message, attempt=attempt, **more)  # type: ignore[arg-type]
        self.retry_after = retry_after


class ServiceFailed(WorkosError):
    """The server or the network failed after the request may have arrived."""

    kind = "server_error"
    retryable = True


class AnswerMismatch(ServiceFailed):
    """A readable success about another object: what became of the request is unknown, and its ids are not ours."""

    kind = "answer_mismatch"


class KeyRejected(WorkosError):
    """401: the key is wrong or was revoked."""

    kind = "key_rejected"
    exit_code = ExitCode.KEY_REJECTED


class PermissionDenied(WorkosError):
    """403: the key is valid and lacks a permission."""

    kind = "permission_denied"


class NotFound(WorkosError):
    """404."""

    kind = "not_found"


class Refused(WorkosError):
    """Another 4xx: the API's own words say what is wrong with the request."""

    kind = "refused"


class BadBaseUrl(ImporterError):
    """The base URL is not one."""

    kind = "bad_base_url"


class InsecureUrl(BadBaseUrl):
    """http:// to another machine: the key and all passwords would travel in clear."""

    kind = "insecure_url"


class BadNetworkSettings(ImporterError):
    """A proxy or a certificate file named in the environment cannot be used."""

    kind = "bad_network_settings"
