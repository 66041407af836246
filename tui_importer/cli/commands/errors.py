"""`errors JOB`: export the failed rows of a job."""

from __future__ import annotations

from pathlib import Path

import click

from tui_importer.cli import completers
from tui_importer.cli.command import ImporterCommand
from tui_importer.cli.journal_refusals import refused_not_paused
from tui_importer.cli.output import Stdout, delivered, note
from tui_importer.config import paths
from tui_importer.errors import ExitCode, ImporterError
from tui_importer.text import plural, safe


class OutputRefused(ImporterError):
    """Output file that cannot be used."""

    kind = "output"


@click.command("errors", cls=ImporterCommand, examples=("tui-importer errors acme-2026-11-02 --output failed.csv",))
@click.argument("job", shell_complete=completers.jobs)
@click.option(
    "--output",
    metavar="F",
    type=click.Path(path_type=Path),
    default=None,
    help="A file that does not exist yet. [default: stdout]",
)
def command(job: str, output: Path | None) -> int:
    """Export the failed rows of JOB as CSV, each with what failed and why."""
    from tui_importer.engine.job.store import Jobs
    from tui_importer.report.failures import secrets_notice, write_failures

    with refused_not_paused():
        folder = Jobs(paths().jobs).reader_folder(job)
        of_secrets = secrets_notice(folder)
        if output is None:
            with delivered(ExitCode.DONE):
                write_failures(folder, Stdout())
        else:
            count = _write_file(folder, output)
            note(f"{plural(count, 'failure')} written to {safe(output)}")
        if of_secrets:
            note(of_secrets)
    return ExitCode.DONE


def _write_file(folder: Path, output: Path) -> int:
    """Write the failures to a new file; return how many there are. Raises OutputRefused."""
    from tui_importer.report.failures import write_failures
    from tui_importer.report.new_file import new_file

    try:
        with new_file(lambda: [output]) as file:
            return write_failures(folder, file.stream)
    except FileExistsError as error:
        raise OutputRefused(f"{safe(output)} exists already.", "Name a file that does not exist yet.") from error
    except OSError as error:
        raise OutputRefused(
            f"{safe(output)} cannot be written: {safe(error.strerror)}.", "Name a place where there is room."
        ) from error
