"""Rows of the journal as plain data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from functools import cache
from pathlib import PurePath
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

_STORED = {"str": (str,), "float": (float, int)}
"""What SQLite gives for a field of this type; for all others a whole number."""


class Outcome(IntEnum):
    """The end of a row."""

    CREATED = 1
    EXISTING = 2
    FAILED = 3
    SKIPPED = 4


class How(IntEnum):
    """The end of a step: what it found or did; FAILED is only for a user whose user step failed."""

    CREATED = 1
    EXISTING = 2
    FAILED = 3


class Flag(IntFlag):
    """Remarks on a row."""

    NONE = 0
    UNCERTAIN = 1  # found on recovery; whether this job created it could not be decided
    ROLE_DIFFERS = 2  # an existing membership has another role and was kept
    UPDATED = 4  # an existing user's fields were updated
    USER_ADOPTED = 8  # the user was found after a lost answer and counted as made by this job
    MEMBERSHIP_ADOPTED = 16  # the same of the membership


UNKNOWN_TIME = 0.0
"""An intent whose server time is not known."""


@dataclass(frozen=True, slots=True)
class RowRecord:
    """The record of a row that has begun. Intents are the server's time, None when never sent."""

    row: int
    user_intent: float | None = None
    user_id: str | None = None
    user_how: How | None = None
    membership_intent: float | None = None
    membership_id: str | None = None
    membership_how: How | None = None
    flags: Flag = Flag.NONE
    outcome: Outcome | None = None

    @property
    def has_no_user(self) -> bool:
        """Whether the user step has not ended well; the id of a user that was deleted may still be there."""
        return self.user_id is None or self.user_how is How.FAILED


class Stamp(NamedTuple):
    """The server's times of an object that this job made: its creation, and its state after our last write."""

    created_at: float | None = None
    updated_at: float | None = None


@dataclass(frozen=True, slots=True)
class Overwritten:
    """The changed fields of an object that existed before, with their values before and after, as JSON."""

    row: int
    time: float
    object: str
    object_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class OrganizationRecord:
    """One organization key; `state` is waiting, resolved (existing), created or failed."""

    key: str
    kind: str
    value: str
    name: str | None
    rows: int
    first_row: int
    state: str = "waiting"
    intent: float | None = None
    workos_id: str | None = None
    uncertain: bool = False
    seconds: float = 0.0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """The failure of a row or an organization. `organization` is a label for people, `step` as in the vocabulary.

    `shape` is the message without what belongs to one row: the same for all failures of one cause.
    """

    row: int | None
    organization_key: str | None
    time: float
    line: int | None
    email: str
    organization: str
    step: str
    kind: str
    status: int | None
    message: str
    request_id: str
    shape: str
    sequence: int = 0


class FailedStep(NamedTuple):
    """At which step a row failed and how; `organization` is its label, empty without one."""

    step: str
    kind: str
    organization: str


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """One request of a failed row, bodies masked and at most 4 KiB."""

    time: float
    method: str
    path: str
    status: int | None
    code: str
    error: str
    request_id: str
    milliseconds: float
    request_body: str
    response_body: str


STATES = frozenset({"ready", "running", "pausing", "paused", "finished", "aborted"})
PHASES = frozenset({"scan", "prewarm", "import", "done"})
ENVIRONMENTS = frozenset({"SANDBOX", "STAGING", "PRODUCTION", "UNKNOWN"})


@dataclass(frozen=True, slots=True)
class JobRecord:
    """The job itself. `sha256`, `rows` and `chunk_size` are None before the scan has ended.

    `state`, `phase` and `environment` are of STATES, PHASES and ENVIRONMENTS. `source` is an absolute path, or the name
    of a pipe.
    """

    name: str
    source: str
    created_at: float
    updated_at: float
    environment: str
    key_hint: str
    key_salt: str
    key_hash: str
    frozen_options: str
    run_options: str
    size: int
    mtime_ns: int
    sha256: str | None
    rows: int | None
    chunk_size: int | None
    state: str
    phase: str
    reason: str
    next_step: str
    seconds_scan: float
    seconds_prewarm: float
    seconds_import: float

    @property
    def is_piped(self) -> bool:
        """Whether the rows came from standard input or a pipe, so that there is no source to read again."""
        return not PurePath(self.source).is_absolute()


@dataclass(frozen=True, slots=True)
class ChunkCounts:
    """Rows of one chunk by what became of them; users and memberships counted where their step was done."""

    chunk: int
    outcome: Outcome | None
    user_how: How | None
    membership_how: How | None
    updated: bool
    rows: int


def record(kind: type[T], values: Sequence[Any]) -> T:
    """A record of `kind` from its values in order; TypeError for one of a type that we never write there."""
    types = _types(kind)  # type: ignore[arg-type] # a class can be hashed
    for value, allowed in zip(values, types, strict=True):
        if not isinstance(value, allowed):
            raise TypeError(f"{kind.__name__} has a {type(value).__name__} where it cannot have one")
    return kind(*values)


@cache
def _types(kind: Any) -> tuple[tuple[type, ...], ...]:  # noqa: ANN401 - one of the dataclasses here
    names = [str(field.type) for field in fields(kind)]
    return tuple(
        (*_STORED.get(name.removesuffix(" | None"), (int,)), *((NoneType,) if name.endswith(" | None") else ()))
        for name in names
    )
