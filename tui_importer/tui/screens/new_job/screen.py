"""A new job in four steps on one screen; the last one makes the plan, from which the job is started."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import on
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Button

from tui_importer.errors import ImporterError
from tui_importer.tui.actions.registry import Place, bindings_of
from tui_importer.tui.screens.dialogs.confirm_start import confirmed_start
from tui_importer.tui.screens.new_job import options
from tui_importer.tui.screens.new_job.environment_section import EnvironmentSection
from tui_importer.tui.screens.new_job.form import NewJobForm
from tui_importer.tui.screens.new_job.path_field import PathField
from tui_importer.tui.screens.new_job.sections import FileSection, OptionsSection, PlanSection, ReadingSection
from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.style.text import error_text, notify_safe, safe

if TYPE_CHECKING:
    from tui_importer.engine.job.view import JobView
    from tui_importer.engine.options import NewJob
    from tui_importer.engine.plan.plan import Plan


class NewJobScreen(NewJobForm):
    """From a path to a started job. The job is recorded when the plan is made, and kept whatever happens then.

    A dry run leaves only its plan on the screen: its job is removed as soon as the plan is made, or given up.
    """

    BINDINGS = bindings_of(Place.NEW_JOB)
    _canary: int | None = None

    def on_mount(self) -> None:
        """Look at the job regularly, once there is one."""
        if (every := self.console_app.pace.snapshot) is not None:
            self.set_interval(every, self.refresh_snapshot)

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
        elif not self.preparing:
            self.preparing = True
            texts = self.typed()
            new = options.new_job(self.source, texts, self.resolved.settings, self.mapping)
            self._canary = options.canary_of(texts)
            self.stop_counting()
            self.console_app.run_worker(self._prepare(new, dry_run=texts.dry_run), group="prepare")

    async def _prepare(self, new: NewJob, *, dry_run: bool) -> None:
        """Runs on the app: it must end, whatever screen is shown then."""
        app = self.console_app
        try:
            async with app.job_changes:
                await app.release_job()
                view = await asyncio.to_thread(app.backend.prepare, new, dry_run=dry_run)
                app.job.hold(new.name, view)
        except ImporterError as error:
            if self.is_attached:
                words = Content.styled(f"✖ {error_text(error)}", STYLES["bad"])
                self.query_one(PlanSection).show_words(words)
                self.count_on()
            return
        finally:
            self.preparing = False
        if dry_run and not self.is_attached:
            await self._forget_dry_run(view)
            return
        view.prepare()
        if self.is_attached:
            self.view, self.dry_run = view, dry_run
            self._allow_changes(allowed=False)
            self.refresh_snapshot()
            self.query_one("#steps", VerticalScroll).anchor()

    def _allow_changes(self, *, allowed: bool) -> None:
        for section in (FileSection, EnvironmentSection, ReadingSection, OptionsSection):
            self.query_one(section).disabled = not allowed

    def refresh_snapshot(self) -> None:
        """Show how far the scan is; then the plan, or why there is none."""
        if self.view is None or not self.is_current:
            return
        snapshot, plan = self.view.snapshot(), self.view.plan()
        section = self.query_one(PlanSection)
        scanning = snapshot.is_active
        section.set_class(scanning, "-scanning")
        if plan is not None:
            self._show_plan(plan)
        elif scanning:
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
        section.show_plan(plan, dry_run=self.dry_run)
        if self.dry_run and self.view is not None:
            self.console_app.run_worker(self._forget_dry_run(self.view), group="prepare")
            self.view, self.dry_plan = None, plan
            self._allow_changes(allowed=True)
            self.show_place()
        else:
            self.add_class("-planned-job")
        self.query_one("#make-plan" if self.dry_run else "#start").focus()
        self.query_one("#steps", VerticalScroll).anchor()

    async def _forget_dry_run(self, view: JobView) -> None:
        """Runs on the app, as `_prepare`."""
        app = self.console_app
        async with app.job_changes:
            if app.job.view is view:
                await self._keep_findings(view)
                await app.release_job()
                await asyncio.to_thread(app.backend.forget_dry_run)

    async def _keep_findings(self, view: JobView) -> None:
        """Those of a dry run, before its folder goes."""
        from tui_importer.tui.screens.findings import MOST

        try:
            self.dry_findings = await asyncio.to_thread(view.findings, MOST)
        except ImporterError as error:
            notify_safe(self.console_app, error_text(error), title="The findings could not be read", severity="error")

    @on(Button.Pressed, "#start")
    def start_wanted(self) -> None:
        """Start; production wants the name typed."""
        if self.view is not None and (plan := self.view.plan()) is not None:
            snapshot = self.view.snapshot()
            confirmed_start(self.console_app, snapshot, self._start, environment=plan.environment.name, plan=plan)

    def _start(self) -> None:
        self.console_app.job.start(self._canary)
        self.console_app.show_started()

    def action_back(self) -> None:
        """Peel one layer: the mark on a path first, then back to the jobs; what was planned is kept."""
        if self.query_one(PathField).marks:
            self.query_one(PathField).unmark()
            return
        app = self.console_app
        app.pop_screen()
        if self.view is not None and self.dry_run:
            notify_safe(app, "The dry run was given up, nothing is kept.")
            app.run_worker(self._forget_dry_run(self.view), group="prepare")
        elif self.view is not None:
            notify_safe(app, f"{app.job.name} is kept in the list, nothing was written. Open it there to start it.")
            app.leave_job_screen()
