"""Faults of TLS in an operator's words: why a certificate is not accepted or no TLS was agreed on, and the cure."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from tui_importer.text import safe

if TYPE_CHECKING:
    from tui_importer.workos.network.proxy import Proxy
    from tui_importer.workos.network.route import Route

Words = tuple[str, str]
"""What happened, and the next step."""

_REFUSED: Final = "SSLV3_ALERT_HANDSHAKE_FAILURE"
WANTS_CERTIFICATE: Final = "TLSV13_ALERT_CERTIFICATE_REQUIRED"

# Certificates: X509_V_ERR_* of OpenSSL, and errSec* of macOS.
_EXPIRED: Final = frozenset({10, -67818})
_NOT_YET_VALID: Final = frozenset({9, -67819})
_OTHER_NAME: Final = frozenset({62, 64, -67602})
_SELF_SIGNED: Final = frozenset({18})
_UNKNOWN_CA: Final = frozenset({2, 19, 20, 21, -67843, -25318})
_REVOKED: Final = frozenset({23, -67820})

# The rest of TLS: OpenSSL's reasons.
_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})
_VERSIONS: Final = frozenset(
    {
        "NO_PROTOCOLS_AVAILABLE",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "VERSION_TOO_LOW",
    }
)


class _Cures(NamedTuple):
    """Cures that depend on the other side: the API or a proxy."""

    other_name: str
    no_tls: str
    versions: str
    client_certificate: str
    closed: str
    other: str


def of_server(error: ssl.SSLError | ConnectionError, route: Route) -> Words:
    """No TLS with the API."""
    host = route.host
    cures = _Cures(
        other_name="Check the base URL. If it is right, something in between answers in the API's place: "
        "a sign-in page of the network, or a company's proxy.",
        no_tls="Check the port in the base URL; http:// is for a server on this machine only.",
        versions="The server, or a proxy in between, has to allow TLS 1.2 or newer.",
        client_certificate="Use a base URL, or a way through the network, that asks for none.",
        closed=f"Check the port in the base URL; a firewall or a proxy in between may have to permit {host}.",
        other=f"Check the base URL, and what is between this machine and {host}.",
    )
    return _words(error, host, host, route, cures)


def of_proxy(error: ssl.SSLError | ConnectionError, route: Route, proxy: Proxy) -> Words:
    """No TLS with a proxy whose URL says https://."""
    http = (
        f"Write http:// instead of https:// in {proxy.origin}, if the proxy itself speaks no TLS: the API is spoken to"
    )
    cures = _Cures(
        other_name=f"Write the name that the proxy's certificate is for in {proxy.origin}.",
        no_tls=f"{http} by TLS all the same.",
        versions="The proxy has to allow TLS 1.2 or newer.",
        client_certificate="Use a proxy that asks for none.",
        closed=f"Check the proxy's port in {proxy.origin}. {http} by TLS all the same.",
        other=f"Check the proxy's address in {proxy.origin}.",
    )
    return _words(error, f"The proxy {proxy}", f"the proxy {proxy}", route, cures)


def _words(error: ssl.SSLError | ConnectionError, who: str, whom: str, route: Route, cures: _Cures) -> Words:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error, whom, route, cures)
    if not isinstance(error, ssl.SSLError) or isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return f"{who} closed the connection while TLS was agreed on.", cures.closed
    reason = _plain(error.reason)
    words = {
        **dict.fromkeys(_NO_TLS, ("does not speak TLS", cures.no_tls)),
        **dict.fromkeys(_VERSIONS, (f"and this program have no version of TLS in common ({reason})", cures.versions)),
        _REFUSED: ("refuses TLS: no cipher in common, or it wants a client certificate", cures.other),
        WANTS_CERTIFICATE: ("wants a client certificate, which this program does not have", cures.client_certificate),
    }
    what, cure = words.get(error.reason) or (f"and this program cannot agree on TLS: {reason}", cures.other)
    return f"{who} {what}.", cure


def _certificate(error: ssl.SSLCertVerificationError, whom: str, route: Route, cures: _Cures) -> Words:
    code = error.verify_code
    subject = f"The certificate of {whom}"
    found = {
        **dict.fromkeys(_EXPIRED, ("has expired", _clock(whom))),
        **dict.fromkeys(_NOT_YET_VALID, ("is not valid yet", _clock(whom))),
        **dict.fromkeys(_OTHER_NAME, ("is for another host", cures.other_name)),
        **dict.fromkeys(_REVOKED, ("was revoked", cures.other)),
        **dict.fromkeys(_SELF_SIGNED, (f"is not trusted: it is self-signed and not in {route.trusted}", _trust(route))),
        **dict.fromkeys(_UNKNOWN_CA, (f"is not trusted: its CA is not in {route.trusted}", _trust(route))),
    }.get(code)
    state, cure = found or (f"is not accepted: {safe(error.verify_message, 120)}", _trust(route))
    return f"{subject} {state}.", cure


def _clock(whom: str) -> str:
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return f"Check this machine's clock, which says {now}. If it is right, {whom} needs another certificate."


def _trust(route: Route) -> str:
    if route.trust_replaced:
        return (
            "Behind a company's proxy, add the company's CA to what SSL_CERT_FILE names; "
            "or unset that, so that the system's trust store is used."
        )
    return (
        "Behind a company's proxy, add the company's CA to the system's trust store, "
        "or name its file (PEM) in SSL_CERT_FILE."
    )


def _plain(reason: str | None) -> str:
    return safe((reason or "no reason given").lower().replace("_", " "), 80)
