"""A new job in four steps on one screen: file, columns, environment and options, and the plan it is started from.

Each step is filled as soon as the one before is valid.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input

from tui_importer.errors import ImporterError
from tui_importer.tui.actions.keymap import key_of
from tui_importer.tui.actions.registry import Place, When, bindings_of
from tui_importer.tui.screens.base import ConsoleScreen, styles
from tui_importer.tui.screens.new_job import options
from tui_importer.tui.screens.new_job.environment_section import EnvironmentSection
from tui_importer.tui.screens.new_job.path_field import PathField
from tui_importer.tui.screens.new_job.planned_job import PlannedJob
from tui_importer.tui.screens.new_job.sections import (
    CoveragePanel,
    FileSection,
    OptionsSection,
    PlanSection,
    ReadingSection,
    StepData,
    StepTitle,
    coverage_lines,
    pairs_of,
)
from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.style.text import error_text, notify_safe, safe
from tui_importer.tui.system.threads import preview_of
from tui_importer.tui.widgets.fields import ChoiceField
from tui_importer.tui.widgets.header_line import HeaderData

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from tui_importer.engine.plan.plan import Environment, Plan
    from tui_importer.source.models import Preview
    from tui_importer.tui.screens.new_job.options import OptionTexts


class NewJobScreen(ConsoleScreen[None]):
    """From a path to a started job. Nothing of it can be changed while it is recorded as a job (see `PlannedJob`)."""

    BINDINGS = bindings_of(Place.NEW_JOB)
    CSS_PATH = styles("new_job")
    AUTO_FOCUS = "#path"
    place: ClassVar[Place] = Place.NEW_JOB

    def __init__(self, source: Path | None = None) -> None:
        super().__init__()
        self._given = source
        self.source: Path | None = None
        self.preview: Preview | None = None
        self.mapping: Mapping[str, str] = {}
        self._default_name = ""
        self._counting = False

    def body(self) -> ComposeResult:
        """Four sections to scroll through."""
        app = self.console_app
        self.resolved = app.preferences.resolved()
        self._job = PlannedJob(
            app, is_shown=lambda: self.is_attached, recorded=self._job_recorded, refused=self._job_refused
        )
        browse = key_of("new.browse", app.keymap.keys)
        with VerticalScroll(id="steps", can_focus=False), Vertical(id="form"):
            yield FileSection(app.preferences.recent, app.pace.typing, f"{browse} browses, enter next")
            yield StepTitle(StepData(2, "Columns", "waits"), id="step-columns")
            yield CoveragePanel(id="coverage")
            yield StepTitle(StepData(3, "Environment and options", "waits"), id="step-options")
            with Horizontal(id="fields"):
                with Vertical(classes="half"):
                    yield EnvironmentSection(self.resolved, classes="whole")
                    yield ReadingSection(id="reading")
                yield OptionsSection(options.texts_of(self.resolved.settings), classes="half -right")
            yield PlanSection(id="planning")

    def on_mount(self) -> None:
        """Begin with the file, when one was given; show the job regularly, once there is one."""
        self.show_place()
        if self._given is not None:
            self.query_one(PathField).give(self._given)
        if (every := self.console_app.pace.snapshot) is not None:
            self.set_interval(every, self.refresh_snapshot)

    @property
    def environment(self) -> Environment | None:
        """Where this writes to, when that was read back."""
        return self.query_one(EnvironmentSection).environment

    @property
    def _where(self) -> str:
        return self.environment.name if self.environment else ""

    def typed(self) -> OptionTexts:
        """All options as they stand."""
        reading = self.query_one(ReadingSection)
        return self.query_one(OptionsSection).typed(self.query_one(EnvironmentSection).base_url, reading)

    def show_place(self) -> None:
        """Say in the header which file this is, and where it would be written to."""
        environment = self.environment
        self.show_header(
            HeaderData(
                "new job",
                "" if self.source is None else safe(self.source.name, 200),
                environment=environment.name if environment else "",
                key_hint=safe(environment.key_hint) if environment else "",
                dry_run=self._job.is_dry if self._job.view else self.typed().dry_run,
                masked=self.console_app.privacy.on,
            )
        )

    def holds(self, when: When) -> bool:
        """Conditions of the actions here."""
        if when is When.FILE_EDITABLE:
            return self._job.is_editable
        if when in {When.ENVIRONMENT_CAN_BE_READ, When.COLUMNS_CAN_BE_CHOSEN}:
            return self._job.is_editable and self.preview is not None
        if when is When.FINDINGS_ARE_THERE:
            return self._job.is_planned
        if when is When.KEY_CAN_BE_STORED:
            return self.query_one(EnvironmentSection).api_key_can_be_stored
        return super().holds(when)

    def privacy_changed(self) -> None:
        """The first rows show people."""
        self.show_place()
        if self.preview is not None:
            self.query_one(FileSection).show_preview(self.preview, self.console_app.privacy, counting=self._counting)

    # -- 1 and 2: file and columns ------------------------------------------------------------------------------

    @on(PathField.Pointed)
    def another_path(self, message: PathField.Pointed) -> None:
        """Read the file, when there is one."""
        self.workers.cancel_group(self, "preview")
        self.source, self.preview = message.path, None
        self.mapping = {}
        self.query_one(EnvironmentSection).wanted = False
        self._options_changed()
        if message.path is None:
            self.query_one(FileSection).show_words(Content(""))
        else:
            self.query_one(FileSection).show_words(Content.styled("Reading…", STYLES["muted"]))
            self._preview(message.path)

    @on(PathField.Entered)
    def path_entered(self) -> None:
        """On to the first thing that is still to be given."""
        missing = self.console_app.backend.key is None
        self.query_one("#key" if missing else "#make-plan").focus()

    @work(exclusive=True, group="preview")
    async def _preview(self, path: Path) -> None:
        backend = self.console_app.backend
        first = self._counting = True
        name = await asyncio.to_thread(backend.default_job_name, path)

        def show(preview: Preview) -> None:
            nonlocal first
            self.preview = preview
            if first:
                self._show_preview(preview, name)
                self._remember(path)
            else:
                self.query_one(FileSection).show_facts(preview)
            first = False

        try:
            show(await preview_of(backend, path, options.reading_of(self.typed(), self.mapping), show))
        except ImporterError as error:
            self.preview = None
            words = Content.styled(f"✖ {error_text(error)}", STYLES["bad"])
            self.query_one(FileSection).show_words(words)
            self._options_changed()

    @work(group="recent")
    async def _remember(self, path: Path) -> None:
        try:
            await asyncio.to_thread(self.console_app.preferences.recent.add, path)
        except ImporterError as error:
            notify_safe(self.app, error_text(error), severity="warning")

    def _stop_counting(self) -> None:
        """The scan counts, too."""
        self.workers.cancel_group(self, "preview")
        self._counting = False
        if self.preview is not None:
            self.query_one(FileSection).show_facts(self.preview, counting=False)

    def _count_on(self) -> None:
        """There is no scan after all."""
        if self.preview is not None and self.preview.share < 1:
            self._preview_again()

    def _show_preview(self, preview: Preview, name: str) -> None:
        """Fill in what a source says, and check where its rows would be written to."""
        self.query_one(FileSection).show_preview(preview, self.console_app.privacy)
        self.query_one(PathField).offer_nothing()
        self._show_coverage(preview)
        if self.typed().name in {"", self._default_name}:
            self._default_name = name
            self.query_one(OptionsSection).name_job(name)
        self._options_changed()
        section = self.query_one(EnvironmentSection)
        section.wanted = True
        if section.environment is None:
            section.check_connection()

    def _show_coverage(self, preview: Preview) -> None:
        panel = self.query_one(CoveragePanel)
        pairs = pairs_of(preview)
        panel.show(pairs)
        panel.styles.height = len(coverage_lines(pairs, self.size.width - 8))

    @on(ReadingSection.Changed)
    def reading_changed(self) -> None:
        """Read the file once more, in the other way."""
        self._options_changed()
        self._preview_again()

    def _preview_again(self) -> None:
        if self.source is not None and self._job.view is None:
            self._preview(self.source)

    def action_columns(self) -> None:
        """Choose what the columns become."""
        from tui_importer.source.preview import with_mapping
        from tui_importer.tui.screens.new_job.columns import ColumnsScreen

        if self.preview is None:
            return

        def chosen(mapping: Mapping[str, str] | None) -> None:
            if mapping is not None and mapping != self.mapping and self.preview is not None:
                self.mapping = mapping
                self.preview = with_mapping(self.preview, mapping)  # the file is read again, but that takes time
                self._show_coverage(self.preview)
                self._preview_again()

        self.app.push_screen(ColumnsScreen(self.preview, self.mapping, self._where), chosen)

    def action_findings(self) -> None:
        """Show every finding of the scan."""
        from tui_importer.tui.screens.findings import FindingsScreen

        self.app.push_screen(FindingsScreen(self._job.view, self._job.dry_findings, environment=self._where))

    # -- 3: environment and options -----------------------------------------------------------------------------

    @on(EnvironmentSection.ProfileChosen)
    def another_profile(self, message: EnvironmentSection.ProfileChosen) -> None:
        """What the operator did not change by hand becomes what the profile says."""
        try:
            resolved = self.console_app.preferences.resolved(message.profile)
        except ImporterError as error:
            notify_safe(self.app, error_text(error), severity="error")
            return
        before, now = options.texts_of(self.resolved.settings), options.texts_of(resolved.settings)
        texts = options.refilled(self.typed(), before, now)
        self.resolved = resolved
        self.query_one(OptionsSection).fill(texts)
        self.query_one(EnvironmentSection).refill(resolved, texts.base_url)

    @on(EnvironmentSection.Changed)
    @on(Input.Changed)
    @on(ChoiceField.Chosen)
    def option_changed(self) -> None:
        """Check all that is given; a plan made before is not true any more."""
        self._options_changed()

    def _options_changed(self) -> None:
        if self._job.view is not None:
            return
        problems = options.problems_of(self.typed())
        self.query_one(OptionsSection).show_problems(problems)
        self.query_one(EnvironmentSection).show_problem(problems.get("base_url", ""))
        self._job.dry_plan = None
        self.query_one(PlanSection).forget_plan()
        self.show_place()
        self.show_steps()
        self.refresh_bindings()

    @on(EnvironmentSection.Entered)
    def environment_entered(self, message: EnvironmentSection.Entered) -> None:
        """After the key to the plan, else to the next field."""
        if message.field == "key":
            self.query_one("#make-plan").focus()
        else:
            self.focus_next()

    @on(Input.Submitted)
    def option_submitted(self) -> None:
        """On to the next field."""
        self.focus_next()

    # -- how far it is ------------------------------------------------------------------------------------------

    def missing(self) -> str:
        """What is still needed before a plan can be made, empty when nothing is."""
        if self.preview is None:
            return "Choose a readable file first."
        if self.preview.problem:
            return f"{self.preview.problem} {key_of('new.columns', self.console_app.keymap.keys)} chooses columns."
        problems = options.problems_of(self.typed())
        if problems:
            field, problem = next(iter(problems.items()))
            return f"{field.replace('_', ' ')}: {problem}."
        if self.environment is None:
            return "The environment has not been read back yet."
        return ""

    def show_steps(self) -> None:
        """Say of each step whether it is done, and what is still missing."""
        read = self.preview is not None
        ready = not self.missing()
        planned, recorded = self._job.is_planned, self._job.view is not None
        unused = len(self.preview.unknown_columns) if self.preview else 0
        used = len(self.preview.columns) - unused if self.preview else 0
        mapped = self.preview is not None and not self.preview.problem
        note = f"{used} used, {unused} not used" if read else ""
        state = "done" if mapped else "now" if read else "waits"
        self.query_one("#step-file", StepTitle).show(StepData(1, "File", "done" if read else "now"))
        self.query_one("#step-columns", StepTitle).show(StepData(2, "Columns", state, note))
        where = "done" if recorded or planned else "now" if mapped else "waits"
        self.query_one("#step-options", StepTitle).show(StepData(3, "Environment and options", where))
        plan = "done" if planned else "now" if ready or recorded else "waits"
        self.query_one("#step-plan", StepTitle).show(StepData(4, "Plan", plan))
        self.set_class(read, "-readable")
        if not recorded and self._job.dry_plan is None:
            words = "Scans the whole file and looks up what exists already. Nothing is written to the environment."
            self.query_one(PlanSection).show_words(Content.styled(self.missing() or words, STYLES["muted"]))

    # -- 4: the plan --------------------------------------------------------------------------------------------

    @on(Button.Pressed, "#make-plan")
    def plan_wanted(self) -> None:
        """Record the job and scan, when nothing is missing."""
        if self._job.view is not None:
            self._job.view.prepare()
            self.refresh_snapshot()
            return
        missing = self.missing()
        if missing or self.source is None:
            self.query_one(PlanSection).show_words(Content.styled(f"! {missing}", STYLES["warn"]))
        elif self._job.is_editable:
            texts = self.typed()
            new = options.new_job(self.source, texts, self.resolved.settings, self.mapping)
            self._stop_counting()
            self._job.record(new, dry_run=texts.dry_run, canary=options.canary_of(texts))

    def _job_recorded(self) -> None:
        self._allow_changes(allowed=False)
        self.refresh_snapshot()
        self.query_one("#steps", VerticalScroll).anchor()

    def _job_refused(self, error: ImporterError) -> None:
        self.query_one(PlanSection).show_words(Content.styled(f"✖ {error_text(error)}", STYLES["bad"]))
        self._count_on()

    def _allow_changes(self, *, allowed: bool) -> None:
        for section in (FileSection, EnvironmentSection, ReadingSection, OptionsSection):
            self.query_one(section).disabled = not allowed

    def refresh_snapshot(self) -> None:
        """Show how far the scan is; then the plan, or why there is none."""
        view = self._job.view
        if view is None or not self.is_current:
            return
        snapshot, plan = view.snapshot(), view.plan()
        section = self.query_one(PlanSection)
        section.set_class(snapshot.is_active, "-scanning")
        if plan is not None:
            self._show_plan(plan)
        elif snapshot.is_active:
            section.show_scan(snapshot)
        elif snapshot.reason:
            reason = f"‖ {safe(snapshot.reason)} {safe(snapshot.next_step)}"
            section.show_words(Content.styled(reason, STYLES["warn"]))
            self.query_one("#make-plan", Button).label = Content("Scan again")
        self.show_steps()
        self.refresh_bindings()

    def _show_plan(self, plan: Plan) -> None:
        section = self.query_one(PlanSection)
        if section.has_class("-planned"):
            return
        dry = self._job.is_dry
        section.show_plan(plan, dry_run=dry)
        if dry:
            self._job.keep_dry_plan(plan)
            self._allow_changes(allowed=True)
            self.show_place()
        else:
            self.add_class("-planned-job")
        self.query_one("#make-plan" if dry else "#start").focus()
        self.query_one("#steps", VerticalScroll).anchor()

    @on(Button.Pressed, "#start")
    def start_wanted(self) -> None:
        """Start; production wants the name typed."""
        self._job.start()

    # -- other actions ------------------------------------------------------------------------------------------

    def action_browse(self) -> None:
        """Pick the file from a tree."""
        from tui_importer.tui.screens.new_job.file_picker import FilePicker

        def picked(path: Path | None) -> None:
            if path is not None:
                self.query_one(PathField).give(path)

        self.app.push_screen(FilePicker(_folder_of(self.source)), picked)

    def action_read_environment(self) -> None:
        """Read the environment back once more."""
        section = self.query_one(EnvironmentSection)
        section.forget()
        section.check_connection()

    def action_store_key(self) -> None:
        """Store the typed key in the system's keyring."""
        self.query_one(EnvironmentSection).store_api_key()

    def action_back(self) -> None:
        """Peel one layer: the selected part of a path first, then back to the jobs; what was planned is kept."""
        if self.query_one(PathField).has_selection:
            self.query_one(PathField).clear_selection()
            return
        self.app.pop_screen()
        self._job.leave()


def _folder_of(source: Path | None) -> Path:
    """Where to begin the search for a file: beside the one that is typed, else where the program was started."""
    if source is not None:
        for folder in (source, source.parent):
            if folder.is_dir():
                return folder.absolute()
    try:
        return Path.cwd()
    except OSError:  # it was removed
        return Path("/")
