"""The source is edited, replaced or removed under a job: its own frozen rows are what counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.engine.machine import ROWS, SLOW, WORKERS, amid
from tests.support import assert_exact, finish, open_job, reopen_job, with_workers
from tui_importer.engine.job import source as frozen_source
from tui_importer.source.read import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.sandbox.server import Sandbox
    from tui_importer.sandbox.settings import SandboxSettings


@pytest.fixture
def sandbox_settings() -> SandboxSettings:
    return SLOW


def append(source: Path) -> None:
    with source.open("a", encoding="utf-8") as file:
        file.write("late@example.com\n")


def replace_it(source: Path) -> None:
    other = source.with_name("other.csv")
    other.write_text("email\nother@example.com\n", encoding="utf-8")
    other.replace(source)


def remove(source: Path) -> None:
    source.unlink()


@pytest.fixture
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen_source, "LOOK_EVERY", 0.05)


@pytest.mark.parametrize(
    ("happening", "words"),
    [(append, "written to"), (replace_it, "replaced"), (remove, "removed")],
    ids=["edited", "replaced", "removed"],
)
@pytest.mark.usefixtures("looking_often")
def test_the_job_goes_on_with_its_own_rows_and_says_once_that_the_source_changed(
    tmp_path: Path, sandbox: Sandbox, source: Path, happening: Callable[[Path], None], words: str
) -> None:
    with open_job(tmp_path, sandbox, source, with_workers(WORKERS)) as job:
        amid(job)
        assert job.snapshot().source_change == ""
        happening(source)
        wait_until(lambda: words in job.snapshot().source_change)
        assert job.snapshot().state == "running", "it is told while it runs"
        assert job.wait(60)
        job.start()
        told = [entry for entry in job.log_after(0) if "frozen rows" in entry.message]
        assert [(entry.level, "users.csv" in entry.message) for entry in told] == [("warning", True)]
        assert job.snapshot().totals.created == len(ROWS)
    assert_exact(sandbox, ROWS)


@pytest.mark.parametrize(
    ("happening", "words"),
    [(append, "was written to or replaced"), (remove, "was removed")],
    ids=["edited", "removed"],
)
def test_a_change_that_no_look_saw_is_told_in_the_end_and_again_by_the_next_process(
    tmp_path: Path,
    sandbox: Sandbox,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    happening: Callable[[Path], None],
    words: str,
) -> None:
    monkeypatch.setattr(frozen_source, "LOOK_EVERY", 3_600)
    with open_job(tmp_path, sandbox, source, with_workers(WORKERS)) as job:
        amid(job)
        happening(source)
        job.pause()
        assert job.wait(60)
        assert job.snapshot().source_change == words
        name = job.name
    with reopen_job(tmp_path, sandbox, name) as job:
        assert finish(job).totals.created == len(ROWS)
        assert job.snapshot().source_change == words
        assert sum(f"{words} since it was scanned" in entry.message for entry in job.log_after(0)) == 2
    assert_exact(sandbox, ROWS)


def test_a_source_that_changes_while_it_is_scanned_is_refused_and_nothing_was_sent(
    tmp_path: Path, sandbox: Sandbox, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = fingerprint.Watch.check

    def late(watch: fingerprint.Watch, bytes_read: int) -> None:
        append(source)
        check(watch, bytes_read)

    with monkeypatch.context() as patch, open_job(tmp_path, sandbox, source) as job:
        patch.setattr(fingerprint.Watch, "check", late)
        job.start()
        assert job.wait(60)
        assert (job.snapshot().state, job.exit_code) == ("paused", 2)
        assert "was changed, replaced or removed while it was read" in job.snapshot().reason
        assert not list(job._folder.glob("*.parquet"))
        name = job.name
    with reopen_job(tmp_path, sandbox, name) as job:
        job.start()
        assert job.wait(60)
        assert job.exit_code == 2
        assert "was written to or replaced since the job was recorded" in job.snapshot().reason
    assert sandbox.snapshot(objects=False).total == 0
