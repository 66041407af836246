"""Dialog for an API key, masked while it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.secret import Secret
from tui_importer.tui.screens.dialogs.line import LineAnswer, LineDialog, LineQuestion
from tui_importer.tui.widgets.fields import SafeInput

if TYPE_CHECKING:
    from textual.widgets import Input


class ApiKeyDialog(LineDialog[Secret | None]):
    """Ask for an API key; the result is None when none is given."""

    def __init__(self, job: str, words: str = "") -> None:
        text = words or f"{job} needs the key it was begun with. The key itself is never stored."
        super().__init__(
            LineQuestion("API key", (text,), does="use it"),
            LineAnswer(result=Secret, nothing=None, wrong=lambda typed: "" if typed else "A key is needed."),
        )

    def field(self) -> Input:
        """Masked."""
        return SafeInput(id="typed", password=True, compact=True, placeholder="sk_…")
