"""Guard of the open files: they must still be those that others find under their names.

A file that is removed lives on, without a name, for those who have it open: SQLite would go on writing into it, tell
that all is durable, and everything would be lost at the end. Another process that finds no `-shm` or lock file makes
new ones and works beside us. A folder in which nothing can be made any more leaves the open files writable: the import
would go through, and only its end fail.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from tui_importer.journal.errors import JournalUnwritable
from tui_importer.journal.sqlite_errors import replaced, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class FileGuard:
    """The files of an open journal: those of `paths` that exist now; a check takes some microseconds."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._known: dict[Path, tuple[int, int]] = {}
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                self._known[path] = _identity(path.stat())

    def check(self) -> None:
        """Raise JournalUnwritable when a file was removed or replaced, or cannot be found any more."""
        for path, identity in self._known.items():
            try:
                found = _identity(path.stat())
            except FileNotFoundError:
                raise replaced(path) from None
            except OSError as error:
                raise unwritable(path.parent, error) from error
            if found != identity:
                raise replaced(path)

    def closed(self) -> JournalUnwritable | None:
        """The refusal when the folder is closed to us, so that no file of the job can be made or replaced."""
        for folder in {path.parent for path in self._known}:
            if not os.access(folder, os.W_OK | os.X_OK):
                return unwritable(folder, _refusal(folder))
        return None

    def are_unchanged(self) -> bool:
        """Whether `check` passes."""
        try:
            self.check()
        except JournalUnwritable:
            return False
        return True


def _refusal(folder: Path) -> OSError:
    """The system's refusal of a new file in `folder`."""
    code = errno.EACCES
    with contextlib.suppress(OSError):
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            code = errno.EROFS
    return OSError(code, os.strerror(code))


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
