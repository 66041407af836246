"""Keys in the settings: those that are pressed, and the API keys of the system's keyring."""

from __future__ import annotations

from dataclasses import replace

from tests.console.driving import JOB, console, enter, footer, line_with, press, screen_text, settle, showing
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.settling import KEY, PROFILES, app_with, flat, open_settings, to_setting, written
from tests.console.snapshots import paused, summary
from tests.keyrings import MemoryStore
from tui_importer.config import paths
from tui_importer.config.keyring import Account, KeyStore, KeyStoreError
from tui_importer.secret import Secret
from tui_importer.tui.screens.dialogs.api_key import ApiKeyDialog
from tui_importer.tui.screens.job.screen import JobScreen
from tui_importer.tui.screens.settings.screen import SettingsScreen


async def test_keys_are_changed_at_once_and_clashes_refused_at_the_field() -> None:
    app = app_with()
    async with app.run_test(size=(120, 36)) as pilot:
        await open_settings(pilot, "3")
        await to_setting(pilot, app, "jobs.new")
        await press(pilot, "enter")
        await enter(pilot, "delete")
        assert "✖ del is also the key of `jobs.purge`" in screen_text(app)
        await enter(pilot, "ctrl+s")
        assert "✖ ctrl+s alone cannot be relied on" in screen_text(app)
        await enter(pilot, "c, Ctrl+N")
        assert written() == {"keymap": {"jobs.new": "c,ctrl+n"}}
        assert "its own: n" in line_with(app, "jobs.new")
        await press(pilot, "escape")
        assert "c New job" in footer(app)
        await press(pilot, "o", "3")
        await to_setting(pilot, app, "jobs.new")
        await press(pilot, "delete", "escape")
        assert written() == {}
        assert "n New job" in footer(app)


async def test_keys_that_are_not_used_come_first_with_the_reason() -> None:
    app = app_with(keymap={"jobs.nwe": "c", "jobs.new": "ctrl+s"})
    async with app.run_test(size=(200, 50), notifications=True) as pilot:
        await open_settings(pilot, "3")
        assert "3 Keys 2" in screen_text(app)
        lines = [line for line in screen_text(app).splitlines() if " jobs." in line]
        assert "✖ not used: no such action. Did you mean `jobs.new`?" in lines[0]
        assert "✖ not used: ctrl+s alone cannot be relied on" in lines[1]
        await press(pilot, "enter")
        assert "Delete takes" in flat(app)
        await press(pilot, "delete")
        assert written() == {"keymap": {"jobs.new": "ctrl+s"}}
        assert "3 Keys 1" in screen_text(app)
        await press(pilot, "home", "enter")
        assert "✖ ctrl+s alone cannot be relied on" in screen_text(app)


async def test_a_key_is_stored_and_forgotten_only_when_that_is_said() -> None:
    store = MemoryStore()
    account = Account("https://eu.example", "eu")
    app = app_with(profiles=PROFILES, keys=store)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await open_settings(pilot, "2", "down", "K")
        assert "For the profile eu at https://eu.example: no key is stored." in flat(app)
        await press(pilot, "enter")
        assert showing(app, SettingsScreen), "nothing is the default"
        await press(pilot, "K", "down", "enter")
        assert showing(app, ApiKeyDialog)
        await press(pilot, *KEY)
        assert KEY not in screen_text(app)
        await press(pilot, "enter")
        assert store.kept == {account: Secret(KEY)}
        assert "sk_test_…e5F6 is in the system's keyring, for the profile eu" in flat(app)
        await press(pilot, "K")
        assert "the key sk_test_…e5F6 is stored." in flat(app)
        await press(pilot, "enter", "K", "up", "enter")
        assert store.kept == {}
        assert "has no key for the profile eu at https://eu.example any more" in flat(app)
    assert KEY not in "".join(path.read_text() for path in paths().config_file.parent.iterdir() if path.is_file())


async def test_a_key_of_the_environment_is_said_to_be_used_instead() -> None:
    app = app_with(keys=MemoryStore(), key=Secret(KEY))
    async with app.run_test(size=(80, 24)) as pilot:
        await open_settings(pilot, "2", "K")
        assert "While WORKOS_API_KEY is set, its key is used instead." in flat(app)


async def test_without_a_keyring_keys_are_not_offered_to_be_stored() -> None:
    app = app_with(keys=None)
    async with app.run_test(size=(120, 36)) as pilot:
        await open_settings(pilot, "2")
        assert "API key" not in footer(app)
        await press(pilot, "K")
        assert showing(app, SettingsScreen)


class Locked(MemoryStore):
    def read(self, account: Account) -> Secret | None:
        raise KeyStoreError("The system's keyring is locked.", "Unlock it.")


async def test_a_keyring_that_cannot_be_used_says_why() -> None:
    for keys, words in (
        (Locked(), "keyring is locked. Unlock it."),
        (KeyStore(), "no keyring that keeps a key safely"),
    ):
        app = app_with(keys=keys)
        async with app.run_test(size=(120, 36), notifications=True) as pilot:
            await open_settings(pilot, "2", "K")
            assert words in flat(app)
            assert showing(app, SettingsScreen)


async def test_a_job_is_opened_with_the_keyrings_key_and_asked_for_only_without_one() -> None:
    for stored, screen in (({JOB: Secret(KEY)}, JobScreen), ({}, ApiKeyDialog)):
        backend = FakeBackend([summary(JOB)], key=None, views={JOB: FakeJobView(paused())}, stored=stored)
        app = console(backend)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "enter")
            await settle(pilot)
            assert showing(app, screen)
            assert backend.key == stored.get(JOB)


def test_no_secret_survives_in_what_the_settings_keep() -> None:
    app = app_with(keys=MemoryStore(), key=Secret(KEY))
    assert KEY not in repr(vars(app.preferences))
    assert replace(app.preferences.config).given == {}
