"""The registry of actions: every action does something by its key, and shows itself only then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from textual.widgets import DirectoryTree, Input

from tests.console.driving import (
    JOB,
    catch_exit,
    console,
    console_at,
    enter,
    footer,
    press,
    screen_text,
    settle,
    showing,
    until,
)
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.journeys import JOURNEYS, job_app, leave_field, new_app, tab, told
from tests.console.snapshots import failure, importing, paused, ready, summary
from tui_importer.tui.actions.keymap import shown_keys
from tui_importer.tui.actions.registry import ACTIONS
from tui_importer.tui.palette import ActionProvider
from tui_importer.tui.screens.dialogs.quit import QuitDialog
from tui_importer.tui.screens.help import HelpScreen
from tui_importer.tui.screens.jobs import JobsScreen

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.engine.snapshot.models import EnvironmentName
    from tui_importer.tui.app import ImporterApp


def is_loaded(app: ImporterApp) -> bool:
    """Whether the tree of the file picker, if it is shown, has its names."""
    return all(tree.root.children for tree in app.screen.query(DirectoryTree))


def test_every_action_is_on_a_journey_and_every_step_an_action() -> None:
    steps = [step[0] for _, steps in JOURNEYS.values() for step in steps]
    assert sorted(steps) == sorted(action.id for action in ACTIONS)


@pytest.mark.parametrize("journey", JOURNEYS)
async def test_every_action_does_what_it_says_by_its_key(
    journey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # exports go to the current folder
    make, steps = JOURNEYS[journey]
    actions = {action.id: action for action in ACTIONS}
    app = make()
    catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for name, before, look, expected in steps:
            await until(pilot, lambda: is_loaded(app))
            await press(pilot, *before, actions[name].keys.split(",")[0])
            assert look(app) == expected, name


def test_ids_keys_and_words_are_sound() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    for action in ACTIONS:
        assert action.label
        assert action.tooltip
        assert not action.tooltip.endswith(".")
        taken = {other.keys for other in ACTIONS if other.place is action.place and other is not action}
        same = [other for other in ACTIONS if other.place is action.place and other.keys == action.keys]
        assert action.keys not in taken or len({other.when for other in same}) == len(same), action.id
    forbidden = {"ctrl+j", "ctrl+q", "ctrl+s", "ctrl+enter", "f1", "f5", "ctrl+i", "ctrl+m", "ctrl+h"}
    assert not forbidden & {key for action in ACTIONS for key in action.keys.split(",")}


async def test_the_footer_shows_only_what_applies() -> None:
    app, view = console_at(FakeJobView(importing(failed=0)))
    async with app.run_test(size=(200, 50)) as pilot:
        await settle(pilot)
        assert "Pause" in footer(app)
        for absent in ("Start", "Go on", "Detail", "Follow", "Restore"):
            assert absent not in footer(app)
        await press(pilot, "3")
        assert "Detail" not in footer(app), "there is no error to look into"
        view.failures.append(failure(1))
        app.screen.refresh_snapshot()  # type: ignore[attr-defined]  # it is the job screen
        await settle(pilot)
        assert "enter Detail" in footer(app)
        assert "f Follow" in footer(app)
        await press(pilot, "1")
        assert "Detail" not in footer(app)
        assert "Follow" not in footer(app)
        view.set(state="finished", phase="done")
        app.screen.refresh_snapshot()  # type: ignore[attr-defined]  # it is the job screen
        await settle(pilot)
        assert "Pause" not in footer(app)


async def test_keys_that_type_are_not_offered_while_typing() -> None:
    app = new_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert isinstance(app.focused, Input)
        assert "Leave" not in footer(app)
        leave_field(app)
        await settle(pilot)
        assert "q Leave" in footer(app)


async def test_a_click_on_the_footer_presses_the_key() -> None:
    app, view = console_at(importing())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.click("#keys", offset=(footer(app).index("Pause"), 0))
        await settle(pilot)
        assert view.told == ["pause"]
        await pilot.click("#keys", offset=(footer(app).index("Help"), 0))
        await settle(pilot)
        assert showing(app, HelpScreen)


async def test_a_click_on_a_tab_shows_it() -> None:
    app = job_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        row = next(line for line in screen_text(app).splitlines() if "2 Workers" in line)
        await pilot.click("#tabs", offset=(row.index("Errors"), 0))
        await settle(pilot)
        assert tab(app) == "errors"


async def test_help_tells_every_action_of_the_screen_with_the_keys_in_use() -> None:
    app = console(FakeBackend([summary(JOB)]), keymap={"jobs.new": "c", "app.leave": "X"})
    exits = catch_exit(app)
    async with app.run_test(size=(120, 300)) as pilot:
        await settle(pilot)
        assert "c New job" in footer(app)
        await press(pilot, "question_mark")
        text = screen_text(app)
        for action in ACTIONS:
            assert action.label in text, action.id
        line = next(line for line in text.splitlines() if "New job" in line and "Import a CSV file" in line)
        assert line.split()[0] == "c"
        await press(pilot, "question_mark")
        assert showing(app, JobsScreen)
        await press(pilot, "n")
        assert showing(app, JobsScreen), "the old key is free"
        await press(pilot, "X")
        assert exits == [0]


async def test_the_palette_offers_what_applies_and_runs_it() -> None:
    app, view = console_at(importing())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        offered = [hit.text or "" async for hit in ActionProvider(app.screen).discover()]
        assert "The job: Pause" in offered
        assert "The job: Go on" not in offered
        assert "Everywhere: Mask" in offered
        assert "Everywhere: Palette" not in offered
        await press(pilot, "colon", *"pause", "enter")
        await settle(pilot)
        assert view.told == ["pause"]


async def test_the_palette_works_on_every_screen() -> None:
    app = job_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for keys, expected in (
            (("3", "enter"), "One error: Copy request id"),
            (("escape", "escape"), "Jobs: "),
            (("question_mark",), "Help: Back"),
        ):
            await press(pilot, *keys)
            offered = [hit.text or "" async for hit in ActionProvider(app.screen).discover()]
            if isinstance(app.screen, JobsScreen):
                assert not any("New job" in text for text in offered), "a job runs"
            else:
                assert expected in offered


def test_keys_read_like_an_operator_says_them() -> None:
    assert shown_keys("ctrl+p,colon") == "ctrl+p :"
    assert shown_keys("pageup,ctrl+b") == "pgup ctrl+b"


async def test_dialogs_know_only_their_own_keys() -> None:
    app = job_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "q", "p", "T", "question_mark", "3")
        assert showing(app, QuitDialog)
        assert told(app) == []
        assert app.theme == "importer-dark"


@pytest.mark.parametrize("environment", ["PRODUCTION", "UNKNOWN"])
async def test_a_job_paused_before_anything_was_written_still_wants_the_name(environment: EnvironmentName) -> None:
    unbegun = replace(paused("by you"), totals=ready().totals, organizations=ready().organizations)
    app, view = console_at(replace(unbegun, environment=environment))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "p")
        assert view.told == []
        assert f"against {environment}?" in screen_text(app)
        await enter(pilot, JOB)
        assert view.told == ["start"]
