"""What must hold between the model server and the journal, at any time and in the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.engine.recovery_source import PLACES
from tui_importer.journal.records import Flag, How, Outcome
from tui_importer.workos.models import MembershipStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.engine.recovery_journal import ModelJournal
    from tests.engine.recovery_server import ModelServer
    from tui_importer.journal.records import Failure, OrganizationRecord, RowRecord
    from tui_importer.source.models import SourceRow

FEWEST_FAULTS = 6
"""Fewer failures of its requests never fail a row or an organization."""
WITHOUT_AN_ANSWER = frozenset({"server_error", "answer_mismatch"})
"""Kinds of failures by the service: no answer came, or none about what was asked."""
OF_THE_SERVICE = WITHOUT_AN_ANSWER | {"organization_failed", "first_row_failed"}
"""Kinds of failures for which the service may be to blame: what was made then is counted when it is tried again."""


@dataclass(slots=True)
class Checks:
    """Raises AssertionError when something is wrong; `faults` by row number, and those of `organizations`."""

    server: ModelServer
    journal: ModelJournal
    rows: Sequence[SourceRow]
    faults: Mapping[str, int]

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
            assert not any(failure.kind in WITHOUT_AN_ANSWER for failure in self.journal.failures())


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

    def check_row(self, row: SourceRow) -> None:
        record = self.records.get(row.row)
        if record is None or record.outcome is None:
            return
        if record.outcome is Outcome.FAILED:
            failure = self.failures[row.row]
            assert self.row_may_fail(row, failure), f"a false failure: {failure}"
            return
        made = How.CREATED in {record.user_how, record.membership_how}
        assert record.outcome is (Outcome.CREATED if made else Outcome.EXISTING), f"{record} has another outcome"
        first = self.records[row.first_row or row.row]
        assert first.user_how in {How.CREATED, How.EXISTING}, f"{first} is done and its user does not count"
        assert first.user_id is not None
        user = self.server.users[first.user_id].thing
        assert user.email == row.email, f"{row.email} is taken for {user}"
        self.check_sure(row, record, user.id)
        if row.organization_key is None:
            assert record.membership_id is None
            return
        membership = self.server.memberships.get((user.id, self.organization_of(row) or ""))
        assert membership is not None, f"{row.email} without its membership"
        assert membership.thing.id == record.membership_id
        assert membership.thing.status is MembershipStatus.ACTIVE or membership.changed

    def check_sure(self, row: SourceRow, record: RowRecord, user_id: str) -> None:
        """Only what somebody else has made may be in doubt: before the first answered creation of a process nobody
        knows the offset between the server's two clocks.
        """
        if self.dated and Flag.UNCERTAIN in record.flags:
            membership = self.server.memberships.get((user_id, self.organization_of(row) or ""))
            makers = {self.server.users[user_id].maker, membership.maker if membership is not None else ""}
            assert "other" in makers, f"{record} is uncertain"

    def organization_of(self, row: SourceRow) -> str | None:
        return None if row.organization_key is None else self.keys[row.organization_key].workos_id

    def check_users(self, *, final: bool) -> None:
        for user_id, entry in self.server.users.items():
            named = [record for record in self.records.values() if record.user_id == user_id]
            created = sum(record.user_how is How.CREATED for record in named)
            rows = [row for row in self.rows if row.email == entry.thing.email]
            lost = any(self.failed_by_the_service(row) and self.records[row.row].user_id is None for row in rows)
            self.check_count(entry.maker, created, named, final=final and not lost, what=entry.thing.email)

    def check_memberships(self, *, final: bool) -> None:
        for (user_id, organization_id), entry in self.server.memberships.items():
            email = self.server.users[user_id].thing.email
            rows = [row for row in self.rows if row.email == email and self.organization_of(row) == organization_id]
            named = [self.records[row.row] for row in rows if row.row in self.records]
            created = sum(r.membership_how is How.CREATED and r.membership_id == entry.thing.id for r in named)
            lost = entry.changed or any(self.failed_by_the_service(row) for row in rows)
            what = f"{email} in {organization_id}"
            self.check_count(entry.maker, created, named, final=final and not lost, what=what)

    def check_organizations(self, *, final: bool) -> None:
        for organization_id, entry in self.server.organizations.items():
            keys = [key for key in self.keys.values() if key.workos_id == organization_id]
            created = sum(key.state == "created" for key in keys)
            unsure = any(key.uncertain for key in keys)
            # Before the first answered creation nobody knows the offset between the server's two clocks.
            assert not self.dated or not unsure or entry.maker == "other", f"{keys} are uncertain"
            sure = final and not self.failed_keys and not unsure
            self.check_count(entry.maker, created, (), final=sure, what=entry.thing.name)
        for place in PLACES:
            key = self.keys.get(place.key)
            if key is not None and key.workos_id is not None:
                found = self.server.organizations[key.workos_id].thing
                asked = {"id": found.id, "name": found.name, "external_id": found.external_id}[place.kind]
                assert asked == place.value, f"{place.key} is taken for {found}"
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

    def row_may_fail(self, row: SourceRow, failure: Failure) -> bool:
        kind, step = failure.kind, failure.step
        if kind in WITHOUT_AN_ANSWER:
            return self.faults.get(str(row.row), 0) >= FEWEST_FAULTS
        if step == "organization":
            return kind == "organization_failed" and row.organization_key in self.failed_keys
        if kind == "first_row_failed":
            first = self.records.get(row.first_row or 0)
            return row.first_row is not None and (first is None or first.user_id is None)
        if step == "user":
            owner = self.server.owner_of(row.user.get("external_id"))
            return "external_id" in kind and owner is not None and owner.thing.email != row.email
        user = self.server.user_of(row.email)
        assert user is not None
        entry = self.server.memberships.get((user.thing.id, self.organization_of(row) or ""))
        return entry is not None and kind == f"membership_{entry.thing.status}"

    def key_may_fail(self, key: str, failure: Failure) -> bool:
        place = next(place for place in PLACES if place.key == key)
        if failure.kind in WITHOUT_AN_ANSWER:
            return self.faults.get("organizations", 0) >= FEWEST_FAULTS
        several = len(self.server.named(place.value)) > 1
        return failure.kind == "organization_ambiguous" and place.kind == "name" and several
