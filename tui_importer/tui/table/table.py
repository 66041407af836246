"""The console's table: it carries a million rows, and every key of a table works in it.

Public: `set_rows`, `rows` (shown), `source` (all), `current`, `current_id`, `shown_ids()`, `marked`, `marked_rows()`,
`unmark()`, `filter_text`, `look_at()`, `caption`; messages `RowHighlighted`, `RowSelected`, `MarksChanged`,
`ViewChanged`, `ExportWanted`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.message import Message

from tui_importer.text import plural
from tui_importer.tui.actions.registry import Place, When, bindings_of, find
from tui_importer.tui.style.text import notify_safe
from tui_importer.tui.table.filtering import LookedTable, traits_of
from tui_importer.tui.table.rows import as_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.tui.table.columns import Column
    from tui_importer.tui.table.query import Fault
    from tui_importer.tui.table.rows import Rows

_MOST_COPIED, _MOST_ROWS_COPIED = 60_000, 1_000
"""Characters and rows copied at once; terminals drop more."""


class VirtualTable(LookedTable):
    """Columns over `Rows`, with a cursor on one cell.

    `id_name` names the value by which a row is found again when the rows are replaced; marks are such values.
    `faults` tell which rows are faulty, `growing` tables offer to follow their newest row, `exportable` ones post
    `ExportWanted`. A filter needs the field of a `TablePane`.
    """

    BINDINGS = bindings_of(Place.TABLE)

    @dataclass
    class FilterWanted(Message):
        """The operator wants to type a filter."""

        table: VirtualTable

        @property
        def control(self) -> VirtualTable:
            """The table."""
            return self.table

    @dataclass
    class ExportWanted(Message):
        """The operator wants the rows shown in a file."""

        table: VirtualTable

        @property
        def control(self) -> VirtualTable:
            """The table."""
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        id_name: str,
        empty: Sequence[str] = (),
        faults: Sequence[Fault] = (),
        growing: bool = False,
        follow: bool = False,
        show_cursor: bool = True,
        exportable: bool = True,
        id: str | None = None,  # noqa: A002 - Textual's own parameter name
    ) -> None:
        traits = traits_of(columns, id_name, faults)
        super().__init__(
            columns, traits, empty=empty, follow=follow, show_cursor=show_cursor, growing=growing, id=id
        )  # fmt: skip
        self.exportable = exportable
        self.filterable = False

    # -- actions ------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An action of tables applies when its condition holds."""
        registered = find(Place.TABLE, action, parameters)
        return True if registered is None else self.holds(registered.when)

    def holds(self, when: When) -> bool:
        """Conditions of the actions of tables."""
        look = self.model.look
        held = {
            When.TABLE_FOLLOWS: self.growing,
            When.TABLE_FILTERS: self.filterable and self.source.total > 0,
            When.TABLE_KNOWS_FAULTS: bool(self.model.traits.faults) and (self.source.total > 0 or look.faults),
            When.TABLE_EXPORTS: self.exportable,
            When.TABLE_HAS_NEWS: self.model.news > 0 or self.model.outdated,
            When.TABLE_IS_MARKED: bool(self.marked),
            When.TABLE_IS_FILTERED: look.narrows and not self.marked,
        }
        needs_rows = when in {When.HAS_ROWS, When.TABLE_FOLLOWS, When.TABLE_EXPORTS}
        return held.get(when, True) and (not needs_rows or len(self.rows) > 0)

    def action_cursor_up(self) -> None:
        """One row up."""
        self.move_cursor(self.cursor - 1)

    def action_cursor_down(self) -> None:
        """One row down."""
        self.move_cursor(self.cursor + 1)

    def action_page_up(self) -> None:
        """One page up."""
        self.move_cursor(self.cursor - self.page)

    def action_page_down(self) -> None:
        """One page down."""
        self.move_cursor(self.cursor + self.page)

    def action_first_row(self) -> None:
        """To the first row."""
        self.move_cursor(0)

    def action_last_row(self) -> None:
        """To the last row."""
        self.move_cursor(len(self.rows) - 1)

    def action_move_column(self, by: int) -> None:
        """One column to the left or right."""
        self.move_column(by)

    def action_toggle_follow(self) -> None:
        """Follow the newest row, or stop; a sorted table has no newest end, so it goes back to its own order."""
        if not self.follow and (self.look.sort or self.model.news):
            self.look_at(self.look.sorted_by(""))
        self.follow = not self.follow

    def action_filter(self) -> None:
        """Type a filter."""
        self.tell(self.FilterWanted(self))

    def action_clear_filter(self) -> None:
        """Show all rows again."""
        self.look_at(replace(self.look, query="", faults=False))

    def action_toggle_faults(self) -> None:
        """Faulty rows only, or all."""
        self.show_faults(only=not self.look.faults)

    def action_sort(self) -> None:
        """Sort by the column under the cursor; again: the other way; again: not at all."""
        if (column := self.current_column) is not None:
            self.header_clicked(column)

    def header_clicked(self, column: Column) -> None:
        """Ascending, descending, as they came."""
        self.to_column(column.name)
        if self.look.sort != column.sorts_by:
            self._sort(column, descending=False)
        elif not self.look.descending:
            self._sort(column, descending=True)
        else:
            self.look_at(self.look.sorted_by(""))

    def _sort(self, column: Column, *, descending: bool) -> None:
        if column.sorts_by in self.source.names:
            self.look_at(self.look.sorted_by(column.sorts_by, descending=descending))

    def action_reverse(self) -> None:
        """Sort by the column under the cursor, the largest first; again: the smallest first."""
        if (column := self.current_column) is not None:
            self._sort(column, descending=self.look.sort != column.sorts_by or not self.look.descending)

    def action_show_news(self) -> None:
        """Show the rows that came meanwhile, where they belong."""
        self.look_at(self.look)

    def action_toggle_mark(self) -> None:
        """Mark or unmark the row under the cursor, and go to the next."""
        self.model.toggle_mark()
        self._marks_changed()
        self.move_cursor(self.cursor + 1)

    def action_toggle_all(self) -> None:
        """Mark all rows shown, or unmark them when all are marked."""
        self.model.toggle_all()
        self._marks_changed()

    def action_unmark(self) -> None:
        """Remove all marks."""
        self.unmark()

    def action_export(self) -> None:
        """Write the rows shown to a file."""
        self.tell(self.ExportWanted(self))

    def action_copy(self) -> None:
        """Copy the cell under the cursor, or all cells of the marked rows, with tabs between them."""
        if self.marked:
            self._copy_rows(self.marked_rows())
            return
        row, column = self.current, self.current_column
        if row is None or column is None:
            return
        if text := column.copied(row):
            self.app.copy_to_clipboard(text)
            notify_safe(self.app, f"Copied {column.title}: {text}")
        else:
            notify_safe(self.app, f"Nothing to copy: {column.title} is empty here.")

    def _copy_rows(self, rows: Rows) -> None:
        lines = ["\t".join(column.copied(as_mapping(rows.names, row)) for column in self.columns)
                 for row in rows.window(0, _MOST_ROWS_COPIED)]  # fmt: skip
        text = "\n".join(lines)
        if len(rows) > _MOST_ROWS_COPIED or len(text) > _MOST_COPIED:
            instead = f"{self.key_of('table.export')} writes the rows shown to a file."
            notify_safe(self.app, f"{len(rows):,} rows are too many to copy. {instead}", severity="warning")
            return
        self.app.copy_to_clipboard(text)
        notify_safe(self.app, f"Copied {plural(len(rows), 'row')}.")
