"""Dialog of one row with nothing cut, for tables whose rows have no screen of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui_importer.tui.actions.registry import Place, bindings_of
from tui_importer.tui.screens.base import ConsoleModal, Reader
from tui_importer.tui.screens.dialogs.line import keys_hint
from tui_importer.tui.style.drawing import lines
from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.style.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from tui_importer.tui.table.columns import Column

_BROAD: Final = 68
"""Characters of a line in the dialog."""


class RowDialog(ConsoleModal[None]):
    """Every column that has something, masked as in the table; esc or enter goes back to it."""

    BINDINGS = bindings_of(Place.WHOLE_ROW)
    AUTO_FOCUS = "#reader"

    def __init__(self, title: str, columns: Sequence[Column], row: Mapping[str, object]) -> None:
        super().__init__()
        self._title, self._columns, self._row = title, columns, row

    def compose(self) -> ComposeResult:
        """Title, values, keys."""
        with Vertical(id="dialog"):
            yield Static(Content.styled(safe(self._title), "bold"), id="title")
            with Reader(id="reader"):
                yield Static(lines(self._values()), id="text")
            yield Static(keys_hint("↑↓", "scroll", "esc", "back to the table"), id="hint")

    def _values(self) -> list[Content]:
        pairs = [(column.title, value) for column in self._columns if (value := column.whole(self._row))]
        label = max(len(title) for title, _ in pairs) + 3
        return [
            Content.assemble(
                (f"{title}\n" if label + len(value) > _BROAD else f"{title:<{label}}", STYLES["muted"]), value
            )
            for title, value in pairs
        ]

    def action_back(self) -> None:
        """Close it."""
        self.dismiss(None)
