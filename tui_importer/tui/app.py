"""The Textual app: it owns the screens, the one open job, masking, and the way out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ScreenStackError
from textual.css.query import NoMatches
from textual.signal import Signal
from textual.widget import MountError

from tui_importer.errors import ExitCode, ImporterError
from tui_importer.tui import crash
from tui_importer.tui.actions.registry import Place, When, bindings_of, find
from tui_importer.tui.app_preferences import SettledApp
from tui_importer.tui.launch import Pace, StartAt
from tui_importer.tui.open_job import OpenJob
from tui_importer.tui.screens.base import ConsoleScreen
from tui_importer.tui.style import theme
from tui_importer.tui.style.masking import Privacy
from tui_importer.tui.style.no_color_filter import NoColorFilter
from tui_importer.tui.style.text import error_text, notify_safe
from tui_importer.tui.system.daemon import in_daemon
from tui_importer.tui.system.input_priority import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from rich.console import RenderableType
    from textual.command import Provider
    from textual.filter import LineFilter
    from textual.screen import Screen
    from textual.types import CSSPathType

    from tui_importer.engine.job.view import JobView
    from tui_importer.secret import Secret
    from tui_importer.tui.backend import Backend, KeyFrom
    from tui_importer.tui.preferences import Preferences


def _jobs_screen() -> Screen[None]:
    from tui_importer.tui.screens.jobs import JobsScreen

    return JobsScreen()


def _action_provider() -> type[Provider]:
    from tui_importer.tui.palette import ActionProvider

    return ActionProvider


def _now() -> datetime:
    return datetime.now(UTC)


class ImporterApp(SettledApp, inherit_bindings=False):
    """The console over a `Backend`.

    `clock` gives the time now, `zone` the zone of times shown (None: the machine's), `crash_folder` takes crash
    files and the console's log, `after_hang_up` tidies up when the terminal went away and the process ends at once.
    `demo` is the folder of the demo, which goes at its end: the log is there, crash files are not.
    """

    TITLE = "tui-importer"
    CSS_PATH: ClassVar[CSSPathType | None] = "app.tcss"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {"jobs": _jobs_screen}
    DEFAULT_MODE = "jobs"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_action_provider}
    BINDINGS = bindings_of(Place.EVERYWHERE)

    def __init__(
        self,
        backend: Backend,
        preferences: Preferences,
        *,
        start: StartAt | None = None,
        clock: Callable[[], datetime] = _now,
        zone: tzinfo | None = None,
        pace: Pace | None = None,
        crash_folder: Path | None = None,
        demo: Path | None = None,
        after_hang_up: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(preferences, clock=clock, logs=demo or crash_folder)
        self._after_hang_up = after_hang_up
        self.backend = backend
        self.start_at = start or StartAt.jobs()
        self.zone = zone
        self.pace = pace or Pace()
        self.turns = Turns()
        self.privacy = Privacy()
        self.job = OpenJob()
        self.job_changes = asyncio.Lock()
        """Held while a job is taken in that a screen made, or while what a dry run left is removed."""
        self._crash_folder = crash_folder
        self._is_demo = demo is not None
        self._crashed = False
        self.key_from: KeyFrom = "environment" if backend.key is not None else ""
        self._opening = False
        self._job_mode = False
        self._no_color_filter: NoColorFilter | None = None
        self.privacy_signal: Signal[None] = Signal(self, "privacy")

    def on_ready(self) -> None:
        """Obey the signals that end a process, and go where the command line wants to begin."""
        self.tell_key_problems()
        self.call_after_refresh(gc.enable)  # it rests while the program starts
        if self.pace.snapshot is not None:
            self.set_interval(1.0, self.look_at_run)
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, self.leave, ExitCode.INTERRUPTED)
            loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        match self.start_at.screen:
            case "new":
                self.new_job(self.start_at.source)
            case "job":
                self.open_job(self.start_at.job)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What each line passes on its way to the terminal: under NO_COLOR it has no colour at all."""
        if not self.no_color:
            return super().get_line_filters()
        if self._no_color_filter is None or self._no_color_filter.theme is not self.current_theme:
            self._no_color_filter = NoColorFilter(self.current_theme)
        return [self._no_color_filter]

    async def on_event(self, event: events.Event) -> None:
        """Note when keys and the mouse come, before anything else."""
        if isinstance(event, events.InputEvent) and not event.is_forwarded:
            self.turns.input_came(time.monotonic())
        await super().on_event(event)

    def look_at_run(self) -> None:
        """Let the terminal around us know how the open job does."""
        self.tell_terminal(self.job.snapshot())

    # -- screens ------------------------------------------------------------------------------------------------

    def new_job(self, source: Path | None = None) -> None:
        """Show the new-job screen, with a source already chosen or not."""
        from tui_importer.tui.screens.new_job.screen import NewJobScreen

        self.push_screen(NewJobScreen(source))

    def open_job(self, name: str) -> None:
        """Show a job: the open one at once, another one after it was opened in a thread."""
        if self.job.view is not None and self.job.name == name:
            self._show_held()
        elif self.job.moving:
            notify_safe(self, f"{self.job.name} is running here. Pause it before another job is opened.")
        elif not self._opening:
            self._opening = True
            if self.key_from in {"", "keyring"}:
                self._find_key(name)
            else:
                self._open(name)

    @work
    async def _find_key(self, name: str) -> None:
        """Open the job with the keyring's key for it, else with one that is asked for."""
        try:
            key = await in_daemon(partial(self.backend.stored_key, name))
        except ImporterError as error:
            notify_safe(self, error_text(error), severity="warning")
            key = None
        self.backend.key, self.key_from = key, "keyring" if key else ""
        if key is not None:
            self._open(name)
        else:
            self._opening = False
            self._ask_key(name)

    def _ask_key(self, name: str) -> None:
        from tui_importer.tui.screens.dialogs.api_key import KeyDialog

        def given(key: Secret | None) -> None:
            if key is not None:
                self.backend.key, self.key_from = key, "typed"
                self.open_job(name)

        self.push_screen(KeyDialog(name), given)

    @work
    async def _open(self, name: str) -> None:
        try:
            await self.release_job()
            view = await asyncio.to_thread(self._open_blocking, name)
        except ImporterError as error:
            notify_safe(self, error_text(error), title="The job was not opened", severity="error")
            if self.key_from != "environment":  # it may have been the key: ask again
                self.backend.key, self.key_from = None, ""
        else:
            self.job.hold(name, view)
            self._show_held()
        finally:
            self._opening = False

    def _open_blocking(self, name: str) -> JobView:
        import tui_importer.tui.job_tables.frames  # noqa: F401 - polars is loaded here, beside the journal, and not before

        return self.backend.open(name)

    def _show_held(self) -> None:
        from tui_importer.tui.screens.job.screen import JobScreen

        view = self.job.view
        if view is None:
            return
        if not self._job_mode:
            self._job_mode = True
            self.add_mode("job", partial(JobScreen, view))
        self.switch_mode("job")

    def show_started(self) -> None:
        """Leave the new-job screen for the job that was just started there."""
        self.pop_screen()
        self._show_held()

    async def release_job(self) -> None:
        """Close the open job and remove its screens; blocks a thread, not the console."""
        if self.current_mode == "job":
            await self.switch_mode("jobs")
        if self._job_mode:
            self._job_mode = False
            await self.remove_mode("job")
        view = self.job.let_go()
        if view is not None:
            try:
                await asyncio.to_thread(view.close)
            except ImporterError as error:  # its folder is in trouble; what could not be recorded is looked up again
                notify_safe(self, error_text(error), title="The job was closed", severity="error")

    def leave_job_screen(self) -> None:
        """Back to the jobs: a running job goes on and stays open, any other is closed."""
        if self.job.moving:
            notify_safe(self, f"{self.job.name} goes on. Open it again with enter.")
            self.switch_mode("jobs")
        else:
            self._release()

    @work
    async def _release(self) -> None:
        await self.release_job()

    # -- actions ------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action that exists everywhere applies on the screen shown now."""
        registered = find(Place.EVERYWHERE, action, parameters)
        if registered is None:
            return super().check_action(action, parameters)
        return registered.when is When.ALWAYS or not self._dialog_is_shown

    @property
    def _dialog_is_shown(self) -> bool:
        """Whether a dialog is on top; none is while the first screen still mounts and the stack is empty."""
        try:
            return self.screen.is_modal
        except ScreenStackError:
            return False

    def action_mask(self) -> None:
        """Mask personal data on all screens, or show it again."""
        self.privacy.on = not self.privacy.on
        self.privacy_signal.publish(None)
        notify_safe(self, "E-mails and names are masked." if self.privacy.on else "E-mails and names are shown.")

    def action_toggle_theme(self) -> None:
        """Dark or light."""
        self.theme = theme.LIGHT.name if self.current_theme.dark else theme.DARK.name

    def action_help(self) -> None:
        """Show all keys, or close that screen again."""
        from tui_importer.tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        else:
            self.push_screen(HelpScreen(self.screen))

    def action_interrupt(self) -> None:
        """Pause what runs, the second time stop it; leave when nothing runs."""
        match self.job.interrupt():
            case "pausing":
                notify_safe(self, "Pausing: the rows in flight end first. ctrl+c again stops now.", severity="warning")
            case "stopping":
                notify_safe(self, "Stopped. Rows that were in flight stay pending.", severity="warning")
            case "nothing runs":
                self.leave()
                return
        if isinstance(self.screen, ConsoleScreen):
            self.screen.job_was_told()

    def action_leave(self) -> None:
        """Leave at once when nothing runs, else ask."""
        snapshot = self.job.snapshot()
        if snapshot is None or not self.job.moving or snapshot.phase == "scan":
            self.leave()
            return
        from tui_importer.tui.screens.dialogs.quit import QuitDialog, Way

        def decided(way: Way | None) -> None:
            if way == "drain":
                self.leave()
            elif way == "stop":
                self.job.stop_now()
                self.leave()

        self.push_screen(QuitDialog(snapshot), decided)

    def _hang_up(self) -> None:
        """The terminal is gone: close the job and end without it.

        Textual's own end would write to the terminal and wait for ever: a hang-up is followed by a SIGCONT, at which
        its driver starts its threads anew. When somebody sent the signal and the terminal is there, it is given back.
        """
        if os.isatty(0):
            self.leave(ExitCode.INTERRUPTED)
            return
        threading.Thread(target=self._end_without_terminal, name="hang-up").start()

    def _end_without_terminal(self) -> None:
        view = self.job.let_go()
        try:
            if view is not None:
                view.close()
        finally:
            self._after_hang_up()
            os._exit(ExitCode.INTERRUPTED)

    def leave(self, code: int = ExitCode.DONE) -> None:
        """Pause what runs, close the job, end the console. Also the answer to SIGTERM and SIGHUP."""
        from tui_importer.tui.screens.dialogs.leaving import LeavingScreen

        if self.job.view is None:
            self.exit(return_code=code)
        elif not isinstance(self.screen, LeavingScreen):
            if self.job.moving:
                self.job.pause()
            self.push_screen(LeavingScreen(self.job, self.pace.snapshot, code))

    # -- the end ------------------------------------------------------------------------------------------------

    def run_to_exit(self) -> int:
        """Run until the operator leaves; return the process's exit code. The job is closed whatever happens."""
        try:
            self.run()
        finally:
            self.terminal.end(sys.__stderr__)
            view = self.job.let_go()
            if view is not None:
                self._close_job(view)
        return self.return_code or ExitCode.DONE

    def _close_job(self, view: JobView) -> None:
        try:
            view.close()
        except ImporterError as error:
            if self._crashed:  # which is the graver of the two
                error.exit_code = ExitCode.CRASHED
            raise

    @property
    def return_code(self) -> int | None:
        """The exit code, once it has ended; Textual's own for a defect means failed rows elsewhere."""
        return ExitCode.CRASHED if self._crashed else super().return_code

    def _handle_exception(self, error: Exception) -> None:
        """Whatever is under way when the operator leaves may find its screen gone: that is the end, not a defect."""
        if not (self._exit and isinstance(error, MountError | NoMatches)):
            super()._handle_exception(error)

    def panic(self, *renderables: RenderableType) -> None:
        """An exception that would draw itself is reported like any other: it may show what it must not."""
        error = next((item for item in renderables if isinstance(item, BaseException)), None)
        if error is None:
            super().panic(*renderables)
        else:
            self._end_with(error)

    def _fatal_error(self) -> None:
        """Replace Textual's report, which prints local variables, by ours."""
        self._end_with(sys.exc_info()[1] or self._exception or RuntimeError("unknown"))

    def _end_with(self, error: BaseException) -> None:
        self._crashed = True
        path = None
        with contextlib.suppress(Exception):  # the defect is told, and that its report is missing
            moment = self.clock()
            path = crash.write(self._crash_folder, crash.report(error, moment, (self.backend.key,)), moment)
        super().panic(Text(crash.message(error, path, self._way_on())))

    def _way_on(self) -> str:
        """What a defect leaves: an unfinished job that can be resumed, or nothing."""
        if self._is_demo:
            return crash.IN_DEMO
        name, snapshot = self.job.name, None
        with contextlib.suppress(Exception):  # the job itself may be what is broken
            snapshot = self.job.snapshot()
        over = snapshot is not None and snapshot.state in {"finished", "aborted"}
        return crash.resumable(name) if name and not over else ""
