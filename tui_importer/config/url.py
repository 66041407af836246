"""Base URLs: which are accepted, and which lead to this machine."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

ALLOWED_URL = (
    "an https:// address without user, path, query or fragment, or an http:// address of this machine, for example "
    "https://api.workos.com"
)
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine: localhost, 127.0.0.0/8 or ::1 (no name is looked up)."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_host(name: str) -> bool:
    """Whether `name` is an address or a name that can be asked for: labels of 1 to 63 characters, 253 in all.

    What ends with a number is an IPv4 address, as browsers read it, too, so that `256.1.1.1` is neither.
    """
    if not _HOST.fullmatch(name):
        return False
    labels = name.removesuffix(".").split(".")
    if ":" in name or labels[-1].isdigit():
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
    return len(name) <= 253 and all(0 < len(label) < 64 for label in labels)


def checked_base_url(text: str) -> str:
    """Return `text` without its trailing slash; raises ValueError when it is not an `ALLOWED_URL`.

    Plain http would send the API key in clear, so it is accepted on loopback only.
    """
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(ALLOWED_URL)
    parts = urlsplit(text)
    _ = parts.port  # raises ValueError for a port that is none
    plain = not (parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"))
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(text))
    if not (plain and secure and is_host(parts.hostname or "")):
        raise ValueError(ALLOWED_URL)
    return f"{parts.scheme}://{parts.netloc}"
