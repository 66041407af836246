"""A source that takes long to count: it is shown at once, and a plan does not wait for the count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Button, Input

from tests.console.driving import console, eventually, line_with, press, screen_text, seen, settle, until
from tests.console.fakes import FakeBackend
from tests.console.snapshots import a_preview
from tests.console.test_console_new_job import SOURCE
from tui_importer.errors import ImporterError
from tui_importer.tui.launch import StartAt
from tui_importer.tui.screens.new_job.screen import NewJobScreen

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui_importer.tui.app import ImporterApp


def a_long_source() -> FakeBackend:
    """A backend whose source takes long to count."""
    return FakeBackend(counting=replace(a_preview(), rows=6_000, organizations=(), share=0.43))


async def make_plan(pilot: Pilot[Any], app: ImporterApp) -> None:
    """Press the button once nothing is missing any more: the environment is read by a thread of its own."""
    screen = app.screen
    assert isinstance(screen, NewJobScreen)
    await eventually(pilot, lambda: not screen.missing(), screen.missing)
    screen.query_one("#make-plan", Button).press()


async def test_a_long_source_is_shown_while_it_is_counted() -> None:
    backend = a_long_source()
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await seen(pilot, app, "counting rows, 43 %: 6,000")
        await seen(pilot, app, "person0@example.com")
        assert "152 organizations" not in screen_text(app)
        assert line_with(app, "Job  ").rstrip().endswith("users-validated-2026-11-23")
        backend.counted.set()
        await settle(pilot)
        assert "14,997 rows · 8 columns · 152 organizations" in screen_text(app)
        assert "counting" not in screen_text(app)


async def test_who_plans_does_not_wait_for_the_count() -> None:
    backend = a_long_source()
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await seen(pilot, app, "counting rows, 43 %")
        await make_plan(pilot, app)
        await until(pilot, lambda: f"given up {SOURCE}" in backend.asked)
        await settle(pilot)
        assert len(backend.prepared) == 1
        assert "counting" not in screen_text(app)

        assert app.preferences.recent.paths() == [SOURCE]
        await press(pilot, "P")
        assert "counting" not in screen_text(app), "the count has ended"


async def test_a_plan_that_is_refused_has_the_source_counted_on() -> None:
    backend = a_long_source()
    backend.refuse = ImporterError("The name is taken.", "Choose another.")
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await seen(pilot, app, "counting rows, 43 %")
        await make_plan(pilot, app)
        await seen(pilot, app, "The name is taken.")
        await seen(pilot, app, "counting rows, 43 %")
        backend.counted.set()
        await settle(pilot)
        assert "14,997 rows" in screen_text(app)


@pytest.mark.parametrize("how", ["another file", "no file", "leaving"])
async def test_the_count_of_a_source_that_is_given_up_ends(how: str) -> None:
    backend = a_long_source()
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await seen(pilot, app, "counting rows, 43 %")
        backend.counting = None  # the other one is short
        if how == "leaving":
            await pilot.press("escape")
        else:
            app.screen.query_one("#path", Input).value = "/data/other.csv" if how == "another file" else ""
        await until(pilot, lambda: f"given up {SOURCE}" in backend.asked)
