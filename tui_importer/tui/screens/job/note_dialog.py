"""Dialog for a note in the job's log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui_importer.tui.screens.dialogs.line import LineAnswer, LineDialog, LineQuestion
from tui_importer.tui.widgets.fields import SafeInput

if TYPE_CHECKING:
    from textual.widgets import Input

_LONGEST: Final = 400
"""Characters of a note."""


class NoteDialog(LineDialog[str]):
    """Ask for a note; empty for none."""

    def __init__(self) -> None:
        text = ("A line for the job's log, with its time: what you did or saw.",)
        question = LineQuestion("Note", text, does="write it", leaves="write nothing")
        super().__init__(question, LineAnswer(result=str, nothing=""))

    def field(self) -> Input:
        """No longer than the log takes."""
        return SafeInput(id="typed", compact=True, max_length=_LONGEST)
