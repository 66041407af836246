"""What must hold between the model server and the journal, at any time and in the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.engine.recovery_source import PLACES
from tui_importer.journal.records import Flag, How, Outcome
from tui_importer.workos.models import MembershipStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.engine.recovery_journal import ModelJournal
    from tests.engine.recovery_server import Entry, ModelServer
    from tests.engine.recovery_source import Place
    from tui_importer.journal.records import Failure, OrganizationRecord, RowRecord
    from tui_importer.source.models import SourceRow
    from tui_importer.workos.models import Membership, User

FEWEST_FAULTS = 6
"""Fewer failures of its requests never fail a row or an organization."""
WITHOUT_AN_ANSWER = frozenset({"server_error", "answer_mismatch"})
"""Kinds of failures by the service: no answer came, or none about what was asked."""
OF_THE_SERVICE = WITHOUT_AN_ANSWER | {"organization_failed", "first_row_failed"}
"""Kinds of failures for which the service may be to blame: what was made then is counted when it is tried again."""


GONE_AGAIN = frozenset({"user_gone", "organization_gone"})
"""Kinds of failures of rows for which something was deleted more than once in one run."""


@dataclass(frozen=True, slots=True)
class Moment:
    """How things stood when a row ended: the server, and the keys that had failed."""

    server: ModelServer
    failed_keys: frozenset[str]


@dataclass(slots=True)
class Endings:
    """How rows ended: `moments` of those that were not judged yet, `settled` records of those that were."""

    moments: dict[int, Moment] = field(default_factory=dict)
    settled: dict[int, RowRecord] = field(default_factory=dict)


@dataclass(slots=True)
class Checks:
    """Raises AssertionError when something is wrong; `faults` by row number, and those of `organizations`."""

    server: ModelServer
    journal: ModelJournal
    rows: Sequence[SourceRow]
    faults: Mapping[str, int]
    endings: Endings

    def run(self, *, final: bool, retried: bool = False) -> None:
        """`final`: all rows have ended; `retried`: with no fault in the end, so that none failed by one."""
        found = _Found(self)
        outcomes = Counter(record.outcome for record in found.records.values() if record.outcome is not None)
        assert self.journal.totals() == {outcome: outcomes[outcome] for outcome in Outcome}
        for key, failure in found.failed_keys.items():
            assert found.key_may_fail(key, failure), f"a false failure: {failure}"
        for row in self.rows:
            found.check_row(row)
        found.check_users(final=final)
        found.check_memberships(final=final)
        found.check_organizations(final=final)
        if final:
            assert sum(outcomes.values()) == len(self.rows), "a row has no outcome"
        if retried:
            kinds = {failure.kind for failure in self.journal.failures()}
            assert not kinds & (WITHOUT_AN_ANSWER | GONE_AGAIN), f"{kinds} although nothing was in the way"


class _Found:
    """The journal as it is now, beside the server."""

    def __init__(self, checks: Checks) -> None:
        self.server = checks.server
        self.rows = checks.rows
        self.faults = checks.faults
        self.records: dict[int, RowRecord] = checks.journal.rows(1, len(self.rows))
        self.keys: dict[str, OrganizationRecord] = {o.key: o for o in checks.journal.organizations()}
        failures = checks.journal.failures()
        self.failures: dict[int, Failure] = {f.row: f for f in failures if f.row is not None}
        self.failed_keys: dict[str, Failure] = {f.organization_key: f for f in failures if f.organization_key}
        self.dated = checks.server.traits.dates
        self.endings = checks.endings

    def check_row(self, row: SourceRow) -> None:
        """Judge a row by the moment at which it ended; afterwards it is left as it is, unless it failed."""
        record, settled = self.records.get(row.row), self.endings.settled.get(row.row)
        if record is None or record.outcome is None:
            assert settled is None or settled.outcome is Outcome.FAILED, f"{settled} was done and is not any more"
            self.endings.settled.pop(row.row, None)
            return
        moment = self.endings.moments.pop(row.row, None)
        if settled is not None and settled.outcome is not Outcome.FAILED:
            assert moment is None, f"{settled} was done and ended once more"
            assert _ending_of(record) == _ending_of(settled), f"{settled} was done and is {record} now"
            return
        if moment is None:
            assert settled is not None, f"{record} has ended at no time"
            return
        self.endings.settled[row.row] = record
        if record.outcome is Outcome.FAILED:
            failure = self.failures[row.row]
            assert self.row_may_fail(row, failure, moment), f"a false failure: {failure}"
        else:
            self.check_done(row, record, moment.server)

    def check_done(self, row: SourceRow, record: RowRecord, server: ModelServer) -> None:
        """What the row says was true of the server when it ended."""
        first = self.records[row.first_row or row.row]
        replaced = (
            server.disturbed[row.email] or self.server.disturbed[row.email]
        )  # the first row may count another user
        if not replaced:
            made = How.CREATED in {record.user_how, record.membership_how}
            assert record.outcome is (Outcome.CREATED if made else Outcome.EXISTING), f"{record} has another outcome"
        assert first.user_how in {How.CREATED, How.EXISTING} or replaced, f"{first} is done, its user does not count"
        if row.organization_key is None:
            assert record.membership_id is None
            users = [user for user in server.users.values() if row.email in user.names]
            assert users, f"{row.email} is done and is not there"
            assert replaced or first.user_id in server.users, f"{row.email} is taken for {first.user_id}"
            self.check_sure(record, users, replaced=bool(replaced))
            return
        membership = next((m for m in server.memberships.values() if m.thing.id == record.membership_id), None)
        assert membership is not None, f"{row.email} without its membership"
        assert membership.thing.status is MembershipStatus.ACTIVE, f"{row.email} counts as a member and is {membership}"
        user = server.users[membership.thing.user_id]
        assert row.email in user.names, f"{row.email} is taken for {user}"
        assert replaced or first.user_id == user.thing.id
        assert row.first_row is None or record.user_id in {None, user.thing.id}, f"{record} is about another user"
        organization = server.organizations[membership.thing.organization_id]
        assert _place_of(row).leads_to(organization), f"{row.organization_key} is taken for {organization}"
        self.check_sure(record, [user, membership], replaced=bool(replaced))

    def check_sure(
        self, record: RowRecord, found: Sequence[Entry[User] | Entry[Membership]], *, replaced: bool
    ) -> None:
        """Only what others have made may be in doubt: before the first answered creation of a process the offset
        between the server's two clocks is not known. If the user was deleted, what is found may also be the late effect
        of what this job sent before, which is older than the intent.
        """
        if self.dated and not replaced and Flag.UNCERTAIN in record.flags:
            assert "other" in {entry.maker for entry in found}, f"{record} is uncertain"

    def organization_of(self, row: SourceRow) -> str | None:
        return None if row.organization_key is None else self.keys[row.organization_key].workos_id

    def check_users(self, *, final: bool) -> None:
        for user_id, entry in self.server.users.items():
            named = [record for record in self.records.values() if record.user_id == user_id]
            created = sum(record.user_how is How.CREATED for record in named)
            rows = [row for row in self.rows if row.email in entry.names]
            assert entry.maker != "job" or rows, f"no row asks for {entry}"
            lost = any(self.failed_by_the_service(row) and self.records[row.row].user_id is None for row in rows)
            sure = final and not lost and not self.is_disturbed(entry.names)
            self.check_count(entry.maker, created, named, final=sure, what=entry.thing.email)

    def check_memberships(self, *, final: bool) -> None:
        for (user_id, organization_id), entry in self.server.memberships.items():
            user, organization = self.server.users[user_id], self.server.organizations[organization_id]
            theirs = [row for row in self.rows if row.email in user.names]
            asked = [row for row in theirs if row.organization_key and _place_of(row).leads_to(organization)]
            what = f"{user.thing.email} in {organization_id}"
            assert entry.maker != "job" or asked, f"no row asks for {what}"
            rows = [row for row in theirs if self.organization_of(row) == organization_id]
            named = [self.records[row.row] for row in rows if row.row in self.records]
            created = sum(r.membership_how is How.CREATED and r.membership_id == entry.thing.id for r in named)
            lost = entry.changed_at is not None or any(self.failed_by_the_service(row) for row in rows)
            sure = final and not lost and not self.is_disturbed([*user.names, *organization.names, organization_id])
            self.check_count(entry.maker, created, named, final=sure, what=what)

    def is_disturbed(self, keys: Iterable[str]) -> bool:
        """Whether others have deleted or renamed it, or what was there before: what was made then may count as lost."""
        return any(self.server.disturbed[key] for key in keys)

    def check_organizations(self, *, final: bool) -> None:
        for organization_id, entry in self.server.organizations.items():
            keys = [key for key in self.keys.values() if key.workos_id == organization_id]
            created = sum(key.state == "created" for key in keys)
            unsure = any(key.uncertain for key in keys)
            # Before the first answered creation nobody knows the offset between the server's two clocks.
            assert not self.dated or not unsure or entry.maker == "other", f"{keys} are uncertain"
            undisturbed = not self.is_disturbed([*entry.names, entry.thing.external_id or ""])
            sure = final and not self.failed_keys and not unsure and undisturbed
            self.check_count(entry.maker, created, (), final=sure, what=entry.thing.name)
        for place in PLACES:
            key = self.keys.get(place.key)
            if key is not None and key.workos_id is not None and not self.server.disturbed[key.workos_id]:
                found = self.server.organizations[key.workos_id]
                assert place.leads_to(found), f"{place.key} is taken for {found}"
            mine = [entry.thing for entry in self.server.named(place.value) if entry.maker == "job"]
            assert sum(made.external_id is None for made in mine) <= 1, f"{place.value} was created twice"

    def check_count(self, maker: str, created: int, named: Sequence[RowRecord], *, final: bool, what: str) -> None:
        """What the job made counts once as created, what was there before never; others may be taken for us."""
        assert created <= (maker != "seed"), f"{what}, made by {maker}, counts as created {created} times"
        if maker == "job" and final and not any(Flag.UNCERTAIN in record.flags for record in named):
            assert created == 1, f"{what} was created by the job and counts as existing"

    def failed_by_the_service(self, row: SourceRow) -> bool:
        failure = self.failures.get(row.row)
        return failure is not None and failure.kind in OF_THE_SERVICE

    def row_may_fail(self, row: SourceRow, failure: Failure, moment: Moment) -> bool:
        kind, step, server = failure.kind, failure.step, moment.server
        if kind in WITHOUT_AN_ANSWER:
            return self.faults.get(str(row.row), 0) >= FEWEST_FAULTS
        if step == "organization":
            return kind == "organization_failed" and row.organization_key in moment.failed_keys
        if kind == "first_row_failed":
            first = self.records.get(row.first_row or 0)
            return row.first_row is not None and (first is None or first.has_no_user)
        external_id = str(row.user.get("external_id", ""))
        if step == "user":
            owner = server.owner_of(external_id)
            if "external_id" in kind:
                return bool(server.disturbed[external_id]) or (owner is not None and owner.thing.email != row.email)
            return bool(server.disturbed[row.email])
        pairs = server.memberships.values()
        found = [m for m in pairs if self.is_asked(row, m, server) and kind == f"membership_{m.thing.status}"]
        place = _place_of(row)
        hit = sum(server.disturbed[key] for key in (row.email, place.id, place.title, place.value))
        return (
            bool(found)
            or (kind in GONE_AGAIN and hit > 1)
            or (kind == "organization_membership_already_exists" and hit > 0)
        )

    def is_asked(self, row: SourceRow, membership: Entry[Membership], server: ModelServer) -> bool:
        """Whether it is the membership that the row asks for."""
        user = server.users[membership.thing.user_id]
        return row.email in user.names and _place_of(row).leads_to(
            server.organizations[membership.thing.organization_id]
        )

    def key_may_fail(self, key: str, failure: Failure) -> bool:
        place = next(place for place in PLACES if place.key == key)
        if failure.kind in WITHOUT_AN_ANSWER:
            return self.faults.get("organizations", 0) >= FEWEST_FAULTS
        if failure.kind == "organization_not_found":
            return place.kind == "id" and bool(self.server.disturbed[place.value])
        if failure.kind == "organization_not_visible":
            return bool(self.server.disturbed[place.value])
        return failure.kind == "organization_ambiguous" and place.kind == "name" and place.value in self.server.crowded


def _place_of(row: SourceRow) -> Place:
    return next(place for place in PLACES if place.key == row.organization_key)


def _ending_of(record: RowRecord) -> tuple[object, ...]:
    return record.outcome, record.membership_id, record.membership_how
