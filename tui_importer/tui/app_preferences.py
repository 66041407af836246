"""The part of the app that obeys the operator's settings: theme, keys, the terminal's title and bell, the log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.app import App

from tui_importer.tui.actions.keymap import Keymap, checked, clash_text, clashing, expanded, problem_lines
from tui_importer.tui.style import theme
from tui_importer.tui.style.stylesheet import ThriftyStylesheet
from tui_importer.tui.style.text import notify_safe
from tui_importer.tui.system.console_log import ConsoleLog
from tui_importer.tui.system.terminal import Terminal, title_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from textual.binding import Binding
    from textual.dom import DOMNode
    from textual.notifications import Notify

    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.tui.preferences import Preferences


class SettledApp(App[None], inherit_bindings=False):
    """Knows the settings and what they mean for the terminal; the log of what was told is kept in `logs`."""

    def __init__(self, preferences: Preferences, *, clock: Callable[[], datetime], logs: Path | None) -> None:
        super().__init__()
        self.stylesheet = ThriftyStylesheet(variables=self.get_css_variables())
        self.preferences, self.clock = preferences, clock
        self.terminal = Terminal(self._write_to_terminal)
        self.record = ConsoleLog(logs)
        self.keymap = Keymap({})
        self._clashes_told: set[tuple[str, str, str]] = set()
        for own in theme.THEMES:
            self.register_theme(own)
        self.obey_preferences()

    def obey_preferences(self) -> None:
        """Take theme and keys from the settings as they are now."""
        if "TEXTUAL_THEME" not in os.environ:
            self.theme = theme.name_of(self.preferences.settings.theme)
        self.keymap = checked(self.preferences.config.keymap)
        self.set_keymap(expanded(self.keymap.keys))

    def get_css_variables(self) -> dict[str, str]:
        """Those of the theme, made fit for tables."""
        self.theme_variables = theme.readable(self.current_theme, super().get_css_variables())
        return self.theme_variables

    def tell_key_problems(self) -> None:
        """Name the keys of the operator's that are not used."""
        for line in problem_lines(self.keymap.problems):
            notify_safe(self, line, title="A key of yours is not used", severity="warning")

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:  # noqa: ARG002 - Textual's signature
        """Name two actions that have one key, once; keys from the settings were checked before they came here."""
        told = {binding.id for binding in clashed_bindings if binding.id}
        for first, second, key in clashing(told, self._keymap):
            if (first.id, second.id, key) not in self._clashes_told:
                self._clashes_told.add((first.id, second.id, key))
                notify_safe(self, f"`{first.id}`: {clash_text(key, second)}", title="Keys clash", severity="warning")

    def tell_terminal(self, snapshot: Snapshot | None) -> None:
        """Tell the open job's progress in the terminal's title, and ring when a run has ended, as the settings say."""
        settings = self.preferences.settings
        ended = self.terminal.run_ended(snapshot)
        if settings.terminal_title:
            self.terminal.show_title(title_of(snapshot))
        else:
            self.terminal.restore_title()
        if ended and settings.bell:
            self.terminal.ring()

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
        self.record.write(self.clock(), severity, text)
