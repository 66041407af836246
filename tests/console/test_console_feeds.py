"""How tables get their rows: a little at once, much in a thread, in few parts, and never less than before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.console.fakes import FakeJobView
from tests.console.snapshots import failure, importing, organizations
from tui_importer.engine.snapshot.models import OrganizationTotals
from tui_importer.tui.job_tables import feeds
from tui_importer.tui.job_tables.feeds import OrganizationsFeed, Parts, failures_feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from tui_importer.engine.snapshot.models import OrganizationView


@given(st.lists(st.integers(1, 300), max_size=60))
def test_a_frame_grows_in_few_parts(sizes: list[int]) -> None:
    parts = Parts(pl.DataFrame({"n": []}, schema={"n": pl.Int64}))
    rows = 0
    for size in sizes:
        parts.append(pl.DataFrame({"n": range(rows, rows + size)}))
        rows += size
        assert parts.frame.n_chunks() <= max(1, rows.bit_length())
    assert parts.frame.get_column("n").to_list() == list(range(rows))


def test_large_parts_are_not_copied_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "_MERGED", 100)
    parts = Parts(pl.DataFrame({"n": []}, schema={"n": pl.Int64}))
    for n in range(20):
        parts.append(pl.DataFrame({"n": range(n * 60, n * 60 + 60)}))
    assert parts.frame.n_chunks() == 10
    assert parts.frame.get_column("n").to_list() == list(range(1_200))


def test_few_entries_are_read_at_once_and_many_in_a_thread() -> None:
    view = FakeJobView(importing(), failures=[failure(n) for n in range(1, 901)])
    feed = failures_feed(view)
    assert (feed.pull(900), feed.behind) == (True, False)
    first = feed.rows
    view.failures += [failure(n) for n in range(901, 8_001)]
    assert (feed.pull(8_000), feed.behind) == (False, True)
    assert not feed.pull(8_000), "the thread is at it"
    assert feed.read()
    assert feed.rows.total == 8_000
    assert feed.rows.grew_from(first)
    assert first.total == 900, "what a table holds does not change"


def test_entries_read_anew_replace_the_old_ones_when_all_are_there() -> None:
    view = FakeJobView(importing(), failures=[failure(n) for n in range(1, 6_001)])
    feed = failures_feed(view)
    feed.pull(6_000)
    while feed.behind:
        feed.read()
    first = feed.rows
    view.failures = [failure(n) for n in range(2, 6_001)]
    assert not feed.pull(5_999)
    assert feed.rows is first
    assert feed.read()
    assert not feed.rows.grew_from(first)
    assert feed.rows.all_ids("sequence") == list(range(2, 6_001))


class SlowView(FakeJobView):
    """Takes half a second of its own time to list the organizations."""

    seconds = 100.0

    def organizations(self) -> Sequence[OrganizationView]:
        self.seconds += 0.5
        return super().organizations()


def test_many_organizations_are_read_less_often_the_longer_it_takes() -> None:
    view = SlowView(importing(), orgs=organizations(2_000))
    feed = OrganizationsFeed(view, lambda: view.seconds)
    totals = OrganizationTotals(total=2_000, resolved=1)
    later = replace(totals, resolved=2)
    behind = []
    for look, after, settled in (
        (totals, 0.0, False), (later, 4.9, False), (later, 0.2, False), (later, 9.0, False), (later, 0.0, True),
    ):  # fmt: skip
        view.seconds += after
        assert not feed.pull(look, settled=settled)
        behind.append(feed.behind)
        if feed.behind:
            assert feed.read()
    # Half a second of reading is followed by five of rest; then nothing has changed; the last state is read at once.
    assert behind == [True, False, True, False, True]
    assert feed.rows.total == 2_000
