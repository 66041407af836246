"""The bodies of `jobs`, `errors` and `purge`."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from tui_importer.cli.colours import coloured
from tui_importer.cli.output import note, write, write_json
from tui_importer.cli.terminal import can_ask, confirmed
from tui_importer.config import paths
from tui_importer.engine.listing import list_jobs
from tui_importer.errors import ExitCode, ImporterError
from tui_importer.journal.errors import JournalCorrupt, JournalNewer, JournalUnwritable
from tui_importer.text import plural, safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tui_importer.cli.colours import Style
    from tui_importer.cli.requests import ErrorsRequest, JobsRequest, PurgeRequest
    from tui_importer.engine.jobs import Jobs
    from tui_importer.engine.snapshot import JobSummary


_STYLES: Mapping[str, Style] = {"finished": "good", "running": "active", "pausing": "active", "paused": "warning"}


class NotConfirmed(ImporterError):
    """What cannot be undone needs a yes."""

    kind = "not_confirmed"


class OutputRefused(ImporterError):
    """The file to write to is not usable."""

    kind = "output"


def jobs(request: JobsRequest) -> int:
    """List all jobs, newest first."""
    found = list_jobs(paths().jobs)
    if request.json:
        write_json([_document(job) for job in found])
        return ExitCode.DONE
    if not found:
        write("There are no jobs yet. Start one with: tui-importer run users.csv")
        return ExitCode.DONE
    width = max(len(job.job) for job in found)
    for job in found:
        totals = job.totals
        state = coloured(job.state, _STYLES.get(job.state, "muted"), sys.stdout)
        reason = f" ({safe(job.reason)})" if job.reason else ""
        write(
            f"{safe(job.job):{width}}  {job.started:%Y-%m-%d %H:%M}  {job.environment:10}  "
            f"{totals.done:>9,}/{plural(totals.rows, 'row')}, {totals.failed:,} failed  {state}{reason}"
        )
        if job.problem:
            write(f"{'':{width}}  {coloured(safe(job.problem), 'error', sys.stdout)}")
    return ExitCode.DONE


def errors(request: ErrorsRequest) -> int:
    """Export the failed rows of a job as CSV."""
    from tui_importer.engine.jobs import Jobs

    with _nothing_paused():
        return _export(Jobs(paths().jobs).reader_folder(request.job), request)


def _export(folder: Path, request: ErrorsRequest) -> int:
    from tui_importer.report.failures import write_failures

    if request.output is None:
        write_failures(folder, sys.stdout)
        return ExitCode.DONE
    try:
        descriptor = os.open(request.output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise OutputRefused(
            f"{safe(request.output)} cannot be written: {error.strerror}.", "Name a file that does not exist yet."
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
        count = write_failures(folder, stream)
    note(f"{plural(count, 'failure')} written to {safe(request.output)}")
    return ExitCode.DONE


def purge(request: PurgeRequest) -> int:
    """Remove a job's folder after a yes."""
    from tui_importer.engine.jobs import Jobs

    found = Jobs(paths().jobs)
    with _nothing_paused():
        what = _contents(found, request.job)
    if not request.yes:
        if not can_ask():
            raise NotConfirmed(f"This removes {what}.", "Give --yes.")
        try:
            yes = confirmed(f"Remove {what}? Nothing in WorkOS is changed.")
        except EOFError:
            yes = False
        if not yes:
            raise NotConfirmed("Nothing was removed.")
    found.purge(request.job)
    note(f"{safe(request.job)} was removed; nothing in WorkOS was changed.")
    return ExitCode.DONE


@contextlib.contextmanager
def _nothing_paused() -> Iterator[None]:
    """A journal that cannot be used pauses a run; a command that only reads it is refused."""
    try:
        yield
    except JournalUnwritable as error:
        error.exit_code = ExitCode.REFUSED
        raise


def _contents(found: Jobs, name: str) -> str:
    """What a purge removes; a journal that cannot be read can be removed, too. Raises JobNotFound."""
    try:
        _, _, job = found.options_of(name)
    except (JournalCorrupt, JournalNewer) as error:
        return f"a job that cannot be read ({error.message})"
    return f"the journal of {plural(job.totals.rows, 'row')} ({job.totals.pending:,} of them pending)"


def _document(job: JobSummary) -> dict[str, object]:
    totals = job.totals
    return {
        "job": job.job,
        "source": job.source,
        "environment": job.environment,
        "state": job.state,
        "reason": job.reason,
        "rows": totals.rows,
        "created": totals.created,
        "existing": totals.existing,
        "failed": totals.failed,
        "skipped": totals.skipped,
        "pending": totals.pending,
        "started": job.started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "updated": job.updated.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
