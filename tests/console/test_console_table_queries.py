"""What a table shows: filter, sort, faults only; and how it says so."""

from __future__ import annotations

import polars as pl

from tests.console.driving import console, console_at, footer, line_with, press, screen_text, settle
from tests.console.fakes import FakeBackend
from tests.console.snapshots import NOW, failure, summary
from tests.console.working_tables import job_view, line_of, table_of, to_column, type_text
from tui_importer.tui.screens.job.screen import JobScreen
from tui_importer.tui.table.pane import notes_of
from tui_importer.tui.table.polars_rows import FrameRows
from tui_importer.tui.table.query import RowQuery
from tui_importer.tui.table.table import VirtualTable


async def test_a_filter_narrows_while_it_is_typed_and_esc_brings_everything_back() -> None:
    app, _ = console_at(job_view())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "down", "down")
        table = table_of(app)
        selected = table.current_id
        await press(pilot, "slash", "5")
        assert 8 < len(table.rows) < 59
        assert "/ 5" in line_of(app)
        await press(pilot, "0", "3")
        assert table.shown_ids() == [n for n in range(1, 60) if n % 7 == 6]
        assert line_of(app).endswith("8 of 59 shown")
        assert "59 of 59" not in screen_text(app)
        assert "enter Keep" in footer(app)
        assert "+" not in footer(app), "a key that types does nothing else meanwhile"
        await press(pilot, "backspace", "backspace", "backspace")
        assert table.current_id == selected, "the cursor comes back with its row"
        await type_text(pilot, "PERSON1 server")
        assert table.shown_ids() == [13], "every word, in any column, in any case"
        await press(pilot, "enter")
        assert app.focused is table
        assert line_of(app).startswith("/ PERSON1 server")
        assert "esc All rows" in footer(app)
        await press(pilot, "escape")
        assert len(table.rows) == 59
        assert table.current_id == 13, "the row that was found stays selected"
        assert line_of(app) == ""
        assert "59 of 59" in screen_text(app)
        await press(pilot, "slash", "x", "x", "escape")
        assert table.current_id == 13
        assert app.focused is table
        await press(pilot, "escape")
        assert not isinstance(app.screen, JobScreen), "nothing is left to peel but the screen"


async def test_a_filter_is_taken_literally() -> None:
    texts = ["[/nope]", ".*", "(", "\\", "[@click=app.quit]x[/]", "$"]
    view = job_view(count=0)
    view.failures = [failure(n, message=f"says {text} literally") for n, text in enumerate(texts)]
    app, _ = console_at(view)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "slash")
        for n, text in enumerate(texts):
            await type_text(pilot, text)
            assert table_of(app).shown_ids() == [n], text
        await type_text(pilot, "\x1b]2;title\x07")
        await press(pilot, "enter")
        assert table_of(app).filter_text == "]2;title", "controls cannot be typed"
        assert "\x1b" not in screen_text(app)


async def test_nothing_matches_says_how_to_go_on() -> None:
    app, _ = console_at(job_view())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "slash")
        await type_text(pilot, "no such thing")
        await press(pilot, "enter")
        assert "Nothing matches the filter: esc shows all rows." in screen_text(app)
        assert line_of(app).endswith("0 of 59 shown")
        for absent in ("Mark", "Sort", "Export", "Detail", "Copy"):
            assert absent not in footer(app)
        await press(pilot, "enter", "space", "s", "x", "y", "down", "G")
        assert isinstance(app.screen, JobScreen)
        await press(pilot, "escape")
        assert len(table_of(app).rows) == 59


