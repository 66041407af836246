"""`resume [JOB]`: go on with a job without a screen."""

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
    "resume",
    cls=ImporterCommand,
    exit_codes=True,
    groups=RESUMING,
    examples=("tui-importer resume", "tui-importer resume acme-2026-11-02 --share 50"),
    variables=IMPORT_LINES,
)
@click.argument("job", required=False, shell_complete=completers.jobs)
@setting_flags(resumed=True)
@consent_flags
@click.pass_context
def command(context: click.Context, /, job: str | None, **values: Any) -> int:  # noqa: ANN401 - click's values
    """Resume JOB where it stood; without a name, the only unfinished job.

    Flags that are not given again stay as the job has them.
    """
    request = run_request(context, load(), values)
    from tui_importer.cli.continued_import import resume

    return resume(job, request)
