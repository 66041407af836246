"""The lock of a job for one process at a time: an OS lock, so that a dead process never leaves a stale one.

Locked is the file `lock`, whose content (host and process id) is only for the message, and the folder itself: a lock
file looks like a leftover that one may delete, and a process that made a new one would work beside us. The locks are
`flock`, which holds on one machine: on a network disk no journal is opened (`file_systems`).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import time
from typing import TYPE_CHECKING

from tui_importer.journal.errors import JobLocked
from tui_importer.journal.sqlite_errors import unwritable
from tui_importer.text import safe

if TYPE_CHECKING:
    from pathlib import Path

LOCK = "lock"
"""The lock file's name in a job's folder."""

_HELD = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}
_TRIES, _PAUSE = 5, 0.02
"""Tries for a lock: a process that only asks whether a job is locked holds its lock for a moment."""


class JobLock:
    """An exclusive lock on a job's folder, held until `release` or the end of the process; a rename keeps it.

    Raises JobLocked (naming the holder) when another process has it, JournalUnwritable when the folder cannot be
    written or locked.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptors: list[int] = []
        try:
            file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            self._descriptors.append(file)
            if not (self._lock_folder(folder) and _taken(file)):
                raise JobLocked(
                    f"The job {safe(folder.name)} is open in another process ({_holder(file)}).",
                    "Close it there, or wait until it has finished.",
                )
            os.ftruncate(file, 0)
            os.pwrite(file, json.dumps({"host": socket.gethostname(), "pid": os.getpid()}).encode(), 0)
        except BaseException as error:  # an interrupt too: a lock that was never returned would not be released
            self.release()
            if isinstance(error, OSError):
                raise unwritable(folder, error) from error
            raise

    def release(self) -> None:
        """Give the lock back; closing the descriptors releases it."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def _lock_folder(self, folder: Path) -> bool:
        descriptor = os.open(folder, os.O_RDONLY)
        self._descriptors.append(descriptor)
        try:
            return _taken(descriptor)
        except OSError:  # a network disk that locks files only
            return True


def is_locked(folder: Path) -> bool:
    """Whether a living process holds the job now."""
    opened: list[int] = []
    try:
        with contextlib.suppress(OSError):
            opened.append(os.open(folder, os.O_RDONLY))
            opened.append(os.open(folder / LOCK, os.O_RDWR))
        return any(_is_held(descriptor) for descriptor in opened)
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Take the lock; False when another process has it. Raises OSError where locks do not work."""
    for _ in range(_TRIES):
        try:
            _acquire(descriptor)
        except OSError as error:
            if error.errno not in _HELD:
                raise
            time.sleep(_PAUSE)
        else:
            return True
    return False


def _is_held(descriptor: int) -> bool:
    try:
        _acquire(descriptor)
    except OSError as error:
        return error.errno in _HELD
    return False


def _acquire(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder(descriptor: int) -> str:
    try:
        content = json.loads(os.pread(descriptor, 1_000, 0))
        return f"process {int(content['pid'])} on {safe(content['host'], 80)}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "process unknown"
