"""Folders of one command: for the owner only, removed at its end, or by the next command if it was killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from typing import TYPE_CHECKING

from tui_importer.cli.temporary import new_folder
from tui_importer.journal.errors import JournalError
from tui_importer.journal.lock import LOCK, JobLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OLD = 60.0
"""Seconds after which a folder that nobody has locked is a dead process's: a living one locks its own at once."""


@contextlib.contextmanager
def scratch_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """A new private folder (0700) below `parent`, by default where the system keeps temporary files.

    What commands with the same prefix have left there when they were killed is removed. Raises NoTemporaryFolder.
    """
    made = new_folder(prefix, parent)
    _sweep(made.parent, prefix)
    lock = None
    try:
        with contextlib.suppress(JournalError):  # a disk without locks: then it is not swept either
            lock = JobLock(made)
        if lock is None:
            (made / LOCK).unlink(missing_ok=True)
        inside = made / "kept"
        inside.mkdir(mode=0o700)
        yield inside
    finally:
        shutil.rmtree(made, ignore_errors=True)
        if lock is not None:
            lock.release()


def _sweep(place: Path, prefix: str) -> None:
    """Remove folders of ours that no living process holds, as far as that is possible."""
    with contextlib.suppress(OSError):
        for left in place.glob(f"{prefix}*"):
            with contextlib.suppress(JournalError, OSError):
                _remove_dead(left)


def _remove_dead(left: Path) -> None:
    status = left.lstat()
    if status.st_uid != os.getuid() or time.time() - status.st_mtime < _OLD or not (left / LOCK).is_file():
        return
    lock = JobLock(left)
    try:
        shutil.rmtree(left)
    finally:
        lock.release()
