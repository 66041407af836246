"""The journal's tables, and how an older file becomes a current one.

Times are seconds since the epoch (UTC). Outcomes and ways are small integers, see `journal.records`. `created_at` and
`updated_at` of organizations and rows are the server's times of the objects that this job made, the latter after its
last write; `overwritten` holds what a change replaced, as JSON. `accepted` says which plan was agreed to (see
`engine.job.acceptance`), `rested` the kind of the halt by which the job came to rest.
`totals` is kept by triggers, so it is exact in every committed state and costs no scan of the rows.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tui_importer.fsync import sync_file, sync_folder
from tui_importer.journal.errors import JournalNewer
from tui_importer.journal.sqlite_errors import corrupt, unwritable
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = 3
APPLICATION_ID = 0x7475_6969  # "tuii": tells our files from other SQLite databases

CREATE = """
CREATE TABLE job (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    environment TEXT NOT NULL,
    key_hint TEXT NOT NULL DEFAULT '',
    key_salt TEXT NOT NULL,
    key_hash TEXT NOT NULL DEFAULT '',
    frozen_options TEXT NOT NULL,
    run_options TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    sha256 TEXT,
    rows INTEGER,
    chunk_size INTEGER,
    state TEXT NOT NULL,
    phase TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    next_step TEXT NOT NULL DEFAULT '',
    seconds_scan REAL NOT NULL DEFAULT 0,
    seconds_prewarm REAL NOT NULL DEFAULT 0,
    seconds_import REAL NOT NULL DEFAULT 0,
    accepted TEXT NOT NULL DEFAULT '',
    rested TEXT NOT NULL DEFAULT ''
);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE organizations (
    key TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    name TEXT,
    rows INTEGER NOT NULL,
    first_row INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    intent REAL,
    workos_id TEXT,
    uncertain INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '',
    adopted INTEGER NOT NULL DEFAULT 0,
    created_at REAL,
    updated_at REAL
) WITHOUT ROWID;
CREATE TABLE rows (
    row INTEGER PRIMARY KEY,
    user_intent REAL,
    user_id TEXT,
    user_how INTEGER,
    membership_intent REAL,
    membership_id TEXT,
    membership_how INTEGER,
    flags INTEGER NOT NULL DEFAULT 0,
    outcome INTEGER,
    user_created_at REAL,
    user_updated_at REAL,
    membership_created_at REAL,
    membership_updated_at REAL
);
CREATE TABLE totals (outcome INTEGER PRIMARY KEY, rows INTEGER NOT NULL);
INSERT INTO totals (outcome, rows) VALUES (1, 0), (2, 0), (3, 0), (4, 0);
CREATE TRIGGER rows_inserted AFTER INSERT ON rows WHEN new.outcome IS NOT NULL BEGIN
    UPDATE totals SET rows = rows + 1 WHERE outcome = new.outcome;
END;
CREATE TRIGGER rows_updated AFTER UPDATE OF outcome ON rows WHEN old.outcome IS NOT new.outcome BEGIN
    UPDATE totals SET rows = rows - 1 WHERE outcome = old.outcome;
    UPDATE totals SET rows = rows + 1 WHERE outcome = new.outcome;
