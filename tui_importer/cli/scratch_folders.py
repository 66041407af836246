"""Scratch folders of a command: below home, for the owner only, locked; removed at its end, or after a kill.

What `scan`, a dry run and the console's plan work on, and the copy of a pipe, are people's data. They do not belong
among everybody's temporary files, unless there is no other place that can be written.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from tui_importer.errors import ImporterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_importer.journal.lock import JobLock

Purpose = Literal["scan", "plan", "pipe"]

_PURPOSES = get_args(Purpose)
_KEPT = "kept"
_RANDOM = 8
"""Characters that a name gets behind its purpose."""
_TRIES = 20
"""Folders that may be swept away between being made and being locked."""


class NoScratchFolder(ImporterError):
    """Home and folder for temporary files that cannot be written."""

    kind = "no_temporary_folder"


class Scratch:
    """A private folder (0700) of this process, locked until it is removed; what is kept in it belongs into `path`.

    It is made in `place`, below home; among the temporary files where that cannot be, or there is no home. Raises
    NoScratchFolder.
    """

    def __init__(self, purpose: Purpose, place: Path | None) -> None:
        self._made, self._lock = _make(purpose, place)
        self.path = self._made / _KEPT
        try:
            self.path.mkdir(mode=0o700)
        except BaseException:
            self.remove()
            raise

    def remove(self) -> None:
        """Remove it with all that is in it, and the place, when it is the last one there."""
        import shutil

        shutil.rmtree(self._made, ignore_errors=True)
        self._lock.release()
        with contextlib.suppress(OSError):
            self._made.parent.rmdir()


@contextlib.contextmanager
def scratch_folder(purpose: Purpose) -> Iterator[Path]:
    """Make a new private folder below the program's home as long as it is needed. Raises NoScratchFolder."""
    from tui_importer.config import paths

    try:
        place = paths().scratch
    except ImporterError:  # an account without a home, for a command that needs none
        place = None
    scratch = Scratch(purpose, place)
    try:
        yield scratch.path
    finally:
        scratch.remove()


def demo_folder() -> Path:
    """Make a new folder for the owner only among the temporary files, which stays until it is removed.

    Raises NoScratchFolder.
    """
    import tempfile

    cure = "Set TMPDIR to a folder that you can write to."
    try:
        place = tempfile.gettempdir()
        place.encode()
        return Path(tempfile.mkdtemp(prefix="tui-importer-demo-", dir=place))
    except UnicodeEncodeError as error:
        raise NoScratchFolder("The name of the temporary folder is not UTF-8.", cure) from error
    except OSError as error:
        raise NoScratchFolder(f"There is no room for temporary files: {error.strerror or error}.", cure) from error


def sweep() -> None:
    """Remove what commands have left that were killed, as far as that is possible; every command begins with it.

    Most often that is a test for one folder: there is none unless something runs or was killed.
    """
    from tui_importer.config import paths

    with contextlib.suppress(ImporterError, OSError):  # a command that needs home says what is wrong with it
        _sweep(paths().scratch)
    for place in _temporary_places():
        _sweep(place)


def _sweep(place: Path) -> None:
    with contextlib.suppress(OSError):
        if not _is_ours(place):
            return
        dead = [left for left in place.iterdir() if _was_made_here(left)]
        for left in dead:
            _remove_dead(left)
        if dead:
            place.rmdir()


def _was_made_here(left: Path) -> bool:
    """Whether it is one of these folders: home may be any folder, and have another `scratch` in it."""
    purpose, _, made = left.name.partition("-")
    if purpose not in _PURPOSES or len(made) != _RANDOM or not _is_ours(left):
        return False
    return {path.name for path in left.iterdir()} <= {"lock", _KEPT}


def _remove_dead(left: Path) -> None:
    """Remove a folder that no living process holds."""
    import shutil

    from tui_importer.journal.errors import JournalError
    from tui_importer.journal.lock import JobLock

    try:
        lock = JobLock(left)
    except (JournalError, OSError):  # held, or not to be locked: then it is not known to be dead
        return
    try:
        shutil.rmtree(left, ignore_errors=True)
    finally:
        lock.release()


def _make(purpose: Purpose, home: Path | None) -> tuple[Path, JobLock]:
    """Make a folder and its lock in the first place where both can be had."""
    from tui_importer.config import private_folder
    from tui_importer.journal.errors import JournalError

    reason = ""
    for place in (*([home] if home is not None else []), *_temporary_places()):
        try:
            if place == home:
                private_folder(place)
            else:
                _make_temporary_place(place)
            return _make_locked(purpose, place)
        except (ImporterError, JournalError, OSError) as error:
            reason = reason or (error.message if isinstance(error, ImporterError) else str(error.strerror))
    raise NoScratchFolder(
        f"There is no folder for what is needed only for a moment: {reason}",
        "Make TUI_IMPORTER_HOME a folder that you can write to, or TMPDIR.",
    )


def _make_locked(purpose: Purpose, place: Path) -> tuple[Path, JobLock]:
    """Make and lock a folder; the next one when another process sweeps it, or its place, before it is locked."""
    import shutil
    import tempfile

    from tui_importer.journal.lock import JobLock

    for left in reversed(range(_TRIES)):
        made = None
        try:
            place.mkdir(mode=0o700, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=place))
            lock = JobLock(made)
            if made.exists():
                return made, lock
            lock.release()
        except BaseException as error:  # an interrupt too: nothing is left
            gone = made is None or not made.exists()
            if made is not None:
                shutil.rmtree(made, ignore_errors=True)
            if not (left and gone and isinstance(error, ImporterError | FileNotFoundError)):
                raise
    raise FileNotFoundError(2, os.strerror(2))


def _temporary_places() -> list[Path]:
    """Places of our folders among temporary files: one for this user wherever there may be such files."""
    named = [os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")]
    folders = dict.fromkeys(Path(folder) for folder in (*named, "/tmp", "/var/tmp") if folder)  # noqa: S108 - as Python
    return [folder / f"tui-importer-{os.getuid()}" for folder in folders]


def _make_temporary_place(place: Path) -> None:
    """Make it for the owner only. Raises OSError, also for one that another user has put there."""
    place.mkdir(mode=0o700, exist_ok=True)
    if not _is_ours(place):
        raise NotADirectoryError(20, os.strerror(20), str(place))
    place.chmod(0o700)


def _is_ours(path: Path) -> bool:
    """Whether it is a folder (no link to one) of this user."""
    try:
        found = path.lstat()
    except (OSError, ValueError):
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
