"""Dialog for the reason of a skip, which stays in the journal with each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui_importer.engine.job.retry import LONGEST_REASON
from tui_importer.tui.screens.dialogs.line import LineAnswer, LineDialog, LineQuestion
from tui_importer.tui.widgets.fields import SafeInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widgets import Input


class SkipDialog(LineDialog[str]):
    """Ask for a reason, empty when nothing is to be skipped. `reason` is the last one, to be used again."""

    def __init__(self, title: str, text: Sequence[str], reason: str) -> None:
        ask = Content("Why? The reason stays in the job's journal and log.")
        super().__init__(
            LineQuestion(title, tuple(text), does="skip", ask=ask, tone="warn"),
            LineAnswer(result=str, nothing="", wrong=lambda typed: "" if typed else "A reason is needed."),
        )
        self._reason = reason

    def field(self) -> Input:
        """With the last reason; typing replaces it."""
        return SafeInput(self._reason, id="typed", compact=True, max_length=LONGEST_REASON)
