"""`run CSV`: import a file without a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tui_importer.cli import completers
from tui_importer.cli.command import ImporterCommand
from tui_importer.cli.flags import consent_flags, section, setting_flags, source_argument
from tui_importer.cli.help import IMPORT_LINES
from tui_importer.cli.run_request import run_request
from tui_importer.cli.source_flags import READING, reading_flags, taken_reading
from tui_importer.config import load

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    "run",
    cls=ImporterCommand,
    exit_codes=True,
    groups={
        "What everybody needs first": ("dry_run", "yes", "profile", "job"),
        "What is imported": ("limit", "canary"),
        "Where to": section("Where to"),
        "How fast": section("How fast"),
        "What exists already": section("What exists already"),
        **READING,
        "Safety": (*section("Safety"), "confirm_production"),
    },
    examples=(
        "tui-importer run users.csv --dry-run",
        "tui-importer run users.csv --canary 10",
        "tui-importer run users.csv --yes --json > summary.json",
        "zcat users.csv.gz | tui-importer run - --yes --job acme",
        "tui-importer run users.csv --profile live --job acme \\",
        "    --confirm-production acme",
    ),
    variables=IMPORT_LINES,
)
@source_argument
@click.option(
    "--profile",
    metavar="NAME",
    default=None,
    help="Settings of [profiles.NAME] in the config file. [default: its `default_profile`]",
    shell_complete=completers.profiles,
)
@click.option("--job", metavar="NAME", default=None, help="The job's name. [default: the file's name and a date]")
@setting_flags(resumed=False)
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), default=None, help="Only the first N rows. [default: all]"
)
@click.option(
    "--canary",
    metavar="N",
    type=click.IntRange(min=1),
    default=None,
    help="Import the first N rows, then stop and ask. [default: off]",
)
@reading_flags
@click.option("--dry-run", is_flag=True, help="Show the plan and end; reads, never writes.")
@consent_flags
@click.pass_context
def command(context: click.Context, /, source: Path, **values: Any) -> int:  # noqa: ANN401 - click's values
    """Import the users of CSV without a screen: progress on stderr, the summary on stdout.

    CSV is a file, or - for standard input. Shows the plan and asks before anything is written. Defaults are those
    without a config file.
    """
    from tui_importer.cli.source_file import check_source

    check_source(source)
    config = load()
    values["reading"] = taken_reading(values, lambda: config)
    request = run_request(context, config, values)
    from tui_importer.cli.new_import import run

    return run(source, request)
