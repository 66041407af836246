"""`open CSV|JOB`: start the console at a new job or at a job."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_importer.cli import completers
from tui_importer.cli.command import ImporterCommand
from tui_importer.cli.help import HOME_LINES, KEY_LINES
from tui_importer.cli.prompts import require_terminal
from tui_importer.config import paths
from tui_importer.errors import ImporterError
from tui_importer.text import safe

if TYPE_CHECKING:
    from tui_importer.tui.launch import StartAt


class NothingToOpen(ImporterError):
    """Argument of `open` that is neither a file nor a job."""

    kind = "nothing_to_open"


@click.command("open", cls=ImporterCommand, variables=(*KEY_LINES, *HOME_LINES))
@click.argument("target", metavar="CSV|JOB", shell_complete=completers.jobs_or_files)
def command(target: str) -> int:
    """Start the console at a new job for CSV, or at JOB."""
    require_terminal()
    from tui_importer.cli.console import start

    return start(_place(target, paths().jobs))


def _place(target: str, jobs: Path) -> StartAt:
    """Find the screen for a job's name or a file. Raises NothingToOpen, JobsUnreadable."""
    from tui_importer.engine.job.listing import is_job, readable
    from tui_importer.source.read.pipe import pipe_of
    from tui_importer.tui.launch import StartAt

    with readable(jobs):
        if "/" not in target and is_job(jobs / target):
            return StartAt.at_job(target)
    path = Path(target)
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # no permission, or a home of an unknown user
        path = path.expanduser()
        if path.is_file():
            return StartAt.new_job(path.absolute())
    if pipe_of(path) is not None:
        what = "Standard input" if target == "-" else safe(target)
        raise NothingToOpen(
            f"{what} can be read only once, and the console reads a file several times.",
            "Save it to a file and open that, or use `tui-importer scan` or `tui-importer run`, which copy it first.",
        )
    raise NothingToOpen(f"{safe(target)} is neither a file nor a job.", "See the jobs with: tui-importer jobs")
