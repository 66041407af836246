"""`help [COMMAND]`: show the help of a command, or of the program."""

from __future__ import annotations

import click

from tui_importer.cli import completers
from tui_importer.cli.command import ImporterCommand
from tui_importer.cli.command_table import COMMANDS
from tui_importer.cli.pager import show


@click.command("help", cls=ImporterCommand, examples=("tui-importer help run",))
@click.argument("name", metavar="[COMMAND]", required=False, shell_complete=completers.values(COMMANDS))
@click.pass_context
def command(context: click.Context, /, name: str | None) -> int:
    """Show the help of COMMAND; without a name, of all."""
    root = context.find_root()
    program = root.command
    assert isinstance(program, click.Group)  # noqa: S101 - the program has commands
    if not name:
        show(program.get_help(root))
        return 0
    found, named, _ = program.resolve_command(root, [name])
    assert named is not None  # noqa: S101 - what is unknown was refused
    with named.context_class(named, info_name=found, parent=root) as inner:
        show(named.get_help(inner))
    return 0
