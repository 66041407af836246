"""Faults of proxies in an operator's words: why one does not let us through, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tui_importer.text import safe

if TYPE_CHECKING:
    from tui_importer.workos.network.proxy import Proxy

Words = tuple[str, str]
"""What happened, and the next step."""

NO_ANSWER: Final = "no answer in time"
_STATUS = re.compile(r"(\d{3})\b.*")
# What httpcore says of a SOCKS proxy's answers.
_SOCKS_REFUSED: Final = "Proxy Server could not connect: "
_SOCKS_SIGN_IN: Final = (
    "Requested NO AUTHENTICATION REQUIRED",
    "Requested USERNAME/PASSWORD",
    "Invalid username/password",
)


def unreachable(words: str, proxy: Proxy) -> Words:
    """No connection to the proxy itself."""
    return (
        f"The proxy {proxy} cannot be reached: {words}.",
        f"Check the proxy's address in {proxy.origin} and the network; a host that needs no proxy belongs in NO_PROXY.",
    )


def refusal(words: str, host: str, proxy: Proxy, sign_ins: tuple[str, ...]) -> Words:
    """No connection from the proxy to `host`; `sign_ins` are the ways to sign in that an HTTP proxy offers."""
    if words == NO_ANSWER:
        return (
            f"The proxy {proxy} did not answer in time.",
            f"Check the proxy's scheme, host and port in {proxy.origin}.",
        )
    return _socks_refusal(words, host, proxy) if proxy.is_socks else _http_refusal(words, host, proxy, sign_ins)


def _http_refusal(words: str, host: str, proxy: Proxy, sign_ins: tuple[str, ...]) -> Words:
    found = _STATUS.match(words)
    if found is None:
        return _no_proxy_at_all(words, proxy, "an HTTP proxy")
    status, why = int(found[1]), f" ({safe(words, 80)})"
    if status == 407:
        return _sign_in_by_http(proxy, sign_ins)
    if status in {502, 503, 504}:
        return _cannot_connect(proxy, host, why)
    if status == 403:
        return _not_permitted(proxy, host, why)
    return (
        f"The proxy {proxy} refuses to connect to {host}{why}.",
        f"Check the proxy's address in {proxy.origin}, and that it permits connections to {host}.",
    )


def _socks_refusal(words: str, host: str, proxy: Proxy) -> Words:
    if words.startswith(_SOCKS_SIGN_IN):
        return _sign_in(proxy, "")
    if not words.startswith(_SOCKS_REFUSED):
        return _no_proxy_at_all(words, proxy, "a SOCKS5 proxy")
    why = words.removeprefix(_SOCKS_REFUSED)
    if "not allowed" in why:
        return _not_permitted(proxy, host, "")
    return _cannot_connect(proxy, host, f": {why[:1].lower()}{why[1:]}")


def _cannot_connect(proxy: Proxy, host: str, why: str) -> Words:
    return (
        f"The proxy {proxy} cannot connect to {host}{why}.",
        f"Check the base URL; if it is right, ask those who run the proxy for its way to {host}.",
    )


def _not_permitted(proxy: Proxy, host: str, why: str) -> Words:
    return (
        f"The proxy {proxy} does not permit a connection to {host}{why}.",
        f"Have {host} permitted at the proxy. If it is reached without a proxy, name it in NO_PROXY.",
    )


def _no_proxy_at_all(words: str, proxy: Proxy, kind: str) -> Words:
    return (
        f"The proxy {proxy} does not answer as {kind}: {words}.",
        f"Check the proxy's scheme, host and port in {proxy.origin}.",
    )


def _sign_in_by_http(proxy: Proxy, sign_ins: tuple[str, ...]) -> Words:
    if not sign_ins or "basic" in {way.lower() for way in sign_ins}:
        return _sign_in(proxy, " (407)")
    return (
        f"The proxy {proxy} wants a sign-in by {safe(' or '.join(sign_ins), 60)}, which is not supported (407).",
        "Use a proxy that takes a user name and a password (Basic), or a local one that signs in for you.",
    )


def _sign_in(proxy: Proxy, status: str) -> Words:
    form = f"{proxy.scheme}://user:password@host:port"
    if proxy.credentials is None:
        return (
            f"The proxy {proxy} asks for a user name and a password{status}.",
            f"Put them into {proxy.origin}: {form}.",
        )
    return (
        f"The proxy {proxy} refuses the user name or the password{status}.",
        f"Correct them in {proxy.origin}: {form}, with special characters of the password as %40 for @, %23 for #.",
    )
