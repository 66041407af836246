"""Journeys that press the key of every action once and look at what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual.widgets import ContentSwitcher, DirectoryTree

from tests.console.driving import JOB, console, console_at, screen_text
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import a_plan, failure, findings, importing, log_entries, paused, ready, summary
from tests.keyrings import MemoryStore
from tui_importer.tui.launch import StartAt
from tui_importer.tui.screens.dialogs.choice import ChoiceDialog
from tui_importer.tui.screens.job.screen import JobScreen
from tui_importer.tui.screens.settings.screen import SettingsScreen
from tui_importer.tui.table.table import VirtualTable
from tui_importer.tui.widgets.fields import ChoiceField

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.containers import VerticalScroll
    from textual.widgets._directory_tree import DirEntry
    from textual.widgets.tree import TreeNode

    from tui_importer.config.keyring import KeyStore
    from tui_importer.tui.app import ImporterApp


def job_app(snapshot: object = None) -> ImporterApp:
    failures = [failure(n) for n in range(1, 60)]
    taken = snapshot if snapshot is not None else importing(failed=59)
    view = FakeJobView(taken, failures=failures, log=log_entries(30))  # type: ignore[arg-type]  # a snapshot
    return console_at(view)[0]


def jobs_app() -> ImporterApp:
    return console(FakeBackend([summary(JOB), summary("other")], views={JOB: FakeJobView(paused())}))


def new_app(keys: KeyStore | None = None) -> ImporterApp:
    """At a new job; with a keyring no key is known yet."""
    backend = FakeBackend(key=None) if keys else FakeBackend()
    return console(backend, start=StartAt.new_job(Path.cwd() / "users.csv"), keys=keys)


def new_app_in_folders() -> ImporterApp:
    """With two folders beside the source."""
    for name in ("a", "b"):
        (Path.cwd() / "sources" / name).mkdir(parents=True)
    return console(start=StartAt.new_job(Path.cwd() / "sources" / "users.csv"))


def planned_app() -> ImporterApp:
    """At a new job whose plan is made at once."""
    backend = FakeBackend(the_plan=a_plan(), the_findings=findings())
    return console(backend, start=StartAt.new_job(Path.cwd() / "users.csv"))


def remembering(app: ImporterApp) -> ImporterApp:
    for name in ("one", "two"):
        app.preferences.recent.add(Path(f"/data/{name}.csv"))
    return app


def settings_app() -> ImporterApp:
    profiles = {"eu": {"share": 40}}
    backend = FakeBackend([summary(JOB)])
    return remembering(console(backend, given={"share": 70}, profiles=profiles, keys=MemoryStore()))


def backend_of(app: ImporterApp) -> FakeBackend:
    return cast("FakeBackend", app.backend)


def settings_tab(app: ImporterApp) -> str:
    assert isinstance(app.screen, SettingsScreen)
    return app.screen.tab


def opened_profile(app: ImporterApp) -> str:
    assert isinstance(app.screen, SettingsScreen)
    return app.screen.profile


def folder_under_cursor(app: ImporterApp) -> TreeNode[DirEntry]:
    node = app.screen.query_one(DirectoryTree).cursor_node
    assert node is not None
    return node


def told(app: ImporterApp) -> list[str]:
    view = app.job.view
    assert isinstance(view, FakeJobView)
    return list(view.told)


def cursor(app: ImporterApp) -> int:
    return app.screen.query_one("#errors", VirtualTable).cursor


def reader_y(app: ImporterApp) -> float:
    reader: VerticalScroll = app.screen.query_one("#reader")  # type: ignore[assignment]  # it is one
    return reader.scroll_offset.y


def choice(app: ImporterApp) -> str:
    return app.screen.query_one(ChoiceField).value


def selected(app: ImporterApp) -> int:
    assert isinstance(app.screen, ChoiceDialog)
    return app.screen.selected


def tab(app: ImporterApp) -> str:
    assert isinstance(app.screen, JobScreen)
    return app.screen.tab


def kind(app: ImporterApp) -> str:
    return type(app.screen).__name__


def leave_field(app: ImporterApp) -> None:
    app.screen.query_one("#make-plan").focus()


Step = tuple[str, tuple[str, ...], "Callable[[ImporterApp], object]", object]
"""An action, the keys pressed before its own, what is looked at afterwards, and what is seen there."""


def errors(app: ImporterApp) -> VirtualTable:
    return app.screen.query_one("#errors", VirtualTable)


def maximised(app: ImporterApp) -> bool:
    return app.screen.has_class("-maximised")


def shown(words: str) -> Callable[[ImporterApp], object]:
    return lambda app: words in screen_text(app)


def focused(app: ImporterApp) -> str | None:
    return app.focused.id if app.focused else None


WATCHING: tuple[Step, ...] = (
    ("job.tab_workers", (), tab, "workers"),
    ("job.tab_errors", (), tab, "errors"),
    ("job.tab_organizations", (), tab, "organizations"),
    ("job.tab_log", (), tab, "log"),
    ("job.whole_row", (), kind, "RowDialog"),
    ("whole.back", (), kind, "JobScreen"),
    ("job.tab_chunks", (), tab, "chunks"),
    ("job.next_tab", (), tab, "workers"),
    ("job.previous_tab", (), tab, "chunks"),
    ("job.maximise", (), maximised, True),
    ("job.restore", (), maximised, False),
    ("app.theme", (), lambda app: app.theme, "importer-light"),
    ("table.down", ("3",), cursor, 1),
    ("table.up", ("down",), cursor, 1),
    ("table.last", (), cursor, 58),
    ("table.page_up", (), lambda app: cursor(app) == 58 - errors(app).page, True),
    ("table.page_down", (), cursor, 58),
    ("table.first", (), cursor, 0),
    ("table.follow", (), lambda app: errors(app).follow, True),
    ("app.mask", (), shown("p•••@example.com"), True),
    ("job.detail", ("home",), kind, "ErrorDetailScreen"),
    ("detail.next", (), shown("error 2 of 59"), True),
    ("detail.previous", (), shown("error 1 of 59"), True),
    ("detail.copy", (), lambda app: app.clipboard, "req_000001"),
    ("detail.back", (), kind, "JobScreen"),
    ("app.help", (), kind, "HelpScreen"),
    ("reader.down", (), reader_y, 1),
    ("reader.up", ("j",), reader_y, 1),
    ("help.back", (), kind, "JobScreen"),
    ("app.palette", (), kind, "CommandPalette"),
    ("app.leave", ("escape",), kind, "QuitDialog"),
    ("dialog.down", (), selected, 1),
    ("dialog.up", ("up",), selected, 2),
    ("dialog.cancel", (), kind, "JobScreen"),
    ("dialog.confirm", ("q",), kind, "JobScreen"),
    ("job.pause", (), told, ["pause"]),
    ("app.interrupt", (), told, ["pause", "stop_now"]),
    ("job.resume", (), told, ["pause", "stop_now", "start"]),
    ("job.back", (), kind, "JobsScreen"),
)  # fmt: skip


class GrowingWhenPaused(FakeJobView):
    """A job whose rows in flight fail while it drains."""

    def pause(self) -> None:
        super().pause()
        self.failures += [failure(n) for n in range(60, 72)]


def growing_app() -> ImporterApp:
    failures = [failure(n) for n in range(1, 60)]
    return console_at(GrowingWhenPaused(importing(failed=59), failures=failures, log=log_entries(30)))[0]


def sort_of(app: ImporterApp) -> tuple[str, bool]:
    return errors(app).row_query.sort, errors(app).row_query.descending


def marks(app: ImporterApp) -> int:
    return len(errors(app).marked)


def filtered(app: ImporterApp) -> str:
    return errors(app).filter_text


def column(app: ImporterApp) -> str:
    return errors(app).column


WORKING_TABLES: tuple[Step, ...] = (
    ("table.right", ("3",), column, "email"),
    ("table.left", (), column, "row"),
    ("table.sort", (), sort_of, ("row", False)),
    ("table.reverse", (), sort_of, ("row", True)),
    ("table.news", ("p",), lambda app: len(errors(app).rows), 71),
    ("table.mark", (), marks, 1),
    ("table.mark_all", (), marks, 71),
    ("table.unmark", (), marks, 0),
    ("table.copy", ("home",), lambda app: app.clipboard, "9301"),
    ("table.filter", (), focused, None),
    ("filter.down", (), cursor, 1),
    ("filter.up", (), cursor, 0),
    ("filter.keep", ("5", "0", "3"), filtered, "503"),
    ("table.clear", (), filtered, ""),
    ("filter.clear", ("slash", "x"), filtered, ""),
    ("table.faults", ("5",), lambda app: app.screen.query_one("#log", VirtualTable).row_query.faults, True),
    ("table.export", (), lambda _app: [path.name for path in Path.cwd().glob("*.csv")], [f"{JOB}-log.csv"]),
)  # fmt: skip


def pane(app: ImporterApp) -> str | None:
    return app.screen.query_one("#errors-tab", ContentSwitcher).current


REVIEWING: tuple[Step, ...] = (
    ("job.group", ("3",), pane, "groups-pane"),
    ("job.open_group", (), pane, "group-pane"),
    ("job.leave_group", (), pane, "groups-pane"),
    ("job.ungroup", (), pane, "errors-pane"),
    ("job.retry", (), told, ["retry 131"]),
    ("job.skip", (), kind, "SkipDialog"),
    ("job.retry_all", ("escape",), kind, "ChoiceDialog"),
    ("detail.raw", ("escape", "enter"), shown("Attempt 1 of 1"), True),
    ("detail.short", (), shown("What it means"), True),
    ("detail.retry", (), told, ["retry 131", "retry 262"]),
    ("detail.skip", (), kind, "SkipDialog"),
)


SETTLING: tuple[Step, ...] = (
    ("jobs.settings", (), kind, "SettingsScreen"),
    ("settings.forget_files", (), lambda app: app.preferences.recent.paths(), []),
    ("settings.tab_profiles", (), settings_tab, "profiles"),
    ("settings.tab_keys", (), settings_tab, "keys"),
    ("settings.tab_general", (), settings_tab, "general"),
    ("settings.next_tab", (), settings_tab, "profiles"),
    ("settings.previous_tab", (), settings_tab, "general"),
    ("settings.change", (), kind, "ValueDialog"),
    ("settings.reset", ("escape", "down", "down"), lambda app: dict(app.preferences.config.given), {}),
    ("settings.new_profile", ("2",), kind, "ValueDialog"),
    ("settings.default", ("escape", "down"), lambda app: app.preferences.config.given, {"default_profile": "eu"}),
    ("settings.api_key", (), kind, "ChoiceDialog"),
    ("settings.open", ("escape",), opened_profile, "eu"),
    ("settings.back", (), opened_profile, ""),
    ("settings.remove", (), kind, "ChoiceDialog"),
)  # fmt: skip


CONTROLLING: tuple[Step, ...] = (
    ("job.share_up", (), told, ["set_share 90"]),
    ("job.share_down", (), told, ["set_share 90", "set_share 80"]),
    ("job.workers_more", (), lambda app: told(app)[-1], "set_workers 13"),
    ("job.workers_less", (), lambda app: told(app)[-1], "set_workers 12"),
    ("job.pace", (), lambda app: told(app)[-2:], ["set_share 80", "set_workers None"]),
    ("job.key", (), kind, "ApiKeyDialog"),
    ("job.note", ("escape",), kind, "NoteDialog"),
)


JOURNEYS: dict[str, tuple[Callable[[], ImporterApp], tuple[Step, ...]]] = {
    "watching a job": (job_app, WATCHING),
    "working tables": (growing_app, WORKING_TABLES),
    "controlling a job": (job_app, CONTROLLING),
    "reviewing errors": (job_app, REVIEWING),
    "starting a job": (lambda: job_app(ready()), (("job.start", (), told, ["start"]),)),
    "the jobs": (
        jobs_app,
        (
            ("jobs.purge", (), kind, "ChoiceDialog"),
            ("jobs.new", ("escape",), kind, "NewJobScreen"),
            ("jobs.open", ("escape",), kind, "JobScreen"),
        ),
    ),
    "a new job": (
        new_app_in_folders,
        (
            ("app.next_pane", (), focused, "sample"),
            ("app.previous_pane", (), focused, "path"),
            ("choice.next", ("shift+tab",) * 4, choice, "update"),
            ("choice.previous", (), choice, "keep"),
            ("choice.leave", (), focused, "look_up_users"),
            ("new.environment", (), lambda app: backend_of(app).asked[-1], "environment https://api.workos.com"),
            ("new.browse", (), kind, "FilePicker"),
            ("picker.down", ("j",), lambda app: app.screen.query_one(DirectoryTree).cursor_line, 1),
            ("picker.up", (), lambda app: app.screen.query_one(DirectoryTree).cursor_line, 0),
            ("picker.unfold", (), lambda app: folder_under_cursor(app).is_expanded, True),
            ("picker.parent", (), lambda app: Path(app.screen.query_one(DirectoryTree).path) == Path.cwd(), True),
            ("new.back", ("escape",), kind, "JobsScreen"),
        ),
    ),
    "columns": (
        new_app,
        (
            ("new.columns", (), kind, "ColumnsScreen"),
            ("columns.choose", (), kind, "PickDialog"),
            ("columns.save", ("end", "enter"), kind, "ValueDialog"),
            ("columns.use", ("m", "enter"), kind, "PickDialog"),
            ("columns.forget", ("enter",), shown("0 chosen by hand"), True),
            ("columns.back", (), kind, "NewJobScreen"),
        ),
    ),
    "findings of a new job": (
        planned_app,
        (
            ("new.findings", ("enter", "enter"), kind, "FindingsScreen"),
            ("findings.back", (), kind, "NewJobScreen"),
        ),
    ),
    "findings of a job": (job_app, (("job.findings", (), kind, "FindingsScreen"),)),
    "a key to be stored": (
        lambda: new_app(keys=MemoryStore()),
        (("new.store_key", ("enter", *"sk_test_4eC39HqL", "enter"), lambda app: app.api_key_source, "keyring"),),
    ),
    "recent files": (
        lambda: remembering(console(FakeBackend(), start=StartAt("new"))),
        (
            ("paths.next", (), shown("▌ /data/two.csv"), True),
            ("paths.previous", ("down",), shown("▌ /data/two.csv"), True),
        ),
    ),
    "settings": (settings_app, SETTLING),
}
"""Journeys that press the key of every action once and look at what came of it."""