END;
CREATE TABLE failures (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    row INTEGER UNIQUE,
    organization_key TEXT UNIQUE,
    time REAL NOT NULL,
    line INTEGER,
    email TEXT NOT NULL,
    organization TEXT NOT NULL,
    step TEXT NOT NULL,
    kind TEXT NOT NULL,
    status INTEGER,
    message TEXT NOT NULL,
    request_id TEXT NOT NULL,
    shape TEXT NOT NULL DEFAULT ''
);
CREATE TABLE skips (
    row INTEGER PRIMARY KEY,
    time REAL NOT NULL,
    reason TEXT NOT NULL,
    step TEXT NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE TABLE overwritten (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    row INTEGER NOT NULL,
    time REAL NOT NULL,
    object TEXT NOT NULL,
    object_id TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
);
CREATE TABLE attempts (
    attempt INTEGER PRIMARY KEY,
    row INTEGER,
    organization_key TEXT,
    time REAL NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER,
    code TEXT NOT NULL,
    error TEXT NOT NULL,
    request_id TEXT NOT NULL,
    milliseconds REAL NOT NULL,
    request_body TEXT NOT NULL,
    response_body TEXT NOT NULL
);
CREATE INDEX attempts_by_row ON attempts (row) WHERE row IS NOT NULL;
CREATE INDEX attempts_by_organization ON attempts (organization_key) WHERE organization_key IS NOT NULL;
CREATE TABLE log (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL
);
"""

MIGRATIONS: Mapping[int, str] = {
    1: (
        "ALTER TABLE failures ADD COLUMN shape TEXT NOT NULL DEFAULT ''; UPDATE failures SET shape = message; "
        "CREATE TABLE skips (row INTEGER PRIMARY KEY, time REAL NOT NULL, reason TEXT NOT NULL, step TEXT NOT NULL, "
        "kind TEXT NOT NULL, message TEXT NOT NULL);"
    ),
    2: (
        "ALTER TABLE job ADD COLUMN accepted TEXT NOT NULL DEFAULT ''; "
        "ALTER TABLE job ADD COLUMN rested TEXT NOT NULL DEFAULT ''; "
        "ALTER TABLE organizations ADD COLUMN adopted INTEGER NOT NULL DEFAULT 0; "
        "ALTER TABLE organizations ADD COLUMN created_at REAL; "
        "ALTER TABLE organizations ADD COLUMN updated_at REAL; "
        "ALTER TABLE rows ADD COLUMN user_created_at REAL; ALTER TABLE rows ADD COLUMN user_updated_at REAL; "
        "ALTER TABLE rows ADD COLUMN membership_created_at REAL; "
        "ALTER TABLE rows ADD COLUMN membership_updated_at REAL; "
        "CREATE TABLE overwritten (sequence INTEGER PRIMARY KEY AUTOINCREMENT, row INTEGER NOT NULL, "
        "time REAL NOT NULL, object TEXT NOT NULL, object_id TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL);"
    ),
}
"""Statements that bring a file from version N (the key) to N + 1."""


def create(connection: sqlite3.Connection) -> None:
    """Lay out a new journal in one transaction."""
    script = f"BEGIN; {CREATE} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
    connection.executescript(script)


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema's version. Raises JournalCorrupt for another kind of file, JournalNewer, sqlite3.Error."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application_id != APPLICATION_ID or version < 1:
        raise corrupt(path, "it is not a journal of tui-importer")
    if version > VERSION:
        raise JournalNewer(
            f"The journal {safe(path)} was written by a newer tui-importer (schema {version}, here {VERSION}).",
            "Use the newer version for this job.",
        )
    return int(version)


def has_triggers_and_indexes(connection: sqlite3.Connection) -> bool:
    """Whether triggers and indexes are as we made them: the totals and the search for failures rest on them."""
    sql = "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') ORDER BY name"
    with closing(sqlite3.connect(":memory:")) as fresh:
        create(fresh)
        return fresh.execute(sql).fetchall() == connection.execute(sql).fetchall()


def migrate(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Bring an older journal to the current schema in one transaction, after a copy beside it.

    The copy is complete or not there: half of one, left by a process that died, is replaced. Raises JournalUnwritable,
    sqlite3.Error.
    """
    if version == VERSION:
        return
    try:
        _keep(connection, path.with_suffix(f".v{version}.sqlite"))
    except OSError as error:
        raise unwritable(path.parent, error) from error
    steps = " ".join(MIGRATIONS[number] for number in range(version, VERSION))
    connection.executescript(f"BEGIN; {steps} PRAGMA user_version = {VERSION}; COMMIT;")


def _keep(connection: sqlite3.Connection, kept: Path) -> None:
    made = kept.with_name(f"{kept.name}.{os.getpid()}")
    made.unlink(missing_ok=True)
    try:
        made.touch(mode=0o600, exist_ok=False)
        with closing(sqlite3.connect(made)) as copy:
            connection.backup(copy)  # not a file copy: committed pages may still be in the WAL
        sync_file(made)
        made.replace(kept)
    except BaseException:  # an interrupt too
        made.unlink(missing_ok=True)
        raise
    sync_folder(kept.parent)
