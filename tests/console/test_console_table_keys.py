"""Working a table by its keys: marks, news, copy; and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.console.driving import JOB, console, console_at, footer, press, screen_text, settle
from tests.console.fakes import FakeBackend
from tests.console.snapshots import chunks, failure
from tests.console.working_tables import job_view, line_of, look_again, table_of, type_text
from tui_importer.tui.launch import StartAt
from tui_importer.tui.table.query import RowQuery

if TYPE_CHECKING:
    import pytest


async def test_marks_survive_filters_and_new_data_and_esc_peels_them_first() -> None:
    view = job_view()
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "space", "space")
        table = table_of(app)
        assert table.marked == {1, 2}
        assert table.cursor == 2, "space goes on to the next row"
        assert [line[0] for line in screen_text(app).splitlines() if "@example.com" in line][:3] == ["●", "●", "▌"]
        await press(pilot, "slash")
        await type_text(pilot, "503")
        await press(pilot, "enter", "a")
        assert len(table.marked) == 2 + 8
        assert "10 marked (2 hidden)" in line_of(app)
        assert {row[0] for row in table.marked_rows().window(0, 99)} == table.marked
        view.failures.append(failure(60))
        await look_again(pilot)
        assert len(table.marked) == 10
        await press(pilot, "a")
        assert table.marked == {1, 2}, "all shown were marked: now none of them is"
        assert "esc Unmark" in footer(app)
        await press(pilot, "escape")
        assert table.marked == frozenset()
        assert table.filter_text == "503", "one layer at a time"
        await press(pilot, "escape")
        assert len(table.rows) == 60
        await press(pilot, "home", "space")
        view.failures = [failure(n) for n in range(2, 61)]
        await look_again(pilot)
        assert table.marked == frozenset(), "a row that is gone is not marked"


async def test_rows_that_come_wait_while_the_table_is_sorted_or_filtered() -> None:
    view = job_view()
    app, _ = console_at(view)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "S", "down", "down")
        table = table_of(app)
        before = screen_text(app).splitlines()[-13:-3]
        view.failures += [failure(n) for n in range(60, 72)]
        await look_again(pilot)
        assert screen_text(app).splitlines()[-13:-3] == before, "nothing moves under the cursor"
        assert "+12 new · press . to show" in line_of(app)
        assert line_of(app).endswith("59 of 71")
        assert ". Show new" in footer(app)
        selected = table.current_id
        await press(pilot, "full_stop")
        assert table.shown_ids() == list(range(71, 0, -1))
        assert table.current_id == selected
        assert "new" not in line_of(app)
        await press(pilot, "s", "slash")
        assert table.row_query.is_plain, "the third s takes the order away"
        await type_text(pilot, "503")
        await press(pilot, "enter", "f")
        shown = len(table.rows)
        view.failures += [failure(n) for n in range(72, 100)]
        await look_again(pilot)
        assert len(table.rows) == shown + 4, "a table that follows takes what matches"
        assert table.current_id == 97
        assert "new" not in line_of(app)


async def test_chunks_keep_their_order_while_their_values_change() -> None:
    view = job_view()
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        table = table_of(app, "chunks")
        await press(pilot, *["l"] * 7, "S", "z")
        assert table.row_query == RowQuery(faults=True, sort="failed", descending=True)
        assert table.shown_ids() == [2]
        assert "faults only" in line_of(app, "chunks")
        failed = {1: 3, 2: 3, 7: 3}
        view.set(chunks=tuple(replace(chunk, failed=failed.get(chunk.chunk, 0)) for chunk in chunks(9_000, 0)))
        await look_again(pilot)
        assert table.shown_ids() == [2]
        assert table.current is not None
        assert table.current["failed"] == 3, "what is shown is as it is now"
        assert "+2 new" in line_of(app, "chunks")
        await press(pilot, "full_stop")
        assert table.shown_ids() == [1, 2, 7]
        failed = {1: 1, 2: 2, 7: 7}
        view.set(chunks=tuple(replace(chunk, failed=failed.get(chunk.chunk, 0)) for chunk in chunks(9_000, 0)))
        await look_again(pilot)
        assert table.shown_ids() == [1, 2, 7]
        assert "changed · press . to show" in line_of(app, "chunks")
        await press(pilot, "full_stop")
        assert table.shown_ids() == [7, 2, 1]


async def test_y_copies_a_cell_or_the_marked_rows() -> None:
    app, _ = console_at(job_view())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "down", "l", "y")
        assert app.clipboard == "262"
        await press(pilot, "l", "P", "y")
        assert app.clipboard == "p•••@example.com", "masked is masked"
        await press(pilot, "P", "space", "space", "y")
        copied = [line.split("\t") for line in app.clipboard.split("\n")]
        assert [line[3] for line in copied] == ["person2@example.com", "person3@example.com"]
        await press(pilot, "1", *["l"] * 4, "y")
        assert app.clipboard == "1.0", "a bar copies its share"


async def test_the_palette_offers_what_the_table_can_do_now() -> None:
    from tui_importer.tui.palette import ActionProvider

    app, _ = console_at(job_view())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        offered = [hit.text or "" async for hit in ActionProvider(app.screen).discover()]
        assert {"Tables: Filter", "Tables: Sort", "Tables: Mark", "Tables: Export"} <= set(offered)
        assert not {"Tables: Unmark", "Tables: All rows", "Tables: Show new", "Tables: Faults"} & set(offered)
        await press(pilot, "colon", *"sort down", "enter")
        await settle(pilot)
        assert table_of(app).row_query.sort == "time"


async def test_the_preview_is_a_table_like_the_others() -> None:
    app = console(start=StartAt.new_job(Path("/data/users.csv")))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        table = table_of(app, "sample")
        table.focus()
        await press(pilot, "l", "S", "slash")
        await type_text(pilot, "person1@")
        await press(pilot, "enter")
        assert table.shown_ids() == [1]
        assert "by First Name ↓ · 1 of 20 shown" in screen_text(app)
        assert "Export" not in footer(app), "it is a sample"
        await press(pilot, "escape")
        assert len(table.rows) == 20


async def test_words_name_the_keys_that_the_operator_gave() -> None:
    view = job_view()
    backend = FakeBackend(views={JOB: view})
    app = console(backend, start=StartAt.at_job(JOB), keymap={"table.news": "ctrl+n", "table.clear": "ctrl+x"})
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "slash")
        await type_text(pilot, "nobody")
        assert "Nothing matches the filter: ctrl+x shows all rows." in screen_text(app)
        view.failures.append(failure(60, email="nobody@example.com"))
        await look_again(pilot)
        assert "1 new row would match: ctrl+n shows them." in screen_text(app)
        assert "+1 new · press ctrl+n to show" in line_of(app)
        await press(pilot, "enter", "ctrl+n")
        assert table_of(app).shown_ids() == [60]


async def test_the_copied_rows_have_a_limit() -> None:
    app, _ = console_at(job_view(count=1_200))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "y", "a", "y")
        assert app.clipboard == "2026-11-23T14:04:00+00:00"
        assert any("1,200 rows are too many to copy. x writes" in note.message for note in app._notifications)


async def test_more_errors_than_the_table_holds_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_importer.tui.screens.job.screen.MOST_ROWS", 50)
    monkeypatch.setattr("tui_importer.tui.job_tables.feeds.MOST_ROWS", 50)
    view = job_view()
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        assert line_of(app) == ""
        view.failures += [failure(n) for n in range(60, 69)]
        await look_again(pilot)
        assert len(table_of(app).rows) == 59
        assert "9 more in the journal" in line_of(app)
