"""The root of our exceptions.

ImporterError                 a sentence for the operator and a next step; has a kind and an exit code
├── config.ConfigError        a wrong key or value in the config file
├── source.errors.SourceError the file cannot be read or trusted as a whole
├── journal.errors.*          the job's folder: locked, corrupt, newer schema, disk full, name taken
├── engine.errors.*           a job that cannot start or go on
└── workos.errors.WorkosError one request that failed (see its own tree)
"""

from __future__ import annotations


class ImporterError(Exception):
    """What happened, where, and what to do next, in words an operator understands.

    `message` is one sentence, `next` the next step (both plain text, without secrets). `kind` is a stable
    snake_case identifier for automation; `exit_code` is what the command line ends with when nothing
    handles the error: 2 (refused, nothing was written) unless a subclass says otherwise.
    """

    kind: str = "error"
    exit_code: int = 2

    def __init__(self, message: str, next: str = "") -> None:  # noqa: A002 - the JSON document's own word
        super().__init__(message)
        self.message = message
        self.next = next

    def __str__(self) -> str:
        return f"{self.message} {self.next}".strip()
