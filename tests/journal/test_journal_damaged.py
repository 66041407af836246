"""What can become of a journal's files: damage, removal, another program's lock; each is told in a sentence."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from tests.journal.test_journal import failure, record
from tui_importer.engine.jobs import Jobs
from tui_importer.engine.listing import list_jobs
from tui_importer.engine.snapshot import EnvironmentName, Phase, State
from tui_importer.journal import reader as reader_module
from tui_importer.journal import statements
from tui_importer.journal.errors import (
    JobLocked,
    JournalBusy,
    JournalCorrupt,
    JournalError,
    JournalNewer,
    JournalUnwritable,
)
from tui_importer.journal.journal import FILE, Journal, open_reader
from tui_importer.journal.lock import LOCK, JobLock, is_locked
from tui_importer.journal.records import (
    ENVIRONMENTS,
    PHASES,
    STATES,
    FailedAttempt,
    Flag,
    How,
    OrganizationRecord,
    Outcome,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.journal.reader import Reader

ROWS = 400


def fill(journal: Journal) -> None:
    """Something of everything, on many pages."""
    for row in range(1, ROWS + 1):
        journal.submit(statements.user_intended(row, 1_700_000_000.0 + row))
        journal.submit(statements.user_known(row, f"user_{row:026}", How.CREATED, Flag.NONE, 1_700_000_001.0))
        if row % 8 == 0:
            attempt = FailedAttempt(1.0, "POST", "/users", 400, "code", "no", "req_1", 12.5, "{}", "x" * 300)
            journal.submit(
                statements.row_ended(row, Outcome.FAILED, None, None, Flag.NONE),
                *statements.failed(failure(row)),
                *statements.attempted(row, None, [attempt]),
            )
        elif row % 8 != 1:
            journal.submit(statements.row_ended(row, Outcome.CREATED, f"om_{row:026}", How.CREATED, Flag.NONE))
        journal.log_entry("info", f"row {row}")
    journal.add_organizations(
        OrganizationRecord(f"external_id:{n}", "external_id", str(n), f"Organization {n}", 8, n + 1) for n in range(50)
    )
    counted = journal.count({"requests": 1_000, "retries": 3})
    assert counted is not None
    journal.submit(counted)
    journal.update_job(rows=ROWS, chunk_size=50).wait()


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job's folder at rest."""
    folder = tmp_path_factory.mktemp("sound") / "job"
    folder.mkdir()
    Journal.create(folder, record("job"))
    JobLock(folder).release()
    with closing(Journal(folder)) as journal:
        fill(journal)
    assert {path.name for path in folder.iterdir()} == {FILE, LOCK}, "at rest all is in one file"
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """A copy of it, in a folder of jobs."""
    copy = tmp_path / "jobs" / "job"
    shutil.copytree(sound, copy)
    return copy


def everything(journal: Reader) -> int:
    """Ask all questions; the number of rows that have an outcome, which is the same whoever counts it."""
    totals = journal.totals()
    counted = dict.fromkeys(Outcome, 0)
    for found in journal.chunk_counts(50):
        if found.outcome is not None:
            counted[found.outcome] += found.rows
    assert counted == totals
    records = journal.rows(1, ROWS)
    for outcome in Outcome:
        assert sum(row.outcome is outcome for row in records.values()) == totals[outcome]
    journal.job()
    journal.counters()
    journal.organizations()
    journal.failures()
    journal.most_frequent_failure()
    journal.any_object()
    journal.log()
    for row in list(journal.failed_rows())[:3]:
        journal.attempts(row, None)
    return sum(totals.values())


def opened(folder: Path) -> bool:
    """Whether the journal opens; then it agrees with itself and can be written. Else it says why and what to do."""
    try:
        with closing(Journal(folder)) as journal:
            before = everything(journal)
            journal.submit(statements.row_ended(1, Outcome.EXISTING, None, None, Flag.NONE)).wait()
            assert everything(journal) == before + 1
    except (JournalCorrupt, JournalNewer) as error:
        refused = error
    else:
        return True
    assert str(folder) in refused.message
    assert refused.next
    return False


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


