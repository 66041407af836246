"""New files that appear complete or not at all: nothing half written has the name that was asked for."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from itertools import count
from typing import TYPE_CHECKING, TextIO

from tui_importer.fsync import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES}
"""What file systems say that have no hard links."""


class NewFile:
    """A file of the owner's (0600) that is being written; `path` is its name once it is complete."""

    def __init__(self, path: Path, stream: TextIO) -> None:
        self.path = path
        self.stream = stream


@contextlib.contextmanager
def new_file(names: Callable[[], Iterable[Path]]) -> Iterator[NewFile]:
    """Write within a file that gets the first of `names` that is free; they are of one folder.

    It is beside its place until it is complete and on the disk, and is removed if that does not come. Nothing is ever
    overwritten. Raises FileExistsError when no name is free, OSError.
    """
    first = next(iter(names()))
    if not any(not os.path.lexists(path) for path in names()):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(first))
    _tidy(first)
    part, descriptor = _part(first)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            made = NewFile(first, stream)
            yield made
            stream.flush()
            os.fsync(stream.fileno())
        made.path = _named(part, names())
    finally:  # an interrupt too, and whatever the caller raises
        part.unlink(missing_ok=True)
    sync_folder(first.parent)


def _part(path: Path) -> tuple[Path, int]:
    for number in count(1):
        part = path.with_name(f".{path.name[:200]}.{os.getpid()}.{number}.part")
        with contextlib.suppress(FileExistsError):  # another thread's
            return part, os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    raise AssertionError("there is always another number")


def _named(part: Path, names: Iterable[Path]) -> Path:
    path = part
    for path in names:
        try:
            _link(part, path)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def _link(part: Path, path: Path) -> None:
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        part.replace(path)


def _tidy(path: Path) -> None:
    """Remove what processes that were killed have left of a file of this name."""
    left = re.compile(re.escape(f".{path.name[:200]}.") + r"(\d+)\.\d+\.part")
    with contextlib.suppress(OSError):
        for other in path.parent.iterdir():
            found = left.fullmatch(other.name)
            if found and not _lives(int(found[1])):
                other.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
