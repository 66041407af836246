"""Where a new job would write to: profiles, keys of the keyring, the environment read back, dry runs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Button, Input

from tests.console.driving import console, enter, footer, line_with, press, screen_text, seen, settle, showing
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.reviewing import toasts
from tests.console.snapshots import ROWS, a_plan, an_environment
from tests.console.test_console_new_job import NAME, SOURCE, new_job
from tests.keyrings import MemoryStore
from tui_importer.config.keyring import Account, KeyStoreError
from tui_importer.errors import ImporterError
from tui_importer.secret import Secret
from tui_importer.tui.launch import StartAt
from tui_importer.tui.screens.jobs import JobsScreen

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui_importer.tui.app import ImporterApp

PROFILES: dict[str, dict[str, object]] = {
    "eu": {"base_url": "https://eu.example", "share": 40, "workers": 4},
    "us": {"share": 30},
}
EU, US, NONE = (
    Account("https://eu.example", "eu"),
    Account("https://api.workos.com", "us"),
    Account("https://api.workos.com"),
)


def stores(**keys: str) -> MemoryStore:
    store = MemoryStore()
    store.kept = {{"eu": EU, "us": US, "none": NONE}[name]: Secret(key) for name, key in keys.items()}
    return store


def backend_key(app: ImporterApp) -> Secret | None:
    return app.backend.key


async def test_a_profile_fills_the_options_and_brings_its_key() -> None:
    backend = FakeBackend(key=None)
    store = stores(eu="sk_test_aaaaaaaa1111", none="sk_test_bbbbbbbb2222")
    app = console(backend, start=StartAt.new_job(SOURCE), profiles=PROFILES, keys=store)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert backend.key == Secret("sk_test_bbbbbbbb2222")
        assert "sk_test_…2222" in line_with(app, "in the keyring")
        app.screen.query_one("#workers", Input).value = "9"
        app.screen.query_one("#profile").focus()
        await press(pilot, "right")
        values = {name: app.screen.query_one(f"#{name}", Input).value for name in ("base_url", "share", "workers")}
        assert values == {"base_url": "https://eu.example", "share": "40", "workers": "9"}
        assert backend.key == Secret("sk_test_aaaaaaaa1111")
        assert backend.asked[-1] == "environment https://eu.example"
        await press(pilot, "right")
        assert backend_key(app) is None, "the profile `us` has no key, and another's is not used for it"
        assert "enter the API key" in screen_text(app)
        assert backend.asked[-1] == "environment https://eu.example"
        assert "STAGING" not in line_with(app, "new job")


async def test_a_stored_key_is_not_sent_to_another_address() -> None:
    backend = FakeBackend(key=None)
    app = console(backend, start=StartAt.new_job(SOURCE), keys=stores(none="sk_test_bbbbbbbb2222"))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        asked = list(backend.asked)
        app.screen.query_one("#base_url", Input).focus()
        await settle(pilot)
        await enter(pilot, "https://evil.example")
        assert backend.asked == asked
        assert backend.key is None
        assert "enter the API key" in screen_text(app)


async def test_the_environments_address_holds_over_the_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKOS_BASE_URL", "http://127.0.0.1:4100")
    backend = FakeBackend()
    app = console(backend, start=StartAt.new_job(SOURCE), profiles=PROFILES, given={"default_profile": "eu"})
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "WORKOS_BASE_URL" in line_with(app, "http://127.0.0.1:4100")
        assert app.screen.query_one("#share", Input).value == "40"
        assert backend.asked[-1] == "environment http://127.0.0.1:4100"


async def test_a_typed_key_is_stored_only_when_that_is_wanted() -> None:
    backend, store = FakeBackend(key=None), stores()
    app = console(backend, start=StartAt.new_job(SOURCE), profiles=PROFILES, keys=store)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await settle(pilot)
        assert "Store key" not in footer(app)
        await press(pilot, "enter")
        await enter(pilot, "sk_test_cccccccc3333")
        assert store.kept == {}
        assert "^t Store key" in footer(app)
        await press(pilot, "ctrl+t")
        assert store.kept == {NONE: Secret("sk_test_cccccccc3333")}
        assert "Store key" not in footer(app)
        told = " ".join(toasts(app))
        assert "sk_test_…3333 is in the system's keyring, for no profile at https://api.workos.com" in told
        assert "cccccccc3333" not in told + screen_text(app)


@pytest.mark.parametrize("keys", [None, MemoryStore()])
async def test_the_keys_of_the_environment_are_never_offered_to_be_stored(
    keys: MemoryStore | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKOS_API_KEY", "sk_test_4eC39HqLyjWDarjtT1zdp7x7Qd")
    app = console(start=StartAt.new_job(SOURCE), keys=keys)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "sk_test_…x7Qd" in line_with(app, "WORKOS_API_KEY")
        assert "Store key" not in footer(app)


class FailingStore(MemoryStore):
    """A keyring that is locked."""

    def read(self, account: Account) -> Secret | None:
        raise KeyStoreError("The system's keyring is locked.", "Unlock it.")

    def store(self, account: Account, key: Secret) -> None:
        raise KeyStoreError("The system's keyring is locked.", "Unlock it.")


async def test_a_locked_keyring_is_told_and_the_key_can_be_typed() -> None:
    backend = FakeBackend(key=None)
    app = console(backend, start=StartAt.new_job(SOURCE), keys=FailingStore())
    async with app.run_test(size=(90, 60), notifications=True) as pilot:
        await settle(pilot)
        assert "✖ The system's keyring is locked. Unlock it." in " ".join(screen_text(app).split())
        await press(pilot, "enter")
        await enter(pilot, "sk_test_cccccccc3333")
        assert "◈ STAGING" in line_with(app, "Environment  ")
        await press(pilot, "ctrl+t")
        assert "The key was not stored" in screen_text(app)
        assert app.api_key_source == "typed"


class SlowStore(MemoryStore):
    """A keyring that waits for somebody."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = threading.Event()

    def read(self, account: Account) -> Secret | None:
        self.answer.wait(60)
        return Secret("sk_test_dddddddd4444")


