"""Making files and their names survive a power cut.

Writing and renaming only change the system's memory; after a power cut a file may be empty, or its name gone, although
the program went on long ago. So whatever records that something exists first syncs its bytes, then the folder that
has its name. On macOS `fsync` leaves the bytes in the drive's own cache, F_FULLFSYNC does not.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM, errno.EISDIR}
"""What systems say that cannot open or sync a folder; anything else is the disk's own trouble."""


def sync_file(path: Path) -> None:
    """Make the bytes of `path` durable. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable, where the system can. Raises OSError when the disk fails at it."""
    try:
        sync_file(folder)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def sync_name(path: Path) -> None:
    """Make the name of `path` durable, and those of the folders that lead to it on the same disk. Raises OSError."""
    device = path.stat().st_dev
    for folder in path.absolute().parents:
        if folder.stat().st_dev != device:
            return
        sync_folder(folder)


def _sync(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        with contextlib.suppress(OSError):  # a network disk has none
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)
