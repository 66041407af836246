"""Exporting: what is shown goes into a file of the owner's, and the log has it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.console.driving import JOB, console, console_at, press, screen_text, settle
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import NOW, finished
from tests.console.working_tables import job_view, look_again, records
from tests.support import FAST, UNLIMITED, finish, open_job, person, write_source
from tui_importer.engine.snapshot.models import LogEntry
from tui_importer.report.failures import write_failures
from tui_importer.sandbox.server import Sandbox
from tui_importer.tui.launch import StartAt
from tui_importer.tui.table.export import ExportFailed, write_rows
from tui_importer.tui.table.rows import SequenceRows

if TYPE_CHECKING:
    from pathlib import Path


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


async def test_an_export_is_complete_under_masking_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    view = job_view()
    view.orgs[4] = replace(view.orgs[4], name="Friends of ann@example.com", how="failed")
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        view.log.append(LogEntry(99, NOW, "info", "retried person1@example.com"))
        await look_again(pilot)
        await press(pilot, "P", "5")
        assert "p•••@example.com" in screen_text(app)
        await press(pilot, "x", "x", "4", "x")
        assert len(records(tmp_path / f"{JOB}-log-2.csv")) == 31, "nothing is overwritten"
        assert records(tmp_path / f"{JOB}-log.csv")[-1] == {
            "sequence": "99", "time": "2026-11-23T14:03:59.000Z", "level": "info",
            "message": "retried person1@example.com",
        }  # fmt: skip
        assert records(tmp_path / f"{JOB}-organizations.csv")[4]["name"] == "Friends of ann@example.com"
        assert [words.endswith(".csv, not masked") for words in view.told[-3:]] == [True] * 3
        await press(pilot, "P", "x")
        assert view.told[-1].endswith(f"{JOB}-organizations-2.csv"), "without masking there is nothing to say of it"


def test_a_file_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    def broken(_: str) -> tuple[str, ...]:
        raise OSError(28, "No space left on device")

    rows = SequenceRows(("a",), [("x",)], lambda row: row)
    with pytest.raises(ExportFailed, match="could not be written") as caught:
        write_rows(tmp_path / "gone", "t", rows)
    assert "export again" in caught.value.next
    with pytest.raises(ExportFailed, match="No space left"):
        write_rows(tmp_path, "t", SequenceRows(("a",), ["x"], broken))
    assert list(tmp_path.glob("t*")) == []


async def test_the_console_exports_what_the_command_line_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        person(0, 0),
        person(1, 0, role_slug="pilot", first_name="=1+1"),
        person(2, 0, role_slug="pilot"),
        person(3, 0, email="no address"),
        person(4, org_external_id="nameless"),
    ]
    with Sandbox(UNLIMITED) as sandbox:
        source = write_source(tmp_path / "users.csv", rows)
        with open_job(tmp_path, sandbox, source, replace(FAST, max_failed=None)) as job:
            finish(job)
            failures, name = list(job.failures_after(0)), job.name
    everything = StringIO()
    assert write_failures(tmp_path / "jobs" / name, everything) == len(failures) == 5
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    view = FakeJobView(replace(finished(failed=4), job=name), failures=failures)
    app = console(FakeBackend(views={name: view}, folder=tmp_path / "jobs"), start=StartAt.at_job(name))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "x")
        path = tmp_path / "here" / f"{name}-errors.csv"
        assert path.read_text("utf-8") == everything.getvalue()
        assert path.stat().st_mode & 0o777 == 0o600
        assert view.told == [f"note Exported: 5 of 5 errors written to {path}"]
        await press(pilot, "P", "slash", *"pilot", "enter", "x")
        found = pl.read_csv(tmp_path / "here" / f"{name}-errors-2.csv", infer_schema=False)
        assert found["_row"].to_list() == ["2", "3"]
        assert found["first_name"].to_list() == ["'=1+1", "Ada"]
        assert found["email"][0] == "user1@example.com"
        assert view.told[-1].endswith(".csv, not masked")
        await press(pilot, "g", "slash", *"malformed", "enter", "x")
        found = pl.read_csv(tmp_path / "here" / f"{name}-errors-3.csv", infer_schema=False)
        assert found["_kind"].to_list() == ["email_malformed"]
        shutil.rmtree(tmp_path / "here")
        await press(pilot, "x")
        assert (tmp_path / "jobs" / name / f"{name}-errors.csv").read_text("utf-8").count("\n") == 2
