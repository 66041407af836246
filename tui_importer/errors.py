"""The root of our exceptions, and the exit codes.

ImporterError                 a sentence for the operator and a next step; has a kind and an exit code
├── config.ConfigError        a wrong key or value in the config file
├── source.errors.SourceError the file cannot be read or trusted as a whole
├── journal.errors.*          the job's folder: locked, corrupt, newer schema, disk full, name taken
├── engine.errors.*           a job that cannot start or go on
└── workos.errors.WorkosError one request that failed (see its own tree)
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self


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
    PAUSED = 3, "paused by a limit, the service or the disk; resumable"
    KEY_REJECTED = 4, "the key was rejected; a job that had begun is resumable"
    CRASHED = 70, "a defect, or a full disk; a job that had begun is resumable"
    INTERRUPTED = 130, "interrupted; a job that had begun is resumable"
    READER_LEFT = 141, "whatever read the output went away"


class ImporterError(Exception):
    """What happened, where, and what to do next, in words an operator understands.

    `message` is one sentence, `next` the next step (both plain text, without secrets). `kind` is a stable
    snake_case identifier for automation; `exit_code` is what the command line ends with when nothing
    handles the error: 2 (refused, nothing was written) unless a subclass says otherwise.
    """

    kind: str = "error"
    exit_code: int = ExitCode.REFUSED

    def __init__(self, message: str, next: str = "") -> None:  # noqa: A002 - the JSON document's own word
        super().__init__(message)
        self.message = message
        self.next = next

    def __str__(self) -> str:
        return f"{self.message} {self.next}".strip()
