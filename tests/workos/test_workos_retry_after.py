from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_importer.workos.http_dates import LONGEST, parse_http_date, parse_retry_after
from tui_importer.workos.server_clock import ServerClock

TIMES = st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(st.integers(min_value=0, max_value=10**30))
def test_seconds(seconds: int) -> None:
    assert parse_retry_after(str(seconds)) == min(seconds, LONGEST)


@given(st.integers(min_value=0, max_value=299), st.integers(min_value=0, max_value=999))
def test_decimals(whole: int, part: int) -> None:
    assert parse_retry_after(f" {whole}.{part:03d} ") == pytest.approx(whole + part / 1000)


@given(TIMES, st.integers(min_value=0, max_value=10**6))
def test_a_date_is_meant_by_the_servers_own_clock(now: datetime, seconds: int) -> None:
    until = now + timedelta(seconds=seconds)
    parsed = parse_retry_after(format_datetime(until, usegmt=True), format_datetime(now, usegmt=True))
    assert parsed == min(seconds, LONGEST)


@given(TIMES, st.integers(min_value=1, max_value=10**6))
def test_a_past_date_is_none(now: datetime, seconds: int) -> None:
    past = format_datetime(now - timedelta(seconds=seconds), usegmt=True)
    assert parse_retry_after(past, format_datetime(now, usegmt=True)) is None


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_without_a_date_header_our_own_clock_is_used(date: str | None) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=200), usegmt=True)
    seconds = parse_retry_after(until, date)
    assert seconds is not None
    assert 100 < seconds <= 200


@pytest.mark.parametrize(
    "date", ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 GMT"]
)
def test_all_three_forms_of_http_dates(date: str) -> None:
    assert parse_http_date(date) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", " ", "-1", "-0", "1e3", "inf", "nan", "0x10", "1_000", "٣", "soon", "1,5"])
def test_anything_else_is_none(value: str | None) -> None:
    assert parse_retry_after(value) is None


@given(st.text(), st.none() | st.text())
def test_no_text_fails_or_goes_beyond_the_bounds(value: str, date: str | None) -> None:
    seconds = parse_retry_after(value, date)
    assert seconds is None or 0 <= seconds <= LONGEST


class TestServerClock:
    def test_it_goes_on_from_the_last_date(self) -> None:
        at = iter([100.0, 103.5, 200.0, 201.0])
        clock = ServerClock(monotonic=lambda: next(at))
        clock.observe("Sun, 06 Nov 1994 08:49:37 GMT")
        assert clock.now() == datetime(1994, 11, 6, 8, 49, 40, 500_000, tzinfo=UTC)
        clock.observe("Sun, 06 Nov 1994 09:00:00 GMT")
        assert clock.now() == datetime(1994, 11, 6, 9, 0, 1, tzinfo=UTC)

    @pytest.mark.parametrize("date", [None, "", "garbage"])
    def test_it_knows_nothing_without_a_date(self, date: str | None) -> None:
        clock = ServerClock()
        clock.observe(date)
        assert clock.now() is None
