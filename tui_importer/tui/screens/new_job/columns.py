"""Column mapping of a new job: what each column becomes; any of them can be given another meaning."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work

from tui_importer.config.edit import with_mapping
from tui_importer.errors import ImporterError
from tui_importer.source.cells import MASK
from tui_importer.source.columns.aliases import normalise
from tui_importer.source.columns.coverage import coverage
from tui_importer.source.columns.mapping import LEFT_OUT, MAPPING_NAME, METADATA, TARGETS, target_of
from tui_importer.source.columns.recognise import recognise
from tui_importer.source.errors import SourceHeader
from tui_importer.tui.actions.registry import Place, When, bindings_of
from tui_importer.tui.job_tables.columns import count_column, glyph_column, text_column
from tui_importer.tui.screens.base import ConsoleScreen, styles
from tui_importer.tui.screens.dialogs.value import PickDialog, Question, ValueDialog
from tui_importer.tui.style.glyphs import COLUMNS
from tui_importer.tui.style.text import error_text, notify_safe, safe
from tui_importer.tui.table.columns import Column
from tui_importer.tui.table.pane import TablePane
from tui_importer.tui.table.rows import SequenceRows
from tui_importer.tui.table.table import VirtualTable
from tui_importer.tui.widgets.header_line import HeaderData

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from tui_importer.source.columns.recognise import Columns
    from tui_importer.source.models import Preview
    from tui_importer.tui.table.columns import Piece
    from tui_importer.tui.table.rows import Row

RECOGNISED, UNUSED = "as recognised", "not used"
NAMES: Final = ("number", "header", "how", "becomes", "first")


class ColumnsScreen(ConsoleScreen["Mapping[str, str]"]):
    """A table of columns; it ends with the mapping: header -> field, "metadata", or "" for a column not used."""

    CSS_PATH = styles("columns")
    BINDINGS = bindings_of(Place.COLUMNS)
    AUTO_FOCUS = "#columns"
    place: ClassVar[Place] = Place.COLUMNS

    def __init__(self, preview: Preview, mapping: Mapping[str, str], environment: str = "") -> None:
        """`mapping` is what was chosen before; `environment` is the one that will be written to, if that is known."""
        super().__init__()
        self._preview, self._environment = preview, environment
        self._mapping = {header: field for header, field in mapping.items() if header in preview.columns}

    def body(self) -> ComposeResult:
        """The table only."""
        columns = [
            count_column("number", "", 4),
            text_column("header", "column of the file", 22, flex=1, most=40),
            glyph_column("how", "how", 15, COLUMNS),
            text_column("becomes", "becomes", 20),
            Column("first", "first value", 16, flex=2, priority=2, cell=self._first, searched=("first",)),
        ]
        yield TablePane(VirtualTable(columns, id_name="number", id="columns", exportable=False), id="columns-pane")

    def _first(self, row: Mapping[str, object], _width: int) -> Piece:
        """The first value; names are recognised by their column."""
        return self.console_app.privacy.cell(str(row["header"]), str(row["first"])), "muted"

    def on_mount(self) -> None:
        """Show what holds."""
        self._fill()

    def _columns(self, mapping: Mapping[str, str]) -> Columns:
        """What the columns are with `mapping`. Raises SourceHeader for one that does not fit."""
        return recognise(self._preview.columns, Path(), mapping=mapping, complete=False)

    def _fill(self) -> None:
        columns = self._columns(self._mapping)
        sample = self._preview.sample[0] if self._preview.sample else ()
        rows: list[Row] = []
        for number, use in enumerate(coverage(columns)):
            chosen = self._mapping.get(use.header)
            unused = use.use == "unused"
            how = "chosen" if chosen is not None else "unused" if unused else "recognised"
            field = UNUSED if unused else chosen or use.words
            first = sample[number] if number < len(sample) else ""
            rows.append((number + 1, use.header, how, field, MASK if first and number in columns.secret else first))
        self.query_one("#columns", VirtualTable).set_rows(SequenceRows(NAMES, tuple(rows), lambda row: row))
        used = sum(1 for row in rows if row[3] != UNUSED)
        self.show_header(
            HeaderData("columns", f"{used} of {len(rows)} used, {len(self._mapping)} chosen by hand",
                       environment=self._environment, masked=self.console_app.privacy.on)
        )  # fmt: skip
        self.refresh_bindings()

    def privacy_changed(self) -> None:
        """The first values may be personal."""
        self.query_one("#columns", VirtualTable).reload()
        self._fill()

    def holds(self, when: When) -> bool:
        """Conditions of the actions here."""
        if when is When.COLUMN_IS_CHOSEN:
            return self._header in self._mapping
        if when is When.COLUMNS_WERE_CHOSEN:
            return bool(self._mapping)
        if when is When.MAPPINGS_ARE_SAVED:
            return bool(self.console_app.preferences.config.mappings)
        return super().holds(when)

    @property
    def _header(self) -> str:
        row = self.query_one("#columns", VirtualTable).current
        return "" if row is None else str(row["header"])

    @on(VirtualTable.RowHighlighted, "#columns")
    def moved(self) -> None:
        """Another column, other keys."""
        self.refresh_bindings()

    @on(VirtualTable.RowSelected, "#columns")
    def action_choose(self) -> None:
        """Pick what the column becomes."""
        header = self._header
        if not header:
            return

        def picked(choice: str | None) -> None:
            if choice == RECOGNISED:
                self._mapping.pop(header, None)
            elif choice is not None:
                self._take(header, "" if choice == UNUSED else choice)
            self._fill()

        now = self._mapping.get(header)
        chosen = RECOGNISED if now is None else now or UNUSED
        options = (RECOGNISED, *filter(None, TARGETS), UNUSED)
        self.app.push_screen(PickDialog(f"{safe(header, 60)} becomes", options, chosen), picked)

    def _take(self, header: str, target: str) -> None:
        """A field comes from one column: another one that was chosen for it is not used any more."""
        others = [name for name, field in self._mapping.items() if field == target and name != header]
        if target in {"", METADATA}:
            others = []
        mapping = self._mapping | dict.fromkeys(others, "") | {header: target}
        try:
            self._columns(mapping)
        except SourceHeader as error:
            notify_safe(self.app, error_text(error), title=f"{header} is left as it was", severity="error")
            return
        for other in others:
            notify_safe(self.app, f"{other} is not used any more: {target} comes from {header}.")
        self._mapping = mapping

    def action_save(self) -> None:
        """Keep what was chosen in the config file, under a name."""

        def named(name: str | None) -> None:
            if name is not None:
                self._save(name)

        words = ["For other files with the same columns."]
        if saved := self.console_app.preferences.config.mappings:
            words.append(f"What has the name already is replaced: {safe(', '.join(saved), 200)}.")
        question = Question("Save what was chosen", tuple(words), "Name")
        self.app.push_screen(ValueDialog(question, "", _wrong_name), named)

    @work(group="settings")
    async def _save(self, name: str) -> None:
        kept = {header: field or LEFT_OUT for header, field in self._mapping.items()}
        preferences = self.console_app.preferences
        try:
            await asyncio.to_thread(preferences.change, lambda config: with_mapping(config, name, kept))
        except ImporterError as error:
            notify_safe(self.app, error_text(error), title="Nothing was saved", severity="error")
            return
        notify_safe(self.app, f"Saved as {name}, also for the command line: --mapping {name}")
        self.refresh_bindings()

    def action_use_saved(self) -> None:
        """Take a mapping from the config file, as far as this file has its columns."""
        saved = self.console_app.preferences.config.mappings

        def picked(name: str | None) -> None:
            if name is None:
                return
            headers = {normalise(header): header for header in self._preview.columns}
            for header, text in saved[name].items():
                try:
                    target = target_of(text)
                except ValueError as error:
                    notify_safe(self.app, f"{text} is no field. {error}", title=f"{header} is left as it was")
                    continue
                if (own := headers.get(normalise(header))) is not None:
                    self._take(own, target)
            self._fill()

        self.app.push_screen(PickDialog("Use what was saved as", tuple(saved), next(iter(saved))), picked)

    def action_forget(self) -> None:
        """Take the column as it is recognised."""
        self._mapping.pop(self._header, None)
        self._fill()

    def action_back(self) -> None:
        """Back to the new job, with what was chosen."""
        self.dismiss(self._mapping)


def _wrong_name(text: str) -> str:
    return "" if MAPPING_NAME.fullmatch(text.strip()) else "letters, digits, . _ -"