def another_total(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript("UPDATE totals SET rows = rows + 1 WHERE outcome = 2;")


def a_strange_outcome(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript("UPDATE rows SET outcome = 'gone' WHERE row = 1;")


def a_row_too_many(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript(f"INSERT INTO rows (row, outcome) VALUES ({ROWS + 1}, 1);")


def a_strange_state(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript("UPDATE job SET state = 'rnning';")


def no_time(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript("UPDATE job SET created_at = 1e300;")


def no_job(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript("DELETE FROM job;")


def no_trigger(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript("DROP TRIGGER rows_inserted;")


def no_table(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript("DROP TABLE totals;")


@pytest.mark.parametrize(
    "damage",
    [
        truncated, zeroed, a_text, empty, missing, another_total, a_strange_outcome, a_row_too_many, a_strange_state,
        no_time, no_job, no_table, no_trigger,
    ],
)  # fmt: skip
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
    """By it failures are found and replaced; SQLite's `quick_check` would not look at it."""
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


def test_damage_while_the_journal_is_open_is_told_to_whoever_comes_upon_it(folder: Path) -> None:
    with closing(Journal(folder)) as journal:
        everything(journal)
        (folder / FILE).write_bytes(b"\xaa" * (folder / FILE).stat().st_size)
        journal.update_job(reason="x").wait()  # now the reader cannot answer from its memory
        with pytest.raises(JournalCorrupt, match="is damaged"):
            journal.rows(1, ROWS)
    assert not opened(folder)


def test_damage_that_a_write_comes_upon_is_told_as_what_it_is_and_as_resumable(folder: Path) -> None:
    told: list[JournalError] = []
    journal = Journal(folder, told.append)
    journal._writer._connection.execute("PRAGMA shrink_memory")  # so that nothing is taken from its own memory
    (folder / FILE).write_bytes(b"\xaa" * (folder / FILE).stat().st_size)
    for raised in (journal.flush, journal.close):
        with pytest.raises(JournalCorrupt, match="is damaged") as refused:
            raised()
        assert refused.value.exit_code == 3
    assert told


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


# -- removal ----------------------------------------------------------------------------------------------------


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
    told: list[JournalError] = []
    journal = Journal(folder, told.append)
    journal.update_job(reason="before").wait()
    happening(folder)
    with pytest.raises(JournalUnwritable, match="removed or replaced") as refused:
        journal.update_job(reason="after").wait()
    assert str(folder) in refused.value.message
    assert "Put the folder back" in refused.value.next
    assert told
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


# -- another program --------------------------------------------------------------------------------------------


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


# -- the lock ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"\xff\x00garbage", b'{"pid": "x"}', b'{"host": "h", "pid": 1}', b"[]"])
def test_a_lock_file_that_nobody_holds_is_no_obstacle_whatever_is_in_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LOCK).write_bytes(content)
    assert not is_locked(tmp_path)
    lock = JobLock(tmp_path)
    assert is_locked(tmp_path)
    lock.release()
    assert not is_locked(tmp_path)


def test_deleting_the_lock_file_lets_nobody_in(tmp_path: Path) -> None:
    lock = JobLock(tmp_path)
    (tmp_path / LOCK).unlink()
    assert is_locked(tmp_path)
    with pytest.raises(JobLocked, match="open in another process"):
        JobLock(tmp_path)
    lock.release()
    JobLock(tmp_path).release()


def test_somebody_who_only_asks_keeps_nobody_out(tmp_path: Path) -> None:
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            is_locked(tmp_path)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(50):
            JobLock(tmp_path).release()
    finally:
        over.set()
        asking.join()


# -- what is written --------------------------------------------------------------------------------------------


def test_a_writer_syncs_every_commit(folder: Path) -> None:
    with closing(Journal(folder)) as journal:
        writing = journal._writer._connection

        def setting(name: str) -> object:
            return writing.execute(f"PRAGMA {name}").fetchone()[0]

        assert (setting("journal_mode"), setting("synchronous")) == ("wal", 2)  # FULL
        assert (setting("fullfsync"), setting("checkpoint_fullfsync")) == (1, 1)


def test_text_that_no_file_can_hold_does_not_end_the_writer(folder: Path) -> None:
    with closing(Journal(folder)) as journal:
        journal.log_entry("info", "half a pair: \ud83d, a NUL: \0")
        journal.flush()
        assert journal.log(journal.last_log() - 1)[0][3] == "half a pair: ?, a NUL: \0"


def test_a_value_that_sqlite_cannot_take_is_told_instead_of_ending_the_writer(folder: Path) -> None:
    journal = Journal(folder)
    with pytest.raises(JournalUnwritable, match="OverflowError"):
        journal.update_job(rows=1 << 70).wait()
    with pytest.raises(JournalUnwritable, match="OverflowError"):
        journal.close()


def test_the_vocabulary_is_that_of_the_engine() -> None:
    assert frozenset(get_args(State)) == STATES
    assert frozenset(get_args(Phase)) == PHASES
    assert frozenset(get_args(EnvironmentName)) == ENVIRONMENTS
