"""`retry JOB`: try a job's failed rows again without a screen."""

from __future__ import annotations

from typing import Any

import click

from tui_importer.cli import completers
from tui_importer.cli.command import ImporterCommand
from tui_importer.cli.flags import RESUMING, consent_flags, setting_flags
from tui_importer.cli.help import IMPORT_LINES
from tui_importer.cli.run_request import run_request
from tui_importer.config import load


@click.command(
    "retry",
    cls=ImporterCommand,
    exit_codes=True,
    groups={"Which rows": ("kind",), **RESUMING},
    examples=("tui-importer retry acme-2026-11-02", "tui-importer retry acme-2026-11-02 --kind invalid_role"),
    variables=IMPORT_LINES,
)
@click.argument("job", shell_complete=completers.jobs)
@click.option(
    "--kind",
    metavar="K",
    default=None,
    help="Only failures of this kind, as `errors` names it. [default: all]",
    shell_complete=completers.kinds,
)
@setting_flags(resumed=True)
@consent_flags
@click.pass_context
def command(context: click.Context, /, job: str, kind: str | None, **values: Any) -> int:  # noqa: ANN401 - click's values
    """Try the failed rows of JOB again: each resumes at the step that failed, and every attempt is kept.

    Invalid rows are not tried again: the job's rows are frozen.
    """
    request = run_request(context, load(), values)
    from tui_importer.cli.continued_import import retry

    return retry(job, kind, request)
