"""Base URLs: which are accepted, and which lead to this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

ALLOWED_URL = "an https:// address without user, path, query or fragment, or an http:// address of this machine"


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine: localhost, 127.0.0.0/8 or ::1 (no name is looked up)."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
    if not (plain and secure and parts.hostname):
        raise ValueError(ALLOWED_URL)
    return f"{parts.scheme}://{parts.netloc}"
