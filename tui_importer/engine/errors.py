"""How the engine refuses, and how a step ends early.

EngineError            refused before anything was written
├── JobUnfinished      a job on this source and environment is not finished
├── OptionsFrozen      what is frozen in the job was given again with another value
├── SourceChanged      the source is not the one that the job was recorded for
├── SourceGone         the source was a pipe, which is read once, and its rows were not frozen
├── PlanFailed         the key or the service gave out while the plan was made (exit 4 or 2)
├── NotNow             a running job is at a point where this cannot be done
├── KeyMismatch        the key does not see this job's objects (exit 4)
└── NotAJob            the name fits nothing

Control flow inside a thread (never shown): Interrupted, SetAside, GaveUp, StepFailed, ObjectDeleted,
OrganizationFailed, IdsCollide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tui_importer.errors import ExitCode, ImporterError
from tui_importer.text import safe

if TYPE_CHECKING:
    from tui_importer.engine.halt import Halt


class EngineError(ImporterError):
    """A job that cannot start or go on as asked."""

    kind = "engine"


class JobUnfinished(EngineError):
    """Starting again would do the same work twice."""

    kind = "job_unfinished"


class OptionsFrozen(EngineError):
    """The job's result depends on the option, so it cannot change any more."""

    kind = "options_frozen"


class SourceChanged(EngineError):
    """The file was edited or replaced before the job had frozen its rows."""

    kind = "source_changed"


class SourceGone(EngineError):
    """The job's rows came from standard input or a pipe, and the scan did not reach its end."""

    kind = "source_gone"

    def __init__(self, job: str, source: str) -> None:
        super().__init__(
            f"The rows of the job {safe(job)} came from {safe(source)}, which cannot be read again, and its scan did "
            "not reach the end.",
            f"Remove the job and start it again: tui-importer purge {safe(job)}",
        )


class PlanFailed(EngineError):
    """Reads failed while the plan was made; `halt` says why, and whether the API refused the key."""

    kind = "plan_failed"

    def __init__(self, halt: Halt) -> None:
        super().__init__(f"The plan could not be made: {halt.reason}.", halt.next_step)
        self.halt = halt
        if halt.kind == "key":
            self.exit_code = ExitCode.KEY_REJECTED


class NotNow(EngineError):
    """The job is at a point where this cannot be done; a moment later it can."""

    kind = "not_now"


class KeyMismatch(EngineError):
    """The key belongs to another environment, or was rejected."""

    kind = "key_mismatch"
    exit_code = ExitCode.KEY_REJECTED


class ObjectDeleted(Exception):
    """A user or an organization whose id the journal knows was deleted in the environment."""

    def __init__(self, what: Literal["user", "organization"], object_id: str) -> None:
        super().__init__(what, object_id)
        self.what, self.object_id = what, object_id


class OrganizationFailed(Exception):
    """A deleted organization could not be resolved again: its rows are blocked, as those of any that failed."""


class IdsCollide(Exception):
    """One WorkOS id would serve two organization keys to which the file gives different names."""

    def __init__(self, workos_id: str, first: str, second: str) -> None:
        super().__init__(workos_id)
        self.workos_id, self.first, self.second = workos_id, first, second


class Interrupted(Exception):
    """The run is pausing or stopped: the row stays pending as it is."""


class SetAside(Exception):
    """The call keeps failing while nothing else succeeds: try other rows first."""


@dataclass(eq=False)
class StepFailed(Exception):
    """A step ended for good. `message` is the API's own words or ours, already sanitised."""

    step: str
    kind: str
    message: str
    status: int | None = None
    request_id: str = ""


class GaveUp(Exception):
    """One call failed transiently again and again while others succeeded."""

    def __init__(self, cause: ImporterError) -> None:
        super().__init__(cause.message)
        self.cause = cause
