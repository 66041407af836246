"""The virtual table: a million rows, an index view, appending, selection, following, narrow terminals, odd text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from tests.console.driving import press, screen_text, strips
from tui_importer.tui.job_tables.columns import count_column, text_column
from tui_importer.tui.table.columns import Column, fitted, lay_out
from tui_importer.tui.table.polars_rows import FrameRows
from tui_importer.tui.table.rows import SequenceRows
from tui_importer.tui.table.table import VirtualTable

if TYPE_CHECKING:
    from tui_importer.tui.table.rows import Rows

COLUMNS = (
    count_column("number", "#", 9),
    text_column("text", "text", 12, flex=1),
    text_column("rare", "rare", 20, priority=1),
)


class TableApp(App[None]):
    """One table and nothing else; notes what it says."""

    def __init__(self, rows: Rows | None = None, *, growing: bool = False, follow: bool = False) -> None:
        super().__init__()
        self._rows = rows
        self.table = VirtualTable(
            COLUMNS, id_name="number", empty=("Nothing here.", "Second line."), growing=growing, follow=follow
        )
        self.selected: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        if self._rows is not None:
            self.table.set_rows(self._rows)

    def on_virtual_table_row_selected(self, message: VirtualTable.RowSelected) -> None:
        self.selected.append(message.position)


def frame(first: int, count: int) -> pl.DataFrame:
    numbers = pl.int_range(first, first + count, eager=True)
    return pl.DataFrame({"number": numbers, "text": "row " + numbers.cast(pl.String), "rare": "seldom"})


def numbers_in_sight(app: TableApp) -> list[int]:
    found = []
    for strip in strips(app.screen)[1:]:
        words = strip.text.replace("▌", " ").replace("│", " ").split()
        if words:
            found.append(int(words[0].replace(",", "")))
    return found


async def test_a_million_rows_scroll_append_and_keep_the_selection() -> None:
    app = TableApp(FrameRows(frame(1, 1_000_000)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert numbers_in_sight(app) == list(range(1, 24))
        await press(pilot, "pagedown", "pagedown", "j", "k", "down", "up")
        assert app.table.cursor == 46
        assert app.table.current is not None
        assert app.table.current["number"] == 47
        await press(pilot, "G")
        assert numbers_in_sight(app)[-1] == 1_000_000
        await press(pilot, "k", "up", "pageup")
        position, top = app.table.cursor, app.table.scroll_offset.y
        assert position == 999_999 - 2 - 23
        rows = app.table.rows
        assert isinstance(rows, FrameRows)
        app.table.set_rows(rows.appended(frame(1_000_001, 50_000)))
        await pilot.pause()
        assert app.table.cursor == position
        assert app.table.scroll_offset.y == top
        assert app.table.caption == "1,050,000 of 1,050,000"
        await press(pilot, "home")
        assert numbers_in_sight(app) == list(range(1, 24))
        await press(pilot, "end")
        assert numbers_in_sight(app)[-1] == 1_050_000


async def test_a_view_shows_some_rows_in_its_order_and_says_so() -> None:
    data = frame(1, 1_000)
    app = TableApp(FrameRows(data, pl.Series([900, 10, 500], dtype=pl.UInt32)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert numbers_in_sight(app) == [901, 11, 501]
        assert app.table.caption == "3 of 1,000"
        await press(pilot, "down")
        app.table.set_rows(FrameRows(data))
        await pilot.pause()
        assert app.table.current is not None
        assert app.table.current["number"] == 11, "the cursor stays on its row, not on its position"


async def test_rows_that_come_before_do_not_scroll_under_the_cursor() -> None:
    app = TableApp(FrameRows(frame(101, 500)))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, *["pagedown"] * 3)
        line = app.table.cursor - app.table.scroll_offset.y
        app.table.set_rows(FrameRows(frame(1, 600)))
        await pilot.pause()
        assert app.table.current is not None
        assert app.table.current["number"] == 170
        assert app.table.cursor - app.table.scroll_offset.y == line


async def test_a_lost_row_leaves_the_cursor_where_it_was() -> None:
    app = TableApp(FrameRows(frame(1, 100)))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "end")
        app.table.set_rows(FrameRows(frame(1, 10)))
        await pilot.pause()
        assert app.table.cursor == 9
        app.table.set_rows(FrameRows(frame(1, 0)))
        await pilot.pause()
        assert app.table.current is None
        assert "Nothing here." in screen_text(app)  # type: ignore[arg-type]  # any app has a screen
        assert "Second line." in screen_text(app)  # type: ignore[arg-type]  # any app has a screen


async def test_following_keeps_the_newest_row_until_the_operator_moves_away() -> None:
    app = TableApp(FrameRows(frame(1, 100)), growing=True, follow=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.table.cursor == 99
        app.table.set_rows(FrameRows(frame(1, 120)))
        await pilot.pause()
        assert app.table.cursor == 119
        assert app.table.caption == "following · 120 of 120"
        await press(pilot, "up")
        app.table.set_rows(FrameRows(frame(1, 140)))
        await pilot.pause()
        assert app.table.cursor == 118
        await press(pilot, "f")
        assert app.table.cursor == 139


async def test_wheel_and_click() -> None:
    app = TableApp(FrameRows(frame(1, 1_000)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(VirtualTable, offset=(5, 4))
        assert app.table.cursor == 3
        assert app.selected == []
        await pilot.click(VirtualTable, offset=(5, 4))
        assert app.selected == [3]
        await pilot.click(VirtualTable, offset=(5, 0))
        assert app.table.cursor == 3, "the header is no row"
        app.table.scroll_to(y=500, animate=False, immediate=True)
        await pilot.pause()
        assert app.table.cursor == 3, "scrolling leaves the cursor alone"
        assert numbers_in_sight(app)[0] == 501


def watched(table: VirtualTable) -> list[int]:
    """The lines of a table that are drawn from now on."""
    drawn: list[int] = []
    draw = table.render_line

    def counting(y: int) -> object:
        drawn.append(y)
        return draw(y)

    table.render_line = counting  # type: ignore[method-assign,assignment]  # watching what is drawn
    return drawn


async def test_the_line_that_a_following_cursor_leaves_is_drawn_again() -> None:
    app = TableApp(FrameRows(frame(1, 3)), growing=True, follow=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        drawn = watched(app.table)
        app.table.set_rows(FrameRows(frame(1, 5)))
        await pilot.pause()
        assert app.table.cursor == 4
        assert set(drawn) == {3, 4, 5}, "the third line keeps no bar of a cursor that is elsewhere"


async def test_only_lines_that_changed_are_drawn_again() -> None:
    items = [(n, f"row {n}", "") for n in range(1, 40)]
    app = TableApp(SequenceRows(("number", "text", "rare"), items, lambda item: item))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        drawn = watched(app.table)
        changed = [*items[:4], (5, "changed", ""), *items[5:]]
        app.table.set_rows(SequenceRows(("number", "text", "rare"), changed, lambda item: item))
        await pilot.pause()
        assert set(drawn) == {5}
        assert "changed" in screen_text(app)  # type: ignore[arg-type]  # any app has a screen


async def test_columns_fit_every_width() -> None:
    app = TableApp(FrameRows(frame(1, 50)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "seldom" in screen_text(app)  # type: ignore[arg-type]  # any app has a screen
        await pilot.resize_terminal(40, 12)
        await pilot.pause()
        assert "seldom" not in screen_text(app)  # type: ignore[arg-type]  # any app has a screen
        assert "row 7" in screen_text(app)  # type: ignore[arg-type]  # any app has a screen
        assert {strip.cell_length for strip in strips(app.screen)} == {40}


@given(st.integers(1, 240))
def test_a_layout_never_exceeds_its_width_once_its_fixed_columns_fit(width: int) -> None:
    layout = lay_out(COLUMNS, width)
    used = sum(layout.widths) + layout.gap * (len(layout.widths) - 1)
    if width >= 9 + 12 + 1:
        assert used <= width
    assert all(room >= column.width for column, room in zip(layout.columns, layout.widths, strict=True))


def test_a_full_layout_stops_at_its_columns_limits() -> None:
    layout = lay_out((Column("a", "a", 5, flex=1, most=10), Column("b", "b", 5, flex=3, most=12)), 200)
    assert layout.widths == (10, 12)


@given(
    st.text(st.characters(exclude_categories=[]), max_size=60), st.integers(0, 40), st.sampled_from(["left", "right"])
)
def test_cells_are_exactly_as_wide_as_asked(text: str, width: int, align: str) -> None:
    from rich.cells import cell_len

    pieces = fitted([(text, "")], width, "right" if align == "right" else "left")
    assert sum(cell_len(piece) for piece, _ in pieces) == width


async def test_no_code_point_reaches_the_terminal_as_a_control() -> None:
    """The basic plane, the tags and a sample of the rest, in rows of fifty on a screen wide enough for all of them."""
    points = [*range(0x10000), *range(0xE0000, 0xE1000), *range(0x10000, sys.maxunicode, 97)]
    texts = ["a" + "".join(map(chr, points[start : start + 50])) + "b" for start in range(0, len(points), 50)]
    app = TableApp()
    async with app.run_test(size=(200, 1_001)) as pilot:
        for start in range(0, len(texts), 1_000):
            page = [(start + n, text, "") for n, text in enumerate(texts[start : start + 1_000])]
            app.table.set_rows(SequenceRows(("number", "text", "rare"), page, lambda item: item))
            if start == 0:
                await pilot.pause()
            drawn = "".join(app.table.render_line(y).text for y in range(1, len(page) + 1))
            assert harmful(drawn) == set()


@given(st.text(st.characters(exclude_categories=[]), max_size=80))
def test_no_text_reaches_a_cell_as_a_control(text: str) -> None:
    assert harmful("".join(piece for piece, _ in fitted([(text, "")], 40))) == set()


def harmful(drawn: str) -> set[str]:
    """Characters of `drawn` that a terminal acts on or that change the direction of text."""
    forbidden = {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F}
    return {
        hex(ord(character)) for character in drawn if ord(character) in forbidden or "\ud800" <= character <= "\udfff"
    }
