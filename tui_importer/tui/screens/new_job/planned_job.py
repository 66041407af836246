"""The job behind the new-job screen: recorded, scanned and planned, then started, kept, or given up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tui_importer.errors import ImporterError
from tui_importer.tui.screens.dialogs.confirm_start import confirmed_start
from tui_importer.tui.style.text import error_text, notify_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui_importer.engine.job.view import JobView
    from tui_importer.engine.options import NewJob
    from tui_importer.engine.plan.plan import Plan
    from tui_importer.source.models import Problem
    from tui_importer.tui.console_app import ConsoleApp


class PlannedJob:
    """Recorder of a job, when its plan is wanted; what is recorded is kept whatever happens then.

    A dry run leaves only its plan and its findings: its job is removed as soon as the plan is made, or given up.
    All of it runs on the app, since it must end whatever screen is shown then. `is_shown` says whether the screen is
    still there; if it is, `recorded` is called, or `refused`.
    """

    def __init__(
        self,
        app: ConsoleApp,
        *,
        is_shown: Callable[[], bool],
        recorded: Callable[[], None],
        refused: Callable[[ImporterError], None],
    ) -> None:
        self._app, self._is_shown, self._recorded, self._refused = app, is_shown, recorded, refused
        self.view: JobView | None = None
        self.is_dry = False
        self.dry_plan: Plan | None = None
        self.dry_findings: Sequence[Problem] = ()
        self._is_recording = False
        self._canary: int | None = None

    @property
    def is_editable(self) -> bool:
        """Whether what the job is made of can still be changed."""
        return self.view is None and not self._is_recording

    @property
    def is_planned(self) -> bool:
        """Whether there is a plan of what is given now."""
        return self.dry_plan is not None or (self.view is not None and self.view.plan() is not None)

    def record(self, new: NewJob, *, dry_run: bool, canary: int | None) -> None:
        """Record the job, scan and plan; a `canary` holds for its start."""
        self._is_recording = True
        self._canary = canary
        self._app.run_worker(self._record(new, dry_run=dry_run), group="prepare")

    async def _record(self, new: NewJob, *, dry_run: bool) -> None:
        app = self._app
        try:
            async with app.job_changes:
                await app.release_job()
                view = await asyncio.to_thread(app.backend.prepare, new, dry_run=dry_run)
                app.job.hold(new.name, view)
        except ImporterError as error:
            if self._is_shown():
                self._refused(error)
            return
        finally:
            self._is_recording = False
        if dry_run and not self._is_shown():
            await self._forget_dry_run(view)
            return
        view.prepare()
        if self._is_shown():
            self.view, self.is_dry = view, dry_run
            self._recorded()

    def keep_dry_plan(self, plan: Plan) -> None:
        """Keep the plan of a dry run, and remove the rest of it."""
        self._give_up_dry_run()
        self.view, self.dry_plan = None, plan

    def _give_up_dry_run(self) -> None:
        if self.view is not None:
            self._app.run_worker(self._forget_dry_run(self.view), group="prepare")

    async def _forget_dry_run(self, view: JobView) -> None:
        app = self._app
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
            notify_safe(self._app, error_text(error), title="The findings could not be read", severity="error")

    def start(self) -> None:
        """Start the planned job; production wants the name typed."""
        if self.view is not None and (plan := self.view.plan()) is not None:
            snapshot = self.view.snapshot()
            confirmed_start(self._app, snapshot, self._start, environment=plan.environment.name, plan=plan)

    def _start(self) -> None:
        self._app.job.start(self._canary)
        self._app.show_started()

    def leave(self) -> None:
        """Leave for the jobs: a recorded job is kept there, a dry run is not."""
        app = self._app
        if self.view is not None and self.is_dry:
            notify_safe(app, "The dry run was given up, nothing is kept.")
            self._give_up_dry_run()
        elif self.view is not None:
            notify_safe(app, f"{app.job.name} is kept in the list, nothing was written. Open it there to start it.")
            app.leave_job_screen()
