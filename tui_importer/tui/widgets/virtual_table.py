"""A table for a million rows: only what is in sight is fetched, formatted and drawn.

Cells never meet markup: every value is sanitised and drawn as plain segments. Rows that arrive never move the
cursor or the view, unless the table follows the newest row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from tui_importer.tui.actions import Place, When, bindings_of, find
from tui_importer.tui.rows import Row, SequenceRows, as_mapping
from tui_importer.tui.widgets.table_painter import TablePainter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events
    from textual.strip import Strip

    from tui_importer.tui.rows import Rows
    from tui_importer.tui.widgets.columns import Column

_PREFETCH = 200
"""Rows fetched before and after those in sight."""


class VirtualTable(ScrollView, can_focus=True):
    """Columns over `Rows`, with a cursor on one row.

    `id_name` names the value by which a row is found again when the rows are replaced. `growing` tables offer to
    follow their newest row.
    """

    BINDINGS = bindings_of(Place.TABLE)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header", "table--cursor", "table--cursor-blurred", "table--empty",
        "table--muted", "table--faint", "table--strong", "table--accent", "table--good", "table--warn", "table--bad",
    }  # fmt: skip
    DEFAULT_CSS = """
    VirtualTable {
        height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; background: $background;
        & > .table--header { color: $text-muted; }
        & > .table--cursor { color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold; }
        & > .table--cursor-blurred { background: $block-cursor-blurred-background; }
        & > .table--empty { color: $text-muted; }
        & > .table--muted { color: $text-muted; }
        & > .table--faint { color: $text-disabled; }
        & > .table--strong { text-style: bold; }
        & > .table--accent { color: $accent; }
        & > .table--good { color: $success; }
        & > .table--warn { color: $warning; }
        & > .table--bad { color: $error; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False)
    """The position of the row under the cursor; 0 in an empty table."""
    follow: reactive[bool] = reactive(False, repaint=False, bindings=True)
    """Whether the cursor stays on the newest row."""

    @dataclass
    class RowHighlighted(Message):
        """The cursor came to another row, or its row was found again."""

        table: VirtualTable
        position: int

        @property
        def control(self) -> VirtualTable:
            """The table."""
            return self.table

    @dataclass
    class RowSelected(Message):
        """The row under the cursor was clicked."""

        table: VirtualTable
        position: int

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
        growing: bool = False,
        follow: bool = False,
        show_cursor: bool = True,
        id: str | None = None,  # noqa: A002 - Textual's own parameter name
    ) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.id_name = id_name
        self.growing = growing
        self.show_cursor = show_cursor
        self.empty = tuple(empty)
        self._rows: Rows = SequenceRows[Row]((), (), lambda row: row)
        self._known_id: object = None
        self._window: list[Row] = []
        self._window_first = 0
        self._painter = TablePainter(self)
        self._page_before = 0
        self.set_reactive(VirtualTable.follow, follow)

    # -- data ---------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> Rows:
        """The rows shown."""
        return self._rows

    @property
    def caption(self) -> str:
        """How many of how many are shown, and whether the newest is followed."""
        shown, total = len(self._rows), self._rows.total
        following = "following · " if self.follow and self.growing else ""
        return f"{following}{shown:,} of {total:,}" if total else ""

    def row_at(self, position: int) -> Mapping[str, object] | None:
        """One row by name, None beyond the end."""
        window = self._rows.window(position, 1) if 0 <= position < len(self._rows) else []
        return as_mapping(self._rows.names, window[0]) if window else None

    @property
    def current(self) -> Mapping[str, object] | None:
        """The row under the cursor."""
        return self.row_at(self.cursor)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns."""
        self.columns = tuple(columns)
        self.reload()

    def set_rows(self, rows: Rows) -> None:
        """Show `rows` instead; the cursor stays on its row, and that row stays where it is in sight.

        Only lines that look different are drawn again.
        """
        before = self._visible_rows()
        was_empty = len(self._rows) == 0
        self._rows = rows
        self._window = []
        moved = self._find_cursor()
        self._resize_virtual()
        if moved:
            self.scroll_to(y=self.scroll_offset.y + moved, animate=False, immediate=True, force=True)
        if self.follow and len(rows):
            self._to_newest()
        if was_empty or len(rows) == 0:
            self.refresh()
            self.refresh_bindings()
            return
        for line, (old, new) in enumerate(zip(before, self._visible_rows(), strict=True)):
            if old != new:
                self.refresh(Region(0, line + 1, self.size.width, 1))

    def reload(self) -> None:
        """Draw everything again: something that is not part of the rows has changed."""
        self._painter.forget()
        self._window = []
        self.refresh()

    def _find_cursor(self) -> int:
        """Put the cursor back on its row; return by how many rows it moved."""
        count = len(self._rows)
        position = min(self.cursor, max(0, count - 1))
        if self._known_id is not None and count:
            here = self._id_at(position)
            if here != self._known_id:
                found = self._rows.position_of(self.id_name, self._known_id)
                position = position if found is None else found
        moved = position - self.cursor
        if moved:
            self.set_reactive(VirtualTable.cursor, position)
            self.post_message(self.RowHighlighted(self, position))
        self._known_id = self._id_at(position)
        return moved

    def _id_at(self, position: int) -> object:
        row = self.row_at(position)
        return None if row is None else row[self.id_name]

    def _resize_virtual(self) -> None:
        size = Size(self.scrollable_content_region.width or self.size.width, len(self._rows) + 1)
        if size != self.virtual_size:
            self.virtual_size = size

    # -- cursor -------------------------------------------------------------------------------------------------

    @property
    def page(self) -> int:
        """Rows in sight, the header not counted."""
        return max(1, self.scrollable_content_region.height - 1)

    def validate_cursor(self, position: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(position, len(self._rows) - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Draw the two lines that changed and bring the cursor into sight."""
        self._known_id = self._id_at(new)
        for position in (old, new):
            line = position - self.scroll_offset.y + 1
            if 1 <= line < self.size.height:
                self.refresh(Region(0, line, self.size.width, 1))
        self._into_sight(new)
        self.post_message(self.RowHighlighted(self, new))

    def _into_sight(self, position: int) -> None:
        top = self.scroll_offset.y
        if position < top:
            self.scroll_to(y=position, animate=False, immediate=True, force=True)
        elif position >= top + self.page:
            self.scroll_to(y=position - self.page + 1, animate=False, immediate=True, force=True)

    def move_cursor(self, position: int) -> None:
        """Move by the operator's wish: away from the newest row ends following."""
        target = self.validate_cursor(position)
        if target < len(self._rows) - 1:
            self.follow = False
        if target == self.cursor:
            self._into_sight(target)
        self.cursor = target

    def _to_newest(self) -> None:
        self.cursor = len(self._rows) - 1
        self._into_sight(self.cursor)

    def watch_follow(self, follow: bool) -> None:  # noqa: FBT001 - the signature of a Textual watcher
        """Go to the newest row at once."""
        if follow and len(self._rows):
            self._to_newest()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Cursor keys need rows; following needs a growing table."""
        registered = find(Place.TABLE, action, parameters)
        if registered is None:
            return True
        if registered.when is When.TABLE_FOLLOWS:
            return self.growing and len(self._rows) > 0
        return len(self._rows) > 0

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
        self.move_cursor(len(self._rows) - 1)

    def action_toggle_follow(self) -> None:
        """Follow the newest row, or stop."""
        self.follow = not self.follow

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the row; a click on the cursor's row, or a double click, selects it."""
        position = self.scroll_offset.y + event.y - 1
        if event.y < 1 or position >= len(self._rows):
            return
        if position == self.cursor or event.chain > 1:
            self.cursor = position
            self.post_message(self.RowSelected(self, position))
        else:
            self.move_cursor(position)

    # -- drawing ------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Fit the columns into the new width and keep the cursor in sight."""
        top, page = self.scroll_offset.y, self._page_before
        self._page_before = self.page
        self._resize_virtual()
        if self.follow and len(self._rows):
            self._to_newest()
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

    def _fetch(self, first: int, count: int) -> list[Row]:
        """Rows from the prefetched window, which is renewed around them when they are not in it."""
        start = first - self._window_first
        if not self._window or start < 0 or start + count > len(self._window):
            self._window_first = max(0, first - _PREFETCH)
            self._window = self._rows.window(self._window_first, count + 2 * _PREFETCH)
            start = first - self._window_first
        return self._window[start : start + count]

    def _visible_rows(self) -> list[Row | None]:
        height = max(0, self.size.height - 1)
        first = self.scroll_offset.y
        count = max(0, min(height, len(self._rows) - first))
        rows: list[Row | None] = list(self._fetch(first, count)) if count else []
        return rows + [None] * (height - len(rows))

    def render_line(self, y: int) -> Strip:
        """One line: the header, a row, or the words of an empty table."""
        width = self.scrollable_content_region.width
        self._painter.fit(self.columns, width)
        if len(self._rows) == 0:
            return self._painter.words(self.empty[y - 1] if 1 <= y <= len(self.empty) else "", width)
        if y == 0:
            return self._painter.header(width)
        position = self.scroll_offset.y + y - 1
        rows = self._fetch(position, 1) if position < len(self._rows) else []
        if not rows:
            return self._painter.words("", width)
        under_cursor = self.show_cursor and position == self.cursor
        return self._painter.row(self._rows.names, rows[0], width, under_cursor=under_cursor)
