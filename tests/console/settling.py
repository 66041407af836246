"""The settings screen with two profiles, and hands for its rows."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from tests.console.driving import JOB, console, press, screen_text, settle
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import paused, summary
from tui_importer.config import paths
from tui_importer.tui.screens.settings.screen import SettingsScreen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.pilot import Pilot

    from tui_importer.config.keyring import KeyStore
    from tui_importer.secret import Secret
    from tui_importer.tui.app import ImporterApp


PROFILES: dict[str, dict[str, object]] = {"eu": {"base_url": "https://eu.example", "share": 40}, "us": {}}


KEY = "sk_test_a1B2c3D4e5F6"


def written() -> dict[str, object]:
    """What the config file says now."""
    return tomllib.loads(paths().config_file.read_text(encoding="utf-8"))


def app_with(
    given: Mapping[str, object] | None = None,
    profiles: Mapping[str, Mapping[str, object]] | None = None,
    keymap: Mapping[str, str] | None = None,
    keys: KeyStore | None = None,
    key: Secret | None = None,
) -> ImporterApp:
    backend = FakeBackend([summary(JOB)], key=key, views={JOB: FakeJobView(paused())})
    return console(backend, given=given, profiles=profiles, keymap=keymap, keys=keys)


async def open_settings(pilot: Pilot[None], *keys: str) -> None:
    await settle(pilot)
    await press(pilot, "o", *keys)


async def to_setting(pilot: Pilot[None], app: ImporterApp, name: str) -> None:
    """Put the cursor on a setting, a profile or an action."""
    screen = app.screen
    assert isinstance(screen, SettingsScreen)
    await press(pilot, "home")
    while screen.current != name:
        before = screen.current
        await press(pilot, "down")
        assert screen.current != before, f"there is no {name}"


def flat(app: ImporterApp) -> str:
    """The screen in one line, without the bars of dialogs and toasts."""
    return " ".join(screen_text(app).replace("▌", " ").replace("▐", " ").split())
