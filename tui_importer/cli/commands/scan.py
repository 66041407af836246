"""`scan CSV`: name the problems of a file without a job and without a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tui_importer.cli.command import ImporterCommand
from tui_importer.cli.flags import json_flag, source_argument
from tui_importer.cli.source_flags import READING, reading_flags, taken_reading
from tui_importer.config import load

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    "scan",
    cls=ImporterCommand,
    exit_codes=True,
    groups=READING,
    examples=(
        "tui-importer scan users.csv",
        "tui-importer scan users.csv --map 'Work mail=email' --save-mapping crm",
        "zcat users.csv.gz | tui-importer scan - --json",
    ),
)
@source_argument
@reading_flags
@json_flag
def command(source: Path, *, json: bool, save_mapping: str, **values: Any) -> int:  # noqa: ANN401 - click's values
    """Read the whole CSV without any request: what becomes of its columns, its problems by row and line.

    CSV is a file, or - for standard input. Ends with 1 when some rows could not be imported, with 2 when the file
    as a whole could not.
    """
    from tui_importer.cli.source_file import check_source

    check_source(source)
    reading = taken_reading(values, load)
    from tui_importer.cli.source_scan import scan

    return scan(source, reading, as_json=json, save_as=save_mapping)
