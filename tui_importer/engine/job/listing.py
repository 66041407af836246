"""The list of jobs, read from their folders without their locks; light, so that the first screen needs nothing else."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_importer.engine.snapshot.models import JobSummary, Totals
from tui_importer.errors import ImporterError
from tui_importer.journal.errors import JobsUnreadable
from tui_importer.journal.journal import FILE, open_reader
from tui_importer.journal.lock import LOCK, is_locked
from tui_importer.journal.records import Outcome
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tui_importer.journal.journal import Reader
    from tui_importer.journal.records import JobRecord


def is_job(folder: Path) -> bool:
    """Whether `folder` is a job's: it has its journal, or what else every job has, should the journal be lost.

    One that we may not read counts as well. Raises PermissionError for the folder above.
    """
    # No job's name begins with a dot: such a folder is a job that died before it was recorded, or in its purge.
    if folder.name[0] == ".":
        return False
    try:
        return (folder / FILE).is_file() or (folder / LOCK).is_file()
    except PermissionError:  # made by another account, with sudo for example; raises again if it is the folder above
        return folder.is_dir()
    except OSError:  # the disk gives out: what opens it says so
        return True


def list_jobs(folder: Path) -> Sequence[JobSummary]:
    """All jobs below `folder`, newest first; one that cannot be read is listed with its problem.

    Raises JobsUnreadable.
    """
    with readable(folder):
        found = [_read(path) for path in folder.iterdir() if is_job(path)] if folder.is_dir() else []
    return sorted(found, key=lambda job: job.started, reverse=True)


@contextmanager
def readable(folder: Path) -> Iterator[None]:
    """Within, what the system says of the folder of the jobs is JobsUnreadable."""
    try:
        yield
    except OSError as error:
        raise JobsUnreadable(
            f"The folder of the jobs {safe(folder)} cannot be read: {safe(error.strerror)}.",
            "Check its permissions, or set TUI_IMPORTER_HOME to another folder.",
        ) from error


def _read(folder: Path) -> JobSummary:
    try:
        with open_reader(folder) as reader:
            return summarise(folder, reader.job(), reader)
    except (ImporterError, OSError) as error:
        try:
            changed = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        except OSError:  # it was removed this very moment
            changed = datetime.now(UTC)
        return JobSummary(
            safe(folder.name), "", "UNKNOWN", "paused", "unreadable", Totals(), changed, changed, safe(error)
        )


def summarise(folder: Path, record: JobRecord, reader: Reader) -> JobSummary:
    """One job's line; a job whose process died reads paused, reason interrupted."""
    state, reason = record.state, record.reason
    if state in {"running", "pausing"} and not is_locked(folder):
        state, reason = "paused", "interrupted"
    totals = reader.totals()
    return JobSummary(
        job=record.name,
        source=record.source,
        environment=record.environment,  # type: ignore[arg-type] # written from the same literal
        state=state,  # type: ignore[arg-type] # the same
        reason=reason,
        totals=Totals(
            rows=record.rows or 0,
            created=totals[Outcome.CREATED],
            existing=totals[Outcome.EXISTING],
            failed=totals[Outcome.FAILED],
            skipped=totals[Outcome.SKIPPED],
        ),
        started=datetime.fromtimestamp(record.created_at, UTC),
        updated=datetime.fromtimestamp(record.updated_at, UTC),
    )
