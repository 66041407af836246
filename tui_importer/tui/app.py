"""The Textual app: screens, preferences, masking, signals, crash report and exit."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events
from textual.app import ScreenStackError
from textual.css.query import NoMatches
from textual.widget import MountError

from tui_importer.crash_report import crash_message, write_crash
from tui_importer.errors import ExitCode, ImporterError
from tui_importer.tui.actions.keymap import checked, clash_text, clashing, expanded, problem_lines
from tui_importer.tui.actions.registry import Place, When, bindings_of, find
from tui_importer.tui.console_app import ConsoleApp
from tui_importer.tui.job_navigation import JobNavigation
from tui_importer.tui.launch import Pace, StartAt
from tui_importer.tui.screens.base import ConsoleScreen
from tui_importer.tui.style import theme
from tui_importer.tui.style.no_color_filter import NoColorFilter
from tui_importer.tui.style.stylesheet import ThriftyStylesheet
from tui_importer.tui.style.text import notify_safe, safe
from tui_importer.tui.system.console_log import ConsoleLog
from tui_importer.tui.system.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, tzinfo

    from rich.console import RenderableType
    from textual.binding import Binding
    from textual.command import Provider
    from textual.dom import DOMNode
    from textual.filter import LineFilter
    from textual.notifications import Notify
    from textual.screen import Screen
    from textual.types import CSSPathType

    from tui_importer.engine.job.view import JobView
    from tui_importer.tui.backend import Backend
    from tui_importer.tui.preferences import Preferences


def _jobs_screen() -> Screen[None]:
    from tui_importer.tui.screens.jobs import JobsScreen

    return JobsScreen()


def _action_provider() -> type[Provider]:
    from tui_importer.tui.palette import ActionProvider

    return ActionProvider


class ImporterApp(ConsoleApp, inherit_bindings=False):
    """The console over a `Backend`.

    `crash_folder` takes crash files and the console's log, `after_hang_up` tidies up when the terminal went away and
    the process ends at once.
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
        clock: Callable[[], datetime] | None = None,
        zone: tzinfo | None = None,
        pace: Pace | None = None,
        crash_folder: Path | None = None,
        demo: Path | None = None,
        after_hang_up: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(backend, preferences, clock=clock, zone=zone, pace=pace)
        self.stylesheet = ThriftyStylesheet(variables=self.get_css_variables())
        self.start_at = start or StartAt.jobs()
        self.terminal = Terminal(self._write_to_terminal)
        self._console_log = ConsoleLog(demo or crash_folder)
        self._navigation = JobNavigation(self)
        self._after_hang_up = after_hang_up
        self._crash_folder = crash_folder
        self._is_demo = demo is not None
        self._crashed = False
        self._no_color_filter: NoColorFilter | None = None
        self._clashes_shown: set[tuple[str, str, str]] = set()
        for own in theme.THEMES:
            self.register_theme(own)
        self.apply_preferences()

    def on_ready(self) -> None:
        """Obey the signals that end a process, and go where the command line wants to begin."""
        self._show_keymap_problems()
        self.call_after_refresh(gc.enable)  # it rests while the program starts
        if self.pace.snapshot is not None:
            self.set_interval(1.0, self.update_terminal)
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
            self.input_priority.input_came(time.monotonic())
        await super().on_event(event)

    # -- preferences ---------------------------------------------------------------------------------------------

    def apply_preferences(self) -> None:
        """Take theme and keys from the settings as they are now."""
        if "TEXTUAL_THEME" not in os.environ:
            self.theme = theme.name_of(self.preferences.settings.theme)
        self.keymap = checked(self.preferences.config.keymap)
        self.set_keymap(expanded(self.keymap.keys))

    def get_css_variables(self) -> dict[str, str]:
        """Those of the theme, made fit for tables."""
        self.theme_variables = theme.readable(self.current_theme, super().get_css_variables())
        return self.theme_variables

    def _show_keymap_problems(self) -> None:
        """Name the keys of the operator's that are not used."""
        for line in problem_lines(self.keymap.problems):
            notify_safe(self, line, title="A key of yours is not used", severity="warning")

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:  # noqa: ARG002 - Textual's signature
        """Name two actions that have one key, once; keys from the settings were checked before they came here."""
        ids = {binding.id for binding in clashed_bindings if binding.id}
        for first, second, key in clashing(ids, self._keymap):
            if (first.id, second.id, key) not in self._clashes_shown:
                self._clashes_shown.add((first.id, second.id, key))
                notify_safe(self, f"`{first.id}`: {clash_text(key, second)}", title="Keys clash", severity="warning")

    # -- the terminal and the log --------------------------------------------------------------------------------

    def update_terminal(self) -> None:
        """Show in the terminal around us how the open job does, as far as the settings want it."""
        settings = self.preferences.settings
        self.terminal.show_job(self.job.snapshot(), title=settings.terminal_title, bell=settings.bell)

    def _write_to_terminal(self, sequence: str) -> None:
        if self._driver is not None and not self.is_headless and not self.is_web:
            self._driver.write(sequence)
            self._driver.flush()

    def on_notify(self, message: Notify) -> None:
        """A confirmation gives way to the next one: keys pressed fast pile none up. Warnings and errors stay."""
        if message.notification.severity == "information":
            for shown in list(self._notifications):
                if shown.severity == "information":
                    self._unnotify(shown, refresh=False)

    def write_down(self, severity: str, text: str) -> None:
        """Keep what a toast says in the console's log: the toast goes away."""
        self._console_log.write(self.clock(), severity, text)

    # -- screens ------------------------------------------------------------------------------------------------

    def new_job(self, source: Path | None = None) -> None:
        """Show the new-job screen, with a source already chosen or not."""
        from tui_importer.tui.screens.new_job.screen import NewJobScreen

        self.push_screen(NewJobScreen(source))

    def open_job(self, name: str) -> None:
        """Show a job: the open one at once, another one after it was opened in a thread."""
        self._navigation.open(name)

    def show_started(self) -> None:
        """Leave the new-job screen for the job that was just started there."""
        self.pop_screen()
        self._navigation.show()

    async def release_job(self) -> None:
        """Close the open job and remove its screens; blocks a thread, not the console."""
        await self._navigation.release()

    def leave_job_screen(self) -> None:
        """Back to the jobs: a running job goes on and stays open, any other is closed."""
        self._navigation.leave()

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
            self.screen.job_changed()

    def action_leave(self) -> None:
        """Leave at once when nothing runs, else ask."""
        snapshot = self.job.snapshot()
        if snapshot is None or not self.job.is_active or snapshot.phase == "scan":
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
        its driver starts its threads again. When the signal was sent by hand and the terminal is there, it is given
        back.
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
            if self.job.is_active:
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
        with contextlib.suppress(Exception):  # the defect is shown, and that its report is missing
            path = self._write_crash(error)
        super().panic(Text(crash_message(error, path, self._way_on())))

    def _write_crash(self, error: BaseException) -> Path:
        from textual import __version__

        folder = self._crash_folder or Path(tempfile.gettempdir())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return write_crash(error, folder, secrets=(self.backend.key,), beside=f"textual {__version__}")

    def _way_on(self) -> str:
        """What a defect leaves: an unfinished job that can be resumed, or nothing."""
        if self._is_demo:
            return "This was the demo: nothing was written to but its own sandbox, and there is nothing to resume."
        name, snapshot = self.job.name, None
        with contextlib.suppress(Exception):  # the job itself may be what is broken
            snapshot = self.job.snapshot()
        if not name or (snapshot is not None and snapshot.is_over):
            return ""
        return f"No row of {safe(name)} is lost; resume it with: tui-importer resume {safe(name)}"
