"""Faults of connections: the network, the server's certificate, its TLS, or the proxy; each with its cure."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, TypeVar

from tui_importer.errors import lacking
from tui_importer.workos.errors import NotSent, ProxyFailed, TlsFailed
from tui_importer.workos.explanations import explain
from tui_importer.workos.network import proxy_faults, tls_faults
from tui_importer.workos.network.route import Step

if TYPE_CHECKING:
    from tui_importer.workos.network.proxy import Proxy
    from tui_importer.workos.network.route import Progress, Route

E = TypeVar("E", bound=BaseException)


def connection_fault(error: Exception, words: str, route: Route, progress: Progress) -> NotSent | None:
    """The error of a request that never reached the API, `words` being the fault's own; None when it may have."""
    step = progress.step
    if step is Step.UNKNOWN:
        return None
    if step is Step.REQUEST:
        # With TLS 1.3 a server may miss our certificate only now; it has not read the request.
        late = _in_chain(error, ssl.SSLError)
        if late is None or late.reason != tls_faults.WANTS_CERTIFICATE:
            return None
        return _tls_failed(*tls_faults.of_server(late, route))
    if route.proxy is not None and step is not Step.TLS:
        return _proxy_fault(error, words, route, route.proxy, progress)
    cause = _tls_cause(error)
    if cause is not None and step is not Step.REACHING:
        return _tls_failed(*tls_faults.of_server(cause, route))
    return _of_this_machine(error, route) or not_sent(words, route)


def _of_this_machine(error: Exception, route: Route) -> NotSent | None:
    lack = lacking(error)
    if lack is None:
        return None
    return NotSent(f"No connection to {route.host}: {lack.what}.", f"{lack.cure}.", text=lack.what)


def not_sent(words: str, route: Route) -> NotSent:
    """No connection, for a reason that has no other name."""
    advice = explain(kind="not_sent").advice
    if route.unused_proxy:
        advice = "HTTP_PROXY is for http:// only: set HTTPS_PROXY if the API is reached by that proxy."
    return NotSent(f"No connection to {route.host}: {words}.", advice, text=words)


def _tls_failed(sentence: str, cure: str) -> TlsFailed:
    return TlsFailed(sentence, cure, text=sentence.rstrip("."))


def _proxy_fault(error: Exception, words: str, route: Route, proxy: Proxy, progress: Progress) -> ProxyFailed:
    cause = _tls_cause(error)
    if progress.step is Step.TUNNEL:
        silent = _in_chain(error, BlockingIOError) is not None
        found = proxy_faults.refusal(proxy_faults.NO_ANSWER if silent else words, route.host, proxy, progress.sign_ins)
    elif progress.step is Step.FIRST_TLS and cause is not None:
        found = tls_faults.of_proxy(cause, route, proxy)
    else:
        found = proxy_faults.unreachable(words, proxy)
    sentence, cure = found
    return ProxyFailed(sentence, cure, text=sentence.rstrip("."))


def _tls_cause(error: Exception) -> ssl.SSLError | ConnectionError | None:
    """OpenSSL's error, or that of a connection which was closed; None for a timeout."""
    return _in_chain(error, ssl.SSLError) or _in_chain(error, ConnectionError)


def _in_chain(error: BaseException, kind: type[E]) -> E | None:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, kind):
        cause = cause.__cause__ or cause.__context__
    return cause
