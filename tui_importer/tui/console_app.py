"""The app as the screens see it: what they share, and the ways from one screen to another.

Screens depend on this module; `app`, which shows them, is above them. It is an abstract app and not an object beside
the app, because Textual hands every widget the app anyway (`self.app`), and a screen needs the app's own dialogs,
workers and notifications together with what is shared: two objects would be passed around side by side.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.app import App
from textual.signal import Signal

from tui_importer.tui.actions.keymap import Keymap
from tui_importer.tui.launch import Pace
from tui_importer.tui.open_job import OpenJob
from tui_importer.tui.style.masking import Privacy
from tui_importer.tui.system.input_priority import InputPriority

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo
    from pathlib import Path

    from tui_importer.tui.backend import ApiKeySource, Backend
    from tui_importer.tui.preferences import Preferences


def _now() -> datetime:
    return datetime.now(UTC)


class ConsoleApp(App[None], inherit_bindings=False):
    """Shared state, set up here; navigation, declared here and implemented by `ImporterApp`.

    `clock` gives the time now (None: the machine's), `zone` the zone of times shown (None: the machine's).
    """

    def __init__(
        self,
        backend: Backend,
        preferences: Preferences,
        *,
        clock: Callable[[], datetime] | None = None,
        zone: tzinfo | None = None,
        pace: Pace | None = None,
    ) -> None:
        super().__init__()
        self.backend, self.preferences = backend, preferences
        self.clock, self.zone, self.pace = clock or _now, zone, pace or Pace()
        self.keymap = Keymap({})
        self.input_priority = InputPriority()
        self.privacy = Privacy()
        self.privacy_signal: Signal[None] = Signal(self, "privacy")
        self.job = OpenJob()
        self.job_changes = asyncio.Lock()
        """Held while a job is taken in that a screen made, or while what a dry run left is removed."""
        self.api_key_source: ApiKeySource = "environment" if backend.key is not None else ""

    def apply_preferences(self) -> None:
        """Take theme and keys from the settings as they are now."""
        raise NotImplementedError

    def new_job(self, source: Path | None = None) -> None:
        """Show the new-job screen, with a source already chosen or not."""
        raise NotImplementedError

    def open_job(self, name: str) -> None:
        """Show a job: the open one at once, another one after it was opened in a thread."""
        raise NotImplementedError

    def show_started(self) -> None:
        """Leave the new-job screen for the job that was just started there."""
        raise NotImplementedError

    async def release_job(self) -> None:
        """Close the open job and remove its screens; blocks a thread, not the console."""
        raise NotImplementedError

    def leave_job_screen(self) -> None:
        """Back to the jobs: a running job goes on and stays open, any other is closed."""
        raise NotImplementedError
