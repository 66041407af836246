"""Profiles in the settings: the default, a new one, removing one."""

from __future__ import annotations

from tests.console.driving import enter, line_with, press, screen_text
from tests.console.settling import KEY, PROFILES, app_with, flat, open_settings, to_setting, written
from tests.keyrings import MemoryStore
from tui_importer.config.keyring import Account
from tui_importer.secret import Secret


async def test_a_default_profile_can_be_picked_and_left_out() -> None:
    app = app_with(profiles=PROFILES)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_settings(pilot)
        await to_setting(pilot, app, "default_profile")
        await press(pilot, "enter", "down", "enter")
        assert written()["default_profile"] == "eu"
        await press(pilot, "2", "home", "d")
        assert "default_profile" not in written()
        await press(pilot, "down", "d")
        assert written()["default_profile"] == "eu"


async def test_a_new_profile_is_named_and_filled() -> None:
    app = app_with(profiles=PROFILES)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_settings(pilot, "2", "n")
        for name, problem in (("eu", "There is a profile of this name already."), ("a b", "Letters, digits")):
            await enter(pilot, name)
            assert f"✖ {problem}" in screen_text(app)
        await enter(pilot, "sandbox")
        assert "Profiles › sandbox" in screen_text(app)
        await to_setting(pilot, app, "base_url")
        await press(pilot, "enter")
        await enter(pilot, "http://example.com")
        assert "✖ Allowed is an https:// address" in screen_text(app)
        await enter(pilot, "http://127.0.0.1:4100/")
        assert written()["profiles"] == {**PROFILES, "sandbox": {"base_url": "http://127.0.0.1:4100"}}
        assert "profile" in line_with(app, "base_url ")
        await press(pilot, "delete")
        assert written()["profiles"] == {**PROFILES, "sandbox": {}}


async def test_removing_a_profile_asks_and_keeps_it_by_default() -> None:
    store = MemoryStore()
    store.kept = {Account("https://eu.example", "eu"): Secret(KEY)}
    app = app_with({"default_profile": "eu"}, PROFILES, keys=store)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await open_settings(pilot, "2", "down", "delete")
        assert "2 settings are taken out of the config file. Jobs are not touched." in flat(app)
        await press(pilot, "enter")
        assert "eu" in app.preferences.profiles
        await press(pilot, "delete", "down", "enter")
        assert written() == {"profiles": {"us": {}}}
        assert store.kept != {}, "only the settings were to go"


async def test_removing_a_profile_can_forget_its_key_too() -> None:
    store = MemoryStore()
    store.kept = {Account("https://eu.example", "eu"): Secret(KEY), Account("https://api.workos.com"): Secret(KEY)}
    app = app_with(profiles=PROFILES, keys=store)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await open_settings(pilot, "2", "down", "delete", "up", "enter")
        assert written() == {"profiles": {"us": {}}}
        assert list(store.kept) == [Account("https://api.workos.com")]
