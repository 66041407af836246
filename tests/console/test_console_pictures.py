"""Pictures of every screen and dialog, compared with those kept beside this file in `pictures/`.

One app walks through all of them, at each size: starting it is what takes long.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
import textual
from textual.screen import Screen
from textual.widgets import DirectoryTree, Input

from tests.console.album import KEPT, OPTION, Album, Cell, check, drawn, words_of
from tests.console.driving import JOB, STILL, catch_exit, enter, press, settle, until
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import (
    NOW,
    a_plan,
    failure,
    findings,
    finished,
    importing,
    log_entries,
    organizations,
    paused,
    prewarming,
    ready,
    summary,
)
from tests.keyrings import MemoryStore
from tui_importer.config import Config, RecentFiles, paths
from tui_importer.engine.snapshot.models import MembershipTotals, Totals, UserTotals
from tui_importer.errors import ImporterError
from tui_importer.tui.app import ImporterApp
from tui_importer.tui.preferences import Preferences
from tui_importer.tui.screens.job.screen import JobScreen
from tui_importer.tui.screens.jobs import JobsScreen
from tui_importer.tui.screens.new_job.file_picker import FilePicker
from tui_importer.tui.screens.new_job.screen import NewJobScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.pilot import Pilot

    from tui_importer.engine.snapshot.models import FailureView, Snapshot

SOURCE = "exports/users-validated.csv"
SIZES = {"80x24": (80, 24), "120x36": (120, 36)}

JOBS = (
    summary("globex-pilot", environment="PRODUCTION", state="finished", reason="", updated=NOW,
            totals=Totals(rows=500, created=498, failed=2)),
    summary(JOB, source="/data/acme/users-validated.csv"),
    summary("hooli", environment="SANDBOX", state="ready", reason="", totals=Totals(rows=81),
            started=NOW - timedelta(days=3), updated=NOW - timedelta(days=3)),
    summary("initech-2026-10", state="aborted", totals=Totals(rows=2_400_000, created=1_103_412, failed=88)),
)  # fmt: skip


ROLE = {
    "kind": "invalid_role", "step": "membership", "status": 422, "message": "Role 'superadmin' is not a valid role.",
}  # fmt: skip
REFUSED = {"kind": "email_malformed", "step": "row", "status": None, "request_id": ""}


def failures() -> list[FailureView]:
    """Twenty-seven in the second chunk: the seven that the scan refused first, then those of three other kinds."""
    found = []
    for n in range(1, 28):
        row = 1_000 + n * 36
        words = f"“person {n}” is not an e-mail address."
        kind = {**REFUSED, "message": words} if n <= 7 else ROLE if n % 4 == 0 else {}
        found.append(failure(n, row=row, line=row + 1, **kind))
    return found


def the_end_of_it() -> Snapshot:
    """Its users and memberships are those of the plan, as far as they did not fail."""
    users = UserTotals(created=14_946, existing=12, failed=15)
    return replace(finished(failed=27), users=users, memberships=MembershipTotals(created=14_963, existing=7))


def the_app(backend: FakeBackend) -> ImporterApp:
    """With settings of its own, from a file that is never written, and nothing of the machine that runs it."""
    given = {"share": 70, "default_profile": "eu", "bell": True}
    profiles: dict[str, dict[str, object]] = {
        "eu": {"base_url": "https://eu.example.com", "share": 40},
        "us": {"workers": 8},
    }
    config = Config(Path("/etc/tui-importer/config.toml"), given, profiles, {"job.pause": "p,f7", "job.note": "ctrl+p"})
    preferences = Preferences(config, RecentFiles(paths().recent), environment={}, keys=MemoryStore(eu="sk_test_1x7Qd"))
    return ImporterApp(backend, preferences, clock=lambda: NOW, zone=UTC, pace=STILL)


class Walk:
    """A walk through the console that takes pictures on its way.

    Those of the screens that matter most are taken into `others` too, in the theme that these are kept for.
    """

    def __init__(
        self, pilot: Pilot[None], backend: FakeBackend, album: Album, others: Mapping[str, Album] | None = None
    ) -> None:
        self.pilot, self.app, self.backend, self.album = pilot, cast("ImporterApp", pilot.app), backend, album
        self.others = others or {}

    async def keys(self, *keys: str) -> None:
        await press(self.pilot, *keys)

    async def take(self, name: str, *keys: str) -> None:
        """Press some keys and take a picture."""
        await self.keys(*keys)
        self.album.take(self.app, name)

    async def take_main(self, name: str, *keys: str) -> None:
        """Also in the other themes; of the terminal's own colours one picture is enough."""
        await self.take(name, *keys)
        usual = self.app.theme
        for theme, album in self.others.items():
            if theme != "ansi-dark" or name == "job":
                self.app.theme = theme
                await settle(self.pilot)
                album.take(self.app, name)
        if self.app.theme != usual:
            self.app.theme = usual
            await settle(self.pilot)

    async def show(self, view: FakeJobView, snapshot: Snapshot) -> None:
        view.now = snapshot
        screen = self.app.screen
        assert isinstance(screen, JobScreen | NewJobScreen)
        screen.refresh_snapshot()
        await settle(self.pilot)

    async def what_matters_most(self) -> None:
        """The short way."""
        await self.take("jobs")
        self.app.new_job(Path(SOURCE))
        await settle(self.pilot)
        view = await self.plan()
        await self.take("plan")
        await self.keys("enter")
        await self.run(view)
        await self.take("job")
        await self.take("errors", "3")
        await self.take("error-detail", "end", "up", "enter")
        await self.keys("escape", "home")
        await self.show(view, the_end_of_it())
        await self.take("finished")

    async def everything(self) -> None:
        await self.jobs()
        await self.settings()
        view = await self.new_job()
        await self.before_the_import(view)
        await self.the_import(view)
        await self.the_errors()
        await self.the_ways_out(view)
        await self.the_end(view)

    async def jobs(self) -> None:
        await self.take_main("jobs")
        await self.take("jobs-purge", "down", "delete")
        await self.take("jobs-help", "escape", "question_mark")
        self.backend.summaries = []
        await self.keys("escape")
        assert isinstance(self.app.screen, JobsScreen)
        self.app.screen.refresh_jobs()
        await settle(self.pilot)
        await self.take("jobs-none")

    async def settings(self) -> None:
        await self.take("settings", "o")
        await self.take("settings-value", "down", "enter")
        await self.take("settings-profiles", "escape", "2")
        await self.take("settings-api-key", "down", "K")
        await self.take("settings-remove", "escape", "delete")
        await self.take("settings-profile", "escape", "enter")
        await self.take("settings-keys", "3")
        await self.take("settings-key", "enter")
        await self.keys("escape", "escape")

    async def new_job(self) -> FakeJobView:
        app = self.app
        await self.take("new-job", "n")
        readable, self.backend.the_preview = (
            self.backend.the_preview,
            ImporterError("That is a folder.", "Choose a file."),
        )
        app.screen.query_one("#path", Input).value = "exports/"
        await settle(self.pilot)
        await self.take("new-job-paths", "down")
        app.push_screen(FilePicker(Path("exports")))
        await until(self.pilot, lambda: bool(app.screen.query_one(DirectoryTree).root.children))
        await self.take("new-job-picker", "j")
        await self.keys("escape")
        self.backend.the_preview = readable
        app.screen.query_one("#path", Input).value = SOURCE
        await settle(self.pilot)
        await self.take("new-job-file")
        app.screen.query_one("#max_failed", Input).focus()
        await settle(self.pilot)
        await self.take("new-job-options")
        await self.take("new-job-columns", "ctrl+l", "end")
        await self.take("new-job-column", "enter")
        await self.keys("escape", "escape")
        view = await self.plan(scanning="new-job-scan")
        await self.take_main("plan")
        await self.take("findings", "v", "down")
        await self.keys("escape")
        return view

    async def plan(self, scanning: str = "") -> FakeJobView:
        """Make the plan from a file that was read; take a picture of that on the way."""
        screen = self.app.screen
        screen.query_one("#name", Input).value = JOB
        screen.query_one("#make-plan").focus()
        await settle(self.pilot)
        await self.keys("enter")
        view = self.backend.views[JOB]
        if scanning:
            await self.show(view, replace(view.now, scanned_rows=6_000, scanned_share=0.4))
            await self.take(scanning)
        view.the_plan, view.the_findings = a_plan(), findings()
        await self.show(view, replace(ready(), source=SOURCE))
        return view

    async def run(self, view: FakeJobView) -> None:
        view.orgs, view.failures, view.log = organizations(), failures(), log_entries(30)
        await self.show(view, importing(failed=27))

    async def before_the_import(self, view: FakeJobView) -> None:
        await self.keys("enter")
        view.the_plan = a_plan("PRODUCTION")
        await self.show(view, replace(ready(), environment="PRODUCTION", key_hint="sk_live_…w3Rt"))
        await self.take("job-ready")
        await self.take("job-start", "p")
        await self.keys("escape")
        view.orgs = organizations()
        await self.show(view, prewarming())
        await self.take("job-prewarm")

    async def the_import(self, view: FakeJobView) -> None:
        await self.run(view)
        await self.take_main("job")
        await self.take("job-workers", "2")
        await self.take("job-organizations", "4")
        await self.take("job-whole-row", "enter")
        await self.take("job-log", "escape", "5")
        await self.take("job-help", "question_mark")
        await self.take_main("errors", "escape", "3")
        await self.take("errors-maximised", "m")
        await self.take("errors-marked", "escape", "space", "space")
        await self.take("errors-filtered", "escape", "slash", *"role")
        await self.keys("escape")

    async def the_errors(self) -> None:
        await self.take("groups", "g")
        await self.take("group", "enter")
        await self.keys("escape", "g", "end", "up")
        await self.take_main("error-detail", "enter")
        await self.take("error-raw", "d")
        await self.take("error-skip", "i")
        await self.keys("escape", "escape")
        await self.take("errors-retry", "ctrl+r")
        await self.take("errors-skip", "escape", "a", "i")
        await enter(self.pilot, "They left the company.")
        await self.take("errors-skip-many")
        await self.keys("escape", "escape")

    async def the_ways_out(self, view: FakeJobView) -> None:
        await self.take("job-key", "1", "K")
        await self.take("job-note", "escape", "N")
        await self.take("job-leave", "escape", "q", "down")
        await self.take("job-leaving", "enter")
        self.app.pop_screen()
        await self.show(view, replace(importing(failed=27), state="pausing"))
        await self.take("job-pausing")

    async def the_end(self, view: FakeJobView) -> None:
        await self.show(view, replace(paused(), workers_wanted=12))
        await self.take("job-paused")
        await self.show(view, the_end_of_it())
        await self.take_main("finished", "3")
        await self.take("finished-chunks", "1")


