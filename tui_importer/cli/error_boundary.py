"""Error boundary of a command: a sentence, a next step and an exit code, never a traceback."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tui_importer.cli.colours import coloured
from tui_importer.cli.output import (
    LONGEST_MESSAGE,
    OutputLost,
    abandon_stdout,
    delivered,
    flush_stdout,
    note,
    write_json,
)
from tui_importer.cli.signals import delivering, outcome, settle
from tui_importer.errors import ExitCode, ImporterError, lacking
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO


class JobInterrupted(Exception):
    """Unforeseen error, which is the cause, in the unfinished job `job`."""

    def __init__(self, job: str) -> None:
        super().__init__(job)
        self.job = job


@contextlib.contextmanager
def unfinished_job(job: str, is_unfinished: Callable[[], bool]) -> Iterator[None]:
    """Report an unforeseen error in this context with the command that resumes `job`, if that is unfinished."""
    try:
        yield
    except (ImporterError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        if is_unfinished():
            raise JobInterrupted(job) from error
        raise


def guarded(call: Callable[[], int], *, as_json: bool) -> int:
    """Run `call` and return its exit code, or that of the error it ended with, once that is reported.

    With `as_json` the refusal is also the one document on stdout: {"error": {"kind", "message", "next"}}. Nothing is
    raised but SystemExit, whatever else fails while the error is reported.
    """
    try:
        code = call()
        if not outcome.stands:
            with delivered(code):
                pass
    except SystemExit:
        raise
    except BrokenPipeError:
        with contextlib.suppress(Exception):  # the exit code says all there is to say
            abandon_stdout()
        return ExitCode.READER_LEFT
    except BaseException as error:  # noqa: BLE001 - the last boundary; a native library's panic is no Exception
        if outcome.code is not None and isinstance(error, KeyboardInterrupt):  # it came too late to interrupt anything
            return outcome.code
        return _ended_with(error, as_json=as_json)
    return code


class _Refusal(NamedTuple):
    kind: str
    message: str
    next: str
    exit_code: int


_UNFORESEEN = "Something failed in an unforeseen way."
_LAST_DOCUMENT = f'{{"error": {{"kind": "internal", "message": "{_UNFORESEEN}", "next": ""}}}}'
_LAST_SENTENCE = f"tui-importer: {_UNFORESEEN}"


def _ended_with(error: BaseException, *, as_json: bool) -> int:
    try:
        refusal = _refusal(error)
    except BaseException:  # noqa: BLE001 - the second error says nothing about the first
        refusal = _Refusal("internal", _UNFORESEEN, "", ExitCode.CRASHED)
    outcome.signalled |= refusal.exit_code == ExitCode.INTERRUPTED
    if outcome.begun:  # half a result cannot be made whole, and a second document would make it worse
        _surely(_end_stdout, None, "")
    elif as_json:
        _surely(lambda: _write_document(refusal), sys.__stdout__, _LAST_DOCUMENT)
    _surely(lambda: _write_sentences(refusal), sys.__stderr__, _LAST_SENTENCE)
    settle(refusal.exit_code)
    return refusal.exit_code


def _end_stdout() -> None:
    try:
        with delivering():
            flush_stdout()
    except BaseException:
        abandon_stdout()
        raise


def _surely(write: Callable[[], None], stream: TextIO | None, last_words: str) -> None:
    """Write; when that fails in a way that its own handling did not foresee, write the last words unbuffered."""
    try:
        write()
    except BaseException as error:  # noqa: BLE001 - there is nowhere left to report it
        if stream is not None and not isinstance(error, KeyboardInterrupt):
            with contextlib.suppress(Exception):
                os.write(stream.fileno(), f"{last_words}\n".encode())


def _write_document(refusal: _Refusal) -> None:
    try:
        with delivering():
            write_json({"error": {"kind": refusal.kind, "message": refusal.message, "next": refusal.next}})
            flush_stdout()
    except (OSError, OutputLost, KeyboardInterrupt):  # closed pipe, full disk, or interrupted
        abandon_stdout()


def _write_sentences(refusal: _Refusal) -> None:
    with delivering():
        note(f"{coloured('tui-importer:', 'error', sys.stderr)} {refusal.message}")
        if refusal.next:
            note(f"Next: {refusal.next}")


def _refusal(error: BaseException, job: str = "") -> _Refusal:
    match error:
        case JobInterrupted(__cause__=BaseException() as cause):
            return _refusal(cause, error.job)
        case Exception() if (lack := lacking(error)) is not None:
            code = _code_of_lack(error, job)
            what = f"{lack.what[0].upper()}{lack.what[1:]}."
            found = _Refusal(lack.kind, what, f"{lack.cure} and try again. {_way_on(job)}", code)
        case ImporterError():
            found = _Refusal(error.kind, error.message, error.next, error.exit_code)
        case _:
            found = _foreign(error, job)
    return found._replace(message=_one_line(found.message), next=_one_line(found.next))


def _code_of_lack(error: BaseException, job: str) -> int:
    """Exit code as in a job: it is paused where one is unfinished; without a job the machine refuses the command."""
    if isinstance(error, ImporterError):
        return error.exit_code
    return ExitCode.PAUSED if job else ExitCode.REFUSED


def _foreign(error: BaseException, job: str) -> _Refusal:
    """Explain an error that is not ours."""
    import click

    match error:
        case KeyboardInterrupt() | click.Abort():
            found = _Refusal("interrupted", "Interrupted.", "", ExitCode.INTERRUPTED)
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "tui-importer"
            found = _Refusal("usage", error.format_message(), f"See `{command} --help`.", ExitCode.REFUSED)
        case click.ClickException():
            found = _Refusal("usage", error.format_message(), "", ExitCode.REFUSED)
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EIO):
            message = f"The system could not write: {error.strerror}."
            found = _Refusal("disk", message, f"Make room. {_way_on(job)}", ExitCode.CRASHED)
        case _:
            message = f"Something failed in an unforeseen way ({type(error).__name__})."
            found = _Refusal("internal", message, f"{_reported(error)} {_way_on(job)}", ExitCode.CRASHED)
    return found


def crash_file(error: BaseException, mask: Callable[[str], str]) -> str:
    """Write down an error that ended one row, not the command; the file's name, empty when that is impossible."""
    from tui_importer.config import ConfigError
    from tui_importer.crash_report import write_crash

    try:
        return write_crash(error, _log_folder(), mask).name
    except (OSError, ConfigError):
        return ""


def _way_on(job: str) -> str:
    return f"Nothing is lost; resume the job with: tui-importer resume {job}" if job else ""


def _reported(error: BaseException) -> str:
    """Write the report and say where: in the log folder, or among the temporary files of an account without one."""
    from tui_importer.crash_report import write_crash

    for folder in (_log_folder, _temporary_folder):
        try:
            path = write_crash(error, folder())
        except Exception:  # noqa: BLE001, S112 - the error itself is reported; the missing file is named below
            continue
        return f"Please report it with {path} (no secrets in it)."
    return "Its details could not be written to a file."


def _log_folder() -> Path:
    from tui_importer.config import paths, private_folder

    return private_folder(paths().logs)


def _temporary_folder() -> Path:
    import tempfile

    return Path(tempfile.gettempdir())


def _one_line(text: str) -> str:
    return safe(" ".join(text.split()), LONGEST_MESSAGE)
