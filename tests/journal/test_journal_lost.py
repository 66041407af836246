"""A journal whose folder is removed or replaced, or which another program locks: nothing is lost in silence."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.journal.filled import everything, opened
from tui_importer.engine.job.listing import list_jobs
from tui_importer.journal import reader as reader_module
from tui_importer.journal import statements
from tui_importer.journal.errors import JournalBusy, JournalError, JournalUnwritable
from tui_importer.journal.journal import FILE, Journal, open_reader
from tui_importer.journal.lock import LOCK
from tui_importer.journal.records import Flag, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def gone(folder: Path) -> None:
    shutil.rmtree(folder)


def replaced_by_a_copy(folder: Path) -> None:
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    shutil.rmtree(folder)
    copy.rename(folder)


def without(name: str) -> Callable[[Path], None]:
    def removed(folder: Path) -> None:
        (folder / name).unlink()

    return removed


@pytest.mark.parametrize(
    "happening",
    [gone, replaced_by_a_copy, *map(without, (FILE, f"{FILE}-wal", f"{FILE}-shm", LOCK))],
    ids=["folder gone", "folder replaced", "journal gone", "wal gone", "shm gone", "lock gone"],
)
def test_nothing_is_acknowledged_that_nobody_would_find(folder: Path, happening: Callable[[Path], None]) -> None:
    reported: list[JournalError] = []
    journal = Journal(folder, reported.append)
    journal.update_job(reason="before").wait()
    happening(folder)
    with pytest.raises(JournalUnwritable, match="removed or replaced") as refused:
        journal.update_job(reason="after").wait()
    assert str(folder) in refused.value.message
    assert "Put the folder back" in refused.value.next
    assert reported
    with pytest.raises(JournalUnwritable, match="removed or replaced"):
        journal.close()
    if happening is replaced_by_a_copy:
        with open_reader(folder) as reader:
            assert reader.job().reason == "before", "the copy has kept its own wal"


def test_a_folder_that_was_moved_away_and_back_has_lost_nothing(folder: Path) -> None:
    with closing(Journal(folder)) as journal:
        away = folder.rename(folder.with_name("away"))
        with pytest.raises(JournalUnwritable):
            journal.submit(statements.row_ended(1, Outcome.EXISTING, None, None, Flag.NONE)).wait()
        away.rename(folder)
        journal.flush()
        row = journal.row(1)
        assert row is not None
        assert row.outcome is Outcome.EXISTING


def test_another_programs_lock_is_named_and_nothing_is_lost_by_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "BUSY_SECONDS", 0.05)
    with closing(Journal(folder)) as journal, closing(sqlite3.connect(folder / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalBusy, match=r"Another program has the journal .* locked"):
            journal.submit(statements.row_ended(1, Outcome.EXISTING, None, None, Flag.NONE)).wait()
        with pytest.raises(JournalBusy):
            Journal(folder)
        assert everything(journal), "reading goes on"
        other.execute("ROLLBACK")
        journal.flush()
        row = journal.row(1)
        assert row is not None
        assert row.outcome is Outcome.EXISTING


def test_an_exclusive_lock_is_no_damage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("UPDATE job SET reason = 'x'")
        with pytest.raises(JournalBusy):
            Journal(folder)
        (listed,) = list_jobs(folder.parent)
        assert "locked" in listed.problem
    assert opened(folder)
