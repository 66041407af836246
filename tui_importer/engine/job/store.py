"""The jobs of this machine: one folder each, below the data folder."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
import time
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from tui_importer.engine.errors import EngineError, SourceGone
from tui_importer.engine.job import folders
from tui_importer.engine.job.job import Job
from tui_importer.engine.job.listing import is_job, list_jobs, readable, summarise
from tui_importer.engine.job.same_source import Claim, refuse_second, registration
from tui_importer.engine.options import JOB_NAME, FrozenOptions, RunOptions, frozen_from
from tui_importer.journal.errors import JobNameInvalid, JobNotFound, JournalUnwritable, NotRecorded
from tui_importer.journal.journal import FILE, open_reader
from tui_importer.journal.lock import JobLock
from tui_importer.journal.records import JobRecord
from tui_importer.journal.sqlite_errors import as_refusals
from tui_importer.text import safe

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tui_importer.engine.options import NewJob
    from tui_importer.engine.run.unforeseen_errors import CrashFile
    from tui_importer.engine.service.timeouts import Patience
    from tui_importer.engine.snapshot.models import JobSummary
    from tui_importer.secret import Secret
    from tui_importer.workos.connection import Connection


class Jobs:
    """Lists, creates, opens and purges jobs in `folder`, which is made when needed (0700).

    `crash_file` writes down unforeseen errors of a run.
    """

    def __init__(self, folder: Path, crash_file: CrashFile | None = None) -> None:
        self.folder = folder
        self._crash_file = crash_file

    def default_name(self, source: Path) -> str:
        """The file's stem plus today's date, made unique and fit for a folder. Raises JobsUnreadable."""
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", source.stem).strip("-._")[:50] or "job"
        name = f"{stem}-{datetime.now().astimezone():%Y-%m-%d}"
        candidate, number = name, 1
        with readable(self.folder):
            while (self.folder / candidate).exists():
                number += 1
                candidate = f"{name}-{number}"
        return candidate

    def create(
        self,
        new: NewJob,
        connection: Connection,
        *,
        environment: str = "UNKNOWN",
        dry_run: bool = False,
        patience: Patience | None = None,
    ) -> Job:
        """Record a job and open it; a dry run has a plan and cannot be started.

        Raises JobNameInvalid, JobExists, JobUnfinished, NotRecorded, EngineError.
        """
        folder = self._path(new.name)
        try:
            found = new.source.stat()
        except OSError as error:
            raise EngineError(f"{safe(new.source)} cannot be read: {error.strerror}.", "Check the path.") from error
        _check_name(new.source)
        record = _record(new, found, connection.key, environment)
        claim = Claim(new.source.absolute(), found.st_size, None, new.frozen.base_url, environment)
        with _registered(self.folder):
            refuse_second(self.folder, claim)
            lock = folders.make(folder, record)
        try:
            copy = new.source if new.pipe else None
            return Job(
                folder,
                lock,
                connection,
                new.run,
                patience,
                copy=copy,
                crash_file=self._crash_file,
                dry_run=dry_run,
            )
        except BaseException as error:  # an interrupt too: neither a job that was never returned stays, nor its lock
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()
            if isinstance(error, JournalUnwritable | OSError):
                message = error.message if isinstance(error, JournalUnwritable) else f"{folder}: {error}."
                raise NotRecorded(safe(message), "Check the permissions and the disk, then try again.") from error
            raise

    def open(self, name: str, connection: Connection, options: RunOptions, patience: Patience | None = None) -> Job:
        """Open a job where it stood. Raises JobNotFound, JobLocked, JournalCorrupt, JournalNewer, JournalUnwritable."""
        folder = self._existing(name)
        lock = JobLock(folder)
        try:
            return Job(folder, lock, connection, options, patience, crash_file=self._crash_file)
        except BaseException:  # an interrupt too: the lock of a job that was never returned would stay
            lock.release()
            raise

    def options_of(self, name: str) -> tuple[FrozenOptions, RunOptions, JobSummary]:
        """What a job was created with, and where it stands. Raises JobNotFound, JournalCorrupt, JournalNewer."""
        folder = self._existing(name)
        with open_reader(folder) as reader:
            record = reader.job()
            with as_refusals(folder / FILE):
                frozen = frozen_from(record.frozen_options)
                run = RunOptions(**json.loads(record.run_options))
            return frozen, run, summarise(folder, record, reader)

    def vouches_for(self, name: str, key: Secret) -> bool:
        """Whether `key` is the one the job was recorded with, or will be checked against objects of the job.

        If not, nothing shows that it leads to the environment that was agreed to.
        """
        with open_reader(self._existing(name)) as reader:
            record = reader.job()
            return key.salted_hash(record.key_salt) == record.key_hash or reader.any_object() is not None

    def was_recorded_with(self, name: str, key: Secret) -> bool:
        """Whether `key` is the very one that the job was recorded with. Raises JobNotFound."""
        with open_reader(self._existing(name)) as reader:
            record = reader.job()
            return key.salted_hash(record.key_salt) == record.key_hash

    def refuse_lost_source(self, name: str) -> None:
        """Refuse a job that has no rows yet and can get none any more. Raises JobNotFound, SourceGone."""
        with open_reader(self._existing(name)) as reader:
            record = reader.job()
        if record.is_piped and record.rows is None:
            raise SourceGone(name, record.source)

    def list(self) -> Sequence[JobSummary]:
        """All jobs, newest first; one that cannot be read is listed with its problem."""
        return list_jobs(self.folder)

    def reader_folder(self, name: str) -> Path:
        """The folder of an existing job. Raises JobNotFound."""
        return self._existing(name)

    def purge(self, name: str) -> None:
        """Remove a job's folder, whatever is the matter with it. Raises JobNotFound, JobLocked, NotRemoved."""
        folders.remove(self._existing(name))

    def _path(self, name: str) -> Path:
        if not JOB_NAME.fullmatch(name):
            raise JobNameInvalid(
                f"{safe(name, 100)!r} cannot be a job's name.",
                "Use letters, digits, dots, dashes and underscores, at most 80, beginning with a letter or digit.",
            )
        return self.folder / name

    def _existing(self, name: str) -> Path:
        folder = self._path(name)
        with readable(self.folder):
            found = is_job(folder)
        if not found:
            raise JobNotFound(f"There is no job named {safe(name, 100)}.", "See the jobs with: tui-importer jobs")
        return folder


