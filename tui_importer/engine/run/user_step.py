"""The user step: a person's first row creates the user, or recognises the one that exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui_importer.engine.errors import StepFailed
from tui_importer.engine.run.step_context import KnownUser, Tools, adopted, changing, stamp_of
from tui_importer.journal import statements
from tui_importer.journal.records import Flag, How, RowRecord
from tui_importer.text import safe
from tui_importer.workos import refusals
from tui_importer.workos.errors import NotFound, Refused, ServiceFailed

if TYPE_CHECKING:
    from tui_importer.engine.service.health import Tries
    from tui_importer.source.models import SourceRow
    from tui_importer.workos.models import User

UPDATABLE = ("first_name", "last_name", "name", "external_id", "metadata")
"""Fields that `--on-existing update` writes: never the password: its owner may have changed it since."""


class UserStep:
    """Runs user steps for one worker."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def run(self, row: SourceRow, record: RowRecord, tries: Tries) -> tuple[KnownUser, How, Flag]:
        """Find or create the user of `row`. Raises StepFailed, Refused, GaveUp, SetAside, Interrupted."""
        tools = self._tools
        maybe_there = record.user_intent is not None
        if record.user_intent is not None:
            intent = record.user_intent
            found = self._look(row, tries)
        else:
            intent, found = tools.server_time(), None
            tools.journal.submit(statements.user_intended(row.row, intent)).wait()
        while found is None:
            try:
                user = tools.calls.write(lambda: tools.client.create_user(row.user, row.secrets), tries)
                tools.server_clock.created(user.created_at)
                return KnownUser(user.id, fresh=True, stamp=stamp_of(user)), How.CREATED, Flag.NONE
            except ServiceFailed as error:
                maybe_there = True
                tools.calls.failed(error, tries)
                found = self._look(row, tries)
            except Refused as error:
                found = self._taken(row, error, tries)
        how, flags = How.EXISTING, Flag.NONE
        if maybe_there:
            how, flags = adopted(found.created_at, intent, tools.server_clock)
        if how is How.CREATED:
            return KnownUser(found.id, fresh=False, stamp=stamp_of(found)), how, flags | Flag.USER_ADOPTED
        if tools.update_existing:
            flags |= self._update(row, found, tries)
        return KnownUser(found.id, fresh=False), how, flags

    def is_there(self, user: KnownUser, tries: Tries) -> bool:
        """Whether a known user was not deleted. One that was created a moment ago may not be visible everywhere yet."""
        calls, client = self._tools.calls, self._tools.client

        def get() -> bool | None:
            try:
                return client.get_user(user.id).id == user.id
            except NotFound:
                return None

        seconds = self._tools.patience.user_lookup if user.fresh else 0.0
        return calls.poll(lambda: calls.read(get, tries), seconds) is not None

    def _look(self, row: SourceRow, tries: Tries) -> User | None:
        found = self._tools.calls.read(lambda: self._tools.client.list_users(email=row.email), tries)
        return next((user for user in found if user.email.lower() == row.email), None)

    def _taken(self, row: SourceRow, error: Refused, tries: Tries) -> User:
        """The user that the refusal is about; raises the refusal itself when it is about something else."""
        calls, patience = self._tools.calls, self._tools.patience
        if refusals.email_taken(error):
            found = calls.poll(lambda: self._look(row, tries), patience.user_lookup)
            if found is None:
                message = "The API says this e-mail is taken but does not find its user; it may be reserved."
                raise StepFailed("user", "email_not_available", message, error.status, error.request_id)
            return found
        if refusals.external_id_taken(error):
            owner = calls.poll(lambda: self._owner(row, tries), patience.user_lookup)
            if owner is not None and owner.email.lower() == row.email:
                return owner
            other = f" ({safe(owner.email, 120)})" if owner is not None else ""
            message = f"The external_id {safe(row.user.get('external_id'), 130)} belongs to another user{other}."
            raise StepFailed("user", "external_id_conflict", message, error.status, error.request_id)
        raise error

    def _owner(self, row: SourceRow, tries: Tries) -> User | None:
        """The user who has this row's external_id."""
        external_id = str(row.user.get("external_id", ""))
        try:
            return self._tools.calls.read(lambda: self._tools.client.get_user_by_external_id(external_id), tries)
        except NotFound:
            return None

    def _update(self, row: SourceRow, user: User, tries: Tries) -> Flag:
        payload = {name: row.user[name] for name in UPDATABLE if name in row.user}
        if not payload:
            return Flag.NONE
        before = {name: _replaced(name, payload[name], user) for name in payload}
        change = changing(row.row, "user", user.id, before, payload)
        self._tools.journal.submit(statements.overwritten(change)).wait()
        self._tools.calls.read(lambda: self._tools.client.update_user(user.id, payload), tries)
        return Flag.UPDATED


def _replaced(name: str, new: object, user: User) -> object:
    """What a field was before it is changed; of the metadata, which is merged, only the keys that are written."""
    old = user.profile.get(name)
    if name == "metadata" and isinstance(new, Mapping):
        kept = old if isinstance(old, Mapping) else {}
        return {key: kept.get(key) for key in new}
    return old
