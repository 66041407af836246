"""Whether the files that are open are still those that others find under their names.

A file that is removed lives on, without a name, for those who have it open: SQLite would go on writing into it, tell
that all is durable, and everything would be lost at the end. Another process that finds no `-shm` or lock file makes
new ones and works beside us.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tui_importer.journal.errors import JournalUnwritable
from tui_importer.journal.refusals import replaced, unwritable

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path


class OpenFiles:
    """Remembers those of `paths` that exist now, the files of an open journal; looking takes some microseconds."""

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

    def are_there(self) -> bool:
        """Whether `check` finds nothing."""
        try:
            self.check()
        except JournalUnwritable:
            return False
        return True


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
