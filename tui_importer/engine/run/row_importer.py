"""One row's way: the user step, then the membership step, each exactly once whatever happened before.

Recovery and the first attempt are the same code. An intent in the journal, or a write whose answer was lost in this
run, only means that the effect *may* be there, so it is looked up by its natural key before it is written (again).
What is found then counts as created by this job if it is not older than the intent, less two seconds.

Ids are not trusted for ever: a user or an organization that was deleted in the environment since has its step opened
again, once for each row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tui_importer.engine.errors import ObjectDeleted, StepFailed
from tui_importer.engine.run.membership_step import MembershipStep
from tui_importer.engine.run.step_context import KnownUser, Tools, definite, stamp_of
from tui_importer.engine.run.user_step import UserStep
from tui_importer.journal import statements
from tui_importer.journal.records import Flag, How, Outcome, RowRecord
from tui_importer.journal.statements import UNSTAMPED

if TYPE_CHECKING:
    from tui_importer.engine.service.health import Tries
    from tui_importer.journal.writer import Statement
    from tui_importer.source.models import SourceRow
    from tui_importer.workos.models import Membership


@dataclass(frozen=True, slots=True)
class RowResult:
    """How a row ended; `membership` is what its membership step did or found.

    `uncertain` says that a membership was found after a lost answer which the job may have made or not, and that it
    was not said of the row's user.
    """

    outcome: Outcome
    membership: How | None = None
    uncertain: bool = False
    statements: tuple[Statement, ...] = ()
    """What the journal notes of it."""


MakeUser = Callable[["SourceRow", RowRecord], tuple[KnownUser, How, Flag]]
"""Runs the user step of a person's first row, whose record has an intent when it may have been run before."""


class Shared(Protocol):
    """What the rows of all workers share."""

    adopted: set[str]
    """Ids of users that count as created although they were found: others may have made them members."""

    def user_ended(self, row: int, how: How, flags: Flag) -> None:
        """Count a person's user step, which ends before its row does, and say what is uncertain of it."""

    def replace_user(self, row: SourceRow, gone: str, make: MakeUser) -> tuple[KnownUser, How | None]:
        """The person's user in place of one that was deleted, made by `make` from the first row unless one is there."""

    def replace_organization(self, key: str, gone: str, tools: Tools, tries: Tries) -> str:
        """The id of a key in place of an organization that was deleted. Raises OrganizationFailed, StepFailed."""


@dataclass(slots=True)
class _Progress:
    """Where a row stands while it is run."""

    user: KnownUser
    how: How | None = None
    flags: Flag = Flag.NONE
    intent: float | None = None
    maybe_there: bool = False


