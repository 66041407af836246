"""The new-job screen: from a path to a running job, each step filled as soon as the one before it is valid."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.events import Paste
from textual.widgets import Button, DirectoryTree, Input

from tests.console.driving import console, enter, footer, line_with, press, screen_text, settle, showing, until
from tests.console.fakes import ROWS, FakeBackend, FakeJobView, a_plan, a_preview, an_environment
from tests.keyrings import MemoryStore
from tui_importer.config.key_store import Account, KeyStoreError
from tui_importer.engine.options import RunOptions
from tui_importer.errors import ImporterError
from tui_importer.secret import Secret
from tui_importer.tui.screens.dialogs import TypedNameDialog
from tui_importer.tui.screens.file_picker import FilePicker
from tui_importer.tui.screens.job import JobScreen
from tui_importer.tui.screens.jobs import JobsScreen
from tui_importer.tui.screens.new_job import NewJobScreen
from tui_importer.tui.start import StartAt
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
        assert "org_external_id ← Company Id" in text
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
        assert "3 existing · 147 to create · 2 in conflict · 0 unknown" in text
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
        backend.the_preview = replace(a_preview(), fields={"name": "First Name"})
        app.screen.query_one("#path", Input).value = "/data/b.csv"
        await settle(pilot)
        button.press()
        await settle(pilot)
        assert "No column is recognised as email" in screen_text(app)
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


async def test_paths_are_offered_below_the_field_folders_too(tmp_path: Path) -> None:
    for name in ("users.csv", "users old.csv", "users.pdf", ".hidden.csv"):
        (tmp_path / name).write_text("email\n")
    (tmp_path / "used").mkdir()
    app = console(FakeBackend(the_preview=UNREADABLE), start=StartAt("new"))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        field = app.screen.query_one("#path", Input)
        for typed in (f"{tmp_path}/us", f"'{tmp_path}/us", f'"{tmp_path}/US'):
            field.value = typed
            await settle(pilot)
            assert "↑↓ Paths" in footer(app)
            text = screen_text(app)
            for name in ("users.csv", "users old.csv", "used/"):
                assert f"{tmp_path}/{name}" in text, (typed, name)
            for name in ("users.pdf", ".hidden.csv"):
                assert name not in text
        await press(pilot, "down", "down", "down", "enter")
        assert field.value == f"{tmp_path}/used/"
        assert new_job(app).source == tmp_path / "used"


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
        text = " ".join(screen_text(app).replace("▌", " ").split())
        assert "sk_test_…3333 is in the system's keyring, for no profile at https://api.workos.com" in text
        assert "cccccccc3333" not in text


@pytest.mark.parametrize("keys", [None, MemoryStore()])
async def test_the_keys_of_the_environment_are_never_offered_to_be_stored(keys: MemoryStore | None) -> None:
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
        assert app.key_from == "typed"


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
        for _ in range(500):
            await pilot.pause(0.01)
            if "asking the system's keyring" in screen_text(app):
                break
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
        assert line_with(app, "Choose a CSV file in").rstrip().endswith(tmp_path.name)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_every_field_can_be_reached_and_is_in_sight_then(size: tuple[int, int]) -> None:
    app = console(start=StartAt.new_job(SOURCE), profiles=PROFILES)
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
            "path", "sample", "profile", "base_url", "key", "name", "workers", "share", "chunk_size", "limit",
            "max_failed", "on_existing", "dry_run", "make-plan",
        ]  # fmt: skip


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
