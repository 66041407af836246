"""The registry of actions: every action does something by its key, and shows itself only then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from tests.console.driving import (
    JOB,
    catch_exit,
    console,
    console_at,
    footer,
    press,
    screen_text,
    settle,
    showing,
)
from tests.console.fakes import FakeBackend, FakeJobView, failure, importing, log_entries, paused, ready, summary
from tui_importer.tui.actions import ACTIONS, Action, Place
from tui_importer.tui.palette import ActionProvider
from tui_importer.tui.screens.dialogs import ChoiceDialog
from tui_importer.tui.screens.help import HelpScreen, shown_keys
from tui_importer.tui.screens.job import JobScreen
from tui_importer.tui.screens.jobs import JobsScreen
from tui_importer.tui.screens.quit import QuitDialog
from tui_importer.tui.start import StartAt
from tui_importer.tui.widgets.fields import ChoiceField
from tui_importer.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.containers import VerticalScroll

    from tui_importer.tui.app import ImporterApp


def job_app(snapshot: object = None) -> ImporterApp:
    failures = [failure(n) for n in range(1, 60)]
    taken = snapshot if snapshot is not None else importing(failed=59)
    view = FakeJobView(taken, failures=failures, log=log_entries(30))  # type: ignore[arg-type]  # a snapshot
    return console_at(view)[0]


def jobs_app() -> ImporterApp:
    return console(FakeBackend([summary(JOB), summary("other")], views={JOB: FakeJobView(paused())}))


def new_app() -> ImporterApp:
    return console(start=StartAt.new_job(Path("/data/users.csv")))


def told(app: ImporterApp) -> list[str]:
    view = app.job.view
    assert isinstance(view, FakeJobView)
    return list(view.told)


def cursor(app: ImporterApp) -> int:
    return app.screen.query_one("#errors", VirtualTable).cursor


def reader_y(app: ImporterApp) -> float:
    reader: VerticalScroll = app.screen.query_one("#reader")  # type: ignore[assignment]  # it is one
    return reader.scroll_offset.y


def choice(app: ImporterApp) -> str:
    return app.screen.query_one(ChoiceField).value


def marked(app: ImporterApp) -> int:
    assert isinstance(app.screen, ChoiceDialog)
    return app.screen.marked


def tab(app: ImporterApp) -> str:
    assert isinstance(app.screen, JobScreen)
    return app.screen.tab


def kind(app: ImporterApp) -> str:
    return type(app.screen).__name__


def focus_choice(app: ImporterApp) -> None:
    app.screen.query_one(ChoiceField).focus()


def leave_field(app: ImporterApp) -> None:
    app.screen.query_one("#make-plan").focus()


CASES: dict[str, tuple[Callable[[], ImporterApp], tuple[str, ...], Callable[[ImporterApp], object], object]] = {
    "jobs.open": (jobs_app, (), kind, "JobScreen"),
    "jobs.new": (jobs_app, (), kind, "NewJobScreen"),
    "jobs.purge": (jobs_app, (), kind, "ChoiceDialog"),
    "new.browse": (new_app, (), kind, "FilePicker"),
    "new.back": (new_app, (), kind, "JobsScreen"),
    "job.pause": (job_app, (), told, ["pause"]),
    "job.start": (lambda: job_app(ready()), (), told, ["start"]),
    "job.resume": (lambda: job_app(paused()), (), told, ["start"]),
    "job.detail": (job_app, ("3",), kind, "ErrorDetailScreen"),
    "job.tab_chunks": (job_app, ("2",), tab, "chunks"),
    "job.tab_workers": (job_app, (), tab, "workers"),
    "job.tab_errors": (job_app, (), tab, "errors"),
    "job.tab_organizations": (job_app, (), tab, "organizations"),
    "job.tab_log": (job_app, (), tab, "log"),
    "job.next_tab": (job_app, (), tab, "workers"),
    "job.previous_tab": (job_app, (), tab, "log"),
    "job.maximise": (job_app, (), lambda app: app.screen.has_class("-maximised"), True),
    "job.restore": (job_app, ("m",), lambda app: app.screen.has_class("-maximised"), False),
    "job.back": (job_app, (), kind, "JobsScreen"),
    "detail.previous": (job_app, ("3", "down", "enter"), lambda app: "error 1 of 59" in screen_text(app), True),
    "detail.next": (job_app, ("3", "enter"), lambda app: "error 2 of 59" in screen_text(app), True),
    "detail.copy": (job_app, ("3", "enter"), lambda app: app.clipboard, "req_000001"),
    "detail.back": (job_app, ("3", "enter"), kind, "JobScreen"),
    "help.back": (job_app, ("question_mark",), kind, "JobScreen"),
    "reader.down": (job_app, ("question_mark",), reader_y, 1),
    "reader.up": (job_app, ("question_mark", "j", "j"), reader_y, 1),
    "table.up": (job_app, ("3", "down", "down"), cursor, 1),
    "table.down": (job_app, ("3",), cursor, 1),
    "table.page_up": (job_app, ("3", "G", "pageup"), lambda app: cursor(app) < 58 - 20, True),
    "table.page_down": (job_app, ("3",), lambda app: cursor(app) > 5, True),
    "table.first": (job_app, ("3", "down", "down"), cursor, 0),
    "table.last": (job_app, ("3",), cursor, 58),
    "table.follow": (job_app, ("3",), lambda app: app.screen.query_one("#errors", VirtualTable).follow, True),
    "choice.next": (new_app, (), choice, "update"),
    "choice.previous": (new_app, (), choice, "update"),
    "dialog.down": (job_app, ("q",), marked, 1),
    "dialog.up": (job_app, ("q",), marked, 2),
    "dialog.confirm": (job_app, ("q",), kind, "JobScreen"),
    "dialog.cancel": (job_app, ("q",), kind, "JobScreen"),
    "app.mask": (job_app, ("3",), lambda app: "p•••@example.com" in screen_text(app), True),
    "app.theme": (job_app, (), lambda app: app.theme, "importer-light"),
    "app.next_pane": (new_app, (), lambda app: app.focused and app.focused.id, "base_url"),
    "app.previous_pane": (new_app, ("tab",), lambda app: app.focused and app.focused.id, "path"),
    "app.help": (job_app, (), kind, "HelpScreen"),
    "app.leave": (job_app, (), kind, "QuitDialog"),
    "app.interrupt": (job_app, (), told, ["pause"]),
    "app.palette": (job_app, (), kind, "CommandPalette"),
}  # fmt: skip
"""For each action: an app, the keys that lead to it, what is looked at, and what is seen after its key."""


def test_every_action_has_a_case_and_every_case_an_action() -> None:
    assert {action.id for action in ACTIONS} == set(CASES)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
async def test_an_action_does_what_it_says_by_its_key(action: Action) -> None:
    make, before, look, expected = CASES[action.id]
    app = make()
    catch_exit(app)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, *before)
        if action.place is Place.CHOICE:
            focus_choice(app)
        await press(pilot, action.keys.split(",")[0])
        assert look(app) == expected


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
    app = console(FakeBackend([summary(JOB)]), keymap={"jobs.new": "c", "app.leave": "x"})
    exits = catch_exit(app)
    async with app.run_test(size=(120, 120)) as pilot:
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
        await press(pilot, "x")
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


async def test_a_job_paused_before_anything_was_written_still_wants_the_name() -> None:
    app, view = console_at(
        replace(paused("by you"), environment="PRODUCTION", totals=ready().totals, organizations=ready().organizations)
    )
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "p")
        assert view.told == []
        assert "against PRODUCTION?" in screen_text(app)
        await press(pilot, *JOB, "enter")
        assert view.told == ["start"]
