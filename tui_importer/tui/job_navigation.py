"""Open, show and release the one job whose screens the app holds."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from tui_importer.errors import ImporterError
from tui_importer.tui.style.text import error_text, notify_safe
from tui_importer.tui.system.threads import in_daemon

if TYPE_CHECKING:
    from tui_importer.engine.job.view import JobView
    from tui_importer.secret import Secret
    from tui_importer.tui.console_app import ConsoleApp


class JobNavigation:
    """Navigation to a job: find an API key for it, open it in a thread, show its screen, and close it again.

    The job's screens are a mode of the app, so that they stay as they were left while the jobs are shown.
    """

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self._opening = False
        self._has_mode = False

    def open(self, name: str) -> None:
        """Show a job: the open one at once, another one after it was opened in a thread."""
        job = self._app.job
        if job.view is not None and job.name == name:
            self.show()
        elif job.is_active:
            notify_safe(self._app, f"{job.name} is running here. Pause it before another job is opened.")
        elif not self._opening:
            self._opening = True
            if self._app.api_key_source in {"", "keyring"}:
                self._app.run_worker(self._find_api_key(name))
            else:
                self._app.run_worker(self._open(name))

    async def _find_api_key(self, name: str) -> None:
        """Open the job with the keyring's key for it, else with one that is asked for."""
        app = self._app
        try:
            key = await in_daemon(partial(app.backend.stored_key, name))
        except ImporterError as error:
            notify_safe(app, error_text(error), severity="warning")
            key = None
        app.backend.key, app.api_key_source = key, "keyring" if key else ""
        if key is not None:
            app.run_worker(self._open(name))
        else:
            self._opening = False
            self._ask_api_key(name)

    def _ask_api_key(self, name: str) -> None:
        from tui_importer.tui.screens.dialogs.api_key import ApiKeyDialog

        def given(key: Secret | None) -> None:
            if key is not None:
                self._app.backend.key, self._app.api_key_source = key, "typed"
                self.open(name)

        self._app.push_screen(ApiKeyDialog(name), given)

    async def _open(self, name: str) -> None:
        app = self._app
        try:
            await self.release()
            view = await asyncio.to_thread(self._open_blocking, name)
        except ImporterError as error:
            notify_safe(app, error_text(error), title="The job was not opened", severity="error")
            if app.api_key_source != "environment":  # it may have been the key: ask again
                app.backend.key, app.api_key_source = None, ""
        else:
            app.job.hold(name, view)
            self.show()
        finally:
            self._opening = False

    def _open_blocking(self, name: str) -> JobView:
        import tui_importer.tui.job_tables.frames  # noqa: F401 - polars is loaded here, beside the journal, and not before

        return self._app.backend.open(name)

    def show(self) -> None:
        """Show the open job's screens as they were left."""
        from tui_importer.tui.screens.job.screen import JobScreen

        view = self._app.job.view
        if view is None:
            return
        if not self._has_mode:
            self._has_mode = True
            self._app.add_mode("job", partial(JobScreen, view))
        self._app.switch_mode("job")

    async def release(self) -> None:
        """Close the open job and remove its screens; blocks a thread, not the console."""
        app = self._app
        if app.current_mode == "job":
            await app.switch_mode("jobs")
        if self._has_mode:
            self._has_mode = False
            await app.remove_mode("job")
        view = app.job.let_go()
        if view is not None:
            try:
                await asyncio.to_thread(view.close)
            except ImporterError as error:  # its folder is in trouble; what could not be recorded is looked up again
                notify_safe(app, error_text(error), title="The job was closed", severity="error")

    def leave(self) -> None:
        """Back to the jobs: a running job goes on and stays open, any other is closed."""
        app = self._app
        if app.job.is_active:
            notify_safe(app, f"{app.job.name} goes on. Open it again with enter.")
            app.switch_mode("jobs")
        else:
            app.run_worker(self.release())
