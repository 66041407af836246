"""What the writer writes: synced, whatever the text is, in the engine's words."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, get_args

import pytest

from tui_importer.engine.snapshot.models import EnvironmentName, Phase, State
from tui_importer.journal.errors import JournalCorrupt, JournalUnwritable
from tui_importer.journal.journal import Journal, open_reader
from tui_importer.journal.records import ENVIRONMENTS, PHASES, STATES

if TYPE_CHECKING:
    from pathlib import Path


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


def test_a_commit_whose_second_statement_fails_leaves_nothing(folder: Path) -> None:
    """Its first would tell of something that the second belongs to: a user without the intent of a membership."""
    journal = Journal(folder)
    with open_reader(folder) as reader:
        before = reader.job()
    assert before.reason != "half"
    with pytest.raises(JournalCorrupt, match="no such table"):
        journal.submit(("UPDATE job SET reason = 'half'", ()), ("INSERT INTO nowhere VALUES (1)", ())).wait()
    with open_reader(folder) as reader:
        assert reader.job() == before
    with pytest.raises(JournalCorrupt, match="no such table"):
        journal.close()
    with open_reader(folder) as reader:
        assert reader.job() == before


def test_the_vocabulary_is_that_of_the_engine() -> None:
    assert frozenset(get_args(State)) == STATES
    assert frozenset(get_args(Phase)) == PHASES
    assert frozenset(get_args(EnvironmentName)) == ENVIRONMENTS
