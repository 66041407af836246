"""The journal's tests: a job's folder at rest, and copies of it to spoil."""

from __future__ import annotations

import shutil
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.journal.filled import fill, record
from tui_importer.journal.journal import FILE, Journal
from tui_importer.journal.lock import LOCK, JobLock

if TYPE_CHECKING:
    from pathlib import Path


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