class RowImporter:
    """Runs rows for one worker."""

    def __init__(self, tools: Tools, shared: Shared) -> None:
        self._tools = tools
        self._shared = shared
        self._user_step = UserStep(tools)
        self._membership_step = MembershipStep(tools)

    def run(
        self,
        row: SourceRow,
        record: RowRecord,
        *,
        first: KnownUser | None,
        organization_id: str | None,
        tries: Tries,
    ) -> RowResult:
        """Do what is missing of `row`. `first` is the user when an earlier row has done the user step.

        Raises StepFailed when the row fails, SetAside or Interrupted when it stays pending; OrganizationFailed when it
        is blocked from now on; JournalUnwritable.
        """
        at = self._user(row, record, first, organization_id, tries)
        if organization_id is None and (first is not None or record.user_id is not None):
            self._see_user(row, at, tries)
        membership: Membership | None = None
        how: How | None = None
        more = Flag.NONE
        if organization_id is not None:
            membership, how, more = self._membership(row, at, organization_id, tries)
        uncertain = Flag.UNCERTAIN in more and Flag.UNCERTAIN not in at.flags
        at.flags |= more
        outcome = Outcome.CREATED if How.CREATED in {at.how, how} else Outcome.EXISTING
        stamp = stamp_of(membership) if membership is not None and how is How.CREATED else UNSTAMPED
        membership_id = membership.id if membership is not None else None
        ended = statements.row_ended(row.row, outcome, membership_id, how, at.flags, stamp)
        return RowResult(outcome, how, uncertain, (ended,))

    def _user(
        self, row: SourceRow, record: RowRecord, first: KnownUser | None, organization_id: str | None, tries: Tries
    ) -> _Progress:
        """The row's user: known from an earlier row or run, else found or made now."""
        at = _Progress(KnownUser("", fresh=False), intent=record.membership_intent)
        at.maybe_there = at.intent is not None
        if first is not None:
            at.user = first
            if record.user_id not in {None, first.id}:  # deleted, and made again for another row
                self._tools.journal.submit(statements.user_replaced(row.row))
                at.intent, at.maybe_there = None, False
            return at
        if record.user_id is not None:
            at.how, at.user = record.user_how, KnownUser(record.user_id, fresh=False)
            return at
        at.user, at.how, at.flags = definite("user", lambda tries: self._user_step.run(row, record, tries), tries)
        if at.how is How.CREATED and not at.user.fresh:
            self._shared.adopted.add(at.user.id)
        if at.user.fresh and organization_id is not None:
            at.intent, at.maybe_there = self._tools.server_time(), False
        known = self._tools.journal.submit(
            statements.user_known(row.row, at.user.id, at.how, at.flags, at.intent, at.user.stamp)
        )
        self._shared.user_ended(row.row, at.how, at.flags)
        tries.step_ended()
        if at.intent is not None:
            known.wait()  # user and the membership's intent are durable together
        return at

    def _see_user(self, row: SourceRow, at: _Progress, tries: Tries) -> None:
        """A row without an organization ends with a user that is known: it counts only if that is still there."""
        if not definite("user", lambda tries: self._user_step.is_there(at.user, tries), tries):
            self._replace_user(row, at, tries)
            tries.step_ended()

    def _membership(
        self, row: SourceRow, at: _Progress, organization_id: str, tries: Tries
    ) -> tuple[Membership, How, Flag]:
        """The membership step; what turns out to be deleted is found or made again, each at most once."""
        replaced: set[str] = set()
        while True:
            try:
                return definite(
                    "membership",
                    lambda tries, organization_id=organization_id: self._membership_step.run(  # type: ignore[misc]
                        row, at.user, organization_id, tries, intent=at.intent, maybe_there=at.maybe_there
                    ),
                    tries,
                )
            except ObjectDeleted as gone:
                if gone.what in replaced:
                    message = f"The {gone.what} {gone.object_id} is deleted again and again."
                    raise StepFailed("membership", f"{gone.what}_gone", message, 404) from gone
                replaced.add(gone.what)
                if gone.what == "user":
                    self._replace_user(row, at, tries)
                else:
                    key = row.organization_key or ""
                    organization_id = self._shared.replace_organization(key, gone.object_id, self._tools, tries)
                self._void(row, at)
                tries.step_ended()

    def _void(self, row: SourceRow, at: _Progress) -> None:
        """Nothing was written yet for the pair that the row is about now."""
        self._tools.journal.submit(statements.membership_intent_void(row.row))
        at.intent, at.maybe_there = None, False

    def _replace_user(self, row: SourceRow, at: _Progress, tries: Tries) -> None:
        def make(first: SourceRow, record: RowRecord) -> tuple[KnownUser, How, Flag]:
            return definite("user", lambda tries: self._user_step.run(first, record, tries), tries)

        found, how = self._shared.replace_user(row, at.user.id, make)
        at.user = replace(found, fresh=False)
        at.flags = Flag.NONE  # they were about the user who is gone; those of the new one are recorded
        if row.first_row is None:
            at.how = how
        else:
            self._tools.journal.submit(statements.user_replaced(row.row))
