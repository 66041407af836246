"""Sources that can be read only once: standard input and pipes, of which a private copy is made.

A source is read several times: to recognise its encoding and separator, to freeze its rows, to compare it afterwards.
"""

from __future__ import annotations

import os
import select
import stat
from pathlib import Path
from typing import NamedTuple

from tui_importer.source.errors import SourceNotCopied, SourceUnreadable
from tui_importer.text import safe

DASH = Path("-")
"""How standard input is written on the command line."""
STDIN = "stdin"
"""What it is called: no path, as all paths that a job keeps are absolute."""

_BYTES = 1 << 20
_DESCRIPTORS = ("/dev/fd", "/proc/self/fd")
_STANDARD_INPUT = {DASH, Path("/dev/stdin"), *(Path(folder, "0") for folder in _DESCRIPTORS)}


class Pipe(NamedTuple):
    """Standard input (`path` None) or a pipe, and what it is called on screens and in jobs."""

    name: str
    path: Path | None

    @property
    def is_stdin(self) -> bool:
        """Whether it is standard input, which cannot be asked for answers any more."""
        return self.path is None

    def copy_to(self, folder: Path) -> Path:
        """Copy all of it into a new file of its name in `folder`, for the owner only (0600); the file's path.

        Blocks until the writer closes it. Raises SourceUnreadable, SourceNotCopied; the caller removes the folder.
        """
        target = folder / self.name
        source = self._open()
        try:
            _copy(source, target)
        finally:
            if self.path is not None:
                os.close(source)
        return target

    def _open(self) -> int:
        if self.path is None:
            return 0
        try:
            return os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise SourceUnreadable(
                self.path, f"it cannot be opened: {error.strerror}.", "Check its permissions."
            ) from None


def pipe_of(path: Path) -> Pipe | None:
    """The pipe that `path` leads to; None for whatever is none, a missing file included."""
    if path in _STANDARD_INPUT:
        return Pipe(STDIN, None)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return None
    # What a shell gives as <(…) has no name of its own, nor a path that would be there later.
    if str(path.parent) in _DESCRIPTORS and (stat.S_ISFIFO(mode) or stat.S_ISREG(mode)):
        return Pipe("pipe", path)
    return Pipe(safe(path.name), path) if stat.S_ISFIFO(mode) else None


def _copy(source: int, target: Path) -> None:
    written = _new_file(target)
    try:
        while chunk := _read(source, target):
            _write(written, chunk, target)
    finally:
        os.close(written)


def _new_file(target: Path) -> int:
    try:
        return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise _not_copied(target, error) from error


def _read(source: int, target: Path) -> bytes:
    while True:
        try:
            return os.read(source, _BYTES)
        except BlockingIOError:  # the program that shares it does not wait; we do
            select.select([source], [], [])
        except OSError as error:
            raise SourceUnreadable(target, f"it cannot be read: {error.strerror}.", "Give a CSV file.") from None


def _write(written: int, chunk: bytes, target: Path) -> None:
    view = memoryview(chunk)
    try:
        while view:
            view = view[os.write(written, view) :]
    except OSError as error:
        raise _not_copied(target, error) from error


def _not_copied(target: Path, error: OSError) -> SourceNotCopied:
    return SourceNotCopied(
        target,
        f"no copy of it can be kept in {safe(target.parent)}: {error.strerror}.",
        "Make room or choose another place (TMPDIR, TUI_IMPORTER_HOME), or save it to a file and give that.",
    )
