"""Findings of the scan, row by row: what keeps a row from being imported, and what is only doubtful."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.content import Content
from textual.widgets import Static

from tui_importer.engine.job.explanations import explain_failure
from tui_importer.errors import ImporterError
from tui_importer.text import plural
from tui_importer.tui.actions.registry import Place, bindings_of
from tui_importer.tui.job_tables.columns import count_column, glyph_column, text_column
from tui_importer.tui.screens.base import ConsoleScreen, styles
from tui_importer.tui.style.drawing import lines
from tui_importer.tui.style.glyphs import FINDINGS, STYLES
from tui_importer.tui.style.text import error_text, notify_safe, safe
from tui_importer.tui.table.columns import Column
from tui_importer.tui.table.pane import TablePane
from tui_importer.tui.table.query import Fault
from tui_importer.tui.table.rows import SequenceRows
from tui_importer.tui.table.table import VirtualTable
from tui_importer.tui.widgets.header_line import HeaderData

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from tui_importer.engine.job.view import JobView
    from tui_importer.source.models import Problem
    from tui_importer.tui.style.masking import Privacy
    from tui_importer.tui.table.rows import Row

NAMES: Final = ("number", "row", "line", "column", "severity", "kind", "message")
MOST: Final = 200_000
"""Findings that are listed; a file with more wants another export, not a longer list."""


class FindingsScreen(ConsoleScreen[None]):
    """A table of findings, in the order of the file; errors are the faults."""

    CSS_PATH = styles("findings")
    BINDINGS = bindings_of(Place.FINDINGS)
    AUTO_FOCUS = "#findings"
    place: ClassVar[Place] = Place.FINDINGS

    def __init__(self, view: JobView | None, found: Sequence[Problem] = (), *, environment: str = "") -> None:
        """`found` are those of a dry run, which leaves no view; `environment` is the one that is written to."""
        super().__init__()
        self._view, self._found, self._environment = view, found, environment

    def body(self) -> ComposeResult:
        """The table only."""
        app = self.console_app
        table = VirtualTable(
            columns(app.privacy), id_name="number", id="findings", faults=(Fault("severity", ("error",)),),
            empty=("Reading the findings…",),
        )  # fmt: skip
        yield TablePane(table, rest=app.pace.typing, id="findings-pane")
        yield Static(Content(""), id="finding")

    def on_mount(self) -> None:
        """Read them in a thread."""
        self._show_header()
        if self._view is not None:
            self._read(self._view)
        else:
            self._show()

    @work(group="findings")
    async def _read(self, view: JobView) -> None:
        try:
            self._found = await asyncio.to_thread(view.findings, MOST)
        except ImporterError as error:
            notify_safe(self.app, error_text(error), title="The findings could not be read", severity="error")
        self._show()

    def _show(self) -> None:
        table = self.query_one("#findings", VirtualTable)
        table.empty = ("✔ Nothing was found: every row can be imported as it is.",)
        table.set_rows(SequenceRows(NAMES, tuple(enumerate(self._found, 1)), _values))
        self.show_finding()
        self._show_header()

    def _show_header(self) -> None:
        count = f"the first {MOST:,}" if len(self._found) == MOST else plural(len(self._found), "finding")
        masked = self.console_app.privacy.on
        self.show_header(HeaderData("findings of the scan", count, environment=self._environment, masked=masked))

    @on(VirtualTable.RowHighlighted, "#findings")
    def show_finding(self) -> None:
        """The finding under the cursor in full, and what to do."""
        row = self.query_one("#findings", VirtualTable).current
        if row is None:
            self.query_one("#finding", Static).update(Content(""))
            return
        kind = str(row["kind"])
        message = safe(_message(self.console_app.privacy, row), 600)
        advice = Content.styled(explain_failure(kind, None).advice, STYLES["muted"])
        self.query_one("#finding", Static).update(lines([Content.styled(message, "bold"), advice]))

    def privacy_changed(self) -> None:
        """Messages quote cells."""
        self.query_one("#findings", VirtualTable).reload()
        self.show_finding()
        self._show_header()

    def action_back(self) -> None:
        """Back to the plan."""
        self.app.pop_screen()


def columns(privacy: Privacy) -> list[Column]:
    """The columns of the table."""
    return [
        count_column("row", "row", 9, searched=True),
        count_column("line", "line", 9, searched=True),
        glyph_column("severity", "what", 14, FINDINGS),
        text_column("column", "column", 18, priority=2),
        Column("message", "message", 44, flex=1, cell=lambda row, _: _message(privacy, row), searched=("message",)),
        text_column("kind", "kind", 24, priority=3, tone="muted"),
    ]


def _message(privacy: Privacy, row: Mapping[str, object]) -> str:
    """What was found, masked; it quotes cells of its column."""
    return privacy.message(str(row["message"]), str(row["kind"]), str(row["column"]))


def _values(found: tuple[int, Problem]) -> Row:
    number, problem = found
    return (number, problem.row, problem.line, problem.column, problem.severity, problem.kind, problem.message)
