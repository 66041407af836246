"""HTTP dates, and the `Retry-After` header: seconds or such a date (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 100 * 365 * 86_400.0
"""The most seconds that are returned, whatever a server says; when it is asked again, the limiter decides."""

_SECONDS = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
_YEARS = range(1970, 9999)
"""Years of dates that are meant; those at the ends of the calendar can be neither moved nor compared."""


def parse_retry_after(value: str | None, date: str | None = None) -> float | None:
    """Seconds to wait, at most LONGEST; None when `value` is absent, negative, past or no such header.

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
        return plausible(parsedate_to_datetime(value))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def plausible(moment: datetime) -> datetime | None:
    """`moment` in UTC, without a zone taken for that; None outside of the years that can be reckoned with."""
    try:
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year in _YEARS else None
