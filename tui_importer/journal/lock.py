"""One process at a time works on a job: an OS lock, so that a dead process never leaves a stale one.

The file's content (host and process id) is only for the message; the lock itself is `flock` on Linux and macOS
and `msvcrt.locking` on Windows (best effort).
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import TYPE_CHECKING

from tui_importer.journal.errors import JobLocked, JournalUnwritable
from tui_importer.text import safe

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":  # pragma: no cover - best effort
    import msvcrt

    def _acquire(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _acquire(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class JobLock:
    """An exclusive lock on a job's folder, held until `release` or the end of the process.

    Raises JobLocked (naming the holder) when another process has it, JournalUnwritable when the folder is not
    writable.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "lock"
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise JournalUnwritable(
                f"The job's folder {safe(folder)} cannot be written: {error.strerror}.",
                "Check its permissions and the disk, then try again.",
            ) from error
        try:
            _acquire(self._descriptor)
        except OSError as error:
            holder = _holder(self._descriptor)
            os.close(self._descriptor)
            raise JobLocked(
                f"The job {safe(folder.name)} is open in another process ({holder}).",
                "Close it there, or wait until it has finished.",
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps({"host": socket.gethostname(), "pid": os.getpid()}).encode(), 0)

    def release(self) -> None:
        """Give the lock back; closing the descriptor releases it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_locked(folder: Path) -> bool:
    """Whether a living process holds the job now."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        _acquire(descriptor)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _holder(descriptor: int) -> str:
    try:
        content = json.loads(os.pread(descriptor, 1_000, 0))
        return f"process {int(content['pid'])} on {safe(content['host'], 80)}"
    except (OSError, ValueError, KeyError, TypeError):
        return "process unknown"
