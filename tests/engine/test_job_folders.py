"""A job's folder is there whole and locked, or not at all; what is half there can be removed."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.engine.machine import ROWS
from tests.support import FAST, connection_to, write_source
from tui_importer import fsync
from tui_importer.engine.errors import EngineError
from tui_importer.engine.halt import EXIT_CODES
from tui_importer.engine.job import folders
from tui_importer.engine.job.store import Jobs
from tui_importer.engine.options import FrozenOptions, NewJob
from tui_importer.journal import journal
from tui_importer.journal.errors import JournalCorrupt, JournalError, JournalUnwritable, NotRecorded, NotRemoved
from tui_importer.journal.journal import FILE, Journal
from tui_importer.journal.lock import LOCK

if TYPE_CHECKING:
    from tui_importer.sandbox.server import Sandbox


def created(tmp_path: Path, sandbox: Sandbox, source: Path, name: str = "job") -> None:
    """Record a job and close it."""
    new = NewJob(source, name, FrozenOptions(base_url=sandbox.url), FAST)
    Jobs(tmp_path / "jobs").create(new, connection_to(sandbox)).close()


def test_a_job_that_cannot_be_written_down_leaves_nothing(
    tmp_path: Path, sandbox: Sandbox, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    places: list[tuple[object, str]] = [(os, "mkdir"), (journal, "connect"), (os, "rename"), (folders, "sync_name")]
    for place, name in places:
        with monkeypatch.context() as patch:
            patch.setattr(place, name, full)
            with pytest.raises(NotRecorded, match="No space left on device") as refused:
                created(tmp_path, sandbox, source)
        assert (refused.value.exit_code, bool(refused.value.next)) == (2, True)
        with suppress(FileNotFoundError):
            assert list((tmp_path / "jobs").iterdir()) == [], name
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "__init__", lambda *_: full())
        with pytest.raises(NotRecorded, match="No space"):
            created(tmp_path, sandbox, source)
    assert list((tmp_path / "jobs").iterdir()) == []
    created(tmp_path, sandbox, source)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_source_whose_name_is_no_text_is_refused(tmp_path: Path, sandbox: Sandbox, source: Path) -> None:
    nameless = source.rename(Path(os.fsdecode(os.fsencode(tmp_path) + b"/m\xfcller.csv")))
    with pytest.raises(EngineError, match="has a name that is not UTF-8") as refused:
        created(tmp_path, sandbox, nameless)
    assert refused.value.message.isprintable()
    assert not (tmp_path / "jobs").exists()


def test_what_dead_processes_left_is_no_job_and_is_tidied_up(tmp_path: Path, sandbox: Sandbox, source: Path) -> None:
    jobs = tmp_path / "jobs"
    created(tmp_path, sandbox, source)
    for name in (".old.1", ".job.2", ".young.3"):
        shutil.copytree(jobs / "job", jobs / name)
        if "young" not in name:
            os.utime(jobs / name, (0, 0))
    assert [job.job for job in Jobs(jobs).list()] == ["job"]
    other = write_source(tmp_path / "other.csv", ROWS[:1])
    created(tmp_path, sandbox, other, "other")
    assert sorted(path.name for path in jobs.iterdir()) == [".young.3", "job", "other"]
    os.utime(jobs / ".young.3", (0, 0))
    Jobs(jobs).purge("other")
    assert sorted(path.name for path in jobs.iterdir()) == ["job"]


def test_a_job_whose_journal_is_gone_is_listed_and_can_be_purged(
    tmp_path: Path, sandbox: Sandbox, source: Path
) -> None:
    created(tmp_path, sandbox, source)
    jobs = Jobs(tmp_path / "jobs")
    (tmp_path / "jobs" / "job" / FILE).unlink()
    (listed,) = jobs.list()
    assert (listed.job, listed.reason, "the file is missing" in listed.problem) == ("job", "unreadable", True)
    with pytest.raises(JournalCorrupt):
        jobs.options_of("job")
    created(tmp_path, sandbox, source, "again")
    jobs.purge("job")
    assert [job.job for job in jobs.list()] == ["again"]


def test_a_purge_that_fails_half_way_leaves_a_job_that_can_be_purged(
    tmp_path: Path, sandbox: Sandbox, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created(tmp_path, sandbox, source)
    jobs = Jobs(tmp_path / "jobs")

    def half(folder: Path) -> None:
        (folder / FILE).unlink()
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", half)
        with pytest.raises(NotRemoved, match="cannot be removed: Permission denied"):
            jobs.purge("job")
    assert [job.job for job in jobs.list()] == ["job"]
    jobs.purge("job")
    assert list((tmp_path / "jobs").iterdir()) == []


def test_a_new_job_is_locked_from_its_first_moment(
    tmp_path: Path, sandbox: Sandbox, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def look(path: Path) -> None:
        fsync.sync_name(path)
        seen.append((path / LOCK).exists())
        with pytest.raises(JournalError, match=f"process {os.getpid()} on"):
            Jobs(path.parent).open(path.name, connection_to(sandbox), FAST)

    monkeypatch.setattr(folders, "sync_name", look)
    created(tmp_path, sandbox, source)
    assert seen == [True]


def test_trouble_with_the_folder_is_resumable_and_a_refusal_of_a_new_job_is_not() -> None:
    assert EXIT_CODES["journal"] == JournalUnwritable.exit_code == 3
    assert (NotRecorded.exit_code, JournalCorrupt.exit_code) == (2, 2)
