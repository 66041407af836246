"""The jobs screen: the list, opening, purging, and what an empty list says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.console.driving import (
    JOB,
    console,
    console_at,
    enter,
    footer,
    line_with,
    press,
    screen_text,
    settle,
    showing,
    until,
)
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import importing, paused, summary
from tui_importer.engine.snapshot.models import Totals
from tui_importer.errors import ImporterError
from tui_importer.secret import Secret
from tui_importer.tui.launch import StartAt
from tui_importer.tui.screens.dialogs.api_key import ApiKeyDialog
from tui_importer.tui.screens.dialogs.choice import ChoiceDialog
from tui_importer.tui.screens.job.screen import JobScreen
from tui_importer.tui.screens.jobs import JobsScreen
from tui_importer.tui.screens.new_job.screen import NewJobScreen

OTHERS = [
    summary("globex", environment="PRODUCTION", state="finished", totals=Totals(rows=500, created=498, failed=2)),
    summary(JOB),
    summary("hooli", environment="SANDBOX", state="ready", reason="", totals=Totals(rows=81)),
]


async def test_jobs_are_listed_with_their_state_in_glyph_and_word() -> None:
    app = console(FakeBackend(list(OTHERS)))
    async with app.run_test(size=(200, 50)) as pilot:
        await settle(pilot)
        line = line_with(app, "globex")
        for words in ("◆ PRODUCTION", "✔ finished", "500/500", "2", "2026-11-23 12:03", "1:00:00"):
            assert words in line
        line = line_with(app, JOB)
        for words in ("users-validated.csv", "◈ STAGING", "‖ paused", "interrupted", "9,320/14,997"):
            assert words in line
        assert "○ ready" in line_with(app, "hooli")
        assert "3 jobs" in screen_text(app)


async def test_an_empty_list_explains_itself() -> None:
    app = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert "A job imports one CSV file of users into one environment." in text
        assert "tui-importer demo" in text
        assert "n New job" in footer(app)
        for absent in ("Open", "Purge"):
            assert absent not in footer(app)
        await press(pilot, "n")
        assert showing(app, NewJobScreen)


async def test_enter_opens_a_job_where_it_stood() -> None:
    view = FakeJobView(paused())
    app = console(FakeBackend(list(OTHERS), views={JOB: view}))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "down", "enter")
        await until(pilot, lambda: showing(app, JobScreen))
        assert view.told == []
        assert "p Go on" in footer(app)


async def test_a_job_that_cannot_be_opened_says_why() -> None:
    backend = FakeBackend([summary("broken", problem="its journal is from a newer version"), summary(JOB)])
    app = console(backend)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await settle(pilot)
        assert "✖ unreadable" in line_with(app, "broken")
        await press(pilot, "enter")
        assert showing(app, JobsScreen)
        assert "newer version" in screen_text(app)
        backend.refuse = ImporterError("Another process has this job open.", "End it first.")
        await press(pilot, "down", "enter")
        assert showing(app, JobsScreen)
        assert "Another process has this job open." in screen_text(app)


async def test_purging_names_what_is_lost_and_defaults_to_no() -> None:
    backend = FakeBackend(list(OTHERS))
    app = console(backend)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "down", "delete")
        assert showing(app, ChoiceDialog)
        text = " ".join(screen_text(app).replace("▌", " ").split())
        assert "the journal with 9,320 outcomes and 7 failures" in text
        assert "What was written to STAGING stays there" in text
        assert "5,677 rows are left and cannot be resumed afterwards." in text
        await press(pilot, "enter")
        assert backend.purged == []
        await press(pilot, "delete", "escape", "delete", "down", "enter")
        assert backend.purged == [JOB]
        await settle(pilot)
        assert JOB not in screen_text(app)


async def test_a_refused_purge_says_why() -> None:
    backend = FakeBackend([summary(JOB)], refuse=ImporterError("The job is running elsewhere.", "Pause it there."))
    app = console(backend)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "delete", "down", "enter")
        assert "The job is running elsewhere. Pause it there." in " ".join(screen_text(app).replace("▌", " ").split())


async def test_the_running_job_is_shown_as_it_is_and_protected() -> None:
    view = FakeJobView(importing())
    backend = FakeBackend([summary(JOB, state="paused")], views={JOB: view})
    app = console(backend, start=StartAt.at_job(JOB))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "escape")
        assert "▶ running" in line_with(app, "STAGING")
        assert f"{JOB} runs here" in line_with(app, "tui-importer")
        assert "New job" not in footer(app)
        assert "Purge" not in footer(app)
        view.set(totals=replace(view.now.totals, created=9_500))
        app.screen.refresh_jobs()  # type: ignore[attr-defined]  # it is the jobs screen
        await settle(pilot)
        assert "9,519/14,997" in screen_text(app)


async def test_a_job_on_screen_is_released_before_it_is_purged() -> None:
    view = FakeJobView(paused())
    backend = FakeBackend([summary(JOB)], views={JOB: view})
    app = console(backend, start=StartAt.at_job(JOB))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await app.switch_mode("jobs")
        await settle(pilot)
        await press(pilot, "delete", "down", "enter")
        assert view.told == ["close"]
        assert backend.purged == [JOB]


async def test_the_list_keeps_the_cursor_on_its_job() -> None:
    backend = FakeBackend(list(OTHERS))
    app = console(backend)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "down")
        backend.summaries.insert(0, summary("newest"))
        screen = app.screen
        assert isinstance(screen, JobsScreen)
        screen.refresh_jobs()
        await settle(pilot)
        assert screen.current is not None
        assert screen.current.job == JOB


async def test_jobs_that_cannot_be_read_are_reported() -> None:
    class Broken(FakeBackend):
        def jobs(self) -> list[object]:  # type: ignore[override]  # it never returns
            raise ImporterError("The jobs folder cannot be read.", "Check its permissions.")

    app = console(Broken())
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await settle(pilot)
        assert "The jobs folder cannot be read." in screen_text(app)


@pytest.mark.parametrize("answer", ["enter", "escape"])
async def test_the_key_is_asked_for_when_a_job_is_opened_without_one(answer: str) -> None:
    backend = FakeBackend([summary(JOB)], views={JOB: FakeJobView(paused())}, key=None)
    app = console(backend)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "enter")
        await press(pilot, "enter")
        assert showing(app, ApiKeyDialog)
        assert "A key is needed." in screen_text(app)
        await press(pilot, *"sk_t")
        assert "sk_t" not in screen_text(app)
        if answer == "enter":
            await enter(pilot, "sk_test_abcdefgh1234")
            await until(pilot, lambda: showing(app, JobScreen))
            assert backend.key == Secret("sk_test_abcdefgh1234")
        else:
            await press(pilot, answer)
            assert showing(app, JobsScreen)
            assert backend.key is None


async def test_a_typed_key_is_asked_for_again_when_opening_failed() -> None:
    backend = FakeBackend([summary(JOB)], key=None, refuse=ImporterError("The key is another one.", "Type the first."))
    app = console(backend)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "enter")
        await enter(pilot, "sk_test_abcdefgh1234")
        assert backend.key is None
        await press(pilot, "enter")
        assert showing(app, ApiKeyDialog)


async def test_the_console_can_begin_at_a_job() -> None:
    app, _ = console_at(paused())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: showing(app, JobScreen))
        await press(pilot, "escape")
        assert showing(app, JobsScreen)
