"""The bodies of `jobs`, `errors` and `purge`."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from tui_importer.cli.colours import coloured
from tui_importer.cli.output import Stdout, delivered, note, write, write_json
from tui_importer.cli.prompts import can_ask, confirmed
from tui_importer.config import paths
from tui_importer.engine.job.listing import list_jobs
from tui_importer.errors import ExitCode, ImporterError
from tui_importer.journal.errors import JournalBusy, JournalCorrupt, JournalNewer, JournalUnwritable, NotRemoved
from tui_importer.text import plural, safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tui_importer.cli.colours import Style
    from tui_importer.cli.requests import ErrorsRequest, JobsRequest, PurgeRequest
    from tui_importer.engine.job.store import Jobs
    from tui_importer.engine.snapshot.models import JobSummary


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
    with delivered(ExitCode.DONE):
        _write_jobs(request, found)
    return ExitCode.DONE


def _write_jobs(request: JobsRequest, found: Sequence[JobSummary]) -> None:
    if request.json:
        write_json([_document(job) for job in found])
        return
    if not found:
        write("There are no jobs yet. Start one with: tui-importer run users.csv")
        return
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


def errors(request: ErrorsRequest) -> int:
    """Export the failed rows of a job as CSV."""
    from tui_importer.engine.job.store import Jobs

    with _nothing_paused():
        return _export(Jobs(paths().jobs).reader_folder(request.job), request)


def _export(folder: Path, request: ErrorsRequest) -> int:
    from tui_importer.report.failures import secrets_notice, write_failures
    from tui_importer.report.new_file import new_file

    of_secrets = secrets_notice(folder)
    if request.output is None:
        with delivered(ExitCode.DONE):
            write_failures(folder, Stdout())
        if of_secrets:
            note(of_secrets)
        return ExitCode.DONE
    output = request.output
    try:
        with new_file(lambda: [output]) as file:
            count = write_failures(folder, file.stream)
    except FileExistsError as error:
        raise OutputRefused(f"{safe(output)} exists already.", "Name a file that does not exist yet.") from error
    except OSError as error:
        raise OutputRefused(
            f"{safe(output)} cannot be written: {safe(error.strerror)}.", "Name a place where there is room."
        ) from error
    note(f"{plural(count, 'failure')} written to {safe(output)}")
    if of_secrets:
        note(of_secrets)
    return ExitCode.DONE


def purge(request: PurgeRequest) -> int:
    """Remove a job's folder after a yes."""
    from tui_importer.engine.job.store import Jobs

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
    """What a purge removes; one that is damaged can be removed, too. Raises JobNotFound, NotRemoved."""
    try:
        _, _, job = found.options_of(name)
    except (JournalCorrupt, JournalNewer) as error:
        return f"a job that cannot be read ({error.message})"
    except JournalBusy:
        raise
    except JournalUnwritable as error:
        raise NotRemoved(error.message, "Check its permissions, or remove it by hand.") from error
    return f"the journal of {plural(job.totals.rows, 'row')} ({job.totals.pending:,} of them pending)"


def _document(job: JobSummary) -> dict[str, object]:
    totals = job.totals
    return {
        "job": job.job,
        "source": job.source,
        "environment": job.environment,
        "state": job.state,
        "reason": job.reason,
        "problem": safe(job.problem, 2_000),
        "rows": totals.rows,
        "created": totals.created,
        "existing": totals.existing,
        "failed": totals.failed,
        "skipped": totals.skipped,
        "pending": totals.pending,
        "started": job.started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "updated": job.updated.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
