"""Users and organizations that were deleted in the environment after this job knew their ids.

An id in the journal is not true for ever: after a canary or a pause the operator may have removed what was made. A user
is made again from its person's first row; an organization's key is resolved again by the rules of the pre-warm, once in
a run. Before the first write of a resumed run the organizations that are still needed are checked.
"""

from __future__ import annotations

import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING, TypeVar

from tui_importer.engine.errors import GaveUp, OrganizationFailed, SetAside, StepFailed
from tui_importer.engine.run.failures import first_row_failure
from tui_importer.engine.run.organizations import OrganizationResolver
from tui_importer.engine.run.step_context import KnownUser, Tools
from tui_importer.journal import statements
from tui_importer.journal.records import Flag, How, RowRecord
from tui_importer.text import safe
from tui_importer.workos.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.run.context import RunContext
    from tui_importer.engine.run.organization_keys import OrganizationKeys
    from tui_importer.engine.run.row_importer import MakeUser
    from tui_importer.engine.service.health import Tries
    from tui_importer.journal.records import OrganizationRecord
    from tui_importer.source.models import SourceRow
    from tui_importer.workos.client import WorkosClient

T = TypeVar("T")

PAGE = 100
"""Organizations that one page of the list has."""

_MASK = "•••"


class DeletedObjects:
    """Replacements of deleted users and organizations, made once for the rows of all workers."""

    def __init__(self, context: RunContext, keys: OrganizationKeys) -> None:
        self._context = context
        self._keys = keys
        self._users = threading.Lock()
        self._organizations = threading.Lock()
        self._replaced: set[str] = set()
        self._lost: set[str] = set()
        self.adopted: set[str] = set()

    def user_ended(self, row: int, how: How, flags: Flag) -> None:
        """Count a person's user step, which ends before its row does, and say what is uncertain of it."""
        self._context.tally.user_ended(how, flags)
        if Flag.UNCERTAIN in flags:
            self._context.uncertain(f"Row {row:,}")

    def replace_user(self, row: SourceRow, gone: str, make: MakeUser) -> tuple[KnownUser, How | None]:
        """The person's user in place of `gone`, made by `make` from the first row unless another row has done that.

        Raises StepFailed when the first row's password is kept no longer: the user would have none.
        """
        context = self._context
        owner = row.first_row or row.row
        context.health.leave()  # who waits for the lock must not keep the probe from its holder
        with self._users:
            context.journal.flush()
            known = context.journal.row(owner)
            if known is not None and known.user_id not in {None, gone}:
                return KnownUser(str(known.user_id), fresh=False), known.user_how
            if owner != row.row and known is not None and known.has_no_user:
                raise first_row_failure(row)
            first = row if owner == row.row else context.store.row(owner)
            if not first.secrets and any((cell or "").startswith(_MASK) for cell in first.cells.values()):
                message = (
                    "The user was deleted in WorkOS after it was imported, and the password that the file gave is kept "
                    "no longer."
                )
                raise StepFailed("user", "user_gone", message, 404)
            context.say("warning", f"Row {owner:,}: the user {safe(gone, 80)} is not there any more; it is made again")
            if known is not None and known.user_how is not None:
                context.tally.user_deleted(known.user_how, known.flags)
            context.journal.submit(*statements.user_deleted(row.row, owner)).wait()
            found, how, flags = make(first, context.journal.row(owner) or RowRecord(owner))
            if how is How.CREATED and not found.fresh:
                self.adopted.add(found.id)
            known_again = statements.user_known(owner, found.id, how, flags, None, found.stamp)
            context.journal.submit(known_again).wait()
            self.user_ended(owner, how, flags)
            return found, how

    def replace_organization(self, key: str, gone: str, tools: Tools, tries: Tries) -> str:
        """The id of `key` in place of `gone`. Raises OrganizationFailed, StepFailed, SetAside, Interrupted."""
        context = self._context
        context.health.leave()  # who waits for the lock must not keep the probe from its holder
        with self._organizations:
            now = self._keys.cache.id_of(key)
            if now is not None and now != gone:
                return now
            if self._keys.cache.is_failed(key):
                raise OrganizationFailed
            if (record := context.journal.organization(key)) is None:
                raise OrganizationFailed
            # Another key may have led to it: one that is unique on the server goes first, as in the pre-warm.
            same = [
                o for o in context.journal.organizations() if o.workos_id == gone and o.kind != "name" and o.key != key
            ]
            for other in same if record.kind == "name" else []:
                with suppress(OrganizationFailed):
                    self._resolve_replacement(other, gone, tools, tries)
            return self._resolve_replacement(record, gone, tools, tries)

    def _resolve_replacement(self, record: OrganizationRecord, gone: str, tools: Tools, tries: Tries) -> str:
        context, keys, key = self._context, self._keys, record.key
        if key in self._replaced:
            message = f"The organization {safe(gone, 80)} is deleted again and again."
            raise StepFailed("membership", "organization_gone", message, 404)
        self._replaced.add(key)
        if record.workos_id is not None:  # else an earlier try was set aside: its intent must stay
            label = safe(keys.label(key), 80)
            context.say("warning", f"The organization {label} is not there any more; it is resolved again")
            # Its old id stays in the cache meanwhile: a miss would make other workers resolve the key, too.
            self._lost.add(key)
            keys.deleted(record, self._meant().get(key, ()))
            keys.cache.forget_id(gone)
        lost = context.journal.organization(key) or record
        resolver = OrganizationResolver(tools, keys.cache)
        try:
            found = resolver.resolve(lost, tries)
        except StepFailed as failure:
            keys.failed(lost, failure, 0.0)
            raise OrganizationFailed from failure
        except BaseException:  # set aside, or an error of ours: the next row goes on with it
            self._replaced.discard(key)
            raise
        keys.resolved(lost, found, 0.0)
        return found.id

    def current(self, row: SourceRow, record: RowRecord | None) -> RowRecord | None:
        """The row's record, read again if it may be older than the loss of its organization."""
        if record is None or record.membership_intent is None or row.organization_key not in self._lost:
            return record
        self._context.journal.flush()
        return self._context.journal.row(row.row)

    def _meant(self) -> dict[str | None, list[int]]:
        """The rows whose membership may have been created without an answer, by the key of the organization."""
        context = self._context
        context.journal.flush()
        rows = set(context.journal.meant_memberships())
        found: dict[str | None, list[int]] = {}
        for chunk in sorted({(row - 1) // context.tally.chunk_size for row in rows}):
            for row in context.store.read(*context.tally.bounds(chunk)):
                if row.row in rows:
                    found.setdefault(row.organization_key, []).append(row.row)
        return found

    # -- before the first write -------------------------------------------------------------------------------

    def check_organizations(self) -> None:
        """Forget the organizations that were deleted and are `needed`, so that the pre-warm resolves them again.

        By pages of the list while that is cheaper than a request for each that is not seen yet. `needed` gives the keys
        of pending rows; it reads them, and so is asked only when an organization is gone. Raises Interrupted.
        """
        context = self._context
        known = [each for each in context.journal.organizations() if each.workos_id is not None]
        unseen = {str(each.workos_id): each for each in known}
        if not unseen:
            return
        client = context.client()
        try:
            with closing(client):
                self._see_in_lists(client, unseen)
                gone = {id_ for id_ in unseen if self._is_gone(client, id_)}
        finally:
            context.health.leave()
        keys = self._keys.needed() if gone else ()
        meant = self._meant() if gone else {}
        for each in (each for each in known if each.workos_id in gone and each.key in keys):
            label = safe(each.name or each.value, 80)
            context.say("warning", f"The organization {label} is not there any more; it is resolved again")
            self._keys.deleted(each, meant.get(each.key, ()))
            self._keys.cache.forget(each.key)
        context.journal.flush()

    def _see_in_lists(self, client: WorkosClient, unseen: dict[str, OrganizationRecord]) -> None:
        after: str | None = None
        pages = len(unseen) // PAGE * 2 + 1  # a page shows others' organizations, too
        while unseen and len(unseen) > 1 and pages > 0:
            page = self._patiently(lambda after=after: client.list_organizations(after=after))  # type: ignore[misc]
            pages -= 1
            for found in page.data:
                unseen.pop(found.id, None)
            after = page.after
            if after is None:
                return

    def _is_gone(self, client: WorkosClient, id_: str) -> bool:
        try:
            self._patiently(lambda: client.get_organization(id_))
        except NotFound:
            return True
        return False

    def _patiently(self, ask: Callable[[], T]) -> T:
        context = self._context
        while True:
            try:
                answer = context.calls.read(ask, context.health.tries())
            except (SetAside, GaveUp):
                continue  # nothing else could go first
            except NotFound:
                context.health.succeeded()  # it was answered
                raise
            context.health.succeeded()
            return answer
