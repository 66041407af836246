"""Where a key leads: read back from the server before anything is written."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from tui_importer.engine.errors import Interrupted, KeyMismatch
from tui_importer.engine.plan.plan import Environment
from tui_importer.engine.run.rate_limit_waits import duration
from tui_importer.errors import ExitCode
from tui_importer.text import safe
from tui_importer.workos.errors import (
    Cancelled,
    KeyRejected,
    NotFound,
    NotSent,
    PermissionDenied,
    RateLimited,
    ServiceFailed,
    WorkosError,
)

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from tui_importer.engine.snapshot.models import EnvironmentName
    from tui_importer.journal.journal import Reader
    from tui_importer.workos.client import WorkosClient
    from tui_importer.workos.connection import Connection

T = TypeVar("T")

TRIES = 3
TRIES_LIMITED = 20
LONGEST_LIMITED = 60.0
"""Seconds that a server may ask to wait, before a command says so instead of waiting."""
SAMPLE = 5
"""Organizations named in the plan."""


def read_environment(connection: Connection, cancelled: threading.Event | None = None) -> Environment:
    """Name the environment and some of its organizations. `cancelled` ends waits for the rate limit.

    Raises WorkosError: wrong key (exit 4), dead host, certificate, proxy (exit 2); Interrupted;
    BadNetworkSettings.
    """
    client = connection.client(cancelled)
    try:
        names = tuple(safe(o.name, 80) for o in patiently(lambda: client.list_organizations(limit=SAMPLE)).data)
        proxy = str(connection.route.proxy or "")
        return Environment(_name(connection, client), connection.key.hint, connection.base_url, names, proxy)
    except WorkosError as error:
        if error.exit_code == ExitCode.PAUSED:
            error.exit_code = ExitCode.REFUSED  # nothing was begun that could be paused
        raise
    finally:
        client.close()


def check_key_sees_job(connection: Connection, journal: Reader, cancelled: threading.Event | None = None) -> bool:
    """Whether the key reads back an object of the job; False when the job has none yet.

    Raises KeyMismatch, and as `read_environment`.
    """
    known = journal.any_object()
    if known is None:
        return False
    kind, object_id = known
    client = connection.client(cancelled)
    try:
        if kind == "organization":
            patiently(lambda: client.get_organization(object_id))
        else:
            patiently(lambda: client.get_user(object_id))
    except NotFound as error:
        raise KeyMismatch(
            f"The key does not see this job's {kind} {safe(object_id, 60)}: it belongs to another environment.",
            "Use a key of the environment in which the job began.",
        ) from error
    finally:
        client.close()
    return True


def _name(connection: Connection, client: WorkosClient) -> EnvironmentName:
    if client.is_sandbox():
        return "SANDBOX"
    return "STAGING" if connection.key.reveal().startswith("sk_test_") else "PRODUCTION"


def patiently(read: Callable[[], T]) -> T:
    """Read with a few tries; what still fails is an error of the command: exit 4 for the key, 2 for the host.

    A 429 is no failure: the limiter holds the next try back. Raises Interrupted when that was cancelled.
    """
    failed = refused = 0
    while True:
        try:
            return read()
        except KeyRejected as error:
            error.next = "Check WORKOS_API_KEY: the API does not know this key."
            raise
        except PermissionDenied as error:
            error.exit_code = ExitCode.KEY_REJECTED
            raise
        except Cancelled as error:
            raise Interrupted from error
        except RateLimited as error:
            refused += 1
            if refused == TRIES_LIMITED or (error.retry_after or 0.0) > LONGEST_LIMITED:
                if error.retry_after:
                    error.next = f"The server asks to wait {duration(error.retry_after)}: try again then."
                error.exit_code = ExitCode.REFUSED
                raise
        except (NotSent, ServiceFailed) as error:
            failed += 1
            if failed == TRIES or isinstance(error, NotSent):
                error.exit_code = ExitCode.REFUSED
                raise
            time.sleep(0.2 * failed)
