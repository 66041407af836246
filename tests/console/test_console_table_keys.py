"""Working a table by its keys: filter, sort, mark, faults, news, copy, export, mouse; and what the screen says."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from textual.widgets import Input

from tests.console.driving import JOB, console, console_at, footer, line_with, press, screen_text, settle
from tests.console.fakes import (
    NOW,
    FakeBackend,
    FakeJobView,
    chunks,
    failure,
    importing,
    log_entries,
    organizations,
    summary,
)
from tui_importer.engine.snapshot import LogEntry
from tui_importer.tui.exporting import ExportFailed, write_rows
from tui_importer.tui.frame_rows import FrameRows
from tui_importer.tui.looks import Look
from tui_importer.tui.rows import SequenceRows
from tui_importer.tui.screens.job import JobScreen
from tui_importer.tui.start import StartAt
from tui_importer.tui.widgets.table_pane import TablePane, notes_of
from tui_importer.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui_importer.engine.snapshot import Snapshot
    from tui_importer.tui.app import ImporterApp


def job_view(snapshot: Snapshot | None = None, count: int = 59) -> FakeJobView:
    failures = [failure(n) for n in range(1, count + 1)]
    return FakeJobView(
        snapshot or importing(failed=count), failures=failures, log=log_entries(30), orgs=organizations(failed=4)
    )


def table_of(app: ImporterApp, name: str = "errors") -> VirtualTable:
    return app.screen.query_one(f"#{name}", VirtualTable)


def line_of(app: ImporterApp, name: str = "errors") -> str:
    """The line below a table, empty when it says nothing."""
    pane = app.screen.query_one(f"#{name}-pane", TablePane)
    return screen_text(app).splitlines()[-2].strip() if pane.says_something else ""


async def look_again(pilot: Pilot[None]) -> None:
    assert isinstance(pilot.app.screen, JobScreen)
    pilot.app.screen.refresh_snapshot()
    await settle(pilot)


def records(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


async def to_column(pilot: Pilot[None], table: VirtualTable, name: str) -> None:
    for _ in table.columns:
        if table.column == name:
            return
        await press(pilot, "l")
    raise AssertionError(f"{name} was never reached")


async def type_text(pilot: Pilot[None], text: str) -> None:
    """Put `text` into the filter, as pasting would."""
    field = pilot.app.focused
    assert isinstance(field, Input)
    field.value = text
    await settle(pilot)


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
        assert table.look == Look(sort="kind")
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
        assert table.look == Look(sort="email")
        await pilot.click("#errors", offset=(x + 2, 3))
        await settle(pilot)
        assert (table.cursor, table.column) == (table.scroll_offset.y + 2, "email")
        assert isinstance(app.screen, JobScreen)


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
        assert table.look.is_plain, "the third s takes the order away"
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
        assert table.look == Look(faults=True, sort="failed", descending=True)
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
            assert app.focused.look.is_plain
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
        table.look_at(Look("p1999", sort="row"))
        assert "… 11 of 20,000" in [note.text for note in notes_of(table)][-1]
        table.set_rows(FrameRows(rows.frame.head(19_995)))
        await settle(pilot)
        assert table.shown_ids() == [*range(19_994, 19_989, -1), 1_999], "found again when the rows were replaced"
        table.look_at(Look())
        assert len(table.rows) == 19_995


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


async def test_x_writes_what_is_shown_and_the_log_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    view = job_view()
    view.orgs[4] = replace(view.orgs[4], name='=HYPERLINK("http://x")', workos_id="+1", how="failed")
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "z", "x")
        path = tmp_path / f"{JOB}-organizations.csv"
        rows = records(path)
        assert [row["key"] for row in rows] == [f"external_id:org-00{n}" for n in range(1, 6)]
        assert rows[4]["name"] == '\'=HYPERLINK("http://x")'
        assert path.stat().st_mode & 0o777 == 0o600
        assert view.told[-1].startswith(f"note Exported: 5 of 152 rows of organizations written to {path}")
        view.log.append(LogEntry(99, NOW, "info", "retried person1@example.com"))
        await look_again(pilot)
        await press(pilot, "P", "5", "x", "x")
        assert len(records(tmp_path / f"{JOB}-log-2.csv")) == 31, "nothing is overwritten"
        entry = records(tmp_path / f"{JOB}-log.csv")[-1]
        assert entry == {
            "sequence": "99", "time": "2026-11-23T14:03:59.000Z", "level": "info",
            "message": "retried p•••@example.com",
        }  # fmt: skip
        assert view.told[-1].endswith("e-mails masked")


def test_a_file_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    rows = SequenceRows(("a",), [("x",)], lambda row: row)
    with pytest.raises(ExportFailed, match="could not be written") as caught:
        write_rows(tmp_path / "gone", "t", rows, str)
    assert "export again" in caught.value.next

    def broken(_: str) -> str:
        raise OSError(28, "No space left on device")

    with pytest.raises(ExportFailed, match="No space left"):
        write_rows(tmp_path, "t", rows, broken)
    assert list(tmp_path.glob("t*")) == []


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
        assert table_of(app).look.sort == "time"


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
    monkeypatch.setattr("tui_importer.tui.screens.job.MOST_ROWS", 50)
    monkeypatch.setattr("tui_importer.tui.feeds.MOST_ROWS", 50)
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
