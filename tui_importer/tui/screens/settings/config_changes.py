"""Write changes to the config file: confirmed where one loses something, in a thread, applied at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tui_importer.config import backup_of
from tui_importer.errors import ImporterError
from tui_importer.tui.screens.dialogs.choice import Choice, ChoiceDialog
from tui_importer.tui.style.text import error_text, notify_safe, safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.config import Config
    from tui_importer.tui.console_app import ConsoleApp
    from tui_importer.tui.screens.base import ConsoleScreen


class ConfigChanges:
    """Writer of changes for `screen`; `changed` is called after each, refused ones included."""

    def __init__(self, screen: ConsoleScreen[None], changed: Callable[[], None]) -> None:
        self._screen, self._changed = screen, changed

    @property
    def _app(self) -> ConsoleApp:
        return self._screen.console_app

    def write(self, edit: Callable[[Config], Config], words: str, *, then: Callable[[], object] | None = None) -> None:
        """Change the config file, after asking where that loses something; say `words`, then call `then`."""
        self._screen.run_worker(self._ask_or_write(edit, words, then), group="write")

    async def _ask_or_write(
        self, edit: Callable[[Config], Config], words: str, then: Callable[[], object] | None
    ) -> None:
        preferences = self._app.preferences

        def decided(agreed: bool | None) -> None:  # noqa: FBT001 - the signature of a screen's callback
            if agreed:
                self._screen.run_worker(self._write(edit, words, then), group="write")
            else:
                self._app.apply_preferences()

        if await asyncio.to_thread(preferences.loses_comments):
            self._app.push_screen(rewrite_dialog(preferences.config.path), decided)
        else:
            await self._write(edit, words, then)

    async def _write(self, edit: Callable[[Config], Config], words: str, then: Callable[[], object] | None) -> None:
        app = self._app
        try:
            await asyncio.to_thread(app.preferences.change, edit)
        except ImporterError as error:
            notify_safe(app, error_text(error), title="Nothing was changed", severity="error")
        else:
            notify_safe(app, words)
        app.apply_preferences()
        self._changed()
        if then is not None:
            then()


def rewrite_dialog(path: Path) -> ChoiceDialog[bool]:
    """Ask before a handwritten file is replaced: its comments are not kept."""
    text = [
        f"{safe(path, 200)}",
        "was written by hand: its comments and its order are not kept.",
        f"The file as it is now is kept beside it, as {safe(backup_of(path).name)}.",
    ]
    choices = [Choice("No", "change nothing", False), Choice("Write", "the change, and all other settings", True)]
    return ChoiceDialog("Replace the config file?", text, choices)
