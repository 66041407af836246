"""Exit code of a command that only reads a journal."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tui_importer.errors import ExitCode
from tui_importer.journal.errors import JournalUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def refused_not_paused() -> Iterator[None]:
    """Refuse a journal that cannot be used, which would pause a run."""
    try:
        yield
    except JournalUnwritable as error:
        error.exit_code = ExitCode.REFUSED
        raise
