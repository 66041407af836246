"""The proxy that leads to the API, as the environment names it: HTTPS_PROXY or ALL_PROXY, and NO_PROXY.

Decided here and not in httpx, so that what is shown is what is used, and NO_PROXY has the forms that curl knows.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from tui_importer.config.url import is_host
from tui_importer.secret import Secret
from tui_importer.text import safe
from tui_importer.workos.errors import BadNetworkSettings

SYSTEM_SETTINGS: Final = "the system's settings"
"""Where macOS keeps a proxy that no variable names."""

_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_LONGEST_SOCKS_CREDENTIAL = 255
_HOW = (
    "Write it as http://host:port or http://user:password@host:port, "
    "with special characters of the password as %40 for @, %23 for #, %2F for /."
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A checked proxy. `url` is without credentials, `address` is host:port, `origin` the variable that names it."""

    url: str
    address: str
    origin: str
    credentials: tuple[Secret, Secret] | None = None

    def __str__(self) -> str:
        return f"{self.address} ({self.origin})"

    @property
    def scheme(self) -> str:
        """`http`, `https`, `socks5` or `socks5h`."""
        return self.url.partition(":")[0]

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS5."""
        return self.scheme.startswith("socks")


def proxy_for(host: str, port: int) -> Proxy | None:
    """The proxy for https:// to `host`, None for the direct way. Raises BadNetworkSettings for one that is not one."""
    from urllib.request import getproxies, proxy_bypass

    found = getproxies()  # both cases of the variables, lower case first; without them the settings of macOS
    for kind in ("https", "all"):
        url = found.get(kind)
        if not url:
            continue
        origin = _variable(f"{kind}_proxy", url)
        if origin == SYSTEM_SETTINGS:
            return None if proxy_bypass(host) else _parse(url, origin)
        return None if is_exempt(host, port, found.get("no", "")) else _parse(url, origin)
    return None


def unused_http_proxy() -> bool:
    """Whether only HTTP_PROXY names a proxy, which is the one for http:// and so never used for the API."""
    from urllib.request import getproxies

    found = getproxies()
    return bool(found.get("http")) and not (found.get("https") or found.get("all"))


def is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Whether `no_proxy` lists the host: a name with all names below it, name:port, an address, a network, or *."""
    host = host.lower().rstrip(".")
    return any(_covers(entry, host, port) for entry in re.split(r"[\s,]+", no_proxy.lower()) if entry)


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    entry = entry.rpartition("://")[2].rstrip("/")
    if found := re.fullmatch(r"(\[[^\]]*\]|[^:]*):(\d+)", entry):
        entry = found[1]
        if int(found[2]) != port:
            return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = entry.removeprefix("*").strip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
    try:
        return address in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False


def _variable(name: str, value: str) -> str:
    """The variable as it is written in the environment."""
    written = (name, *(other for other in os.environ if other.lower() == name))
    return next((each for each in written if os.environ.get(each) == value), SYSTEM_SETTINGS)


def _parse(text: str, origin: str) -> Proxy:
    """Parse a proxy's URL. A refusal repeats only its scheme: what looks like a port may be half a password."""
    text = text.strip()
    scheme = found[1].lower() if (found := _SCHEME.match(text)) else ""
    if scheme and scheme not in _PORTS:
        raise _wrong_scheme(scheme, origin)
    wrong = BadNetworkSettings(f"{origin} is not the URL of a proxy.", _HOW)
    try:
        parts = urlsplit(text if scheme else f"http://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise wrong from None
    if not is_host(host) or parts.path not in {"", "/"} or parts.query or parts.fragment or port == 0:
        raise wrong
    shown = f"[{host}]" if ":" in host else host
    address = f"{shown}:{port or _PORTS[parts.scheme]}"
    return Proxy(f"{parts.scheme}://{address}", address, origin, _credentials(parts.username, parts.password, wrong))


def _credentials(user: str | None, password: str | None, wrong: BadNetworkSettings) -> tuple[Secret, Secret] | None:
    if not (user or password):
        return None
    values = [unquote(value or "") for value in (user, password)]
    if any(len(value.encode("utf-8", "replace")) > _LONGEST_SOCKS_CREDENTIAL for value in values):
        raise wrong
    return Secret(values[0]), Secret(values[1])


def _wrong_scheme(scheme: str, origin: str) -> BadNetworkSettings:
    if scheme in {"socks4", "socks4a"}:
        return BadNetworkSettings(
            f"{origin} names a SOCKS4 proxy, which is not supported.",
            "If the proxy speaks SOCKS5, too, write socks5://; an HTTP proxy is written http://host:port.",
        )
    if scheme == "socks":
        return BadNetworkSettings(
            f"{origin} begins with socks://, which does not say which SOCKS it is.",
            "Write socks5:// instead; SOCKS4 is not supported.",
        )
    return BadNetworkSettings(
        f"{origin} begins with {safe(scheme, 20)}://, which is no kind of proxy that is supported.",
        "Use http://, https:// or socks5://.",
    )
