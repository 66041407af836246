"""Jobs' folders: one appears complete or not at all, and goes at once, whenever the process dies.

What is half made or half removed has a name with a dot, which no job has; the next job that is made or removed tidies
it up.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import time
from typing import TYPE_CHECKING

from tui_importer.fsync import sync_folder, sync_name
from tui_importer.journal.errors import JobExists, JournalError, JournalUnwritable, NotRecorded, NotRemoved
from tui_importer.journal.file_systems import refuse_network_disk
from tui_importer.journal.journal import Journal
from tui_importer.journal.lock import JobLock
from tui_importer.text import safe

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.journal.records import JobRecord

_LEFTOVER = re.compile(r"\.(.+)\.\d+")
_OLD = 60.0
"""Seconds after which a half-made folder without a lock is a dead process's, whatever became of the process."""


def make(folder: Path, record: JobRecord) -> JobLock:
    """Make a job's folder with its journal and return its lock. Raises JobExists, NotRecorded, OnNetworkDisk."""
    refuse_network_disk(folder.parent)
    made = _beside(folder)
    lock = None
    try:
        if folder.exists():
            raise FileExistsError(errno.EEXIST, "")
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        tidy(folder.parent)
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(mode=0o700)
        lock = JobLock(made)
        Journal.create(made, record)
        made.rename(folder)
        made = folder
        sync_name(folder)
    except BaseException as error:  # an interrupt too: no half of a job is left, nor its lock
        shutil.rmtree(made, ignore_errors=True)
        if lock is not None:
            lock.release()
        if isinstance(error, OSError):
            raise _not_made(folder, error) from error
        if isinstance(error, JournalUnwritable):
            raise NotRecorded(error.message, "Check the permissions and the disk, then try again.") from error
        raise
    return lock


def remove(folder: Path) -> None:
    """Remove a job's folder with all that is in it. Raises JobLocked, NotRemoved; then the job is still there."""
    try:
        lock = JobLock(folder)
    except JournalUnwritable as error:
        raise NotRemoved(error.message, "Check its permissions, or remove it by hand.") from error
    removed = _beside(folder)
    try:
        folder.rename(removed)
        sync_folder(folder.parent)
        shutil.rmtree(removed)
        sync_folder(folder.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            removed.rename(folder)
        raise NotRemoved(
            f"The job's folder {safe(folder)} cannot be removed: {safe(error.strerror)}.",
            "Check its permissions, or remove it by hand.",
        ) from error
    finally:
        lock.release()
    tidy(folder.parent)


def tidy(jobs: Path) -> None:
    """Remove what processes that died in the middle of `make` or `remove` have left, as far as that is possible."""
    for left in jobs.iterdir():
        if not _LEFTOVER.fullmatch(left.name):
            continue
        with contextlib.suppress(JournalError, OSError):
            if time.time() - left.stat().st_mtime < _OLD:
                continue
            lock = JobLock(left)
            try:
                shutil.rmtree(left)
            finally:
                lock.release()


def _beside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.{os.getpid()}")


def _not_made(folder: Path, error: OSError) -> JournalError:
    if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
        return JobExists(
            f"There is a job named {safe(folder.name)} already.", "Choose another name with --job, or resume that job."
        )
    return NotRecorded(
        f"The job's folder {safe(folder)} cannot be made: {safe(error.strerror)}.",
        "Check the permissions and the disk, then try again.",
    )
