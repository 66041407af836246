"""Standard output and error: UTF-8, plain text, one JSON document."""

from __future__ import annotations

import codecs
import errno
import io
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tui_importer.text import simplified

if TYPE_CHECKING:
    from typing import TextIO

_SIMPLIFIED = "tui_importer.simplified"
"""The name under which streams find `simplified`."""


def prepare_streams() -> None:
    """Make files and pipes UTF-8 whatever the locale says; a closed stream swallows what is written.

    A terminal keeps the encoding that its locale names; what that lacks is shown by simpler characters.
    """
    codecs.register_error(_SIMPLIFIED, simplified)
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            mode = "r" if name == "stdin" else "w"
            substitute = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - open as long as the process
            setattr(sys, name, substitute)
        elif name != "stdin" and isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors=_SIMPLIFIED)
            else:
                stream.reconfigure(encoding="utf-8", errors="replace")


def abandon_stdout() -> None:
    """Send what is still buffered for a reader that left to nowhere, so that the exit stays quiet."""
    _abandon(sys.stdout)


def _abandon(stream: TextIO) -> None:
    devnull = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(devnull, stream.fileno())
    finally:
        os.close(devnull)


def write(text: str) -> None:
    """Write one line to stdout. A terminal that is gone is no reason to fail, a file or a pipe is."""
    try:
        sys.stdout.write(f"{text}\n")
    except OSError as error:
        if not _was_terminal(sys.stdout, error):
            raise
        abandon_stdout()


def flush_stdout() -> None:
    """Write out what is buffered, as `write`."""
    try:
        sys.stdout.flush()
    except OSError as error:
        if not _was_terminal(sys.stdout, error):
            raise
        abandon_stdout()


def _was_terminal(stream: TextIO, error: OSError) -> bool:
    """Whether `error` says that the terminal behind `stream` was hung up (it calls itself a terminal no more)."""
    return error.errno == errno.EIO and stat.S_ISCHR(os.fstat(stream.fileno()).st_mode)


def note(text: str) -> None:
    """Write one line to stderr at once, as `put`."""
    put(f"{text}\n")


def put(text: str) -> None:
    """Write to stderr at once. A terminal that is gone (SIGHUP) or a reader that left is no reason to fail."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _abandon(sys.stderr)


def put_bytes(content: bytes) -> None:
    """Write to stdout at once, for a program that reads it; one that left is no reason to fail."""
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except OSError:
        abandon_stdout()


def write_json(document: object) -> None:
    """Write `document` to stdout as one line of ASCII (terminals see no control characters)."""
    import json

    write(json.dumps(document))
