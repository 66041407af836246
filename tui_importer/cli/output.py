"""Standard output and error: UTF-8, plain text, one JSON document."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tui_importer.cli.signals import delivering, outcome, settle
from tui_importer.errors import ExitCode, ImporterError
from tui_importer.text import safe, simplified

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

LONGEST_MESSAGE = 2_000
"""Characters of a message that may have come from elsewhere."""

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


class OutputLost(ImporterError):
    """Result of a command that could not be written to stdout; what the command did stands."""

    kind = "output_lost"
    exit_code = ExitCode.OUTPUT_LOST


class Stdout:
    """Standard output for those who write to a stream, such as csv."""

    def write(self, text: str) -> int:
        """Write, as `write_part`."""
        write_part(text)
        return len(text)


def write(text: str) -> None:
    """Write one line to stdout, as `write_part`."""
    write_part(f"{text}\n")


def write_part(text: str) -> None:
    """Write to stdout. A terminal that is gone is no reason to fail, a file or a pipe is.

    Raises BrokenPipeError when a reader left, OutputLost.
    """
    outcome.begun = True
    with _output_errors():
        sys.stdout.write(text)


def flush_stdout() -> None:
    """Write out what is buffered, as `write_part`."""
    with _output_errors():
        sys.stdout.flush()


@contextlib.contextmanager
def _output_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        was_terminal = _was_terminal(sys.stdout, error)
        abandon_stdout()
        if not was_terminal:
            raise OutputLost(
                f"The result could not be written: {safe(error.strerror)}.", "Give it a place with room."
            ) from error


@contextlib.contextmanager
def delivered(code: int, job: str = "") -> Iterator[None]:
    """Write within the result of a command that ends with `code`; a `job`'s can be shown again.

    A signal does not tear it, and from then on changes nothing. Raises OutputLost when it cannot be written or, after
    a signal, no reader takes it; without a job that is KeyboardInterrupt.
    """
    outcome.signalled |= code == ExitCode.INTERRUPTED
    try:
        with delivering():
            yield
            flush_stdout()
            settle(code)
    except KeyboardInterrupt:
        abandon_stdout()
        if not job or code == ExitCode.INTERRUPTED:
            raise
        raise not_shown("it was interrupted, and no reader took it", code, job) from None
    except OutputLost as lost:
        if not job:
            raise
        why = lost.__cause__.strerror if isinstance(lost.__cause__, OSError) else ""
        raise not_shown(why or "the system refused", code, job) from lost


def not_shown(why: str, code: int, job: str) -> OutputLost:
    """Make the refusal of a command that ends with `code` and whose summary of `job` could not be written."""
    if code in {ExitCode.DONE, ExitCode.PROBLEMS}:
        return OutputLost(
            f"The job {safe(job)} is finished, but its summary could not be written: {safe(why)}.",
            f"Show it again with: tui-importer resume {safe(job)}",
        )
    return OutputLost(
        f"The summary of the job {safe(job)}, which is not finished, could not be written: {safe(why)}.",
        "See why with: tui-importer jobs",
    )


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
