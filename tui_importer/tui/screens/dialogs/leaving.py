"""Screen while the last rows end: what is still in flight, and the key that stops it now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rich.text import Text
from textual import work
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui_importer.errors import ImporterError
from tui_importer.text import plural
from tui_importer.tui.screens.base import ConsoleModal
from tui_importer.tui.style.text import error_text, safe

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui_importer.tui.open_job import OpenJob


class LeavingScreen(ConsoleModal[None]):
    """Wait until the job rests, close it, and end the console; ctrl+c meanwhile stops at once."""

    def __init__(self, job: OpenJob, every: float | None, code: int) -> None:
        super().__init__()
        self._job, self._every, self._code = job, every, code
        self._ending = False

    def compose(self) -> ComposeResult:
        """Title, state, hint."""
        with Vertical(id="dialog", classes="-warn"):
            yield Static(Content.styled(f"Leaving {safe(self._job.name, 60)}", "bold"), id="title")
            yield Static(Content(""), id="text")
            yield Static(Content.assemble(("ctrl+c", "$accent bold"), (" stop now", "$text-muted")), id="hint")

    def on_mount(self) -> None:
        """Check at once, then regularly."""
        self.check_rest()
        if self._every is not None:
            self.set_interval(self._every, self.check_rest)

    def check_rest(self) -> None:
        """Close the job as soon as nothing of it moves."""
        snapshot = self._job.snapshot()
        if snapshot is not None and snapshot.is_active:
            text = f"{plural(snapshot.requests.in_flight, 'request')} in flight; what is begun is brought to its end."
            self.query_one("#text", Static).update(Content(text))
        elif not self._ending:
            self._ending = True
            self.query_one("#text", Static).update(Content("At rest. Making everything durable…"))
            self._close()

    @work
    async def _close(self) -> None:
        view = self._job.let_go()
        try:
            if view is not None:
                await asyncio.to_thread(view.close)
        except ImporterError as error:
            self.app.exit(return_code=error.exit_code, message=Text(error_text(error)))
        else:
            self.app.exit(return_code=self._code)
