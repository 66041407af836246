"""The root of our exceptions, and the exit codes.

ImporterError                 a sentence for the operator and a next step; has a kind and an exit code
├── config.ConfigError        a wrong key or value in the config file
├── source.errors.SourceError the file cannot be read or trusted as a whole
├── journal.errors.*          the job's folder: locked, corrupt, newer schema, disk full, name taken
├── engine.errors.*           a job that cannot start or go on
└── workos.errors.WorkosError one request that failed (see its own tree)
"""

from __future__ import annotations

import errno
from enum import IntEnum
from typing import NamedTuple, Self


class ExitCode(IntEnum):
    """What a command ends with, and what that means whichever command it was."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Give the code its meaning."""
        made = int.__new__(cls, code)
        made._value_ = code
        made.meaning = meaning
        return made

    DONE = 0, "done; of an import: every row was created, existed, or was skipped"
    PROBLEMS = 1, "done, but some rows failed, or would fail (a scan, a dry run)"
    REFUSED = 2, "refused: usage, config, machine, file, no server; nothing written"
    PAUSED = 3, "paused by a limit, the service, the disk or the machine; resumable"
    KEY_REJECTED = 4, "the key was rejected; a job that had begun is resumable"
    OUTPUT_LOST = 69, "done, but the result could not be written; what was done stands"
    CRASHED = 70, "a defect, or a full disk; a job that had begun is resumable"
    INTERRUPTED = 130, "interrupted; a job that had begun is resumable"
    READER_LEFT = 141, "whatever read the output went away"


class ImporterError(Exception):
    """What happened, where, and what to do next, in words an operator understands.

    `message` is one sentence, `next` the next step (both plain text, without secrets). `kind` is a stable
    snake_case identifier for automation; `exit_code` is what the command line ends with when nothing
    handles the error: 2 (refused, nothing was written) unless a subclass says otherwise. `lack` is what the machine
    had too little of, where the cause does not say it.
    """

    kind: str = "error"
    exit_code: int = ExitCode.REFUSED
    lack: Lack | None = None

    def __init__(self, message: str, next: str = "") -> None:  # noqa: A002 - the JSON document's own word
        super().__init__(message)
        self.message = message
        self.next = next

    def __str__(self) -> str:
        return f"{self.message} {self.next}".strip()


class Lack(NamedTuple):
    """What this machine has too little of, and what to do; neither with a full stop."""

    kind: str
    what: str
    cure: str


_MEMORY = Lack("memory", "this machine has too little memory", "End other programs")
_FILES = Lack("open_files", "the system lets this process open no more files", "Raise the limit (ulimit -n 1024)")


def lacking(error: BaseException) -> Lack | None:
    """What the machine lacked when `error` came about, be it only its cause; None for anything else."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ImporterError) and cause.lack is not None:
            return cause.lack
        if isinstance(cause, MemoryError):
            return _MEMORY
        if isinstance(cause, OSError) and cause.errno in {errno.EMFILE, errno.ENFILE}:
            return _FILES
        if not isinstance(cause, ImporterError) and "Too many open files" in str(
            cause
        ):  # libraries keep the words only
            return _FILES
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return None
