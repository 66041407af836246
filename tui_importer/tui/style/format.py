"""Format numbers, times and sizes, and order counts, as an operator reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.text import plural

if TYPE_CHECKING:
    from datetime import datetime, tzinfo


def number(value: int) -> str:
    """A count with thousands separators: 14,997."""
    return f"{value:,}"


def short_count(value: int) -> str:
    """A large count in few characters: 5.00M, 431k."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:.2f}M"
    return f"{value // 1_000}k" if value >= 10_000 else f"{value:,}"


def percent(part: float, whole: float) -> int:
    """`part` of `whole` in whole percent; 100 only when all is done, 0 only when nothing is."""
    if whole <= 0:
        return 0
    if part >= whole:
        return 100
    share = int(part * 100 / whole)
    return max(1, share) if part > 0 else 0


def share(part: float, whole: float) -> str:
    """`part` of `whole` with one decimal: 99.7 %; what is not zero never reads 0.0 %, nor a part of it 100.0 %."""
    value = 100 * part / whole if whole > 0 else 0.0
    if 0 < value < 0.1:
        return "<0.1 %"
    return f"{min(value, 99.9) if part < whole else value:.1f} %"


def clock(seconds: float) -> str:
    """A duration with hours: 0:04:12."""
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def short_clock(seconds: float) -> str:
    """A duration as short as it can be said: 3:38, 1:03:20, and 0.4 s below a second."""
    if 0 < seconds < 1:
        return f"{seconds:.1f} s"
    whole = max(0, int(seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    return clock(whole)


def time_range(low: float, high: float) -> str:
    """A range of durations: 3:38–3:44, or one value when both read the same."""
    first, last = short_clock(low), short_clock(high)
    return first if first == last else f"{first}–{last}"


def rate(value: float) -> str:
    """A rate with as many decimals as matter: 0.4, 39.8, 212."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def tidy(value: float) -> str:
    """A limit without a needless decimal: 40, 39.2."""
    return f"{value:,.1f}".removesuffix(".0")


def size(value: int) -> str:
    """Bytes in decimal units: 19.6 MB."""
    amount = float(value)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return plural(value, "byte") if unit == "bytes" else f"{amount:.1f} {unit}"


def milliseconds(value: float | None) -> str:
    """A latency: 212 ms, or a dash when nothing was measured."""
    return "–" if value is None else f"{value:,.0f} ms"


def time_of_day(moment: datetime, zone: tzinfo | None) -> str:
    """The local time of day: 14:03:59."""
    return moment.astimezone(zone).strftime("%H:%M:%S")


def day_and_time(moment: datetime, zone: tzinfo | None) -> str:
    """The local day and minute: 2026-11-23 14:03."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
