"""Another API key for a job: tested before anything is sent with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_importer.engine.environment import check_key_sees_job, read_environment

if TYPE_CHECKING:
    from tui_importer.engine.plan import Environment
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
