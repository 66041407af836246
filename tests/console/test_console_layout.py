"""What is seen at 80x24, 120x36 and 200x50: nothing important is cut, tables keep rows, small terminals say so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.console.driving import console, console_at, footer, line_with, press, screen_text, settle, strips
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import (
    a_plan,
    chunks,
    failure,
    finished,
    importing,
    organizations,
    paused,
    prewarming,
    ready,
    summary,
)
from tui_importer.engine.snapshot.models import Eta, OrganizationTotals, RequestStats, Totals
from tui_importer.tui.actions.registry import ACTIONS, Place
from tui_importer.tui.launch import StartAt
from tui_importer.tui.screens.help import help_lines
from tui_importer.tui.screens.new_job.screen import NewJobScreen
from tui_importer.tui.screens.plan_panel import plan_lines
from tui_importer.tui.style.format import rate
from tui_importer.tui.table.table import VirtualTable
from tui_importer.tui.widgets.too_small import TooSmall

if TYPE_CHECKING:
    from tui_importer.engine.snapshot.models import Snapshot

SIZES = [(80, 24), (120, 36), (200, 50)]

LARGE = replace(
    importing(),
    job="globex-production-2026-11-23", environment="PRODUCTION",
    totals=Totals(rows=5_000_000, created=3_123_456, existing=412_345, failed=98_765, blocked=12_345),
    chunks=chunks(3_123_456, 412_345, 98_765, rows=5_000_000, size=50_000),
    organizations=OrganizationTotals(total=152, resolved=151, created=149, failed=1),
    requests=RequestStats(requests=9_000_000, retries=12_345, rate_limited=1_234, rate=612.4, write_rate=489.9,
                          permitted=490.0, limit=500.0, p50=1_234, p95=12_345, p99=19_876, history=(489.0,) * 60,
                          statuses=((200, 8_900_000), (409, 412_345), (429, 1_234), (503, 12_345))),
    eta=Eta(2_900, 3_400), bound="write limit 490/500",
)  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("snapshot", [importing(blocked=14), LARGE, paused()], ids=["small", "large", "paused"])
async def test_a_running_job_shows_what_matters(size: tuple[int, int], snapshot: Snapshot) -> None:
    view = FakeJobView(snapshot, failures=[failure(n) for n in range(1, 40)], orgs=organizations())
    app, _ = console_at(view)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        text = screen_text(app)
        totals = snapshot.totals
        needed = [
            snapshot.environment, snapshot.state.upper(), "0:04:12", "Organizations",
            f"{snapshot.organizations.resolved}/152", "Users",
            f"{totals.created:,}", f"{totals.existing:,}", f"{totals.failed:,}", f"{totals.blocked:,}",
            f"{totals.pending - totals.blocked:,}", rate(snapshot.requests.write_rate), "429",
            f"{snapshot.requests.rate_limited:,}", f"{snapshot.requests.retries:,}", "misses", "Errors", "message",
        ]  # fmt: skip
        if snapshot.eta is not None:
            needed.append("ETA")
        for words in needed:
            assert words in text, words
        rows = [line for line in text.splitlines() if "@example.com" in line]
        assert len(rows) >= 8
        assert {strip.cell_length for strip in strips(app.screen)} == {size[0]}
        assert "? Help" in footer(app)
        assert "q Leave" in footer(app)


@pytest.mark.parametrize("size", SIZES[:2])
async def test_the_prewarm_shows_failures_against_the_limit(size: tuple[int, int]) -> None:
    app, _ = console_at(prewarming())
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert "failed 3.0 % · limit 10 % · 99 tried" in screen_text(app)
        assert "63 %" in screen_text(app)


@pytest.mark.parametrize("size", SIZES[:2])
async def test_the_summary_fits(size: tuple[int, int]) -> None:
    app, _ = console_at(FakeJobView(finished(), failures=[failure(n) for n in range(1, 8)]))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        text = screen_text(app)
        for words in ("rows ", "users ", "memberships", "organizations ", "requests", "time", "next", "misses 0"):
            assert words in text, words
        assert sum("@example.com" in line for line in text.splitlines()) >= 7


@pytest.mark.parametrize("size", SIZES[:2])
async def test_the_plan_of_a_ready_job_fits(size: tuple[int, int]) -> None:
    app, _ = console_at(FakeJobView(ready(), the_plan=a_plan()))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        text = screen_text(app)
        for words in (
            "Rows",
            "7 refused by the scan",
            "email_invalid 5",
            "metadata_invalid 2",
            "2 in conflict",
            "Users",
            "Memberships",
            "147 to create",
            "superadmin",
            "6:15–6:42",
        ):
            assert words in text, words


@pytest.mark.parametrize("width", [70, 110])
def test_the_plan_names_what_refuses_rows_beside_their_number_and_warnings_apart(width: int) -> None:
    problems = {"row_duplicate": 40, "email_malformed": 5, "metadata_invalid": 2}
    text = " ".join(" ".join(line.plain for line in plan_lines(replace(a_plan(), problems=problems), width)).split())
    assert "7 refused by the scan · email_malformed 5" in text
    assert text.index("metadata_invalid 2") < text.index("Users")
    assert text.endswith("! The scan warns of row_duplicate 40")


@pytest.mark.parametrize("size", SIZES[:2])
async def test_a_scan_tells_how_far_it_is_in_one_line(size: tuple[int, int]) -> None:
    backend = FakeBackend()
    app = console(backend, start=StartAt.new_job(Path("users.csv")))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "enter")
        backend.views["users-2026-11-23"].set(scanned_rows=4_900_000, scanned_share=0.98)
        assert isinstance(app.screen, NewJobScreen)
        app.screen.refresh_snapshot()
        await settle(pilot)
        assert "98 %  4,900,000 rows" in line_with(app, "━━━")


@pytest.mark.parametrize("width", [56, 76, 116])
def test_the_help_keeps_its_columns(width: int) -> None:
    rows = [line.plain for line in help_lines(Place.JOB, {}, width)]
    assert max(map(len, rows)) <= width
    text = next(row for row in rows if " Pause " in row).index("Let the rows")
    entries = [row for row in rows if row.startswith("  ")]
    assert all(row[text - 2 : text] == "  " and row[text] != " " for row in entries)
    assert len(entries) > len(ACTIONS) or width > 76


@pytest.mark.parametrize("size", SIZES[:2])
async def test_the_jobs_list_keeps_name_environment_state_and_rows(size: tuple[int, int]) -> None:
    jobs = [summary("a-rather-long-name-of-a-job-2026-11-23", environment="PRODUCTION", totals=LARGE.totals)]
    app = console(FakeBackend(jobs))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        line = line_with(app, "PRODUCTION")
        for words in ("a-rather", "◆ PRODUCTION", "‖ paused", "72 % of 5.00M", "98,765"):
            assert words in line, words


async def test_maximising_gives_the_table_the_room_and_esc_takes_it_back() -> None:
    app, _ = console_at(FakeJobView(importing(), failures=[failure(n) for n in range(1, 60)]))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        before = app.screen.query_one("#errors", VirtualTable).page
        await press(pilot, "m")
        assert app.screen.query_one("#errors", VirtualTable).page >= before + 7
        assert "STAGING" in line_with(app, "tui-importer"), "the environment is never in doubt"
        assert "m Restore" in footer(app)
        assert "esc Jobs" not in footer(app), "esc does something else first"
        await press(pilot, "escape")
        assert app.screen.query_one("#errors", VirtualTable).page == before
        assert "Restore" not in footer(app)
        assert "esc Jobs" in footer(app)


@pytest.mark.parametrize("size", [(59, 24), (80, 15), (20, 5)])
async def test_a_terminal_that_is_too_small_says_so(size: tuple[int, int]) -> None:
    app, _ = console_at(importing())
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert app.screen.query_one(TooSmall).display
        assert "too small" in " ".join(screen_text(app).split())
        await pilot.resize_terminal(60, 16)
        await settle(pilot)
        assert not app.screen.query_one(TooSmall).display
        assert "STAGING" in screen_text(app)


async def test_resizing_keeps_the_cursor_in_sight() -> None:
    app, _ = console_at(FakeJobView(importing(), failures=[failure(n) for n in range(1, 60)]))
    async with app.run_test(size=(200, 50)) as pilot:
        await settle(pilot)
        await press(pilot, "3", *["down"] * 25)
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert "person26@example.com" in screen_text(app)


async def test_without_colour_the_screen_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app, _ = console_at(FakeJobView(importing(blocked=14), failures=[failure(1)]))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        for words in ("◈ STAGING", "▶ RUNNING", "✔ done", "━ created", "═ existing", "× failed", "┅ blocked", "▌"):
            assert words in text, words
        for strip in strips(app.screen):
            for segment in strip:
                assert segment.style is None or (segment.style.color, segment.style.bgcolor) == (None, None)
        assert any(segment.style and segment.style.reverse for strip in strips(app.screen) for segment in strip)


@pytest.mark.parametrize("theme", ["importer-dark", "importer-light"])
async def test_both_themes_have_readable_contrast(theme: str) -> None:
    """Muted text included: at least 4.5 to 1 against its background (WCAG AA)."""
    from textual.color import Color

    app, _ = console_at(importing(blocked=14))
    async with app.run_test(size=(120, 36)) as pilot:
        app.theme = theme
        await settle(pilot)
        variables = app.get_css_variables()
        for ground in ("background", "surface"):
            for name in ("text", "text-muted", "accent", "success", "warning", "error"):
                first, second = Color.parse(variables[name]), Color.parse(variables[ground])
                assert contrast(first.rgb, second.rgb) >= 4.5, (theme, name, ground)


def contrast(first: tuple[int, int, int], second: tuple[int, int, int]) -> float:
    """The ratio of relative luminances, as WCAG defines it."""

    def luminance(rgb: tuple[int, int, int]) -> float:
        red, green, blue = (part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in rgb)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
