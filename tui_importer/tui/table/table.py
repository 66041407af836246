"""The console's table: it carries a million rows, and every key of a table works in it.

Public: `set_rows`, `rows` (shown), `source` (all), `current`, `current_id`, `shown_ids()`, `marked`, `marked_rows()`,
`unmark()`, `filter_text`, `row_query`, `search()`, `caption`; messages `RowHighlighted`, `RowSelected`,
`MarksChanged`, `ViewChanged`, `FilterWanted`, `ExportWanted`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from tui_importer.text import plural
from tui_importer.tui.actions.keymap import Keymap, key_of
from tui_importer.tui.actions.registry import Place, When, bindings_of, find
from tui_importer.tui.style.text import notify_safe
from tui_importer.tui.table.columns import traits_of
from tui_importer.tui.table.model import TableModel
from tui_importer.tui.table.painter import GUTTER, TablePainter
from tui_importer.tui.table.row_search import RowSearch
from tui_importer.tui.table.rows import as_mapping
from tui_importer.tui.table.viewport import CellCursor, Viewport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events
    from textual.strip import Strip

    from tui_importer.tui.table.columns import Column
    from tui_importer.tui.table.query import Fault, RowQuery
    from tui_importer.tui.table.rows import Row, Rows

_MOST_COPIED, _MOST_ROWS_COPIED = 60_000, 1_000
"""Characters and rows copied at once; terminals drop more."""


@dataclass
class TableMessage(Message):
    """What a table says of itself."""

    table: VirtualTable

    @property
    def control(self) -> VirtualTable:
        """The table."""
        return self.table


class VirtualTable(ScrollView, can_focus=True):
    """Columns over `Rows`, with a cursor on one cell. Rows that arrive never move the row under the cursor.

    `id_name` names the value by which a row is found again when the rows are replaced; marks are such values.
    `faults` say which rows are faulty, `growing` tables offer to follow their newest row, `exportable` ones post
    `ExportWanted`. A filter needs the field of a `TablePane`. `beyond` counts entries that are in the journal only.

    What is shown is the `TableModel`'s, what is in sight the `Viewport`'s, how it is drawn the `TablePainter`'s, and
    queries that take long run in the `RowSearch`.
    """

    BINDINGS = bindings_of(Place.TABLE)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--cursor", "table--cursor-blurred", "table--cell", "table--muted", "table--faint", "table--accent",
        "table--good", "table--warn", "table--bad",
    }  # fmt: skip
    DEFAULT_CSS = """
    VirtualTable {
        height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; background: $background;
        & > .table--cursor { color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold; }
        & > .table--cursor-blurred { background: $block-cursor-blurred-background; }
        & > .table--cell { background: $secondary; }
        & > .table--muted { color: $text-muted; }
        & > .table--faint { color: $text-disabled; }
        & > .table--accent { color: $accent; }
        & > .table--good { color: $success; }
        & > .table--warn { color: $warning; }
        & > .table--bad { color: $error; }
    }
    """

    follow: reactive[bool] = reactive(False, repaint=False, bindings=True)
    """Whether the cursor stays on the newest row."""

    @dataclass
    class RowHighlighted(TableMessage):
        """The cursor came to another row, or its row was found again at another position."""

        position: int

    @dataclass
    class RowSelected(TableMessage):
        """The row under the cursor was clicked."""

        position: int

    @dataclass
    class MarksChanged(TableMessage):
        """Other rows are marked than before."""

    @dataclass
    class ViewChanged(TableMessage):
        """Other rows are shown, in another order, or others wait to be shown."""

    @dataclass
    class FilterWanted(TableMessage):
        """The operator wants to type a filter."""

    @dataclass
    class ExportWanted(TableMessage):
        """The operator wants the rows shown in a file."""

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
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.model = TableModel(traits_of(columns, id_name, faults))
        self.growing, self.show_cursor, self.exportable = growing, show_cursor, exportable
        self.filterable = False
        self.empty = tuple(empty)
        self.beyond = 0
        self._column = ""
        self._painter = TablePainter(self)
        self._viewport = Viewport(self.model, self._painter)
        self._search = RowSearch(self, self.model, put=self._put, compared=self._view_changed)
        self._page_before = self._width = 0
        self._conditions: tuple[object, ...] = ()
        self.set_reactive(VirtualTable.follow, follow)

    # -- what is there ------------------------------------------------------------------------------------------

    @property
    def rows(self) -> Rows:
        """The rows shown, in their order."""
        return self.model.shown

    @property
    def cursor(self) -> int:
        """The position of the row under the cursor; 0 in an empty table."""
        return self.model.cursor

    def row_at(self, position: int) -> Mapping[str, object] | None:
        """One row by name, None beyond the end."""
        return self.model.row_at(position)

    @property
    def current(self) -> Mapping[str, object] | None:
        """The row under the cursor."""
        return self.model.row_at(self.model.cursor)

    @property
    def source(self) -> Rows:
        """All rows there are, shown or not."""
        return self.model.source

    @property
    def current_id(self) -> object:
        """The id of the row under the cursor, None in an empty table."""
        return self.model.current_id if len(self.rows) else None

    def shown_ids(self) -> list[object]:
        """The ids of all rows shown, in their order (20 ms for a million)."""
        return self.rows.ids(self.model.traits.id_name)

    @property
    def caption(self) -> str:
        """How many of how many are shown, and whether the newest is followed."""
        shown, total = len(self.rows), self.source.total
        following = "following · " if self.follow and self.growing else ""
        return f"{following}{shown:,} of {total:,}" if total else ""

    def words_of_empty(self) -> Sequence[str]:
        """Why nothing is shown: there is nothing, or the filter lets nothing through."""
        if not self.source.total:
            return self.empty
        what = "Nothing matches the filter" if self.filter_text else "No row has a fault"
        words = [f"{what}: {self.key_of('table.clear')} shows all rows."]
        if self.model.news:
            words.append(f"{plural(self.model.news, 'new row')} would match: {self.key_of('table.news')} shows them.")
        return words

    def key_of(self, action_id: str) -> str:
        """The key of an action, as the operator has it."""
        keymap = getattr(self.app, "keymap", None)
        return key_of(action_id, keymap.keys if isinstance(keymap, Keymap) else {})

    def post_own(self, message: Message) -> None:
        """Post a message of this table's own: one posted for a node above it would go no further than that node."""
        self.post_message(message.set_sender(self))

    # -- data ---------------------------------------------------------------------------------------------------

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns."""
        self.columns = tuple(columns)
        self.model.traits = traits_of(columns, self.model.traits.id_name, self.model.traits.faults)
        if self.current_column is None:
            self._column = ""
        self.reload()

    def set_rows(self, rows: Rows) -> None:
        """Show `rows` instead; the cursor stays on its row, and that row stays where it is in sight.

        A filtered or sorted table keeps the rows it shows, as they are now; others that belong to it wait.
        """
        before, cursor = self._rows_in_sight(), self.cursor
        marked, counts = self.marked, self._counts
        self.model.take(rows, follow=self.follow)
        self._show_model(cursor, before, keep_line=True)
        if self.model.to_compare and self.model.is_large:
            self._search.compare()
        if marked is not self.marked:
            self._marks_changed()
        if counts != self._counts:
            self._view_changed()

    def set_beyond(self, count: int) -> None:
        """Say how many entries are in the journal only."""
        if count != self.beyond:
            self.beyond = count
            self._view_changed()

    def _show_model(self, old_cursor: int, before: Sequence[Row | None], *, keep_line: bool) -> None:
        """Show what the model holds now.

        The cursor's row stays on its line (`keep_line`: also when it was not in sight), and only lines that are
        different from `before`, or have the cursor no more, are drawn again.
        """
        self._viewport.fetch_again()
        old_line = old_cursor - self.scroll_offset.y
        was_in_sight = self.scroll_offset.y <= old_cursor < self.scroll_offset.y + self.page
        if self.follow and len(self.rows):
            self.model.move(len(self.rows) - 1)
        moved = self.cursor - old_cursor
        self._resize_virtual()
        if moved and (was_in_sight or keep_line):
            self._scroll_to_row(self.scroll_offset.y + moved)
        if was_in_sight or self.follow or not keep_line:
            self._into_sight(self.cursor)
        if moved:
            self.post_own(self.RowHighlighted(self, self.cursor))
        if not any(before) or not len(self.rows):
            self.refresh()
            return
        new_line = self.cursor - self.scroll_offset.y
        bars = {old_line, new_line} if old_line != new_line else set()  # the cursor's bar came or went there
        for line, (old, new) in enumerate(zip(before, self._rows_in_sight(), strict=True)):
            if old != new or line in bars:
                self.refresh(Region(0, line + 1, self.size.width, 1))

    def reload(self) -> None:
        """Draw everything again: something that is not part of the rows has changed."""
        self._painter.forget()
        self._viewport.fetch_again()
        self.refresh()

    def _resize_virtual(self) -> None:
        size = Size(self.scrollable_content_region.width or self.size.width, len(self.rows) + 1)
        if size != self.virtual_size:
            # Only the scrollbars depend on it: a new layout of the whole screen for each new row costs too much.
            self.set_reactive(VirtualTable.virtual_size, size)
            self._scroll_update(size)

    # -- queries -----------------------------------------------------------------------------------------------

    @property
    def row_query(self) -> RowQuery:
        """Filter, faults only, order."""
        return self.model.query

    @property
    def filter_text(self) -> str:
        """The filter as typed, empty when there is none."""
        return self.model.query.text.strip()

    @property
    def is_searching(self) -> bool:
        """Whether the rows of another query are being found; until then, the rows stay as they are."""
        return self._search.is_running

    def search(self, query: RowQuery) -> None:
        """Show what a query wants, news included: at once when that is quick, else after it was found in a thread."""
        if query.sort:
            self.follow = False
        self._search.start(query)
        if self.is_searching:
            self._view_changed()

    def _put(self, query: RowQuery, found: Rows) -> bool:
        before, cursor = self._rows_in_sight(), self.cursor
        if not self.model.put(query, found):
            return False
        self._show_model(cursor, before, keep_line=False)
        self.refresh()
        self._view_changed()
        return True

    @property
    def _counts(self) -> tuple[object, ...]:
        return self.model.news, self.model.outdated, len(self.rows), self.source.total

    def _view_changed(self) -> None:
        """Let what shows counts know; the keys are refreshed when other ones may apply."""
        model = self.model
        conditions = (
            model.query, model.news > 0 or model.outdated, len(self.rows) > 0, self.source.total > 0, bool(self.marked)
        )  # fmt: skip
        if conditions != self._conditions:
            self._conditions = conditions
            self.refresh_bindings()
        self.post_own(self.ViewChanged(self))

    def show_faults(self, *, only: bool = True) -> None:
        """Show the faulty rows only, or all again."""
        self.search(replace(self.row_query, faults=only))

    @property
    def is_worked(self) -> bool:
        """Whether the table is filtered, sorted or marked, which its pane says."""
        return bool(self.marked) or not self.row_query.is_plain or self.beyond > 0

    # -- marks --------------------------------------------------------------------------------------------------

    @property
    def marked(self) -> frozenset[object]:
        """The ids of the marked rows, shown or not."""
        return self.model.marked

    def marked_rows(self) -> Rows:
        """The marked rows, shown or not, in the order of the source."""
        return self.source.having(self.model.traits.id_name, self.marked)

    def unmark(self) -> None:
        """No marks at all."""
        if self.marked:
            self.model.unmark()
            self._marks_changed()

    def _marks_changed(self) -> None:
        self.refresh()
        self.refresh_bindings()
        self.post_own(self.MarksChanged(self))

    # -- cursor -------------------------------------------------------------------------------------------------

    @property
    def page(self) -> int:
        """Rows in sight, the header not counted."""
        return max(1, self.scrollable_content_region.height - 1)

    def move_cursor(self, position: int) -> None:
        """Move by the operator's wish: away from the newest row ends following."""
        old = self.cursor
        self.model.move(position)
        new = self.cursor
        if new < len(self.rows) - 1:
            self.follow = False
        if new != old:
            self._refresh_row(old)
            self._refresh_row(new)
            self.post_own(self.RowHighlighted(self, new))
        self._into_sight(new)

    def move_column(self, by: int) -> None:
        """Go to the column at the left or right.

        Beyond the last one are those that found no room: one of them is shown while the cursor is on it.
        """
        names = self._painter.reach
        here = names.index(self.column) if self.column in names else 0
        if names:
            self.to_column(names[max(0, min(here + by, len(names) - 1))])

    def to_column(self, name: str) -> None:
        """Put the cursor on a column."""
        if name == self.column:
            return
        self._column = name
        self.refresh(Region(0, 0, self.size.width, 1))
        self._refresh_row(self.cursor)
        if self._fit():
            self.refresh()

    @property
    def column(self) -> str:
        """The name of the column under the cursor: the first that found room until the operator chooses one."""
        return self._column or next(iter(self._painter.reach), "")

    @property
    def current_column(self) -> Column | None:
        """The column under the cursor, None in a table without columns."""
        return next((column for column in self.columns if column.name == self.column), None)

    def _refresh_row(self, position: int) -> None:
        line = position - self.scroll_offset.y + 1
        if 1 <= line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

    def _into_sight(self, position: int) -> None:
        top = self.scroll_offset.y
        if position < top:
            self._scroll_to_row(position)
        elif position >= top + self.page:
            self._scroll_to_row(position - self.page + 1)

    def _scroll_to_row(self, top: int) -> None:
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def watch_follow(self, follow: bool) -> None:  # noqa: FBT001 - the signature of a Textual watcher
        """Go to the newest row at once."""
        if follow and len(self.rows):
            self.move_cursor(len(self.rows) - 1)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the cell; a click on the cursor's row, or a double click, selects it."""
        position = self.scroll_offset.y + event.y - 1
        column = self._painter.layout.at(event.x - GUTTER)
        if event.y < 1:
            if column is not None and self.show_cursor:
                self.header_clicked(column)
            return
        if position >= len(self.rows):
            return
        if column is not None:
            self.to_column(column.name)
        if position == self.cursor or event.chain > 1:
            self.move_cursor(position)
            self.post_own(self.RowSelected(self, position))
        else:
            self.move_cursor(position)

    # -- drawing ------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Fit the columns into the new width and keep the cursor in sight."""
        top, page = self.scroll_offset.y, self._page_before
        self._page_before = self.page
        self._resize_virtual()
        if self.follow and len(self.rows):
            self.move_cursor(len(self.rows) - 1)
        elif top <= self.cursor < top + page:
            self._into_sight(self.cursor)

    def notify_style_update(self) -> None:
        """Colours changed: nothing cached is right any more."""
        super().notify_style_update()
        self._painter.forget()

    def on_focus(self) -> None:
        """The cursor's line is drawn differently in focus."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor's line is drawn differently without focus."""
        self.refresh()

    def _rows_in_sight(self) -> list[Row | None]:
        """The rows in sight, None for lines below the last."""
        return self._viewport.rows(self.scroll_offset.y, max(0, self.size.height - 1))

    def _fit(self) -> bool:
        keep = self._column if self.show_cursor else ""
        self._width = self.scrollable_content_region.width
        return self._painter.fit(self.columns, self._width, keep, self.model.query.sort)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lay out once for all lines."""
        self._fit()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line: the header, a row, or the words of an empty table."""
        column = self.column if self.show_cursor else ""
        cursor = CellCursor(self.show_cursor, column, self.has_focus)
        if not self.model.source.total or not self.columns:
            return self._viewport.words(self.words_of_empty(), y, self._width)
        if y == 0:
            return self._viewport.header(self._width, cursor)
        if not len(self.rows):
            return self._viewport.words(self.words_of_empty(), y, self._width)
        return self._viewport.row(self.scroll_offset.y + y - 1, self._width, cursor)

    # -- actions ------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An action of tables applies when its condition holds."""
        registered = find(Place.TABLE, action, parameters)
        return True if registered is None else self.holds(registered.when)

    def holds(self, when: When) -> bool:
        """Conditions of the actions of tables."""
        query = self.model.query
        held = {
            When.TABLE_FOLLOWS: self.growing,
            When.TABLE_FILTERS: self.filterable and self.source.total > 0,
            When.TABLE_KNOWS_FAULTS: bool(self.model.traits.faults) and (self.source.total > 0 or query.faults),
            When.TABLE_EXPORTS: self.exportable,
            When.TABLE_HAS_NEWS: self.model.news > 0 or self.model.outdated,
            When.TABLE_IS_MARKED: bool(self.marked),
            When.TABLE_IS_FILTERED: query.narrows and not self.marked,
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
        if not self.follow and (self.row_query.sort or self.model.news):
            self.search(self.row_query.sorted_by(""))
        self.follow = not self.follow

    def action_filter(self) -> None:
        """Type a filter."""
        self.post_own(self.FilterWanted(self))

    def action_clear_filter(self) -> None:
        """Show all rows again."""
        self.search(replace(self.row_query, text="", faults=False))

    def action_toggle_faults(self) -> None:
        """Faulty rows only, or all."""
        self.show_faults(only=not self.row_query.faults)

    def action_sort(self) -> None:
        """Sort by the column under the cursor; again: the other way; again: not at all."""
        if (column := self.current_column) is not None:
            self.header_clicked(column)

    def header_clicked(self, column: Column) -> None:
        """Ascending, descending, as they came."""
        self.to_column(column.name)
        if self.row_query.sort != column.sorts_by:
            self._sort(column, descending=False)
        elif not self.row_query.descending:
            self._sort(column, descending=True)
        else:
            self.search(self.row_query.sorted_by(""))

    def _sort(self, column: Column, *, descending: bool) -> None:
        if column.sorts_by in self.source.names:
            self.search(self.row_query.sorted_by(column.sorts_by, descending=descending))

    def action_reverse(self) -> None:
        """Sort by the column under the cursor, the largest first; again: the smallest first."""
        if (column := self.current_column) is not None:
            self._sort(column, descending=self.row_query.sort != column.sorts_by or not self.row_query.descending)

    def action_show_news(self) -> None:
        """Show the rows that came meanwhile, where they belong."""
        self.search(self.row_query)

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
        self.post_own(self.ExportWanted(self))

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