async def test_s_sorts_by_the_column_under_the_cursor_and_a_hidden_column_is_shown() -> None:
    app, _ = console_at(job_view())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        table = table_of(app)
        await to_column(pilot, table, "kind")
        await press(pilot, "s")
        assert table.row_query == RowQuery(sort="kind")
        assert "kind ↑" in line_with(app, "e-mail")
        assert "by kind ↑" in line_of(app)
        ids = list(range(1, 60))
        assert table.shown_ids() == sorted(ids, key=lambda n: (failure(n).kind, n))
        assert table.current_id == 1, "the selection stays on its row"
        await press(pilot, "s")
        assert table.shown_ids() == sorted(ids, key=lambda n: (failure(n).kind != "user_invalid", n))
        assert "kind ↓" in line_with(app, "e-mail")
        await press(pilot, "s")
        assert table.shown_ids() == ids
        assert line_of(app) == ""
        assert "organization" not in line_with(app, "e-mail")
        await to_column(pilot, table, "organization")
        assert "organization" in line_with(app, "e-mail"), "after the last column come those that found no room"
        await press(pilot, "S")
        assert table.shown_ids() == sorted(ids, key=lambda n: (-(n % 9), n))
        await press(pilot, "h", "h", "h", "h", "h")
        assert "organization" not in line_with(app, "e-mail")


async def test_a_click_on_a_title_sorts_and_a_click_on_a_cell_moves_there() -> None:
    app, _ = console_at(job_view())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        table = table_of(app)
        x = line_with(app, "e-mail").index("e-mail")
        await pilot.click("#errors", offset=(x, 0))
        await settle(pilot)
        assert table.row_query == RowQuery(sort="email")
        await pilot.click("#errors", offset=(x + 2, 3))
        await settle(pilot)
        assert (table.cursor, table.column) == (table.scroll_offset.y + 2, "email")
        assert isinstance(app.screen, JobScreen)


async def test_z_shows_faults_only_in_every_table_that_knows_them() -> None:
    view = job_view()
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for tab, expected in (
            ("1", [2]),
            ("2", [worker.worker for worker in view.now.workers if worker.errors or worker.state == "backing off"]),
            ("4", [f"external_id:org-00{n}" for n in range(1, 5)]),
            ("5", [entry.sequence for entry in view.log if entry.level != "info"]),
        ):
            await press(pilot, tab, "z")
            assert isinstance(app.focused, VirtualTable)
            assert app.focused.shown_ids() == expected
            await press(pilot, "escape")
            assert app.focused.row_query.is_plain
        await press(pilot, "3")
        assert "z Faults" not in footer(app), "all of them are faults"


async def test_a_large_table_is_filtered_and_sorted_beside_the_console() -> None:
    app, _ = console_at(job_view(count=3))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        table = table_of(app)
        numbers = pl.int_range(0, 20_000, eager=True)
        first = table.source
        assert isinstance(first, FrameRows)
        many = pl.DataFrame({"sequence": numbers, "email": "p" + numbers.cast(pl.String), "row": 20_000 - numbers})
        empty = first.frame.drop("haystack").clear()
        rows = FrameRows(pl.concat([empty, many.select(pl.all())], how="diagonal"))
        table.set_rows(rows)
        await press(pilot, "slash")
        await type_text(pilot, "p1999")
        assert table.shown_ids() == [1_999, *range(19_990, 20_000)]
        assert "11 of 20,000 shown" in line_of(app)
        table.search(RowQuery("p1999", sort="row"))
        assert "… 11 of 20,000" in [note.text for note in notes_of(table)][-1]
        table.set_rows(FrameRows(rows.frame.head(19_995)))
        await settle(pilot)
        assert table.shown_ids() == [*range(19_994, 19_989, -1), 1_999], "found again when the rows were replaced"
        table.search(RowQuery())
        assert len(table.rows) == 19_995


async def test_jobs_are_filtered_and_told_apart_by_faults() -> None:
    jobs = [summary(f"job-{n}", started=NOW) if n else summary("clean", state="finished") for n in range(3)]
    app = console(FakeBackend(jobs))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        table = table_of(app, "jobs")
        await press(pilot, "slash", "j", "o", "b", "minus", "2", "enter")
        assert table.shown_ids() == ["job-2"]
        await press(pilot, "escape")
        assert len(table.rows) == 3
