"""The ways out: leaving, pausing, stopping; nothing is lost by any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.css.query import NoMatches
from textual.widget import MountError

from tests.console.driving import catch_exit, console, console_at, press, screen_text, settle, showing
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import a_plan, importing, paused, ready
from tui_importer.tui.launch import StartAt
from tui_importer.tui.screens.dialogs.leaving import LeavingScreen
from tui_importer.tui.screens.dialogs.quit import QuitDialog

if TYPE_CHECKING:
    from textual.pilot import Pilot


def leaving(screen: object) -> LeavingScreen:
    assert isinstance(screen, LeavingScreen)
    return screen


async def test_staying_is_the_default() -> None:
    app, view = console_at(importing())
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "q")
        assert showing(app, QuitDialog)
        assert "9,320 of 14,997 rows are done, 5,677 are left; 11 requests in flight." in screen_text(app)
        await press(pilot, "enter")
        assert not showing(app, QuitDialog)
        await press(pilot, "q", "down", "escape")
        assert exits == []
        assert view.told == []


async def test_pausing_waits_for_the_rows_in_flight_then_leaves() -> None:
    app, view = console_at(importing())
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "q", "down", "enter")
        screen = leaving(app.screen)
        assert view.told == ["pause"]
        assert "11 requests in flight" in screen_text(app)
        screen.check_rest()
        await settle(pilot)
        assert exits == [], "rows are still in flight"
        view.come_to_rest()
        screen.check_rest()
        await settle(pilot)
        assert view.told == ["pause", "close"]
    assert exits == [0]


async def test_stopping_now_leaves_at_once() -> None:
    app, view = console_at(importing())
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "q", "down", "down", "enter")
        assert view.told == ["stop_now", "close"]
    assert exits == [0]


async def test_a_click_takes_a_choice() -> None:
    app, view = console_at(importing())
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "q")
        await pilot.click("#choices", offset=(5, 2))
        await settle(pilot)
        assert view.told == ["stop_now", "close"]
        assert exits == [0]


async def test_while_leaving_ctrl_c_stops_now() -> None:
    app, view = console_at(importing())
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "q", "down", "enter", "ctrl+c")
        assert view.told == ["pause", "stop_now"]
        leaving(app.screen).check_rest()
        await settle(pilot)
        assert view.told[-1] == "close"
        assert exits == [0]


async def test_ctrl_c_pauses_then_stops_then_leaves() -> None:
    app, view = console_at(importing())
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+c")
        assert view.told == ["pause"]
        await press(pilot, "ctrl+c")
        assert view.told == ["pause", "stop_now"]
        await press(pilot, "ctrl+c")
        assert view.told == ["pause", "stop_now", "close"]
    assert exits == [0]


async def test_ctrl_c_works_in_dialogs_and_details_too() -> None:
    app, view = console_at(importing())
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "q", "ctrl+c")
        assert view.told == ["pause"]
        view.come_to_rest()
        await press(pilot, "escape", "p", "ctrl+c")
        assert view.told == ["pause", "start", "pause"], "going on makes the next ctrl+c the first again"
        assert exits == []


async def test_a_resting_job_is_closed_and_left_at_once() -> None:
    app, view = console_at(paused())
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "q")
        assert view.told == ["close"]
    assert exits == [0]


async def test_leaving_the_jobs_screen_asks_while_a_job_runs_behind_it() -> None:
    app, view = console_at(importing())
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "escape", "q")
        assert showing(app, QuitDialog)
        await press(pilot, "down", "down", "enter")
        assert view.told == ["stop_now", "close"]
        assert exits == [0]


async def test_a_scan_is_left_without_a_question() -> None:
    app, view = console_at(FakeJobView(ready(), the_plan=a_plan()))
    view.set(state="running", phase="scan")
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "q")
        leaving(app.screen)
        view.come_to_rest()
        leaving(app.screen).check_rest()
        await settle(pilot)
        assert view.told == ["pause", "close"]
        assert exits == [0]


async def test_a_signal_leaves_like_pausing() -> None:
    app, view = console_at(importing())
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.leave()
        await settle(pilot)
        app.leave()
        leaving(app.screen)
        assert view.told == ["pause"]
        assert exits == []


async def test_without_a_job_it_just_leaves() -> None:
    app = console(FakeBackend(), start=StartAt.jobs())
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "q")
    assert exits == [0]


async def test_what_finds_its_screen_gone_when_the_operator_has_left_is_no_defect() -> None:
    app = console()

    async def leave(pilot: Pilot[object]) -> None:
        await settle(pilot)
        await app._press_keys(["q"])
        app._handle_exception(MountError("Can't mount widget(s) before the screen is mounted"))
        app._handle_exception(NoMatches("No nodes match"))

    await app.run_async(headless=True, size=(80, 24), auto_pilot=leave)
    assert app.return_code == 0


async def test_the_app_really_ends_and_reports_success() -> None:
    app, view = console_at(paused())

    async def leave(pilot: Pilot[object]) -> None:
        await settle(pilot)
        await app._press_keys(["q"])

    await app.run_async(headless=True, size=(80, 24), auto_pilot=leave)
    assert app.return_code == 0
    assert view.told == ["close"]


@pytest.mark.parametrize("defect", [None, RuntimeError("a defect")])
def test_the_job_is_closed_however_the_app_ends(defect: Exception | None, monkeypatch: pytest.MonkeyPatch) -> None:
    app, view = console_at(importing())
    app.job.hold("acme", view)

    def run() -> None:
        if defect is not None:
            raise defect

    monkeypatch.setattr(app, "run", run)
    if defect is None:
        assert app.run_to_exit() == 0
    else:
        with pytest.raises(RuntimeError):
            app.run_to_exit()
    assert view.told == ["close"]
