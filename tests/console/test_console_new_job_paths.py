"""The source of a new job: typed, completed, pasted, picked, or one of the recent files."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from textual.events import Paste
from textual.widgets import DirectoryTree, Input

from tests.console.driving import console, footer, line_with, press, screen_text, settle, showing, until
from tests.console.fakes import FakeBackend
from tests.console.test_console_new_job import SOURCE, new_job
from tui_importer.errors import ImporterError
from tui_importer.tui.launch import StartAt
from tui_importer.tui.screens.jobs import JobsScreen
from tui_importer.tui.screens.new_job.file_picker import FilePicker
from tui_importer.tui.screens.new_job.screen import NewJobScreen

if TYPE_CHECKING:
    from collections.abc import Iterator


async def test_the_picker_offers_sources_and_shows_odd_names_harmless(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    for name in ("users.csv", "notes.pdf", ".hidden.csv", "a\x1b]2;P\x07.csv"):
        (folder / name).write_text("email\n")
    app = console(start=StartAt.new_job(folder / "users.csv"))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+o")
        assert showing(app, FilePicker)
        tree = app.screen.query_one(DirectoryTree)
        await until(pilot, lambda: len(tree.root.children) == 2)
        text = screen_text(app)
        assert "users.csv" in text
        assert "a␛]2;P␇.csv" in text
        assert "notes.pdf" not in text
        assert ".hidden" not in text
        await press(pilot, "down", "enter")
        await until(pilot, lambda: showing(app, NewJobScreen))
        assert new_job(app).source == folder / "a\x1b]2;P\x07.csv"


async def test_a_dropped_file_replaces_the_path() -> None:
    app = console(start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        app.screen.query_one("#path", Input).post_message(Paste("'/data/my users.csv' "))
        await settle(pilot)
        assert new_job(app).source == Path("/data/my users.csv")


async def test_paths_are_completed(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("email\n")
    app = console(start=StartAt("new"))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        field = app.screen.query_one("#path", Input)
        field.value = f"{tmp_path}/us"
        field.cursor_position = len(field.value)
        await settle(pilot)
        await press(pilot, "right")
        assert field.value == f"{tmp_path}/users.csv"


UNREADABLE = ImporterError("That is a folder.", "Choose a file.")


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path is short enough to be shown whole."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


async def test_paths_are_offered_below_the_field_folders_too(short_path: Path) -> None:
    for name in ("users.csv", "users old.csv", "users.pdf", ".hidden.csv"):
        (short_path / name).write_text("email\n")
    (short_path / "used").mkdir()
    app = console(FakeBackend(the_preview=UNREADABLE), start=StartAt("new"))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        field = app.screen.query_one("#path", Input)
        for typed in (f"{short_path}/us", f"'{short_path}/us", f'"{short_path}/US'):
            field.value = typed
            await settle(pilot)
            assert "↑↓ Paths" in footer(app)
            text = screen_text(app)
            for name in ("users.csv", "users old.csv", "used/"):
                assert f"{short_path}/{name}" in text, (typed, name)
            for name in ("users.pdf", ".hidden.csv"):
                assert name not in text
        await press(pilot, "down", "down", "down", "enter")
        assert field.value == f"{short_path}/used/"
        assert new_job(app).source == short_path / "used"


async def test_the_home_is_completed_as_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "users.csv").write_text("email\n")
    app = console(FakeBackend(the_preview=UNREADABLE), start=StartAt("new"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "~")
        await press(pilot, "down", "enter")
        assert app.screen.query_one("#path", Input).value == "~/users.csv"
        assert new_job(app).source == tmp_path / "users.csv"


async def test_recent_files_are_offered_until_a_path_is_typed(tmp_path: Path) -> None:
    kept, gone = tmp_path / "kept.csv", tmp_path / "gone.csv"
    kept.write_text("email\n")
    app = console(start=StartAt("new"))
    app.preferences.recent.add(kept)
    app.preferences.recent.add(gone)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "missing" in line_with(app, "gone.csv")
        assert "missing" not in line_with(app, "kept.csv")
        await press(pilot, "down", "enter")
        assert new_job(app).source is None, "a missing file cannot be taken"
        await press(pilot, "down", "enter")
        assert new_job(app).source == kept
        assert app.preferences.recent.paths() == [kept, gone]
        assert "gone.csv" not in screen_text(app)
        assert "Paths" not in footer(app)


async def test_esc_peels_the_mark_before_the_screen(tmp_path: Path) -> None:
    app = console(start=StartAt("new"))
    app.preferences.recent.add(tmp_path / "a.csv")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "down")
        assert "▌" in line_with(app, "a.csv")
        await press(pilot, "escape")
        assert "▌" not in line_with(app, "a.csv")
        assert showing(app, NewJobScreen)
        await press(pilot, "escape")
        assert showing(app, JobsScreen)


async def test_a_file_that_cannot_be_read_is_not_remembered() -> None:
    app = console(FakeBackend(the_preview=ImporterError("No.", "")), start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert app.preferences.recent.paths() == []


async def test_the_picker_goes_to_the_folder_above(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "users.csv").write_text("email\n")
    app = console(start=StartAt.new_job(tmp_path / "below" / "none.csv"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+o")
        await press(pilot, "backspace")
        tree = app.screen.query_one(DirectoryTree)
        await until(pilot, lambda: "users.csv" in {str(node.label) for node in tree.root.children})
        assert tmp_path.name in line_with(app, "Choose a CSV file in")
