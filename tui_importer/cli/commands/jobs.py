"""`jobs`: list the jobs on this machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tui_importer.cli.colours import coloured
from tui_importer.cli.command import ImporterCommand
from tui_importer.cli.flags import json_flag
from tui_importer.cli.help import HOME_LINES
from tui_importer.cli.output import LONGEST_MESSAGE, delivered, write, write_json
from tui_importer.config import paths
from tui_importer.errors import ExitCode
from tui_importer.text import plural, safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tui_importer.cli.colours import Style
    from tui_importer.engine.snapshot.models import JobSummary

_STYLES: Mapping[str, Style] = {"finished": "good", "running": "active", "pausing": "active", "paused": "warning"}


@click.command("jobs", cls=ImporterCommand, variables=HOME_LINES)
@json_flag
def command(*, json: bool) -> int:
    """List the jobs on this machine, newest first."""
    from tui_importer.engine.job.listing import list_jobs

    found = list_jobs(paths().jobs)
    with delivered(ExitCode.DONE):
        if json:
            write_json([_document(job) for job in found])
        else:
            _write_list(found)
    return ExitCode.DONE


def _write_list(found: Sequence[JobSummary]) -> None:
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


def _document(job: JobSummary) -> dict[str, object]:
    totals = job.totals
    return {
        "job": job.job,
        "source": job.source,
        "environment": job.environment,
        "state": job.state,
        "reason": job.reason,
        "problem": safe(job.problem, LONGEST_MESSAGE),
        "rows": totals.rows,
        "created": totals.created,
        "existing": totals.existing,
        "failed": totals.failed,
        "skipped": totals.skipped,
        "pending": totals.pending,
        "started": job.started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "updated": job.updated.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
