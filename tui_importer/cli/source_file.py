"""Source file of a command: as it is, or a private copy of what can be read only once."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_importer.cli.output import note
from tui_importer.cli.scratch_folders import scratch_folder
from tui_importer.cli.signals import noticed
from tui_importer.source.read.header import open_source
from tui_importer.source.read.pipe import pipe_of
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tui_importer.source.read.pipe import Pipe


@dataclass(frozen=True, slots=True)
class Readable:
    """A file that can be read as often as needed; `pipe` names what it is a copy of, "" for the file itself."""

    path: Path
    pipe: str = ""

    def forget(self) -> None:
        """Remove the copy as soon as the rows are frozen: it holds people's data."""
        if self.pipe:
            self.path.unlink(missing_ok=True)


def check_source(source: Path) -> None:
    """Refuse a source that cannot be opened, before anything else is asked or read. Raises SourceError."""
    if pipe_of(source) is None:
        open_source(source).close()


@contextlib.contextmanager
def readable(source: Path) -> Iterator[Readable]:
    """Open the file at `source`, or the copy of a pipe that is kept within. Raises SourceError, NoScratchFolder."""
    pipe = pipe_of(source)
    if pipe is None:
        yield Readable(source)
        return
    with scratch_folder("pipe") as folder:
        yield read_pipe(pipe, folder)


def read_pipe(pipe: Pipe, folder: Path) -> Readable:
    """Copy a pipe into `folder` and say on a terminal what the program waits for. Raises SourceError."""
    if pipe.is_stdin and sys.stdin.isatty():
        note("Reading standard input; Ctrl-D ends it.")
    elif sys.stderr.isatty():
        note(f"Reading {'standard input' if pipe.is_stdin else safe(pipe.name)}…")
    with noticed():  # the writer may never begin, nor end
        return Readable(pipe.copy_to(folder), pipe.name)
