"""Damage to a journal's content: it is noticed, reported in a sentence, and can be purged."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from tests.journal.filled import ROWS, everything, opened
from tui_importer.engine.job.listing import list_jobs
from tui_importer.engine.job.store import Jobs
from tui_importer.journal import statements
from tui_importer.journal.errors import JournalCorrupt, JournalError
from tui_importer.journal.journal import FILE, Journal
from tui_importer.journal.records import Flag, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_sound_journal_opens(folder: Path) -> None:
    assert opened(folder)


def overwritten(journal: Path, position: float, content: bytes) -> None:
    data = bytearray(journal.read_bytes())
    at = int(position * (len(data) - len(content)))
    data[at : at + len(content)] = content
    journal.write_bytes(data)


DAMAGE = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=64)), min_size=1, max_size=4
)
"""Places in the file, and what stands there instead."""


@settings(max_examples=40)
@given(DAMAGE)
@example([(0.0, b"\0" * 64)])
@example([(0.017425, b"\xa2\x4c\x8e")])  # where SQLite quotes the damaged text in its message
@example([(0.5, b"\xff" * 4096)])
def test_any_damage_is_noticed_or_harmless_and_the_job_can_be_listed_and_removed(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[float, bytes]]
) -> None:
    survive(sound, tmp_path_factory.mktemp("damaged"), damage)


@pytest.mark.long
@settings(max_examples=2_000)
@given(DAMAGE)
def test_any_of_many_damages_is_noticed_or_harmless(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[float, bytes]]
) -> None:
    survive(sound, tmp_path_factory.mktemp("damaged"), damage)


def survive(sound: Path, jobs: Path, damage: list[tuple[float, bytes]]) -> None:
    folder = jobs / "job"
    shutil.copytree(sound, folder)
    for position, content in damage:
        overwritten(folder / FILE, position, content)
    event("opened" if opened(folder) else "refused")
    (listed,) = list_jobs(jobs)
    assert listed.job == "job" or not listed.problem
    Jobs(jobs).purge("job")
    assert list(jobs.iterdir()) == []


def truncated(folder: Path) -> None:
    journal = folder / FILE
    journal.write_bytes(journal.read_bytes()[:20_000])


def zeroed(folder: Path) -> None:
    overwritten(folder / FILE, 0.5, bytes(4096))


def a_text(folder: Path) -> None:
    (folder / FILE).write_text("row,outcome\n1,created\n" * 500, encoding="utf-8")


def empty(folder: Path) -> None:
    (folder / FILE).write_bytes(b"")


def missing(folder: Path) -> None:
    (folder / FILE).unlink()


STATEMENTS = {
    "another total": "UPDATE totals SET rows = rows + 1 WHERE outcome = 2;",
    "a strange outcome": "UPDATE rows SET outcome = 'gone' WHERE row = 1;",
    "a row too many": f"INSERT INTO rows (row, outcome) VALUES ({ROWS + 1}, 1);",
    "a strange state": "UPDATE job SET state = 'rnning';",
    "a word for a number": "UPDATE job SET rows = 'many';",
    "no time": "UPDATE job SET created_at = 1e300;",
    "no job": "DELETE FROM job;",
    "no trigger": "DROP TRIGGER rows_inserted;",
    "no table": "DROP TABLE totals;",
}
"""What another program may have done to it, and what that leaves."""


def stated(statement: str) -> Callable[[Path], None]:
    def done(folder: Path) -> None:
        with closing(sqlite3.connect(folder / FILE)) as connection:
            connection.executescript(statement)

    return done


BROKEN_FILES = (truncated, zeroed, a_text, empty, missing)


@pytest.mark.parametrize(
    "damage",
    [*BROKEN_FILES, *map(stated, STATEMENTS.values())],
    ids=[*(damage.__name__ for damage in BROKEN_FILES), *STATEMENTS],
)
def test_a_damaged_journal_is_refused_and_listed_with_its_problem_and_can_be_purged(
    folder: Path, damage: Callable[[Path], None]
) -> None:
    damage(folder)
    with pytest.raises(JournalCorrupt, match=r"is damaged: .*\.") as refused:
        Journal(folder)
    assert "purge" in refused.value.next
    (listed,) = list_jobs(folder.parent)
    assert listed.job == "job"
    jobs = Jobs(folder.parent)
    jobs.purge("job")
    assert list(folder.parent.iterdir()) == []


def test_an_index_that_lies_is_noticed(folder: Path) -> None:
    """By it failures are found and replaced; SQLite's `quick_check` would not check it."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_failures_1'"
        ).fetchone()
    data = bytearray((folder / FILE).read_bytes())
    page = data[(root - 1) * 4096 : root * 4096]
    count = int.from_bytes(page[3:5], "big")
    pointers = page[8 : 8 + 2 * count]
    page[8 : 8 + 2 * count] = pointers[:-4] + pointers[-2:] + pointers[-4:-2]  # two entries in the wrong order
    data[(root - 1) * 4096 : root * 4096] = page
    (folder / FILE).write_bytes(data)
    with closing(sqlite3.connect(folder / FILE)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    with pytest.raises(JournalCorrupt):
        Journal(folder)


def test_damage_while_the_journal_is_open_is_reported_to_the_caller_that_meets_it(folder: Path) -> None:
    with closing(Journal(folder)) as journal:
        everything(journal)
        (folder / FILE).write_bytes(b"\xaa" * (folder / FILE).stat().st_size)
        journal.update_job(reason="x").wait()  # now the reader cannot answer from its memory
        with pytest.raises(JournalCorrupt, match="is damaged"):
            journal.rows(1, ROWS)
    assert not opened(folder)


def test_damage_that_a_write_comes_upon_is_reported_as_what_it_is_and_as_resumable(folder: Path) -> None:
    reported: list[JournalError] = []
    journal = Journal(folder, reported.append)
    journal._writer._connection.execute("PRAGMA shrink_memory")  # so that nothing is taken from its own memory
    (folder / FILE).write_bytes(b"\xaa" * (folder / FILE).stat().st_size)
    for raised in (journal.flush, journal.close):
        with pytest.raises(JournalCorrupt, match="is damaged") as refused:
            raised()
        assert refused.value.exit_code == 3
    assert reported


def test_without_the_wal_file_an_older_state_opens_that_agrees_with_itself(folder: Path) -> None:
    with closing(Journal(folder)) as journal:
        ended = everything(journal)
        journal.submit(statements.row_ended(1, Outcome.EXISTING, None, None, Flag.NONE)).wait()
        killed = folder.with_name("killed")
        shutil.copytree(folder, killed)
    with closing(Journal(killed)) as journal:
        assert everything(journal) == ended + 1, "what was durable is in the wal"
        shutil.copytree(killed, folder.with_name("without"))
    without = folder.with_name("without")
    (without / f"{FILE}-wal").unlink()
    with closing(Journal(without)) as journal:
        assert everything(journal) in {ended, ended + 1}
