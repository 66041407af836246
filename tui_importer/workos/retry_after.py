"""The `Retry-After` header: seconds or an HTTP date (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 300.0
"""Seconds after which it is asked again, whatever a server says."""

_SECONDS = re.compile(r"\d+(?:\.\d*)?", re.ASCII)


def parse_retry_after(value: str | None, date: str | None = None) -> float | None:
    """Seconds to wait, 0 to 300; None when `value` is absent, negative, past or no such header.

    `date` is the same answer's `Date` header: an HTTP date is meant by the server's clock. Without it, by ours.
    """
    if value is None:
        return None
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), LONGEST)
    until = parse_http_date(value)
    if until is None:
        return None
    seconds = (until - (parse_http_date(date) or datetime.now(UTC))).total_seconds()
    return min(seconds, LONGEST) if seconds >= 0 else None


def parse_http_date(value: str | None) -> datetime | None:
    """The time an HTTP date names, None when it is none."""
    if not value or not value.lstrip()[:1].isalpha():
        return None
    try:
        parsed = parsedate_to_datetime(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
