"""Statements for the writer about rows, organizations and attempts.

Intents keep the earliest time: an object found later was created by this job if it is not older than the first
time we tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui_importer.journal.records import Flag, How, Outcome, Stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tui_importer.journal.records import FailedAttempt, Failure, Overwritten
    from tui_importer.journal.writer import Statement

AMBIGUOUS: Final = "('server_error', 'answer_mismatch', 'internal_error')"
"""Kinds of failures after which a write may have had its effect, as SQL."""

UNSTAMPED: Final = Stamp()
"""The times of an object that this job did not make."""

_BATCH: Final = 500
"""Rows a statement names: SQLite allows 999 parameters in older builds."""


def noted(values: Mapping[str, int]) -> Statement:
    """Replace what was kept under the same names, among the counters."""
    placeholders = ", ".join("(?, ?)" for _ in values)
    insert = f"INSERT INTO counters (name, value) VALUES {placeholders}"
    replacing = "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    return f"{insert} {replacing}", tuple(item for pair in values.items() for item in pair)


def user_intended(row: int, server_time: float) -> Statement:
    """Record the intent to create the user of `row`."""
    return (
        (
            "INSERT INTO rows (row, user_intent) VALUES (?, ?) "
            "ON CONFLICT (row) DO UPDATE SET user_intent = coalesce(user_intent, excluded.user_intent)"
        ),
        (row, server_time),
    )


def user_known(
    row: int,
    user_id: str,
    how: How | None,
    flags: Flag,
    membership_intent: float | None,
    stamp: Stamp = UNSTAMPED,
) -> Statement:
    """Record the end of the user step of `row`, and with a time the intent to create its membership.

    `how` is None for a row whose user belongs to an earlier row, so that users are counted once. `stamp` are the times
    of a user that this job made.
    """
    return (
        (
            "INSERT INTO rows (row, user_id, user_how, flags, membership_intent, user_created_at, user_updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (row) DO UPDATE SET user_id = excluded.user_id, user_how = excluded.user_how, "
            "flags = flags | excluded.flags, "
            "user_created_at = excluded.user_created_at, user_updated_at = excluded.user_updated_at, "
            "membership_intent = coalesce(membership_intent, excluded.membership_intent)"
        ),
        (row, user_id, how, flags, membership_intent, *stamp),
    )


def user_deleted(row: int, first_row: int) -> list[Statement]:
    """Record that the user the journal knows for a person was deleted and is about to be made again.

    `first_row` is the person's first row, whose step it is: until there is another user it has an id and no way. A row
    that was left in that state keeps the time of the earlier try. What was to be written for the old user is void.
    """
    return [
        membership_intent_void(row),
        membership_intent_void(first_row),
        (
            (
                "UPDATE rows SET user_intent = NULL, user_how = NULL, flags = flags & ~? "
                "WHERE row = ? AND user_how IS NOT NULL"
            ),
            (Flag.UPDATED | Flag.USER_ADOPTED, first_row),
        ),
    ]


def membership_intent_void(row: int) -> Statement:
    """Void the intent to create the membership of `row`: its user or its organization is gone."""
    return ("UPDATE rows SET membership_intent = NULL WHERE row = ?", (row,))


def user_replaced(row: int) -> Statement:
    """Replace the user of a later row of a person: what was to be written for the old one is void."""
    return ("UPDATE rows SET user_id = NULL, membership_intent = NULL WHERE row = ?", (row,))


def organization_deleted(key: str, meant: Sequence[int]) -> list[Statement]:
    """Record that the organization of `key` was deleted: the key is to be resolved again.

    `meant` are its rows whose membership was about to be created: what is found in another organization is not theirs.
    """
    lost: Statement = (
        (
            "UPDATE organizations SET state = 'waiting', workos_id = NULL, intent = NULL, created_at = NULL, "
            "updated_at = NULL, adopted = 0, uncertain = 0 WHERE key = ?"
        ),
        (key,),
    )
    return [lost, *(membership_intent_void(row) for row in meant)]


def overwritten(change: Overwritten) -> Statement:
    """Record the intent to change fields of an object, with their earlier values."""
    return (
        "INSERT INTO overwritten (row, time, object, object_id, before, after) VALUES (?, ?, ?, ?, ?, ?)",
        (change.row, change.time, change.object, change.object_id, change.before, change.after),
    )


def membership_intended(row: int, user_id: str, server_time: float) -> Statement:
    """Record the intent to create the membership of `row`, whose user is known."""
    return (
        (
            "INSERT INTO rows (row, user_id, membership_intent) VALUES (?, ?, ?) "
            "ON CONFLICT (row) DO UPDATE SET user_id = excluded.user_id, "
            "membership_intent = coalesce(membership_intent, excluded.membership_intent)"
        ),
        (row, user_id, server_time),
    )


def row_ended(
    row: int,
    outcome: Outcome,
    membership_id: str | None,
    how: How | None,
    flags: Flag,
    stamp: Stamp = UNSTAMPED,
) -> Statement:
    """Record the outcome of `row`; `stamp` are the times of a membership that this job made."""
    return (
        (
            "INSERT INTO rows (row, outcome, membership_id, membership_how, flags, membership_created_at, "
            "membership_updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (row) DO UPDATE SET outcome = excluded.outcome, membership_id = excluded.membership_id, "
            "membership_how = excluded.membership_how, flags = flags | excluded.flags, "
            "membership_created_at = excluded.membership_created_at, "
            "membership_updated_at = excluded.membership_updated_at"
        ),
        (row, outcome, membership_id, how, flags, *stamp),
    )


def user_failed(row: int, how: How) -> Statement:
    """Record a failed user step on the first row of its user, so that users are counted."""
    return (
        "INSERT INTO rows (row, user_how) VALUES (?, ?) ON CONFLICT (row) DO UPDATE SET user_how = excluded.user_how",
        (row, how),
    )


def failed(failure: Failure) -> list[Statement]:
    """Record a failure in place of an earlier one of the same row or organization."""
    values = (
        failure.row, failure.organization_key, failure.time, failure.line, failure.email, failure.organization,
        failure.step, failure.kind, failure.status, failure.message, failure.request_id, failure.shape,
    )  # fmt: skip
    placeholders = ", ".join("?" * len(values))
    return [
        (
            (
                "INSERT OR REPLACE INTO failures (row, organization_key, time, line, email, organization, step, kind, "
                f"status, message, request_id, shape) VALUES ({placeholders})"
            ),
            values,
        )
    ]


def attempted(row: int | None, organization_key: str | None, attempts: Iterable[FailedAttempt]) -> list[Statement]:
    """Keep the failed requests of a row or an organization."""
    return [
        (
            ("INSERT INTO attempts (row, organization_key, time, method, path, status, code, error, request_id, "
            "milliseconds, request_body, response_body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
            (
                row, organization_key, a.time, a.method, a.path, a.status, a.code, a.error, a.request_id,
                a.milliseconds, a.request_body, a.response_body,
            ),
        )
        for a in attempts
    ]  # fmt: skip


def organization_intended(key: str, server_time: float) -> Statement:
    """Record the intent to create the organization."""
    return ("UPDATE organizations SET intent = coalesce(intent, ?) WHERE key = ?", (server_time, key))


def organization_resolved(
    key: str,
    workos_id: str,
    name: str,
    seconds: float,
    *,
    created: bool,
    uncertain: bool,
    adopted: bool = False,
    stamp: Stamp = UNSTAMPED,
) -> list[Statement]:
    """Record the id of the key; an earlier failure of it is over. `name` is the server's, for comparison with others.

    `uncertain` and `adopted` are about an organization that was found after a lost answer; `stamp` are its times when
    this job made it.
    """
    return [
        (
            (
                "UPDATE organizations SET state = ?, workos_id = ?, name = ?, seconds = ?, "
                "uncertain = ?, adopted = ?, message = '', created_at = ?, updated_at = ? WHERE key = ?"
            ),
            ("created" if created else "existing", workos_id, name, seconds, uncertain, adopted, *stamp, key),
        ),
        ("DELETE FROM failures WHERE organization_key = ?", (key,)),
    ]


def organization_failed(key: str, message: str, seconds: float) -> Statement:
    """Record that the key has no id; its rows are blocked."""
    return (
        "UPDATE organizations SET state = 'failed', message = ?, seconds = ? WHERE key = ?",
        (message, seconds, key),
    )


def reopened(rows: Sequence[int]) -> list[Statement]:
    """Make failed rows pending again; what was found out before the failure stays.

    A definite refusal had no effect, so the next try has an intent of its own. Only where the service failed may an
    effect of the old one still be found: then its time decides whether it is ours.
    """
    entries: list[Statement] = []
    for batch in _batches(rows):
        placeholders = ", ".join("?" * len(batch))
        definite = f"SELECT row FROM failures WHERE kind NOT IN {AMBIGUOUS} AND row IN ({placeholders})"
        entries += [
            (f"UPDATE rows SET membership_intent = NULL WHERE row IN ({definite})", batch),
            (
                (
                    f"UPDATE rows SET user_intent = NULL WHERE (user_id IS NULL OR user_how = {int(How.FAILED)}) "
                    f"AND row IN ({definite})"
                ),
                batch,
            ),
            (
                (
                    f"UPDATE rows SET outcome = NULL, user_how = nullif(user_how, {int(How.FAILED)}) "
                    f"WHERE outcome = {int(Outcome.FAILED)} AND row IN ({placeholders})"
                ),
                batch,
            ),
            (f"DELETE FROM failures WHERE row IN ({placeholders})", batch),
        ]
    return entries


def skipped(rows: Sequence[int], time: float, reason: str) -> list[Statement]:
    """End failed rows as skipped, for a reason; what had failed is kept beside it."""
    entries: list[Statement] = []
    for batch in _batches(rows):
        placeholders = ", ".join("?" * len(batch))
        entries += [
            (
                (
                    "INSERT OR REPLACE INTO skips (row, time, reason, step, kind, message) "
                    f"SELECT row, ?, ?, step, kind, message FROM failures WHERE row IN ({placeholders})"
                ),
                (time, reason, *batch),
            ),
            (
                (
                    f"UPDATE rows SET outcome = {int(Outcome.SKIPPED)} "
                    f"WHERE outcome = {int(Outcome.FAILED)} AND row IN ({placeholders})"
                ),
                batch,
            ),
            (f"DELETE FROM failures WHERE row IN ({placeholders})", batch),
        ]
    return entries


def _batches(rows: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return (tuple(rows[start : start + _BATCH]) for start in range(0, len(rows), _BATCH))