@pytest.fixture(autouse=True)
def _the_same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a few names in it, and no path of the machine."""
    for name in ("exports/archive/x", "exports/users-validated.tsv", "exports/more-users.csv"):
        path = tmp_path / "here" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(Screen, "_compositor_refresh", lambda _: None)  # nobody looks between two pictures


@pytest.fixture
def album(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Album]:
    """The album of a name."""
    update = bool(request.config.getoption(OPTION))
    return lambda name: Album(KEPT / name, tmp_path / name, update=update)


@pytest.mark.parametrize("size", SIZES)
async def test_every_screen_and_dialog_looks_as_it_did(size: str, album: Callable[[str], Album]) -> None:
    backend, dark = FakeBackend(list(JOBS)), album(f"{size}-dark")
    themes = {"importer-light": "light", "ansi-dark": "ansi"} if size == "120x36" else {}
    others = {theme: album(f"{size}-{name}") for theme, name in themes.items()}
    app = the_app(backend)
    catch_exit(app)
    async with app.run_test(size=SIZES[size]) as pilot:
        await settle(pilot)
        await Walk(pilot, backend, dark, others).everything()
    check(dark, *others.values())


async def test_the_main_screens_look_as_they_did_without_colour(
    album: Callable[[str], Album], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    backend, grey = FakeBackend(list(JOBS)), album("120x36-no-colour")
    app = the_app(backend)
    async with app.run_test(size=SIZES["120x36"]) as pilot:
        await settle(pilot)
        await Walk(pilot, backend, grey).what_matters_most()
    check(grey)


def jotted(*words: str, look: str = 'fill="#ffffff"') -> str:
    """A picture of some lines."""
    return drawn(
        [
            [Cell(x, letter, look if letter != " " else "", "#000000") for x, letter in enumerate(line)]
            for line in words
        ],
        max(map(len, words)),
    )


class TestAlbum:
    """What is to fail does fail, and says what to do."""

    @pytest.fixture
    def kept(self, tmp_path: Path) -> Path:
        """A folder with a picture called `jobs`."""
        Album(tmp_path / "kept", tmp_path / "new", update=True).put("jobs", jotted("Jobs", "one is paused"))
        return tmp_path / "kept"

    @pytest.fixture
    def new(self, tmp_path: Path) -> Path:
        return tmp_path / "new"

    async def test_a_word_that_changes_on_the_screen_is_found(self, kept: Path, new: Path) -> None:
        backend = FakeBackend([summary(JOB, reason="interrupted")])
        first, same, other = Album(kept, new, update=True), Album(kept, new), Album(kept, new)
        app = the_app(backend)
        async with app.run_test(size=(120, 16)) as pilot:
            await settle(pilot)
            first.take(app, "screen")
            same.take(app, "screen")
            backend.summaries = [summary(JOB, reason="stopped by you")]
            assert isinstance(app.screen, JobsScreen)
            app.screen.refresh_jobs()
            await settle(pilot)
            other.take(app, "screen")
        assert (first.complaints, same.complaints) == ([], [])
        [complaint] = other.complaints
        assert "1 line differs, line 4" in complaint
        assert "interrupted" in complaint
        assert "stopped by you" in complaint

    def test_a_difference_fails_until_it_is_accepted(self, kept: Path, new: Path) -> None:
        same, other = Album(kept, new), Album(kept, new)
        same.put("jobs", jotted("Jobs", "one is paused"))
        check(same)
        assert not new.exists()
        now = jotted("Jobs", "one is ready")
        other.put("jobs", now)
        with pytest.raises(AssertionError) as failed:
            check(other)
        message = str(failed.value)
        for words in (str(kept / "jobs.svg"), str(new / "jobs.svg"), "1 line differs, line 2", "one is paused", OPTION):
            assert words in message
        assert "Textual" not in message
        assert (new / "jobs.svg").read_text(encoding="utf-8") == now
        for album in (Album(kept, new, update=True), Album(kept, new)):
            album.put("jobs", now)
            check(album)

    def test_another_colour_fails(self, kept: Path, new: Path) -> None:
        album = Album(kept, new)
        album.put("jobs", jotted("Jobs", "one is paused", look='fill="#ff0000"'))
        with pytest.raises(AssertionError, match="the same words in other colours"):
            check(album)

    def test_another_release_of_textual_is_named_only_when_something_differs(self, kept: Path, new: Path) -> None:
        path = kept / "jobs.svg"
        path.write_text(path.read_text(encoding="utf-8").replace(textual.__version__, "8.1.0"), encoding="utf-8")
        same, other = Album(kept, new), Album(kept, new)
        same.put("jobs", jotted("Jobs", "one is paused"))
        check(same)
        other.put("jobs", jotted("Jobs", "none"))
        with pytest.raises(AssertionError, match=rf"Textual 8\.1\.0, and {textual.__version__} is installed"):
            check(other)

    def test_a_picture_that_is_missing_fails(self, kept: Path, new: Path) -> None:
        album = Album(kept / "nothing", new)
        album.put("jobs", jotted("Jobs"))
        with pytest.raises(AssertionError, match="there is no such picture"):
            check(album)

    def test_a_picture_that_is_not_taken_any_more_fails_until_it_is_removed(self, kept: Path, new: Path) -> None:
        with pytest.raises(AssertionError, match="no test takes this picture"):
            check(Album(kept, new))
        check(Album(kept, new, update=True))
        assert list(kept.iterdir()) == []

    def test_every_album_belongs_to_a_test(self) -> None:
        albums = {f"{size}-dark" for size in SIZES} | {f"120x36-{name}" for name in ("light", "ansi", "no-colour")}
        assert {folder.name for folder in KEPT.iterdir()} == albums

    def test_words_are_read_back_where_they_stand(self) -> None:
        assert words_of(jotted("  a <b ", "", "七 = 7")) == ["  a <b", "", "七 = 7"]
