"""Unforeseen errors of ours in the work on one row or organization: they fail that, not the job.

What is wrong with the journal, the disk, memory or the lock is everybody's and stops the run, as do several such errors
in a row.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tui_importer.engine.errors import IdsCollide, Interrupted
from tui_importer.engine.halt import Halt
from tui_importer.engine.service.stop import place_of
from tui_importer.errors import ImporterError, lacking
from tui_importer.text import plural, safe
from tui_importer.workos.errors import WorkosError
from tui_importer.workos.masking import Masker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui_importer.engine.service.health import Tries
    from tui_importer.engine.service.stop import Control
    from tui_importer.secret import Secret
    from tui_importer.workos.client import WorkosClient

CrashFile = Callable[[BaseException, Callable[[str], str]], str]
"""Writes down an error, its text passed through a function that masks secrets; returns the file's name, or nothing."""

MOST_IN_A_ROW: Final = 3
"""Pieces of work that may end with such an error one after the other; then it is not theirs."""
MOST_TIMES_OPEN: Final = 2
"""Times that one piece of work is looked up again because it is not known what became of its write."""


def is_of_one_row(error: Exception) -> bool:
    """Whether only what was worked on is to blame, as far as can be known."""
    if isinstance(error, (WorkosError, ConnectionError, TimeoutError)):
        return True
    is_known = isinstance(error, (Interrupted, IdsCollide, ImporterError, OSError, sqlite3.Error))
    return not is_known and lacking(error) is None


def left_open(client: WorkosClient, tries: Tries) -> bool:
    """Whether a write was sent whose end is not known, and its effect is worth another lookup; counts it."""
    if not tries.is_open and client.unevaluated in {"", "GET"}:
        return False
    tries.unforeseen += 1
    return tries.unforeseen <= MOST_TIMES_OPEN


class UnforeseenErrors:
    """Writes them down, each place once, and stops the run when nothing else happens any more."""

    def __init__(self, control: Control, crash_file: CrashFile | None) -> None:
        self._control = control
        self._crash_file = crash_file
        self._lock = threading.Lock()
        self._files: dict[str, str] = {}
        self._in_a_row = 0

    def words(self, error: Exception, secrets: Iterable[Secret]) -> str:
        """The error's type and place, and the crash file; never its own text, which may hold anything."""
        place = place_of(error)
        with self._lock:
            if self._crash_file is not None and place not in self._files:
                self._files[place] = self._crash_file(error, Masker(secrets).text)
            file = self._files.get(place, "")
        return f"{place} (crash file {safe(file, 120)})" if file else place

    def ended(self, words: str = "") -> None:
        """A piece of work has ended; with `words` by an error of this kind."""
        with self._lock:
            self._in_a_row = self._in_a_row + 1 if words else 0
            if self._in_a_row < MOST_IN_A_ROW:
                return
        self._control.cancel(
            Halt(
                "internal",
                f"{plural(MOST_IN_A_ROW, 'unforeseen error')} one after the other: {words}",
                "Nothing was lost. Report it, with the crash file if there is one; resume to go on with the other "
                "rows, retry to try the failed ones again.",
            )
        )