def _record(new: NewJob, found: os.stat_result, key: Secret, environment: str) -> JobRecord:
    """The journal's record of a new job whose source is as `found`; of the key only what recognises it."""
    salt = secrets.token_hex(16)
    now = time.time()
    return JobRecord(
        name=new.name,
        source=new.pipe or str(new.source.absolute()),
        created_at=now,
        updated_at=now,
        environment=environment,
        key_hint=key.hint,
        key_salt=salt,
        key_hash=key.salted_hash(salt),
        frozen_options=json.dumps(asdict(new.frozen)),
        run_options=json.dumps(asdict(new.run)),
        size=found.st_size,
        mtime_ns=found.st_mtime_ns,
        sha256=None,
        rows=None,
        chunk_size=None,
        state="ready",
        phase="scan",
        reason="",
        next_step="",
        seconds_scan=0.0,
        seconds_prewarm=0.0,
        seconds_import=0.0,
    )


@contextlib.contextmanager
def _registered(jobs: Path) -> Iterator[None]:
    try:
        with registration(jobs):
            yield
    except OSError as error:
        raise NotRecorded(
            f"The folder of the jobs {safe(jobs)} cannot be used: {safe(error.strerror)}.",
            "Check the permissions and the disk, then try again.",
        ) from error


def _check_name(source: Path) -> None:
    """Refuse a path that no journal can keep: the bytes of a name may be no text."""
    try:
        str(source.absolute()).encode()
    except UnicodeEncodeError as error:
        raise EngineError(
            f"{safe(source)} has a name that is not UTF-8.", "Rename the file, or the folder that it is in."
        ) from error