async def test_a_slow_keyring_does_not_hold_the_screen_up() -> None:
    backend, store = FakeBackend(key=None), SlowStore()
    app = console(backend, start=StartAt.new_job(SOURCE), keys=store)
    async with app.run_test(size=(120, 36)) as pilot:
        await seen(pilot, app, "asking the system's keyring")
        field = app.screen.query_one("#name", Input)
        field.focus()
        await pilot.press("x")
        assert field.value.endswith("x")
        assert "asking the system's keyring" in screen_text(app)
        store.answer.set()
        await settle(pilot)
        assert backend.key == Secret("sk_test_dddddddd4444")
        assert "◈ STAGING" in line_with(app, "Environment  ")


async def test_the_environment_is_read_again_by_a_key() -> None:
    backend = FakeBackend(the_environment=ImporterError("The service does not answer.", "Try again."))
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "The service does not answer. Try again." in " ".join(screen_text(app).split())
        backend.the_environment = an_environment("PRODUCTION")
        assert "^r Read back" in footer(app)
        await press(pilot, "ctrl+r")
        assert "◆ PRODUCTION" in line_with(app, "new job")


async def dry_run(pilot: Pilot[None], app: ImporterApp, backend: FakeBackend) -> FakeJobView:
    """Choose a dry run, and let its scan begin."""
    app.screen.query_one("#dry_run").focus()
    await press(pilot, "right")
    app.screen.query_one("#make-plan", Button).press()
    await settle(pilot)
    return backend.views[NAME]


async def test_a_dry_run_shows_its_plan_and_keeps_nothing() -> None:
    backend = FakeBackend()
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "DRY RUN" not in screen_text(app)
        view = await dry_run(pilot, app, backend)
        assert backend.dry_runs == [NAME]
        assert "DRY RUN" in line_with(app, "new job")
        view.set(state="ready", phase="prewarm", scanned_rows=ROWS, scanned_share=1.0)
        view.the_plan = a_plan()
        new_job(app).refresh_snapshot()
        await settle(pilot)
        text = screen_text(app)
        assert "3 existing · 147 to create" in text
        assert "DRY RUN" in line_with(app, "Writes to")
        assert "Dry run: nothing was written, nothing is kept" in text
        assert app.screen.query_one("#start", Button).display is False
        assert view.told == ["prepare", "close"]
        assert backend.forgotten == 1
        assert app.job.view is None
        app.screen.query_one("#dry_run").focus()
        await press(pilot, "left")
        assert "DRY RUN" not in screen_text(app)
        assert "147 to create" not in screen_text(app), "the plan was made for other options"
        app.screen.query_one("#make-plan", Button).press()
        await settle(pilot)
        assert backend.dry_runs == [NAME]
        assert len(backend.prepared) == 2
        assert app.job.view is backend.views[NAME]


async def test_a_dry_run_that_is_left_is_given_up() -> None:
    backend = FakeBackend()
    app = console(backend, start=StartAt.new_job(SOURCE))
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await settle(pilot)
        view = await dry_run(pilot, app, backend)
        await press(pilot, "escape")
        assert showing(app, JobsScreen)
        assert view.told == ["prepare", "close"]
        assert backend.forgotten == 1
        assert "The dry run was given up" in screen_text(app)
