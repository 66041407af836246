"""A journal of an older version is brought up to date, whatever lies beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.journal.filled import everything, opened
from tui_importer.journal import schema
from tui_importer.journal.errors import JournalUnwritable
from tui_importer.journal.journal import FILE, Journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEPT = "journal.v2.sqlite"


@pytest.fixture
def older(folder: Path) -> Path:
    """A folder whose journal is of version 2."""
    columns = {
        "job": ("accepted", "rested"),
        "organizations": ("adopted", "created_at", "updated_at"),
        "rows": ("user_created_at", "user_updated_at", "membership_created_at", "membership_updated_at"),
    }
    with closing(sqlite3.connect(folder / FILE)) as connection:
        for table, names in columns.items():
            for name in names:
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
        connection.execute("DROP TABLE overwritten")
        connection.execute("PRAGMA user_version = 2")
        connection.commit()
    return folder


def half(path: Path) -> None:
    path.write_bytes((path.parent / FILE).read_bytes()[:10_000])


def nonsense(path: Path) -> None:
    path.write_text("no journal at all", encoding="utf-8")


def link_to_nowhere(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


def other_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE job (x)")
        connection.commit()


@pytest.mark.parametrize("left", [None, half, nonsense, link_to_nowhere, other_tables])
def test_what_an_earlier_attempt_has_left_is_replaced_by_a_whole_copy(
    older: Path, left: Callable[[Path], None] | None
) -> None:
    if left is not None:
        left(older / KEPT)
    assert opened(older)
    with closing(sqlite3.connect(older / KEPT)) as kept:
        assert kept.execute("PRAGMA user_version").fetchone() == (2,)
        assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert kept.execute("SELECT count(*) FROM rows").fetchone() > (0,)
    assert (older / KEPT).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in older.iterdir() if path.name.startswith(f"{KEPT}.")] == []


def test_without_room_for_the_copy_it_stays_as_it_is(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(schema, "sync_file", full)
    with pytest.raises(JournalUnwritable, match="No space left on device"):
        Journal(older)
    monkeypatch.undo()
    with closing(sqlite3.connect(older / FILE)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    assert not (older / KEPT).exists()
    with closing(Journal(older)) as journal:
        assert everything(journal)
