"""Another API key for a job: tested before anything is sent with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_importer.engine.errors import NotNow
from tui_importer.engine.plan.environment import check_key_sees_job, read_environment

if TYPE_CHECKING:
    from tui_importer.engine.job.context import JobContext
    from tui_importer.engine.plan.plan import Environment
    from tui_importer.journal.journal import Reader
    from tui_importer.secret import Secret
    from tui_importer.workos.connection import Connection


@dataclass(frozen=True, slots=True)
class TriedKey:
    """A key that the API accepts, and where it leads.

    `proven` says that it reads back an object of the job: then it leads to the job's own environment. Without, the job
    has no objects yet, and the operator must agree to the environment.
    """

    key: Secret
    environment: Environment
    proven: bool


def try_key(connection: Connection, key: Secret, journal: Reader) -> TriedKey:
    """Test a key with reads only, beside the one in use.

    Raises KeyRejected, KeyMismatch when it does not see an object of the job, and as `read_environment`.
    """
    probe = connection.with_key(key)
    proven = check_key_sees_job(probe, journal)
    return TriedKey(key, read_environment(probe), proven)


class KeyChange:
    """The key of an open job and its record in the journal."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._journal = context.journal
        self._lifecycle = context.lifecycle
        self._source = context.source

    def attempt(self, key: Secret) -> TriedKey:
        """Test another key by reading back an object of this job; blocks, so call it from a thread of its own.

        Raises KeyRejected, KeyMismatch, WorkosError, and NotNow when the job runs and has no objects to prove it by.
        """
        tried = try_key(self._context.connection, key, self._journal)
        self._refuse_unproven(tried)
        return tried

    def use(self, tried: TriedKey) -> None:
        """Send everything from the next request on with a tested key; blocks.

        One that was not proven is tested once more: the job may have objects by now. Raises as `attempt`, and
        JournalUnwritable.
        """
        if not tried.proven:
            tried = self.attempt(tried.key)
        salt = self._source.record.key_salt
        name, hint = tried.environment.name, tried.key.hint
        with self._context.lock:  # no run begins meanwhile
            self._refuse_unproven(tried)
            kept = self._journal.update_job(key_hint=hint, key_hash=tried.key.salted_hash(salt), environment=name)
            self._context.connection.set_key(tried.key)
            self._context.environment = name
        kept.wait()  # without the lock: a journal that fails wants to halt the job
        self._source.record = self._journal.job()
        how = "it reads back this job's objects" if tried.proven else f"it leads to {name}, as confirmed"
        self._lifecycle.say("info", f"Another key: {hint}; {how}")

    def _refuse_unproven(self, tried: TriedKey) -> None:
        """A running job may write its first object at any moment, and the next ones to another environment then."""
        if not tried.proven and self._context.moves:
            raise NotNow(
                "The job runs and has no objects yet by which another key could be checked.",
                "Pause it, then give the key.",
            )

    def check(self) -> None:
        """A key that the job was not recorded with must see the job's objects."""
        record, key = self._source.record, self._context.connection.key
        digest = key.salted_hash(record.key_salt)
        if digest == record.key_hash and self._context.environment != "UNKNOWN":
            return
        stop = self._source.cancelled
        if digest != record.key_hash and not check_key_sees_job(self._context.connection, self._journal, stop):
            self._lifecycle.say("warning", f"Another key ({key.hint}); the job has no objects yet to check it by.")
        self._context.environment = read_environment(self._context.connection, stop).name
        self._journal.update_job(key_hint=key.hint, key_hash=digest, environment=self._context.environment).wait()
        self._source.record = self._journal.job()
