"""The rows of a table on the screen: what is in sight is fetched and drawn; a cursor is on one cell of one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from tui_importer.tui.table.model import TableModel
from tui_importer.tui.table.painter import GUTTER, Header, RowState, TablePainter
from tui_importer.tui.table.rows import Prefetched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events
    from textual.strip import Strip

    from tui_importer.tui.table.columns import Column
    from tui_importer.tui.table.query import Traits
    from tui_importer.tui.table.rows import Row, Rows


class RowView(ScrollView, can_focus=True):
    """Draws columns over the rows of a `TableModel`; rows that arrive never move the row under the cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--cursor", "table--cursor-blurred", "table--cell", "table--muted", "table--faint", "table--accent",
        "table--good", "table--warn", "table--bad",
    }  # fmt: skip
    DEFAULT_CSS = """
    RowView {
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
    class RowHighlighted(Message, namespace="virtual_table"):
        """The cursor came to another row, or its row was found again at another position."""

        table: RowView
        position: int

        @property
        def control(self) -> RowView:
            """The table."""
            return self.table

    @dataclass
    class RowSelected(Message, namespace="virtual_table"):
        """The row under the cursor was clicked."""

        table: RowView
        position: int

        @property
        def control(self) -> RowView:
            """The table."""
            return self.table

    def __init__(
        self, columns: Sequence[Column], traits: Traits, *, empty: Sequence[str], follow: bool, show_cursor: bool,
        id: str | None,  # noqa: A002 - Textual's own parameter name
    ) -> None:  # fmt: skip
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.model = TableModel(traits)
        self.show_cursor = show_cursor
        self.empty = tuple(empty)
        self._column = ""
        self._fetched = Prefetched(self.model.shown)
        self._painter = TablePainter(self)
        self._page_before = self._width = 0
        self.set_reactive(RowView.follow, follow)

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

    def words_of_empty(self) -> Sequence[str]:
        """The lines that an empty table shows."""
        return self.empty

    def tell(self, message: Message) -> None:
        """Post a message of this table's own: one posted for a node above it would go no further than that node."""
        self.post_message(message.set_sender(self))

    # -- changing rows ------------------------------------------------------------------------------------------

    def shown_anew(self, old_cursor: int, before: Sequence[Row | None], *, keep_line: bool) -> None:
        """Show what the model holds now.

        The cursor's row stays on its line (`keep_line`: also when it was not in sight), and only lines that look
        different from `before`, or have the cursor no more, are drawn again.
        """
        self._fetched = Prefetched(self.rows)
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
            self.tell(self.RowHighlighted(self, self.cursor))
        if not any(before) or not len(self.rows):
            self.refresh()
            return
        new_line = self.cursor - self.scroll_offset.y
        bars = {old_line, new_line} if old_line != new_line else set()  # the cursor's bar came or went there
        for line, (old, new) in enumerate(zip(before, self.visible_rows(), strict=True)):
            if old != new or line in bars:
                self.refresh(Region(0, line + 1, self.size.width, 1))

    def reload(self) -> None:
        """Draw everything again: something that is not part of the rows has changed."""
        self._painter.forget()
        self._fetched = Prefetched(self.rows)
        self.refresh()

    def _resize_virtual(self) -> None:
        size = Size(self.scrollable_content_region.width or self.size.width, len(self.rows) + 1)
        if size != self.virtual_size:
            # Only the scrollbars depend on it: a new layout of the whole screen for each new row costs too much.
            self.set_reactive(RowView.virtual_size, size)
            self._scroll_update(size)

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
            self.tell(self.RowHighlighted(self, new))
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
            self.tell(self.RowSelected(self, position))
        else:
            self.move_cursor(position)

    def header_clicked(self, column: Column) -> None:
        """A click on a column's title."""

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
        """The cursor's line looks different in focus."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor's line looks different without focus."""
        self.refresh()

    def visible_rows(self) -> list[Row | None]:
        """The rows in sight, None for lines below the last."""
        height = max(0, self.size.height - 1)
        first = self.scroll_offset.y
        count = max(0, min(height, len(self.rows) - first))
        rows: list[Row | None] = list(self._fetched.window(first, count)) if count else []
        return rows + [None] * (height - len(rows))

    def _fit(self) -> bool:
        keep = self._column if self.show_cursor else ""
        self._width = self.scrollable_content_region.width
        return self._painter.fit(self.columns, self._width, keep, self.model.look.sort)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lay out once for all lines."""
        self._fit()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line: the header, a row, or the words of an empty table."""
        model, width = self.model, self._width
        column = self.column if self.show_cursor else ""
        if not model.source.total or not self.columns:
            return self._words(y, width)
        if y == 0:
            look = model.look
            return self._painter.header(width, Header(column if self.has_focus else "", look.sort, look.descending))
        position = self.scroll_offset.y + y - 1
        if position >= len(self.rows):
            return self._words(y, width) if not len(self.rows) else self._painter.words("", width)
        row = self._fetched.window(position, 1)[0]
        under_cursor = self.show_cursor and position == model.cursor
        marked = bool(model.marked) and self._id_of(row) in model.marked
        state = RowState(under_cursor, column if under_cursor else "", marked)
        return self._painter.row(self.rows.names, row, width, state)

    def _words(self, y: int, width: int) -> Strip:
        words = self.words_of_empty()
        return self._painter.words(words[y - 1] if 1 <= y <= len(words) else "", width)

    def _id_of(self, row: Row) -> object:
        return row[self.rows.names.index(self.model.traits.id_name)]
