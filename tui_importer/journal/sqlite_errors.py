"""SQLite's errors in an operator's words: a damaged file is one thing, a disk or a folder that gives out another."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tui_importer.errors import lacking
from tui_importer.journal.errors import JournalBusy, JournalCorrupt, JournalError, JournalUnwritable
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tui_importer.errors import Lack

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_MACHINE = {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_NOLFS,
}
"""Primary result codes for which the machine is to blame; all others mean that the file is not what we wrote."""

RESUME = "then resume: nothing that was recorded is lost, and what was not is looked up again."


def refusal(error: Exception, path: Path) -> JournalError:
    """The operator's sentence for what went wrong with the journal `path`."""
    if isinstance(error, UnicodeDecodeError):  # SQLite's own message quotes the damaged place
        return corrupt(path, "it has text that is no text")
    if isinstance(error, sqlite3.ProgrammingError):
        return closed()
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error, path)
    message = f"The journal {safe(path)} cannot be written: {type(error).__name__}."
    return JournalUnwritable(message, f"Please report this, {RESUME}")


def _of_sqlite(error: sqlite3.Error, path: Path) -> JournalError:
    code = getattr(error, "sqlite_errorcode", None)  # errors of Python's module itself have none: text that is no UTF-8
    primary = code & 0xFF if code is not None else sqlite3.SQLITE_CORRUPT
    if primary in _BUSY:
        return JournalBusy(
            f"Another program has the journal {safe(path)} open and holds it locked.",
            f"Close it there (a database viewer, a backup), {RESUME}",
        )
    if primary == sqlite3.SQLITE_FULL:
        return JournalUnwritable(
            f"The journal {safe(path)} cannot be written: the disk is full.", f"Make room, {RESUME}"
        )
    if primary == sqlite3.SQLITE_CANTOPEN and (lack := _no_more_files()) is not None:
        refused = JournalUnwritable(
            f"The journal {safe(path)} cannot be opened: {lack.what}.", f"{lack.cure}, {RESUME}"
        )
        refused.lack = lack
        return refused
    if primary in _MACHINE:
        return JournalUnwritable(
            f"The journal {safe(path)} cannot be used: {safe(error)}.",
            f"Check the disk (is it full?) and the permissions, {RESUME}",
        )
    return corrupt(path, str(error))


def _no_more_files() -> Lack | None:
    """Whether this process can open no more files, which SQLite does not say."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return lacking(error)
    return None


@contextmanager
def as_refusals(path: Path) -> Iterator[None]:
    """Turn what SQLite raises, and values that we never write, into JournalCorrupt or JournalUnwritable."""
    try:
        yield
    except sqlite3.Error as error:
        raise refusal(error, path) from error
    except (ValueError, TypeError, OverflowError) as error:
        raise corrupt(path, "it has values that we never write") from error


def corrupt(path: Path, detail: str) -> JournalCorrupt:
    """The refusal for a file that cannot be trusted."""
    return JournalCorrupt(
        f"The journal {safe(path)} is damaged: {safe(detail)}.",
        "Restore the job's folder from a backup; without one purge the job and start a new one: users that exist "
        "already are recognised.",
    )


def replaced(path: Path) -> JournalUnwritable:
    """The refusal when a file of the open journal is gone, or another has its name: our writes would not be found."""
    return JournalUnwritable(
        f"{safe(path.name)} in the job's folder {safe(path.parent)} was removed or replaced while the job was open, so "
        "nothing can be recorded.",
        f"Put the folder back as it was, {RESUME} If it is gone, start a new job: users that exist already are "
        "recognised.",
    )


def unwritable(folder: Path, error: OSError) -> JournalUnwritable:
    """The refusal when the system does not let us use a file of the job's folder."""
    return JournalUnwritable(
        f"The job's folder {safe(folder)} cannot be used: {safe(error.strerror)}{_owner(folder)}.",
        f"Check the disk and the permissions, {RESUME}",
    )


def _owner(folder: Path) -> str:
    """The owner of the folder, if it is not this account: a command under sudo leaves one that only root can use."""
    try:
        other = folder.stat().st_uid
    except OSError:
        return ""
    if other == os.geteuid():
        return ""
    return f" (it belongs to {'root' if not other else f'user id {other}'})"


def closed() -> JournalUnwritable:
    """The refusal of a journal that this process has closed."""
    return JournalUnwritable("The journal is closed.", "Open the job again.")
