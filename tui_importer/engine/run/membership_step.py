"""The membership step: one row's user becomes a member of its organization, or is one already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tui_importer.engine.errors import ObjectDeleted, StepFailed
from tui_importer.engine.run.step_context import KnownUser, Tools, adopted, changing
from tui_importer.journal import statements
from tui_importer.journal.records import Flag, How
from tui_importer.workos import refusals
from tui_importer.workos.errors import NotFound, Refused, ServiceFailed
from tui_importer.workos.models import MembershipStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.service.health import Tries
    from tui_importer.source.models import SourceRow
    from tui_importer.workos.models import Membership

UNKNOWN_USER_TRIES = 3
"""A user created a moment ago may not be visible everywhere yet (reference section 8)."""

_ORDER = (MembershipStatus.ACTIVE, MembershipStatus.PENDING, MembershipStatus.INACTIVE, MembershipStatus.UNKNOWN)


class MembershipStep:
    """Runs membership steps for one worker."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def run(
        self,
        row: SourceRow,
        user: KnownUser,
        organization_id: str,
        tries: Tries,
        *,
        intent: float | None,
        maybe_there: bool,
    ) -> tuple[Membership, How, Flag]:
        """Find or create the membership.

        Raises StepFailed, Refused, NotFound, GaveUp, SetAside, Interrupted; ObjectDeleted when the user or the
        organization was deleted.

        `intent` is the time of a durable intent, None when there is none yet; `maybe_there` whether a write under
        that intent may have had its effect.
        """
        tools = self._tools
        found = None
        if maybe_there or not user.fresh:
            found = self._look(user, organization_id, tries)
        if found is None and intent is None:
            intent = tools.server_time()
            tools.journal.submit(statements.membership_intended(row.row, user.id, intent)).wait()
        unknown = 0
        while found is None:
            try:
                membership = tools.calls.write(
                    lambda: tools.client.create_membership(user.id, organization_id, row.roles), tries
                )
                tools.server_clock.created(membership.created_at)
                return membership, How.CREATED, Flag.NONE
            except ServiceFailed as error:
                maybe_there = True
                tools.calls.failed(error, tries)
                found = self._look(user, organization_id, tries)
            except NotFound as error:
                unknown += 1
                if unknown > UNKNOWN_USER_TRIES or not user.fresh:
                    self._missing(user.id, organization_id, tries, error)
                if unknown > UNKNOWN_USER_TRIES:
                    raise
                tools.calls.control.sleep(tools.patience.backoff(unknown))
            except Refused as error:
                found = self._present(error, user, organization_id, tries)
        return self._settle(row, found, intent if maybe_there else None, tries)

    def _missing(self, user_id: str, organization_id: str, tries: Tries, error: NotFound) -> None:
        """Raise ObjectDeleted for the one of both that is not there any more; a read by id does not lag."""
        client, calls = self._tools.client, self._tools.calls
        lookups: tuple[tuple[Literal["user", "organization"], str, Callable[[], object]], ...] = (
            ("user", user_id, lambda: client.get_user(user_id)),
            ("organization", organization_id, lambda: client.get_organization(organization_id)),
        )
        for what, object_id, lookup in lookups:
            try:
                calls.read(lookup, tries)
            except NotFound:
                raise ObjectDeleted(what, object_id) from error

    def _look(self, user: KnownUser, organization_id: str, tries: Tries) -> Membership | None:
        client = self._tools.client
        try:
            found = self._tools.calls.read(lambda: client.list_memberships(user.id, organization_id), tries)
        except NotFound as error:  # a server may not list the memberships of a user who is not there
            self._missing(user.id, organization_id, tries, error)
            raise
        return min(found, key=lambda membership: _ORDER.index(membership.status), default=None)

    def _present(self, error: Refused, user: KnownUser, organization_id: str, tries: Tries) -> Membership:
        """The membership that the refusal says is there; raises the refusal when it says something else."""
        if not refusals.membership_exists(error):
            raise error
        tools = self._tools
        found = tools.calls.poll(lambda: self._look(user, organization_id, tries), tools.patience.membership_lookup)
        if found is None:
            raise error
        return found

    def _settle(
        self, row: SourceRow, found: Membership, intent: float | None, tries: Tries
    ) -> tuple[Membership, How, Flag]:
        """Decide what a membership that was found means for the row; `intent` None: it was there before."""
        if found.status is MembershipStatus.INACTIVE:
            message = "The membership exists and is deactivated; creating it again would silently give access back."
            raise StepFailed("membership", "membership_inactive", message)
        if found.status is MembershipStatus.PENDING:
            message = "The membership is pending: an invitation was sent and not yet accepted."
            raise StepFailed("membership", "membership_pending", message)
        tools = self._tools
        how, flags = How.EXISTING, Flag.NONE
        if intent is not None:
            how, flags = adopted(found.created_at, intent, tools.server_clock)
        if how is How.CREATED and row.twin_row and tools.journal.has_membership(found.id, [row.twin_row]):
            how, flags = How.EXISTING, Flag.NONE  # an earlier row of the same person created it
        if how is How.CREATED:
            flags |= Flag.MEMBERSHIP_ADOPTED
        if how is How.EXISTING and row.roles and set(row.roles) != set(found.roles):
            if tools.update_existing and not found.directory_managed:
                before, after = {"roles": list(found.roles)}, {"roles": list(row.roles)}
                change = changing(row.row, "membership", found.id, before, after)
                tools.journal.submit(statements.overwritten(change)).wait()
                tools.calls.read(lambda: tools.client.update_membership(found.id, row.roles), tries)
            else:
                flags |= Flag.ROLE_DIFFERS
        return found, how, flags
