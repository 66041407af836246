"""The settings screen: what holds, every change checked and written at once, what others wrote meanwhile kept."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from tests.console.driving import enter, footer, line_with, press, screen_text, settle, showing, strips
from tests.console.settling import PROFILES, app_with, flat, open_settings, to_setting, written
from tui_importer.config import RUN_RULES, paths
from tui_importer.config.validators import THEMES
from tui_importer.tui.screens.dialogs.choice import ChoiceDialog
from tui_importer.tui.screens.dialogs.value import PickDialog, ValueDialog
from tui_importer.tui.screens.jobs import JobsScreen
from tui_importer.tui.screens.settings.screen import SettingsScreen
from tui_importer.tui.style import theme

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_every_setting_is_listed_with_its_value_and_where_it_is_from(size: tuple[int, int]) -> None:
    app = app_with({"share": 70, "max_failed": "off", "default_profile": "eu"}, PROFILES)
    async with app.run_test(size=size) as pilot:
        await open_settings(pilot)
        for name in (*RUN_RULES, "theme", "bell", "terminal_title", "default_profile"):
            assert name in screen_text(app)
        assert "70" in line_with(app, "share ")
        assert "config" in line_with(app, "share ")
        assert "off" in line_with(app, "max_failed ")
        assert "auto" in line_with(app, "workers ")
        assert "config" not in line_with(app, "workers ")
        assert "https://api.workos.com" in line_with(app, "base_url ")
        assert {strip.cell_length for strip in strips(app.screen)} == {size[0]}
        await press(pilot, "2")
        assert "● default" in line_with(app, "eu ")
        assert "40 %" in line_with(app, "https://eu.example")
        assert "70 %" in line_with(app, "us ")
        await press(pilot, "down", "enter")
        assert "Profiles › eu" in screen_text(app)
        assert "profile" in line_with(app, "share ")
        assert "config" in line_with(app, "max_failed ")
        assert "theme" not in screen_text(app), "it cannot be set in a profile"
        await press(pilot, "escape", "escape")
        assert showing(app, JobsScreen)


async def test_the_environments_address_is_shown_as_what_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKOS_BASE_URL", "http://127.0.0.1:4100")
    app = app_with({"base_url": "https://file.example"})
    async with app.run_test(size=(120, 36)) as pilot:
        await open_settings(pilot)
        assert "http://127.0.0.1:4100" in line_with(app, "base_url ")
        assert "environment" in line_with(app, "base_url ")
        await press(pilot, "enter")
        assert "WORKOS_BASE_URL is set: while it is, it holds instead." in screen_text(app)


async def test_a_typed_value_is_checked_at_the_field_and_written_when_it_is_right() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await open_settings(pilot)
        await to_setting(pilot, app, "share")
        await press(pilot, "enter")
        assert showing(app, ValueDialog)
        await enter(pilot, "101")
        assert showing(app, ValueDialog)
        assert "✖ Allowed is a whole number from 1 to 100." in screen_text(app)
        assert not paths().config_file.exists()
        await enter(pilot, " 55 ")
        assert showing(app, SettingsScreen)
        assert written() == {"share": 55}
        assert stat.S_IMODE(paths().config_file.stat().st_mode) == 0o600
        assert "share is 55 now." in flat(app)
        assert "55" in line_with(app, "share ")
        await press(pilot, "enter", "escape")
        assert written() == {"share": 55}
        assert "del Reset" in footer(app)
        await press(pilot, "delete")
        assert written() == {}
        assert "80" in line_with(app, "share ")
        assert "Reset" not in footer(app)


@pytest.mark.parametrize(
    ("name", "values"),
    [("bell", (True, False)), ("terminal_title", (False, True)), ("on_existing", ("update", "keep"))],
)
async def test_what_is_one_of_two_is_switched_by_enter(name: str, values: tuple[object, ...]) -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_settings(pilot)
        await to_setting(pilot, app, name)
        for value in values:
            await press(pilot, "enter")
            assert written() == {name: value}


async def test_a_theme_is_seen_before_it_is_taken() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_settings(pilot)
        await to_setting(pilot, app, "theme")
        await press(pilot, "enter", "down")
        assert showing(app, PickDialog)
        assert app.theme == "importer-light"
        await press(pilot, "escape")
        assert app.theme == "importer-dark"
        await press(pilot, "enter", "end", "enter")
        assert app.theme == THEMES[-1]
        assert written() == {"theme": THEMES[-1]}


async def test_the_theme_of_the_config_is_the_consoles() -> None:
    app = app_with({"theme": "ansi-light"})
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert app.theme == "ansi-light"


@pytest.mark.parametrize("name", [name for name in THEMES if not name.startswith("ansi-")])
async def test_muted_text_can_be_read_in_every_theme(name: str) -> None:
    from textual.color import Color

    app = app_with({"theme": name})
    async with app.run_test(size=(80, 24)):
        variables = app.get_css_variables()
        colours = {key: Color.parse(variables[key]) for key in ("background", "surface", "text-muted", "foreground")}
        for ground in ("background", "surface"):
            # No more can be asked than what the theme's own text has.
            least = min(4.5, theme.contrast(colours["foreground"], colours[ground]))
            assert theme.contrast(colours["text-muted"], colours[ground]) >= least - 0.05
        cursor = Color.parse(variables["block-cursor-background"])
        assert theme.contrast(Color.parse(variables["block-cursor-foreground"]), cursor) >= 3


HANDWRITTEN = "# our settings\nshare = 70\n"


async def test_a_handwritten_file_is_replaced_only_after_saying_what_is_lost() -> None:
    app = app_with({"share": 70})
    paths().config_file.write_text(HANDWRITTEN, encoding="utf-8")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_settings(pilot)
        await to_setting(pilot, app, "bell")
        await press(pilot, "enter")
        assert showing(app, ChoiceDialog)
        for words in ("was written by hand", "comments and its order are not kept", "config.toml.bak"):
            assert words in flat(app)
        await press(pilot, "enter")
        assert paths().config_file.read_text(encoding="utf-8") == HANDWRITTEN
        assert "off" in line_with(app, "bell ")
        await press(pilot, "enter", "down", "enter")
        assert written() == {"share": 70, "bell": True}
        assert (paths().config_file.parent / "config.toml.bak").read_text(encoding="utf-8") == HANDWRITTEN
        await press(pilot, "enter")
        assert showing(app, SettingsScreen), "what we wrote has nothing to lose"
        assert written() == {"share": 70, "bell": False}


async def test_what_was_changed_in_the_file_meanwhile_is_kept() -> None:
    app = app_with({"share": 70})
    async with app.run_test(size=(80, 24)) as pilot:
        await open_settings(pilot)
        paths().config_file.write_text("share = 70\nworkers = 5\n", encoding="utf-8")
        await to_setting(pilot, app, "bell")
        await press(pilot, "enter")
        assert written() == {"share": 70, "workers": 5, "bell": True}
        assert "5" in line_with(app, "workers ")


async def test_a_file_that_was_broken_meanwhile_is_not_overwritten() -> None:
    app = app_with({"share": 70})
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await open_settings(pilot)
        paths().config_file.write_text("share = seventy\n", encoding="utf-8")
        await to_setting(pilot, app, "bell")
        await press(pilot, "enter", "down", "enter")
        assert "Nothing was changed" in screen_text(app)
        assert paths().config_file.read_text(encoding="utf-8") == "share = seventy\n"
        assert "off" in line_with(app, "bell ")


async def test_recent_files_are_forgotten(tmp_path: Path) -> None:
    app = app_with()
    app.preferences.recent.add(tmp_path / "a.csv")
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await open_settings(pilot)
        assert "c Clear recent" in footer(app)
        await press(pilot, "c")
        assert app.preferences.recent.paths() == []
        assert not paths().recent.exists()
        assert "Clear recent" not in footer(app)


async def test_changed_defaults_are_the_next_jobs() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_settings(pilot)
        await to_setting(pilot, app, "share")
        await press(pilot, "enter")
        await enter(pilot, "33")
        await press(pilot, "escape", "n")
        assert app.screen.query_one("#share", Input).value == "33"


async def test_hostile_names_in_the_config_are_shown_harmless() -> None:
    name = "[/x]\x1b]2;P\x07\u202e"
    app = app_with(profiles={name: {}}, keymap={name: name})
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        for key in ("2", "down", "K", "delete", "enter", "escape", "escape", "3", "enter"):
            await open_settings(pilot) if key == "2" else None
            await press(pilot, key)
            for strip in strips(app.screen):
                text = "".join(segment.text for segment in strip)
                assert text.isprintable(), repr(text)
                assert "\u202e" not in text
