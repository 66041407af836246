"""The new-job screen: from a path to a running job, each step filled as soon as the one before it is valid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.containers import VerticalScroll
from textual.widgets import Button, Input

from tests.console.driving import console, enter, footer, line_with, press, screen_text, settle, showing
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import ROWS, a_plan, a_preview, an_environment
from tui_importer.engine.options import RunOptions
from tui_importer.errors import ImporterError
from tui_importer.secret import Secret
from tui_importer.tui.launch import StartAt
from tui_importer.tui.screens.dialogs.choice import TypedNameDialog
from tui_importer.tui.screens.job.screen import JobScreen
from tui_importer.tui.screens.jobs import JobsScreen
from tui_importer.tui.screens.new_job.screen import NewJobScreen
from tui_importer.tui.widgets.fields import ChoiceField

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui_importer.tui.app import ImporterApp

SOURCE = Path("/data/users-validated.csv")
NAME = "users-validated-2026-11-23"


def new_job(app: ImporterApp) -> NewJobScreen:
    assert isinstance(app.screen, NewJobScreen)
    return app.screen


async def plan_it(pilot: Pilot[None], app: ImporterApp, backend: FakeBackend, environment: str) -> FakeJobView:
    """From a read source to the plan."""
    await press(pilot, "enter", "enter")
    view = backend.views[NAME]
    view.set(state="ready", phase="prewarm", scanned_rows=ROWS, scanned_share=1.0)
    view.the_plan = a_plan(environment)
    new_job(app).refresh_snapshot()
    await settle(pilot)
    return view


async def test_three_enters_from_the_file_to_the_running_job() -> None:
    backend = FakeBackend()
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert "19.6 MB · 14,997 rows · 8 columns · 152 organizations" in text
        assert "person0@example.com" in text
        assert "org_external_id ← External Org Id" in text
        assert "not used: Notes" in text
        assert "◈ STAGING" in line_with(app, "Environment  ")
        assert "Acme, Globex, Initech" in text
        assert app.screen.query_one("#name", Input).value == NAME
        await press(pilot, "enter")
        assert app.focused is app.screen.query_one("#make-plan", Button)
        await press(pilot, "enter")
        view = backend.views[NAME]
        assert view.told == ["prepare"]
        view.set(scanned_rows=6_000, scanned_share=0.4)
        new_job(app).refresh_snapshot()
        await settle(pilot)
        assert "40 %  6,000 rows" in screen_text(app)
        assert "Browse" not in footer(app)
        view.set(state="ready", phase="prewarm", scanned_rows=ROWS, scanned_share=1.0)
        view.the_plan = a_plan()
        new_job(app).refresh_snapshot()
        await settle(pilot)
        text = screen_text(app)
        assert "7 refused by the scan · email_invalid 5 · metadata_invalid 2" in text
        assert "3 existing · 147 to create · 2 in conflict" in text
        assert "superadmin" in text
        assert "6:15–6:42 at the permitted rate" in text
        assert view.told == ["prepare"], "nothing begins by itself"
        await press(pilot, "enter")
        assert view.told == ["prepare", "start"]
        assert showing(app, JobScreen)
        assert app.job.name == NAME


async def test_options_reach_the_job() -> None:
    backend = FakeBackend()
    app = console(backend, start=StartAt.new_job(SOURCE), given={"share": 60, "writes_per_10s": 100})
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert app.screen.query_one("#share", Input).value == "60"
        for field, value in (
            ("name", "mine"),
            ("workers", "12"),
            ("share", "50"),
            ("chunk_size", "250"),
            ("limit", "99"),
            ("max_failed", "off"),
        ):
            app.screen.query_one(f"#{field}", Input).value = value
        app.screen.query_one("#on_existing", ChoiceField).focus()
        await press(pilot, "right")
        app.screen.query_one("#make-plan", Button).press()
        await settle(pilot)
        [made] = backend.prepared
        assert made.name == "mine"
        assert made.source == SOURCE
        assert made.run == RunOptions(workers=12, share=50, writes_per_10s=100, max_failed=None)
        assert backend.dry_runs == []
        assert (made.frozen.chunk_size, made.frozen.limit, made.frozen.on_existing) == (250, 99, "update")
        assert made.frozen.base_url == "https://api.workos.com"


async def test_typing_replaces_a_word_that_stands_for_no_number() -> None:
    app = console(FakeBackend(), start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)

        def value(field: str) -> str:
            return app.screen.query_one(f"#{field}", Input).value

        app.screen.query_one("#name").focus()
        await press(pilot, "tab", "9", "tab", "5", "0", "enter", "2", "5", "0", "tab", "9", "9", "tab", "7", "tab", "2")
        typed = [value(field) for field in ("workers", "share", "chunk_size", "limit", "canary", "max_failed")]
        assert typed == ["9", "50", "250", "99", "7", "2"]
        await press(pilot, "shift+tab", "end", "5")
        assert value("canary") == "75", "a key that moves keeps what is there"
        await pilot.click("#limit", offset=(3, 0))
        await press(pilot, "0")
        assert value("limit") == "990", "a click says where to type"


async def test_the_form_is_filled_by_enter_alone() -> None:
    app = console(FakeBackend(), start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        app.screen.query_one("#delimiter").focus()
        await settle(pilot)
        assert "←→ Choose" in footer(app)
        visited = []
        while not isinstance(app.screen.focused, Button):
            visited.append(app.screen.focused.id if app.screen.focused else None)
            await press(pilot, "enter")
        assert visited == [
            "delimiter", "encoding", "wins", "repairs", "name", "workers", "share", "chunk_size", "limit", "canary",
            "max_failed", "on_existing", "look_up_users", "dry_run",
        ]  # fmt: skip
        assert app.screen.query_one("#dry_run", ChoiceField).value == "no", "enter leaves a choice as it is"
        assert app.screen.focused.id == "make-plan"


async def test_what_is_missing_is_said_instead_of_planning() -> None:
    backend = FakeBackend()
    app = console(backend, start=StartAt("new"))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        button = app.screen.query_one("#make-plan", Button)
        button.press()
        await settle(pilot)
        assert "! Choose a readable file first." in screen_text(app)
        app.screen.query_one("#path", Input).value = "/data/a.csv"
        await settle(pilot)
        app.screen.query_one("#share", Input).value = "0"
        await settle(pilot)
        button.press()
        await settle(pilot)
        assert "! share: 1 to 100 percent." in screen_text(app)
        assert "✖ 1 to 100 percent" in screen_text(app)
        app.screen.query_one("#share", Input).value = "80"
        problem = "b.csv, line 1: there is no column for e-mail addresses."
        backend.the_preview = replace(a_preview(), fields={"name": "First Name"}, problem=problem)
        app.screen.query_one("#path", Input).value = "/data/b.csv"
        await settle(pilot)
        button.press()
        await settle(pilot)
        assert "! b.csv, line 1: there is no column for e-mail addresses. ctrl+l chooses columns." in screen_text(app)
        assert backend.prepared == []


async def test_an_unreadable_file_says_why_and_what_next() -> None:
    backend = FakeBackend(the_preview=ImporterError("The file is not a CSV file.", "Export it again as UTF-8."))
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "✖ The file is not a CSV file. Export it again as UTF-8." in screen_text(app)
        assert "○ 3 Environment and options" in screen_text(app)


async def test_an_environment_that_does_not_answer_says_so_and_can_be_tried_again() -> None:
    backend = FakeBackend(the_environment=ImporterError("The API key is not accepted.", "Check WORKOS_API_KEY."))
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "✖ The API key is not accepted." in screen_text(app)
        app.screen.query_one("#make-plan", Button).press()
        await settle(pilot)
        assert "! The environment has not been read back yet." in screen_text(app)
        backend.the_environment = an_environment("SANDBOX")
        field = app.screen.query_one("#base_url", Input)
        field.focus()
        field.value = "http://127.0.0.1:4100/"
        await press(pilot, "enter")
        assert backend.asked[-1] == "environment http://127.0.0.1:4100"
        assert "◇ SANDBOX" in line_with(app, "new job")


async def test_another_base_url_is_another_environment() -> None:
    app = console(start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "STAGING" in line_with(app, "new job")
        app.screen.query_one("#base_url", Input).value = "http://evil.example"
        await settle(pilot)
        assert "STAGING" not in line_with(app, "new job")
        assert "http is for this machine only" in screen_text(app)


async def test_the_key_is_asked_for_masked_and_forgotten_on_the_screen() -> None:
    backend = FakeBackend(key=None)
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "enter the API key" in screen_text(app)
        await press(pilot, "enter")
        field = app.screen.query_one("#key", Input)
        assert app.focused is field
        await press(pilot, *"sk_t")
        assert "sk_t" not in screen_text(app)
        assert "••••" in line_with(app, "API key")
        await enter(pilot, "sk_test_abcdefgh1234")
        assert backend.key == Secret("sk_test_abcdefgh1234")
        assert field.value == ""
        assert "sk_test_…1234" in screen_text(app)
        assert "◈ STAGING" in line_with(app, "Environment  ")
        assert backend.asked[-1] == "environment https://api.workos.com"


async def test_a_planned_job_is_kept_when_the_screen_is_left() -> None:
    backend = FakeBackend()
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await settle(pilot)
        view = await plan_it(pilot, app, backend, "STAGING")
        await press(pilot, "escape")
        assert showing(app, JobsScreen)
        assert view.told == ["prepare", "close"]
        assert "is kept in the list, nothing" in " ".join(screen_text(app).split())


async def test_a_refused_job_says_why() -> None:
    backend = FakeBackend(refuse=ImporterError("A job of this name exists.", "Choose another name."))
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "enter")
        assert "✖ A job of this name exists. Choose another name." in screen_text(app)
        assert app.job.view is None


async def test_a_scan_that_fails_can_be_repeated() -> None:
    backend = FakeBackend()
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "enter")
        view = backend.views[NAME]
        view.set(state="paused", reason="the disk is full", next_step="Make room, then scan again.")
        new_job(app).refresh_snapshot()
        await settle(pilot)
        assert "the disk is full Make room, then scan again." in screen_text(app)
        assert "Scan again" in screen_text(app)
        app.screen.query_one("#make-plan", Button).press()
        await settle(pilot)
        assert view.told == ["prepare", "prepare"]


@pytest.mark.parametrize("environment", ["PRODUCTION", "UNKNOWN"])
async def test_production_wants_the_name_typed(environment: str) -> None:
    backend = FakeBackend(the_environment=an_environment(environment))
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        view = await plan_it(pilot, app, backend, environment)
        await press(pilot, "enter")
        assert showing(app, TypedNameDialog)
        assert "14,973 users, 14,985 memberships, 147 new organizations" in screen_text(app)
        assert f"to {environment} at https://api.workos.com" in screen_text(app)
        await enter(pilot, "yes")
        assert "That is not the name" in screen_text(app)
        assert view.told == ["prepare"]
        await press(pilot, "escape")
        assert showing(app, NewJobScreen)
        await press(pilot, "enter")
        await enter(pilot, NAME)
        assert view.told == ["prepare", "start"]
        assert showing(app, JobScreen)


async def test_masking_hides_people_in_the_first_rows() -> None:
    app = console(start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        app.action_mask()
        await settle(pilot)
        text = screen_text(app)
        assert "p•••@example.com" in text
        assert "Lovelace" not in text
        assert "Company 000" in text


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_every_field_can_be_reached_and_is_in_sight_then(size: tuple[int, int]) -> None:
    app = console(start=StartAt.new_job(SOURCE), profiles={"eu": {}})
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        seen = []
        while app.focused is not None and app.focused.id not in seen:
            seen.append(app.focused.id)
            region = app.focused.region
            assert 1 <= region.y < region.bottom <= size[1] - 1, app.focused
            assert 0 <= region.x < region.right <= size[0], app.focused
            await press(pilot, "tab")
        assert seen == [
            "path", "sample", "profile", "base_url", "key", "delimiter", "encoding", "wins", "repairs", "name",
            "workers", "share", "chunk_size", "limit", "canary", "max_failed", "on_existing", "look_up_users",
            "dry_run", "make-plan",
        ]  # fmt: skip


@pytest.mark.parametrize("size", [(120, 60), (200, 100), (120, 36), (80, 24)])
async def test_the_plan_comes_into_sight_and_the_form_never_leaves_its_room(size: tuple[int, int]) -> None:
    backend = FakeBackend()
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        steps = app.screen.query_one("#steps", VerticalScroll)
        app.screen.query_one("#make-plan", Button).press()
        await settle(pilot)
        assert 0 <= steps.scroll_y <= steps.max_scroll_y
        view = backend.views["users-validated-2026-11-23"]
        view.set(state="ready", phase="prewarm", scanned_rows=ROWS, scanned_share=1.0)
        names = "organization-of-the-north, organization-of-the-south, organization-of-the-east"
        note = f"Will fail: 3 rows. 3 organizations are not there and cannot be created: {names}."
        view.the_plan = replace(a_plan(), notes=(note,))
        new_job(app).refresh_snapshot()
        await settle(pilot)
        assert f"! {note}" in " ".join(screen_text(app).replace("▂", "").split()), (
            "it is the news: nothing of it is cut"
        )
        assert steps.scroll_y == steps.max_scroll_y >= 0
        assert "30,131" in line_with(app, "Requests")
        if not steps.max_scroll_y:
            assert "1 File" in "".join(screen_text(app).splitlines()[:3])


async def test_the_first_twenty_rows_can_be_read() -> None:
    app = console(start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "person19@example.com" not in screen_text(app)
        await press(pilot, "tab", "end")
        assert "person19@example.com" in screen_text(app)
        await pilot.resize_terminal(200, 50)
        await settle(pilot)
        assert sum("@example.com" in line for line in screen_text(app).splitlines()) == 20
