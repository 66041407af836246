"""Base of all screens: header, footer, breakpoints, and actions that apply only when they do something."""

from __future__ import annotations

import asyncio
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import work
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen

from tui_importer.errors import ImporterError
from tui_importer.text import plural
from tui_importer.tui.actions.registry import Place, When, bindings_of, find
from tui_importer.tui.style.text import error_text, notify_safe, safe
from tui_importer.tui.widgets.header_line import HeaderData, HeaderLine
from tui_importer.tui.widgets.key_bar import KeyBar
from tui_importer.tui.widgets.too_small import MINIMUM, TooSmall

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui_importer.tui.console_app import ConsoleApp
    from tui_importer.tui.table.rows import Rows
    from tui_importer.tui.table.table import VirtualTable

ResultT = TypeVar("ResultT")

COLUMNS_BREAKPOINTS = [(0, "-tiny"), (MINIMUM[0], "-narrow"), (100, "-normal"), (160, "-wide")]
ROWS_BREAKPOINTS = [(0, "-flat"), (MINIMUM[1], "-short"), (30, "-tall"), (44, "-huge")]


def styles(name: str) -> list[str | PurePath]:
    """The style sheet `name` of this folder, for `CSS_PATH`: it is read when such a screen is shown first."""
    return [Path(__file__).with_name(f"{name}.tcss")]


class ConsoleScreen(Screen[ResultT]):
    """A full screen. Subclasses give `place`, `body()`, and `holds()` for the conditions of their actions."""

    HORIZONTAL_BREAKPOINTS = COLUMNS_BREAKPOINTS
    VERTICAL_BREAKPOINTS = ROWS_BREAKPOINTS
    place: ClassVar[Place] = Place.EVERYWHERE

    @property
    def console_app(self) -> ConsoleApp:
        """The app, with its type."""
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        """Header, body, footer."""
        yield HeaderLine(id="header")
        yield from self.body()
        yield KeyBar(id="keys")
        yield TooSmall()

    def body(self) -> ComposeResult:
        """What is between header and footer."""
        yield from ()

    def on_mount(self) -> None:
        """Hear of masking."""
        self.console_app.privacy_signal.subscribe(self, lambda _: self.privacy_changed())

    def on_screen_resume(self) -> None:
        """Fill the footer: only now is the screen the one that is shown."""
        self.refresh_bindings()

    def show_header(self, data: HeaderData) -> None:
        """Put `data` into the first line."""
        self.query_one("#header", HeaderLine).show(data)

    def holds(self, when: When) -> bool:
        """Whether a condition holds now."""
        return when is When.ALWAYS

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An action of this screen applies when its condition holds; others are not ours to judge."""
        registered = find(self.place, action, parameters)
        return True if registered is None else self.is_mounted and self.holds(registered.when)

    def job_changed(self) -> None:
        """The open job was changed from here (paused, another share, rows to be tried again): show it as it is now."""

    def privacy_changed(self) -> None:
        """Masking was turned on or off: show everything again."""

    # -- exports ------------------------------------------------------------------------------------------------

    def on_virtual_table_export_wanted(self, message: VirtualTable.ExportWanted) -> None:
        """Write what a table shows now, in a thread."""
        try:
            folder = Path.cwd()
        except OSError:  # it was removed: there is no name for it
            folder = Path()
        self._export(message.table, folder)

    @work(group="export")
    async def _export(self, table: VirtualTable, folder: Path) -> None:
        try:
            words = await asyncio.to_thread(self.write_export, table, table.rows, folder)
        except ImporterError as error:
            notify_safe(self.app, error_text(error), title="Nothing was exported", severity="error")
            return
        self.exported(words)

    def write_export(self, table: VirtualTable, rows: Rows, folder: Path) -> str:
        """Write the rows that a table showed, in a thread, and say in words what was done. Raises ImporterError."""
        from tui_importer.tui.table.export import write_rows

        path = write_rows(folder, self.export_name(table), rows)
        return (
            f"{len(rows):,} of {plural(rows.total, 'row')} of {table.id} written to {safe(path, 1_000)}"
            f"{unmasked(self.console_app)}"
        )

    def export_name(self, table: VirtualTable) -> str:
        """What the file of a table is called, without its ending."""
        return str(table.id)

    def exported(self, words: str) -> None:
        """Report a file that was written."""
        notify_safe(self.app, words, title="Exported")


def unmasked(app: ConsoleApp) -> str:
    """What is said of an export while the screens are masked: a file is to work with, so it holds everything."""
    return ", not masked" if app.privacy.on else ""


class ConsoleModal(ModalScreen[ResultT]):
    """A dialog over the screen below."""

    CSS_PATH = styles("dialogs")
    HORIZONTAL_BREAKPOINTS = COLUMNS_BREAKPOINTS
    VERTICAL_BREAKPOINTS = ROWS_BREAKPOINTS
    ALLOW_SELECT = False


class Reader(VerticalScroll, can_focus=True):
    """A long text to scroll through, with `j` and `k` beside the arrows."""

    BINDINGS = bindings_of(Place.READER)
