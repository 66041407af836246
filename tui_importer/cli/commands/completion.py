"""`completion SHELL`: print a shell's completion script."""

from __future__ import annotations

import click

from tui_importer.cli.command import ImporterCommand
from tui_importer.cli.completion import INSTALL, SHELLS, answer


@click.command("completion", cls=ImporterCommand, examples=INSTALL)
@click.argument("shell", metavar="SHELL", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, /, shell: str) -> int:
    """Print the script with which SHELL (bash, zsh or fish) completes commands, options, jobs, profiles and files.

    Type the example of your shell once, then start a new shell.
    """
    return answer(f"{shell}_source", context.find_root().command)
