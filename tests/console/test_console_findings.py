"""Before the first write: findings with their lines, columns given another meaning, how a file is read, a canary."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import Button, Input

from tests.console.driving import console, line_with, press, screen_text, seen, settle, showing, until
from tests.console.fakes import FakeBackend
from tests.console.reviewing import toasts
from tests.console.snapshots import a_plan, a_preview, findings
from tui_importer.config.edit import with_mapping
from tui_importer.source.models import Problem
from tui_importer.source.options import REPAIRS, Reading
from tui_importer.tui.launch import StartAt
from tui_importer.tui.screens.findings import FindingsScreen
from tui_importer.tui.screens.new_job.columns import ColumnsScreen
from tui_importer.tui.screens.new_job.screen import NewJobScreen
from tui_importer.tui.widgets.fields import ChoiceField

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui_importer.tui.app import ImporterApp

SOURCE = Path("/data/users-validated.csv")


async def choose(pilot: Pilot[None], app: ImporterApp, field: str, option: str) -> None:
    """Take an option of a choice, as its keys would."""
    choice = app.screen.query_one(f"#{field}", ChoiceField)
    choice.focus()
    while choice.value != option:
        await press(pilot, "right")


async def map_column(pilot: Pilot[None], moves: list[str]) -> None:
    """Open the list for the column under the cursor, move in it and take what is marked."""
    await press(pilot, "enter", *moves, "enter")


async def test_every_finding_is_shown_with_its_line_and_in_full_under_the_cursor() -> None:
    backend = FakeBackend(the_plan=a_plan(), the_findings=findings())
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "enter", "v")
        assert showing(app, FindingsScreen)
        assert "4 findings" in screen_text(app)
        assert "✖ not imported" in line_with(app, "  32 ")
        assert "! to look at" in line_with(app, "  42 ")
        assert "The row has 6 values for 7 columns." in screen_text(app)
        await press(pilot, "down")
        assert "“ann(at)example.com” is not an e-mail address." in screen_text(app)
        await press(pilot, "z")
        assert "  42 " not in screen_text(app)
        await press(pilot, "P", "escape", "escape")
        assert showing(app, NewJobScreen)


async def test_findings_quote_people_and_are_masked() -> None:
    found = [Problem(3, 4, "Email", "email_malformed", "“ann@exa mple.com” is not an e-mail address.")]
    app = console(FakeBackend(the_plan=a_plan(), the_findings=found), start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "enter", "v")
        assert "ann@exa" in screen_text(app)
        assert "◈ STAGING" in line_with(app, "findings of the scan")
        await press(pilot, "P")
        assert "ann@exa" not in screen_text(app)
        assert "•••@exa" in screen_text(app)


async def test_without_findings_the_screen_says_so() -> None:
    app = console(FakeBackend(the_plan=a_plan()), start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "enter", "v")
        assert "every row can be imported as it is" in screen_text(app)


async def test_a_column_gets_another_meaning_and_the_job_is_made_with_it() -> None:
    backend = FakeBackend(the_plan=a_plan())
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+l")
        assert showing(app, ColumnsScreen)
        assert "7 of 8 used" in screen_text(app)
        assert "◈ STAGING" in line_with(app, "7 of 8 used")
        assert "○ not used" in line_with(app, "Notes")
        await press(pilot, "end")
        await map_column(pilot, ["end", "up", "up"])
        assert "metadata" in line_with(app, "Notes")
        assert "● chosen" in line_with(app, "Notes")
        await press(pilot, "home", "down")
        await map_column(pilot, ["end"])
        await press(pilot, "escape")
        assert backend.readings[-1] == Reading(mapping={"Notes": "metadata", "First Name": ""})
        await press(pilot, "ctrl+l", "end", "delete", "escape")
        assert backend.readings[-1] == Reading(mapping={"First Name": ""})
        app.screen.query_one("#path").focus()
        await press(pilot, "enter", "enter")
        assert backend.prepared[0].frozen.reading == Reading(mapping={"First Name": ""})


async def test_a_field_comes_from_one_column_and_what_was_chosen_is_saved_for_other_files() -> None:
    app = console(FakeBackend(), start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+l", "end")
        await map_column(pilot, ["home", "down", "down", "down"])
        assert "last_name" in line_with(app, "Notes")
        await press(pilot, "up")
        await map_column(pilot, ["home", "down", "down", "down"])
        assert "last_name" in line_with(app, "Password Hash")
        assert "not used" in line_with(app, "  8  Notes")
        await press(pilot, "w")
        assert "is replaced" not in screen_text(app)
        await press(pilot, *"mine", "enter", "w")
        assert "What has the name already is replaced: mine." in screen_text(app)
        await press(pilot, "escape")
        assert app.preferences.config.mappings == {"mine": {"Notes": "-", "Password Hash": "last_name"}}
        await press(pilot, "delete", "down", "delete")
        assert "0 chosen by hand" in screen_text(app)
        await press(pilot, "u", "enter")
        assert "2 chosen by hand" in screen_text(app)


async def test_the_columns_are_as_they_will_be_read_at_once() -> None:
    app = console(FakeBackend(), start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+l")
        assert "✔ recognised" in line_with(app, "  2  First Name")
        await press(pilot, "home", "down", "down")
        await map_column(pilot, ["home", "down", "down"])
        assert "first_name" in line_with(app, "  3  Last Name")
        assert "○ not used" in line_with(app, "  2  First Name"), "a field comes from one column"
        assert "6 of 8 used, 1 chosen by hand" in screen_text(app)
        await press(pilot, "delete")
        assert "✔ recognised" in line_with(app, "  2  First Name")
        assert "Company 000" in line_with(app, "  4  Company")
        await press(pilot, "down")
        await map_column(pilot, ["home", *["down"] * 7])
        assert "password" in line_with(app, "  4  Company")
        assert "Company 000" not in line_with(app, "  4  Company"), "a column of passwords shows none"


async def test_a_column_that_cannot_become_that_is_left_as_it_was() -> None:
    columns, sample = ("Email", "totp_secret"), (("a@example.com", "•••"),)
    secret = replace(a_preview(), columns=columns, fields={"email": "Email"}, sample=sample)
    app = console(FakeBackend(the_preview=secret), start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+l", "end")
        await map_column(pilot, ["end", "up", "up"])
        assert "0 chosen by hand" in screen_text(app)
        assert "not used" in line_with(app, "totp_secret")
        [told] = toasts(app)
        assert told.startswith("totp_secret is left as it was: ")
        assert "metadata is no place for them" in told


async def test_names_are_masked_among_the_first_values() -> None:
    app = console(FakeBackend(), start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+l")
        assert "Lovelace" in line_with(app, "Last Name")
        await press(pilot, "P")
        assert "Lovelace" not in screen_text(app)
        assert "L•••" in line_with(app, "Last Name")
        assert "p•••@example.com" in line_with(app, "Email")
        assert "Company 000" in line_with(app, "  4  Company")


async def test_a_saved_mapping_is_read_as_the_command_line_reads_it() -> None:
    app = console(FakeBackend(), start=StartAt.new_job(SOURCE))
    saved = {"NOTES": "External-Id", "first name": "-", "Role": "nonsense"}
    app.preferences.config = with_mapping(app.preferences.config, "crm", saved)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+l", "u", "enter")
        assert "external_id" in line_with(app, "  8  Notes")
        assert "not used" in line_with(app, "First Name")
        assert "role_slug" in line_with(app, "  6  Role")


async def test_a_mapping_is_shown_before_the_file_was_looked_at_again() -> None:
    backend = FakeBackend(the_plan=a_plan())
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "not used: Notes" in screen_text(app)
        await press(pilot, "ctrl+l", "end")
        await map_column(pilot, ["end", "up", "up"])
        backend.counting, backend.silent = a_preview(), True
        await pilot.press("escape")
        await seen(pilot, app, "metadata ← Notes")
        assert "not used" not in line_with(app, "metadata ← Notes")
        app.screen.query_one("#make-plan", Button).press()
        await until(pilot, lambda: bool(backend.prepared))
        assert backend.prepared[0].frozen.reading.mapping == {"Notes": "metadata"}
        assert "metadata ← Notes" in screen_text(app), "the screen says what the job does"


async def test_separator_and_encoding_can_be_named_and_the_file_is_looked_at_again() -> None:
    backend = FakeBackend(the_plan=a_plan())
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await choose(pilot, app, "delimiter", "semicolon")
        await choose(pilot, app, "encoding", "Windows-1252")
        await choose(pilot, app, "wins", "last row")
        assert backend.readings[-1] == Reading(delimiter=";", encoding="cp1252", wins="last")
        await choose(pilot, app, "repairs", "all")
        assert backend.readings[-1].repairs == tuple(repair.name for repair in REPAIRS)
        await choose(pilot, app, "repairs", "none")
        none = Reading(delimiter=";", encoding="cp1252", wins="last", repairs=())
        assert backend.readings[-1] == none
        app.screen.query_one("#make-plan").focus()
        await press(pilot, "enter")
        assert backend.prepared[0].frozen.reading == none


async def test_a_canary_starts_with_the_first_rows_only() -> None:
    backend = FakeBackend(the_plan=a_plan())
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        app.screen.query_one("#canary", Input).value = "some"
        await settle(pilot)
        assert "off, or a number of rows" in screen_text(app)
        app.screen.query_one("#canary", Input).value = "25"
        await choose(pilot, app, "look_up_users", "everyone")
        app.screen.query_one("#make-plan").focus()
        await press(pilot, "enter")
        assert backend.prepared[0].run.look_up_users == "all"
        await press(pilot, "enter")
        (view,) = backend.views.values()
        assert view.told == ["prepare", "start 25"]


async def test_the_findings_of_a_dry_run_are_shown_although_its_job_is_gone() -> None:
    backend = FakeBackend(the_plan=a_plan(), the_findings=findings())
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await choose(pilot, app, "dry_run", "yes, plan only")
        app.screen.query_one("#make-plan").focus()
        await press(pilot, "enter")
        assert isinstance(app.screen, NewJobScreen)
        app.screen.refresh_snapshot()
        await settle(pilot)
        assert backend.forgotten
        assert "v shows the findings" in screen_text(app)
        await press(pilot, "v")
        assert showing(app, FindingsScreen)
        assert "4 findings" in screen_text(app)
