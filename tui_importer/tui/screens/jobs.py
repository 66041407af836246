"""The start screen: all jobs on this machine, newest first."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.content import Content
from textual.widgets import Static

from tui_importer.errors import ImporterError
from tui_importer.text import plural
from tui_importer.tui.actions.registry import Place, When, bindings_of
from tui_importer.tui.screens.base import ConsoleScreen, styles
from tui_importer.tui.style.glyphs import STATES, glyph_of
from tui_importer.tui.style.text import error_text, notify_safe, safe
from tui_importer.tui.widgets.header_line import HeaderData

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from tui_importer.engine.snapshot.models import JobSummary
    from tui_importer.tui.screens.dialogs.choice import ChoiceDialog
    from tui_importer.tui.table.table import VirtualTable

_EMPTY = (
    "No jobs yet. A job imports one CSV file of users into one environment.",
    "n makes one. To try it all without an account, run: tui-importer demo",
)


class JobsScreen(ConsoleScreen[None]):
    """Table of jobs, whose folders are read in a thread, now and then.

    The first frame is drawn without the table: the modules that make tables are loaded after it.
    """

    CSS_PATH = styles("jobs")
    BINDINGS = bindings_of(Place.JOBS)
    place: ClassVar[Place] = Place.JOBS

    def __init__(self) -> None:
        super().__init__()
        self._jobs: Sequence[JobSummary] = ()
        self._table: VirtualTable | None = None

    def body(self) -> ComposeResult:
        """The place of the table."""
        yield Static(Content("Reading the jobs…"), id="reading")

    def on_mount(self) -> None:
        """Read at once, then slowly."""
        self._show_header()
        if (every := self.console_app.pace.jobs) is not None:
            self.set_interval(every, self.refresh_jobs)

    def on_screen_resume(self) -> None:
        """What happened on other screens shows here."""
        if self._table is None:
            self.call_after_refresh(self._load)
        else:
            self.refresh_jobs()

    async def _load(self) -> None:
        """Let the other thread write the first frame: loading modules would keep it waiting."""
        if pause := self.console_app.pace.loading:
            self.set_timer(pause, self._make_table)
        else:
            await self._make_table()

    async def _make_table(self) -> None:
        """Put the table in its place, once."""
        from tui_importer.tui.job_tables.columns import JOB_FAULTS, job_columns
        from tui_importer.tui.table.pane import TablePane
        from tui_importer.tui.table.table import VirtualTable

        if self._table is not None or not self.is_mounted:
            return
        app = self.console_app
        self._table = table = VirtualTable(
            job_columns(app.zone), id_name="job", empty=("Reading the jobs…",), faults=JOB_FAULTS, id="jobs"
        )
        with app.batch_update():
            await self.query_one("#reading").remove()
            await self.mount(TablePane(table, rest=app.pace.typing, id="jobs-pane"), after="#header")
        if self.is_current:
            table.focus()
        self.refresh_jobs()

    def refresh_jobs(self) -> None:
        """Read the jobs again, unless that is under way or another screen is shown."""
        if self.is_current and self._table is not None:
            self._read()

    @work(exclusive=True, group="jobs")
    async def _read(self) -> None:
        try:
            jobs = await asyncio.to_thread(self.console_app.backend.jobs)
        except ImporterError as error:
            notify_safe(self.app, error_text(error), title="The jobs could not be read", severity="error")
            return
        self._show([self._live(job) for job in jobs])

    def _live(self, job: JobSummary) -> JobSummary:
        """The job open in this console is shown as it is now, not as its folder says."""
        held = self.console_app.job
        snapshot = held.snapshot() if held.name == job.job else None
        if snapshot is None:
            return job
        return replace(job, state=snapshot.state, reason=snapshot.reason, totals=snapshot.totals)

    def _show(self, jobs: Sequence[JobSummary]) -> None:
        from tui_importer.tui.job_tables.columns import JOB_NAMES, job_values
        from tui_importer.tui.table.rows import SequenceRows

        self._jobs = jobs
        table = self._table
        if table is None:  # nothing reads before it is there
            return
        table.empty = _EMPTY
        now = self.console_app.clock()
        table.set_rows(SequenceRows(JOB_NAMES, jobs, lambda job: job_values(job, now)))
        self._show_header()
        self.refresh_bindings()

    def _show_header(self) -> None:
        detail = plural(len(self._jobs), "job") if self._jobs else ""
        held = self.console_app.job
        if held.is_active:
            detail = f"{detail} · {safe(held.name, 60)} runs here".removeprefix(" · ")
        self.show_header(HeaderData("jobs", detail, masked=self.console_app.privacy.on))

    def privacy_changed(self) -> None:
        """Only the header shows it; jobs and files are named by the operator."""
        self._show_header()

    @property
    def current(self) -> JobSummary | None:
        """The job under the cursor."""
        row = self._table.current if self._table is not None else None
        return next((job for job in self._jobs if row is not None and job.job == row["job"]), None)

    def holds(self, when: When) -> bool:
        """Conditions of the actions here."""
        job = self.current
        held = self.console_app.job
        if when is When.NO_JOB_RUNS:
            return not held.is_active
        if when is When.JOB_UNDER_CURSOR:
            return job is not None
        if when is When.RESTING_JOB_UNDER_CURSOR:
            return job is not None and not (held.is_active and held.name == job.job)
        return super().holds(when)

    def on_virtual_table_row_highlighted(self) -> None:
        """Another job, other keys."""
        self.refresh_bindings()

    def on_virtual_table_row_selected(self) -> None:
        """A click on the row under the cursor opens it."""
        self.action_open_job()

    def action_open_job(self) -> None:
        """Open the job, or say why its folder cannot be read."""
        job = self.current
        if job is None:
            return
        if job.problem:
            notify_safe(self.app, job.problem, title=f"{job.job} cannot be opened", severity="error")
        else:
            self.console_app.open_job(job.job)

    def action_new_job(self) -> None:
        """Begin a new job."""
        self.console_app.new_job()

    def action_settings(self) -> None:
        """Show the settings."""
        from tui_importer.tui.screens.settings.screen import SettingsScreen

        self.app.push_screen(SettingsScreen())

    def action_purge_job(self) -> None:
        """Ask, naming what is lost; then remove the job's folder."""
        job = self.current
        if job is None:
            return

        def decided(purge: bool | None) -> None:  # noqa: FBT001 - the signature of a screen's callback
            if purge:
                self._purge(job.job)

        self.app.push_screen(purge_dialog(job), decided)

    @work(group="purge")
    async def _purge(self, name: str) -> None:
        app = self.console_app
        if app.job.name == name:
            await app.release_job()
        try:
            await asyncio.to_thread(app.backend.purge, name)
        except ImporterError as error:
            notify_safe(app, error_text(error), title=f"{name} was not purged", severity="error")
        else:
            notify_safe(app, f"{name} is purged.")
        self.refresh_jobs()


def purge_dialog(job: JobSummary) -> ChoiceDialog[bool]:
    """Names what is lost, in numbers, and what is not."""
    from tui_importer.tui.screens.dialogs.choice import Choice, ChoiceDialog

    totals = job.totals
    unfinished = not job.is_over and totals.pending > 0
    journal = f"{plural(totals.done, 'outcome')} and {plural(totals.failed, 'failure')}"
    text = [
        f"Lost on this machine: the journal with {journal}, and the frozen rows with their secrets.",
        f"What was written to {job.environment} stays there; {safe(job.source, 200)} is not touched.",
    ]
    if unfinished:
        left = plural(totals.pending, "row is", "rows are")
        text.append(f"The job is {glyph_of(STATES, job.state).word}: {left} left and cannot be resumed afterwards.")
    choices = [Choice("No", "keep the job", False), Choice("Purge", "remove its folder for good", True, "bad")]
    return ChoiceDialog(f"Purge {safe(job.job, 50)}?", text, choices, tone="bad")
