"""A new job in four steps on one screen, each filled as soon as the one before it is valid."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input

from tui_importer.engine.options import FrozenOptions
from tui_importer.errors import ImporterError
from tui_importer.secret import Secret
from tui_importer.tui import forms
from tui_importer.tui.actions import Place, When, bindings_of
from tui_importer.tui.marks import STYLES
from tui_importer.tui.paths import understood_path
from tui_importer.tui.screens.base import ConsoleScreen
from tui_importer.tui.screens.confirm_start import confirmed_start
from tui_importer.tui.text import error_text, notify_safe, safe
from tui_importer.tui.widgets.fields import Field
from tui_importer.tui.widgets.header_line import HeaderData
from tui_importer.tui.widgets.new_job_sections import (
    CoveragePanel,
    FileSection,
    OptionsSection,
    PlanSection,
    StepData,
    StepTitle,
    coverage_lines,
)

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.timer import Timer

    from tui_importer.engine.options import NewJob
    from tui_importer.engine.plan import Environment
    from tui_importer.engine.snapshot import JobView
    from tui_importer.source.models import Preview


class NewJobScreen(ConsoleScreen[None]):
    """From a path to a started job. The job is recorded when the plan is made, and kept whatever happens then."""

    BINDINGS = bindings_of(Place.NEW_JOB)
    AUTO_FOCUS = "#path"
    place: ClassVar[Place] = Place.NEW_JOB

    def __init__(self, source: Path | None = None) -> None:
        super().__init__()
        self._given = source
        self._typing: Timer | None = None
        self.source: Path | None = None
        self.preview: Preview | None = None
        self.environment: Environment | None = None
        self.view: JobView | None = None
        self._preparing = False
        self._default_name = ""

    def body(self) -> ComposeResult:
        """Four sections to scroll through."""
        backend = self.console_app.backend
        texts = forms.texts_of(backend.default_base_url, backend.default_run_options, FrozenOptions())
        key = backend.key
        with VerticalScroll(id="steps", can_focus=False):
            yield FileSection(id="file")
            yield StepTitle(StepData(2, "Columns", "waits"), id="step-columns")
            yield CoveragePanel(id="coverage")
            yield OptionsSection(texts, key.hint if key else "", ask_key=key is None or self.console_app.key_was_typed)
            yield PlanSection(id="planning")

    def on_mount(self) -> None:
        """Begin with the file, when one was given."""
        self._show_header()
        if (every := self.console_app.pace.snapshot) is not None:
            self.set_interval(every, self.refresh_snapshot)
        if self._given is not None:
            self._choose(self._given)

    def _show_header(self) -> None:
        environment = self.environment
        self.show_header(
            HeaderData(
                "new job",
                "" if self.source is None else safe(self.source.name, 200),
                environment=environment.name if environment else "",
                key_hint=safe(environment.key_hint) if environment else "",
                masked=self.console_app.privacy.on,
            )
        )

    def holds(self, when: When) -> bool:
        """Conditions of the actions here."""
        if when is When.FILE_EDITABLE:
            return self.view is None and not self._preparing
        return super().holds(when)

    def privacy_changed(self) -> None:
        """The first rows show people."""
        self._show_header()
        if self.preview is not None:
            self.query_one(FileSection).show_preview(self.preview, self.console_app.privacy)

    # -- 1 and 2: file and columns ------------------------------------------------------------------------------

    def _choose(self, path: Path) -> None:
        """Take a path as it is, though the field may not be able to hold its characters."""
        self._given = path
        field = self.query_one("#path", Input)
        field.value = str(path)
        field.cursor_position = len(field.value)
        self._read_source()

    @on(Input.Changed, "#path")
    def path_changed(self) -> None:
        """Wait until typing rests, then look at the file."""
        if self._typing is not None:
            self._typing.stop()
        rest = self.console_app.pace.typing
        if rest > 0:
            self._typing = self.set_timer(rest, self._read_source)
        else:
            self._read_source()

    @on(Input.Submitted, "#path")
    def path_submitted(self) -> None:
        """On to the first thing that is still to be given."""
        self._read_source()
        if self.console_app.backend.key is None:
            self.query_one("#key", Input).focus()
        else:
            self.query_one("#make-plan", Button).focus()

    def _read_source(self) -> None:
        typed = self.query_one("#path", Input).value
        given = self._given
        path = given if given is not None and typed == self._as_held(given) else understood_path(typed)
        if path == self.source:
            return
        self.source, self.preview = path, None
        self._show_header()
        self._show_steps()
        if path is None:
            self.query_one(FileSection).show_words(Content(""))
        else:
            self.query_one(FileSection).show_words(Content.styled("Reading…", STYLES["muted"]))
            self._preview(path)

    def _as_held(self, path: Path) -> str:
        return self.query_one("#path", Input).validate_value(str(path))  # type: ignore[attr-defined,no-any-return]  # a SafeInput

    @work(exclusive=True, group="preview")
    async def _preview(self, path: Path) -> None:
        backend = self.console_app.backend
        try:
            preview = await asyncio.to_thread(backend.preview, path)
            name = await asyncio.to_thread(backend.default_job_name, path)
        except ImporterError as error:
            words = Content.styled(f"✖ {error_text(error)}", STYLES["bad"])
            self.query_one(FileSection).show_words(words)
            return
        self.preview = preview
        self.query_one(FileSection).show_preview(preview, self.console_app.privacy)
        coverage = self.query_one(CoveragePanel)
        recognised = tuple((field, header) for field, header in preview.fields.items())
        pairs = (*recognised, *(("", header) for header in preview.unknown_columns))
        coverage.show(pairs)
        coverage.styles.height = len(coverage_lines(pairs, self.size.width - 8))
        field = self.query_one("#name", Input)
        if field.value in {"", self._default_name}:
            field.value = self._default_name = name
        self._show_steps()
        if self.environment is None:
            self._look_at_environment()

    # -- 3: environment and options -----------------------------------------------------------------------------

    @on(Input.Submitted, "#key")
    def key_entered(self, message: Input.Submitted) -> None:
        """Take the key, and forget it on the screen."""
        if not message.value.strip():
            return
        self.console_app.backend.key = Secret(message.value.strip())
        self.console_app.key_was_typed = True
        message.input.clear()
        message.input.placeholder = self.console_app.backend.key.hint
        self.query_one("#field-key", Field).show_hint("in use")
        self._look_at_environment()
        self.query_one("#make-plan", Button).focus()

    @on(Input.Changed)
    def option_changed(self, message: Input.Changed) -> None:
        """Check the options; another base URL is another environment."""
        if message.input.id in {"path", "key"} or self.view is not None:
            return
        problems = forms.problems_of(self.query_one(OptionsSection).typed())
        self.query_one(OptionsSection).show_problems(problems)
        if message.input.id == "base_url":
            self.environment = None
            self._show_header()
            self.query_one(OptionsSection).show_environment_words("enter reads it")
            self._show_steps()

    @on(Input.Submitted)
    def option_submitted(self, message: Input.Submitted) -> None:
        """On to the next field; a new base URL is looked at."""
        if message.input.id in {"path", "key", None}:
            return
        if message.input.id == "base_url":
            self._look_at_environment()
        self.focus_next()

    def _look_at_environment(self) -> None:
        section = self.query_one(OptionsSection)
        base_url = section.typed().base_url
        if forms.base_url_problem(base_url) is not None or self.preview is None:
            return
        if self.console_app.backend.key is None:
            section.show_environment_words("enter the API key: it decides where this writes to")
            return
        section.show_environment_words("reading it back…")
        self._read_environment(base_url.strip().rstrip("/"))

    @work(exclusive=True, group="environment")
    async def _read_environment(self, base_url: str) -> None:
        section = self.query_one(OptionsSection)
        try:
            environment = await asyncio.to_thread(self.console_app.backend.environment, base_url)
        except ImporterError as error:
            self.environment = None
            section.show_environment_words(f"✖ {error_text(error)}", bad=True)
        else:
            self.environment = environment
            section.show_environment(environment)
        self._show_header()
        self._show_steps()

    # -- 4: the plan --------------------------------------------------------------------------------------------

    def missing(self) -> str:
        """What is still needed before a plan can be made, empty when nothing is."""
        if self.preview is None:
            return "Choose a readable file first."
        if "email" not in self.preview.fields:
            return "No column is recognised as email: every row needs one."
        problems = forms.problems_of(self.query_one(OptionsSection).typed())
        if problems:
            field, problem = next(iter(problems.items()))
            return f"{field.replace('_', ' ')}: {problem}."
        if self.environment is None:
            return "The environment has not been read back yet."
        return ""

    def _show_steps(self) -> None:
        read = self.preview is not None
        ready = not self.missing()
        planned = self.view is not None and self.view.plan() is not None
        unused = len(self.preview.unknown_columns) if self.preview else 0
        used = len(self.preview.fields) if self.preview else 0
        mapped = self.preview is not None and "email" in self.preview.fields
        note = f"{used} recognised, {unused} not used" if read else ""
        state = "done" if mapped else "now" if read else "waits"
        self.query_one("#step-file", StepTitle).show(StepData(1, "File", "done" if read else "now"))
        self.query_one("#step-columns", StepTitle).show(StepData(2, "Columns", state, note))
        options = "done" if self.view is not None else "now" if mapped else "waits"
        self.query_one("#step-options", StepTitle).show(StepData(3, "Environment and options", options))
        plan = "done" if planned else "now" if ready or self.view is not None else "waits"
        self.query_one("#step-plan", StepTitle).show(StepData(4, "Plan", plan))
        self.set_class(read, "-readable")
        if self.view is None:
            words = "Scans the whole file and looks up what exists already. Nothing is written to the environment."
            self.query_one(PlanSection).show_words(Content.styled(self.missing() or words, STYLES["muted"]))

    @on(Button.Pressed, "#make-plan")
    def plan_wanted(self) -> None:
        """Record the job and scan, when nothing is missing."""
        if self.view is not None:
            self.view.prepare()
            self.refresh_snapshot()
            return
        missing = self.missing()
        if missing or self.source is None:
            self.query_one(PlanSection).show_words(Content.styled(f"! {missing}", STYLES["warn"]))
        elif not self._preparing:
            self._preparing = True
            app = self.console_app
            new = forms.new_job(self.source, self.query_one(OptionsSection).typed(), app.backend.default_run_options)
            app.run_worker(self._prepare(new), group="prepare")

    async def _prepare(self, new: NewJob) -> None:
        """Runs on the app: it must end, whatever screen is shown then."""
        app = self.console_app
        try:
            await app.release_job()
            view = await asyncio.to_thread(app.backend.prepare, new)
        except ImporterError as error:
            if self.is_attached:
                words = Content.styled(f"✖ {error_text(error)}", STYLES["bad"])
                self.query_one(PlanSection).show_words(words)
            return
        finally:
            self._preparing = False
        app.job.hold(new.name, view)
        view.prepare()
        if self.is_attached:
            self.view = view
            self.query_one(FileSection).disabled = True
            self.query_one(OptionsSection).disabled = True
            self.refresh_snapshot()
            self.query_one("#steps", VerticalScroll).scroll_end(animate=False)

    def refresh_snapshot(self) -> None:
        """Show how far the scan is; then the plan, or why there is none."""
        if self.view is None or not self.is_current:
            return
        snapshot, plan = self.view.snapshot(), self.view.plan()
        section = self.query_one(PlanSection)
        scanning = snapshot.state in {"running", "pausing"}
        section.set_class(scanning, "-scanning")
        if plan is not None:
            if not section.has_class("-planned"):
                section.show_plan(plan)
                self.add_class("-planned-job")
                self.query_one("#start", Button).focus()
                self.query_one("#steps", VerticalScroll).scroll_end(animate=False)
        elif scanning:
            section.show_scan(snapshot, section.content_size.width)
        elif snapshot.reason:
            reason = f"‖ {safe(snapshot.reason)} {safe(snapshot.next_step)}"
            section.show_words(Content.styled(reason, STYLES["warn"]))
            self.query_one("#make-plan", Button).label = Content("Scan again")
        self._show_steps()
        self.refresh_bindings()

    @on(Button.Pressed, "#start")
    def start_wanted(self) -> None:
        """Start; production wants the name typed."""
        if self.view is not None and (plan := self.view.plan()) is not None:
            snapshot = self.view.snapshot()
            confirmed_start(self.console_app, snapshot, self._start, environment=plan.environment.name, plan=plan)

    def _start(self) -> None:
        self.console_app.job.start()
        self.console_app.show_started()

    # -- other actions ------------------------------------------------------------------------------------------

    def action_browse(self) -> None:
        """Pick the file from a tree."""
        from tui_importer.tui.screens.file_picker import FilePicker

        folder = self.source.parent if self.source is not None and self.source.parent.is_dir() else Path.cwd()

        def picked(path: Path | None) -> None:
            if path is not None:
                self._choose(path)

        self.app.push_screen(FilePicker(folder), picked)

    def action_back(self) -> None:
        """Back to the jobs; what was planned is kept."""
        app = self.console_app
        kept = self.view is not None
        app.pop_screen()
        if kept:
            notify_safe(app, f"{app.job.name} is kept in the list, nothing was written. Open it there to start it.")
            app.leave_job_screen()
