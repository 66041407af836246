"""One row's way: the user step, then the membership step, each exactly once whatever happened before.

Recovery and the first attempt are the same code. An intent in the journal, or a write whose answer was lost in this
run, only means that the effect *may* be there, so it is looked up by its natural key before it is written (again).
What is found then counts as created by this job if it is not older than the intent, less two seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_importer.engine.membership_step import MembershipStep
from tui_importer.engine.steps import KnownUser, Tools, definite
from tui_importer.engine.user_step import UserStep
from tui_importer.journal import statements
from tui_importer.journal.records import Flag, How, Outcome, RowRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.health import Tries
    from tui_importer.source.models import SourceRow


@dataclass(frozen=True, slots=True)
class RowResult:
    """How a row ended; `membership` is what its membership step did or found."""

    outcome: Outcome
    membership: How | None = None


class RowImporter:
    """Runs rows for one worker. `user_ended` is told of each person's user step, which ends before the row does.

    `adopted` takes the ids of users that count as created although they were found, before other rows can know them.
    """

    def __init__(self, tools: Tools, user_ended: Callable[[How, Flag], None], adopted: set[str]) -> None:
        self._tools = tools
        self._adopted = adopted
        self._user_ended = user_ended
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

        Raises StepFailed when the row fails, SetAside or Interrupted when it stays pending; JournalUnwritable.
        """
        how: How | None = None
        flags = Flag.NONE
        intent = record.membership_intent
        maybe_there = intent is not None
        if first is not None:
            user = first
        elif record.user_id is not None:
            how, user = record.user_how, KnownUser(record.user_id, fresh=False)
        else:
            user, how, flags = definite("user", lambda tries: self._user_step.run(row, record, tries), tries)
            if how is How.CREATED and not user.fresh:
                self._adopted.add(user.id)
            if user.fresh and organization_id is not None:
                intent, maybe_there = self._tools.server_time(), False
            known = self._tools.journal.submit(statements.user_known(row.row, user.id, how, flags, intent))
            self._user_ended(how, flags)
            tries.step_ended()
            if intent is not None:
                known.wait()  # user and the membership's intent are durable together
        membership: How | None = None
        membership_id: str | None = None
        if organization_id is not None:
            found, membership, more = definite(
                "membership",
                lambda tries: self._membership_step.run(
                    row, user, organization_id, tries, intent=intent, maybe_there=maybe_there
                ),
                tries,
            )
            membership_id, flags = found.id, flags | more
        outcome = Outcome.CREATED if How.CREATED in {how, membership} else Outcome.EXISTING
        self._tools.journal.submit(statements.row_ended(row.row, outcome, membership_id, membership, flags))
        return RowResult(outcome, membership)
