"""The job screen: counters move with snapshots, keys tell the engine, tabs fill from its journal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.console.driving import console_at, footer, line_with, press, screen_text, settle, showing
from tests.console.fakes import FakeJobView
from tests.console.snapshots import (
    a_plan,
    failure,
    finished,
    importing,
    log_entries,
    organizations,
    paused,
    prewarming,
    ready,
)
from tui_importer.engine.snapshot.models import OrganizationTotals
from tui_importer.tui.screens.job.screen import JobScreen
from tui_importer.tui.screens.job.summary_panel import SummaryPanel
from tui_importer.tui.screens.job.users_panel import UsersPanel
from tui_importer.tui.screens.jobs import JobsScreen
from tui_importer.tui.table.table import VirtualTable


def job_screen(screen: object) -> JobScreen:
    assert isinstance(screen, JobScreen)
    return screen


async def test_prewarm_counters_move_with_the_snapshots() -> None:
    app, view = console_at(prewarming(resolved=40, failed=1))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "40" in line_with(app, "40")
        assert "failed 2.4 % · limit 10 % · 41 tried" in screen_text(app)
        assert "Organizations 40/152" in line_with(app, "Scan")
        view.set(organizations=OrganizationTotals(total=152, resolved=150, created=149, failed=2))
        job_screen(app.screen).refresh_snapshot()
        await pilot.pause()
        text = screen_text(app)
        assert "Organizations 150/152" in text
        assert "failed 1.3 % · limit 10 % · 152 tried" in text
        assert "98 %" in text, "not 100 % while two are missing"
        view.set(organizations=OrganizationTotals(total=152, resolved=151, created=150, failed=0), awaited=1)
        job_screen(app.screen).refresh_snapshot()
        await pilot.pause()
        assert "looking for 1 that may exist already" in screen_text(app)
        view.set(awaited=0)
        job_screen(app.screen).refresh_snapshot()
        await pilot.pause()
        assert "may exist already" not in screen_text(app)
        view.set(organizations=OrganizationTotals(total=4), awaited=4)
        job_screen(app.screen).refresh_snapshot()
        await pilot.pause()
        assert "looking for 4 that may exist already" in screen_text(app)


async def test_the_cache_is_shown_once_the_users_are_imported() -> None:
    app, _ = console_at(importing())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "cache 152 · 9,320 hits · 0 misses" in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_totals_on_the_screen_add_up(size: tuple[int, int]) -> None:
    app, view = console_at(importing(created=9_000, existing=100, failed=17, blocked=50))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        text = screen_text(app)
        totals = view.now.totals
        for number in ("9,000", "100", "17", "50", f"{totals.pending - totals.blocked:,}"):
            assert number in text
        assert totals.created + totals.existing + totals.failed + totals.pending == totals.rows


async def test_speed_and_time_left_are_shown() -> None:
    app, _ = console_at(importing())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert "ETA 3:38–3:44 · bound by write limit 39.2/50" in text
        assert "38.9 of 39.2 writes/s · share 80 % · 12 workers auto" in text
        assert "p50 164 · p95 212 · p99 341 ms · retries 14" in text
        assert "2xx 18,640 · 4xx 58 · 429 0 · 5xx 2 · no answer 2" in text


async def test_p_pauses_and_goes_on() -> None:
    app, view = console_at(importing())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "p Pause" in footer(app)
        await press(pilot, "p")
        assert view.told == ["pause"]
        assert "PAUSING" in line_with(app, "tui-importer")
        assert "Pause" not in footer(app)
        assert "Go on" not in footer(app)
        view.come_to_rest()
        job_screen(app.screen).refresh_snapshot()
        await settle(pilot)
        assert "p Go on" in footer(app)
        await press(pilot, "p")
        assert view.told == ["pause", "start"]
        assert "RUNNING" in line_with(app, "tui-importer")


async def test_a_job_that_paused_itself_says_why_and_what_goes_on() -> None:
    app, view = console_at(paused())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "21 of the last 200 rows failed (10.5 %)" in screen_text(app)
        assert "p goes on   3 shows the errors  ·  Look at the errors; when they are" in screen_text(app)
        view.set(state="running", reason="", next_step="")
        job_screen(app.screen).refresh_snapshot()
        await settle(pilot)
        assert "goes on" not in screen_text(app)


async def test_service_trouble_is_said_while_it_lasts() -> None:
    app, view = console_at(replace(importing(), backing_off="32 s: 503", bound="backing off 32 s: 503", eta=None))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "↻ The service is in trouble: backing off 32 s: 503." in screen_text(app)
        assert "ETA unknown · ↻ backing off 32 s: 503" in screen_text(app)
        view.set(backing_off="", bound="latency, 6 workers")
        job_screen(app.screen).refresh_snapshot()
        await settle(pilot)
        assert "backing off 32 s" not in screen_text(app)
        assert "ETA unknown · bound by latency, 6 workers" in screen_text(app)


async def test_a_long_wait_for_the_rate_limit_is_said_while_it_lasts() -> None:
    waiting = "the server asks for 1:00:00 h; next try in 4:58"
    app, view = console_at(replace(importing(), waiting=waiting, bound="paused by 429 for 298 s", eta=None))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert f"↻ The rate limit is reached: {waiting}." in " ".join(screen_text(app).split())
        view.set(waiting="", bound="latency, 6 workers")
        job_screen(app.screen).refresh_snapshot()
        await settle(pilot)
        assert "next try" not in screen_text(app)


async def test_a_ready_job_shows_its_plan_and_starts_with_p() -> None:
    app, view = console_at(FakeJobView(ready(), the_plan=a_plan()))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "Nothing has been written yet" in screen_text(app)
        assert "7 refused by the scan · email_invalid 5" in screen_text(app)
        assert "p Start" in footer(app)
        await press(pilot, "p")
        assert view.told == ["start"]
        assert "p Pause" in footer(app)


async def test_errors_arrive_without_moving_the_cursor() -> None:
    view = FakeJobView(importing(failed=3), failures=[failure(n) for n in (1, 2, 3)])
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "down")
        table = app.screen.query_one("#errors", VirtualTable)
        assert table.current is not None
        assert table.current["sequence"] == 2
        view.failures += [failure(n) for n in range(4, 9)]
        job_screen(app.screen).refresh_snapshot()
        await settle(pilot)
        assert len(table.rows) == 8
        assert table.current["sequence"] == 2
        assert table.scroll_offset.y == 0
        assert "Errors 8" in screen_text(app)
        assert "8 of 8" in screen_text(app)


async def test_errors_that_became_fewer_are_read_anew() -> None:
    view = FakeJobView(importing(failed=3), failures=[failure(n) for n in range(1, 8)])
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        view.failures = [failure(n) for n in (2, 9)]
        job_screen(app.screen).refresh_snapshot()
        await settle(pilot)
        table = app.screen.query_one("#errors", VirtualTable)
        assert [row["sequence"] for row in (table.row_at(0), table.row_at(1)) if row] == [2, 9]


async def test_a_large_journal_is_read_beside_the_console() -> None:
    view = FakeJobView(importing())
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        view.failures = [failure(n) for n in range(1, 12_001)]
        table = app.screen.query_one("#errors", VirtualTable)
        job_screen(app.screen).refresh_snapshot()
        assert len(table.rows) == 0, "the console goes on at once"
        await settle(pilot)
        assert table.shown_ids() == list(range(1, 12_001))
        view.failures = [failure(n) for n in range(6_001, 12_001)]
        job_screen(app.screen).refresh_snapshot()
        assert len(table.rows) == 12_000, "what is read anew is shown when it is complete"
        await settle(pilot)
        assert table.shown_ids() == list(range(6_001, 12_001))


async def test_organizations_and_log_fill_their_tabs() -> None:
    view = FakeJobView(importing(), orgs=organizations(failed=2), log=log_entries(30))
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        assert "external_id:org-001" in screen_text(app)
        assert "✖ failed" in line_with(app, "external_id:org-001")
        assert "the name is taken" in screen_text(app)
        assert "═ existing" not in line_with(app, "external_id:org-003")
        await press(pilot, "5")
        table = app.screen.query_one("#log", VirtualTable)
        assert table.follow
        assert table.cursor == 29
        assert "429: waiting 2 s" in screen_text(app)
        assert "! warning" in screen_text(app)


async def test_chunks_and_workers_say_what_they_do() -> None:
    app, view = console_at(importing())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "✔ done" in line_with(app, "1,001–2,000")
        assert "▶ running" in line_with(app, "9,001–10,000")
        assert "○ waiting" in line_with(app, "14,001–14,997")
        await press(pilot, "2")
        assert "▶ running" in line_with(app, "row 9,312")
        assert "↻ backing off" in line_with(app, "2.1 s")
        view.set(workers=())
        job_screen(app.screen).refresh_snapshot()
        await settle(pilot)
        assert "No worker runs" in screen_text(app)


async def test_the_end_replaces_the_users_panel_by_a_summary() -> None:
    app, view = console_at(importing())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert app.screen.query_one(UsersPanel).display
        assert not app.screen.query_one(SummaryPanel).display
        view.now = finished()
        view.failures = [failure(n) for n in range(1, 8)]
        job_screen(app.screen).refresh_snapshot()
        await settle(pilot)
        assert not app.screen.query_one(UsersPanel).display
        text = screen_text(app)
        assert "14,961 created" in line_with(app, "users ")
        assert "14,978 created" in line_with(app, "memberships")
        assert "149 created" in line_with(app, "organizations ")
        assert "30,131 · retries 14 · 429s 2 · cache hits 14,997 · misses 0" in text
        assert "scan 0.4 s · organizations 0:03 · users 6:22" in text
        assert "3 shows the errors · r tries again · x exports" in text
        assert "✔ Done" in text
        assert "Pause" not in footer(app)
        assert "Go on" not in footer(app)


async def test_a_row_is_shown_whole_and_masked_as_in_its_table() -> None:
    long = "the name is taken by another organization \x1b]2;x\x07 " + "and more words than fit beside it " * 8 + "END"
    view = FakeJobView(importing())
    view.orgs = [replace(organizations(1)[0], how="failed", message=long, name="ann@example.com")]
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        assert "enter Row" in footer(app)
        assert "END" not in screen_text(app)
        await press(pilot, "enter")
        assert "END" in screen_text(app)
        assert "ann@example.com" in screen_text(app)
        assert "\x1b" not in screen_text(app)
        await press(pilot, "enter", "P", "enter")
        assert "ann@example.com" not in screen_text(app)
        await press(pilot, "escape", "3")
        assert "enter Row" not in footer(app)
        await press(pilot, "1", "enter")
        assert showing(app, JobScreen), "nothing of a chunk is cut"


async def test_where_no_row_can_be_tried_again_no_key_is_named_for_it() -> None:
    view = FakeJobView(finished(failed=3))
    view.failures = [failure(n, step="row", kind="email_malformed") for n in range(1, 4)]
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "3 shows the errors · x exports" in screen_text(app)
        view.failures = [*view.failures[:2], failure(4)]
        view.now = replace(view.now, failures_gone=view.now.failures_gone + 1)
        job_screen(app.screen).refresh_snapshot()
        await settle(pilot)
        assert "3 shows the errors · r tries again · x exports" in screen_text(app)


async def test_a_clean_end_leaves_nothing_to_do() -> None:
    app, _ = console_at(finished(failed=0))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "Everything is there: nothing to do." in screen_text(app)


async def test_a_running_job_goes_on_behind_the_jobs_screen() -> None:
    app, view = console_at(importing())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "2", "escape")
        assert showing(app, JobsScreen)
        assert "close" not in view.told
        assert app.job.view is view
        app.open_job(view.now.job)
        await settle(pilot)
        assert job_screen(app.screen).tab == "workers", "the screen is as it was left"


async def test_a_resting_job_is_closed_when_its_screen_is_left() -> None:
    app, view = console_at(paused())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "escape")
        assert showing(app, JobsScreen)
        assert view.told == ["close"]
        assert app.job.view is None


async def test_another_job_is_not_opened_beside_a_running_one() -> None:
    app, view = console_at(importing())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "escape")
        app.open_job("other")
        await settle(pilot)
        assert showing(app, JobsScreen)
        assert app.job.view is view


async def test_nothing_is_drawn_when_nothing_changed() -> None:
    app, _ = console_at(importing())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        screen = job_screen(app.screen)
        table = screen.query_one("#chunks", VirtualTable)
        panel = screen.query_one(UsersPanel)
        before = (panel.data, table.rows)
        screen.refresh_snapshot()
        assert panel.data is before[0]
        assert table.rows is before[1]
