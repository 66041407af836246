"""What both steps of a row need: one worker's tools, and the rule by which found objects are ours."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tui_importer.engine.errors import GaveUp, StepFailed
from tui_importer.journal.records import UNKNOWN_TIME, Flag, How, Stamp
from tui_importer.journal.records import Overwritten as Change
from tui_importer.journal.statements import UNSTAMPED
from tui_importer.text import safe
from tui_importer.workos.errors import AnswerMismatch, NotFound, Refused, WorkosError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tui_importer.engine.service.api_calls import Calls
    from tui_importer.engine.service.health import Tries
    from tui_importer.engine.service.timeouts import Patience
    from tui_importer.journal.journal import Journal
    from tui_importer.workos.client import WorkosClient
    from tui_importer.workos.models import Membership, Organization, User
    from tui_importer.workos.server_clock import ServerClock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tools:
    """One worker's tools. `server_clock` decides whose what is found is; its time is that of intents."""

    client: WorkosClient
    calls: Calls
    journal: Journal
    server_clock: ServerClock
    patience: Patience
    update_existing: bool = False

    def server_time(self) -> float:
        """An intent's time: the server's clock, UNKNOWN_TIME when unknown."""
        now = self.server_clock.now()
        return now.timestamp() if now is not None else UNKNOWN_TIME


@dataclass(frozen=True, slots=True)
class KnownUser:
    """A user with an id; `fresh` when this run has just created it, so that it can have no older memberships.

    One that was found, even as ours, or that an earlier run created may have been made a member, and deactivated,
    by a colleague meanwhile: its memberships are listed before one is written. `stamp` are its times when this job
    made it.
    """

    id: str
    fresh: bool
    stamp: Stamp = UNSTAMPED


def stamp_of(made: Organization | User | Membership) -> Stamp:
    """The server's times of an object that this job made."""
    created, updated = made.created_at, made.updated_at
    return Stamp(created.timestamp() if created else None, updated.timestamp() if updated else None)


def changing(row: int, what: str, object_id: str, before: Mapping[str, object], after: Mapping[str, object]) -> Change:
    """The record of fields that are about to be overwritten, each with what it was."""
    texts = (json.dumps(fields, ensure_ascii=False, sort_keys=True) for fields in (before, after))
    return Change(row, time.time(), what, object_id, *texts)


def adopted(created_at: datetime | None, intent: float, clock: ServerClock) -> tuple[How, Flag]:
    """Decide whether an object found after an intent is ours; existing and uncertain when nothing decides it."""
    if created_at is None or intent == UNKNOWN_TIME:
        return How.EXISTING, Flag.UNCERTAIN
    since = clock.since(intent)
    if created_at.timestamp() >= since.surely:
        return How.CREATED, Flag.NONE
    return How.EXISTING, Flag.UNCERTAIN if created_at.timestamp() >= since.maybe else Flag.NONE


def definite(step: str, work: Callable[[Tries], T], tries: Tries) -> T:
    """Do a step's work; a definite refusal, and giving up, become StepFailed."""
    try:
        return work(tries)
    except GaveUp as error:
        cause = error.cause
        status = cause.status if isinstance(cause, WorkosError) else None
        request_id = cause.request_id if isinstance(cause, WorkosError) else ""
        if isinstance(cause, AnswerMismatch):
            raise StepFailed(step, "answer_mismatch", safe(cause.message), status, safe(request_id, 100)) from error
        raise StepFailed(step, "server_error", safe(cause.message), status, safe(request_id, 100)) from error
    except (Refused, NotFound) as error:
        kind = error.code or error.kind
        text = safe(error.text or error.message)
        raise StepFailed(step, safe(kind, 80), text, error.status, safe(error.request_id, 100)) from error
