"""Where every error of a command ends: as a sentence, a next step and an exit code, never as a traceback."""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING, NamedTuple

from tui_importer.cli.colours import coloured
from tui_importer.cli.output import abandon_stdout, flush_stdout, note, write_json
from tui_importer.errors import ImporterError
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_REFUSED = 2
EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130
EXIT_READER_LEFT = 141

_LONGEST_MESSAGE = 2_000


def guarded(call: Callable[[], int], *, as_json: bool) -> int:
    """Run `call` and return its exit code, or that of the error it ended with, after telling the operator.

    With `as_json` the refusal is also the one document on stdout: {"error": {"kind", "message", "next"}}.
    """
    try:
        code = call()
        flush_stdout()
    except SystemExit:
        raise
    except BrokenPipeError:
        abandon_stdout()
        return EXIT_READER_LEFT
    except BaseException as error:  # noqa: BLE001 - the last boundary; a native library's panic is no Exception
        return _refuse(_refusal(error), as_json=as_json)
    return code


class _Refusal(NamedTuple):
    kind: str
    message: str
    next: str
    exit_code: int


def _refusal(error: BaseException) -> _Refusal:
    import click

    match error:
        case KeyboardInterrupt() | click.Abort():
            refusal = _Refusal("interrupted", "Interrupted.", "", EXIT_INTERRUPTED)
        case ImporterError():
            refusal = _Refusal(error.kind, error.message, error.next, error.exit_code)
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "tui-importer"
            refusal = _Refusal("usage", error.format_message(), f"See `{command} --help`.", EXIT_REFUSED)
        case click.ClickException():
            refusal = _Refusal("usage", error.format_message(), "", EXIT_REFUSED)
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EIO):
            message = f"The system could not write: {error.strerror}."
            refusal = _Refusal("disk", message, "Make room; an interrupted job can be resumed.", EXIT_INTERNAL)
        case _:
            message = f"Something failed in an unforeseen way ({type(error).__name__})."
            refusal = _Refusal("internal", message, _written_down(error), EXIT_INTERNAL)
    return refusal


def crash_file(error: BaseException, mask: Callable[[str], str]) -> str:
    """Write down an error that ended one row, not the command; the file's name, empty when that is impossible."""
    from tui_importer.config import ConfigError, paths, private_folder
    from tui_importer.crash import write_crash

    try:
        return write_crash(error, private_folder(paths().logs), mask).name
    except (OSError, ConfigError):
        return ""


def _written_down(error: BaseException) -> str:
    from tui_importer.config import ConfigError, paths, private_folder
    from tui_importer.crash import write_crash

    try:
        path = write_crash(error, private_folder(paths().logs))
    except (OSError, ConfigError):
        return "The details could not be written to the log folder; an interrupted job can be resumed."
    return f"Please report it with {path} (no secrets in it); an interrupted job can be resumed."


def _refuse(refusal: _Refusal, *, as_json: bool) -> int:
    message, next_step = _one_line(refusal.message), _one_line(refusal.next)
    try:
        if as_json:
            write_json({"error": {"kind": refusal.kind, "message": message, "next": next_step}})
        sys.stdout.flush()
    except OSError:
        abandon_stdout()
    note(f"{coloured('tui-importer:', 'error', sys.stderr)} {message}")
    if next_step:
        note(f"Next: {next_step}")
    return refusal.exit_code


def _one_line(text: str) -> str:
    return safe(" ".join(text.split()), _LONGEST_MESSAGE)
