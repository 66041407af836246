"""Group of the commands, each imported when it is called."""

from __future__ import annotations

import difflib
import importlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_importer import __version__
from tui_importer.cli.command_table import COMMANDS
from tui_importer.cli.console_start import start_console
from tui_importer.cli.help import PagedHelp, write_overview
from tui_importer.errors import ImporterError
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem


_EXAMPLES = (
    "tui-importer                          the console: jobs, a new job, settings",
    "tui-importer demo                     try everything, without an account",
    "tui-importer scan users.csv           what is in the file, and what is wrong",
    "tui-importer run users.csv --dry-run  the plan; reads, never writes",
    "tui-importer run users.csv            import, after asking",
    "tui-importer help run                 all options of a command",
)
_FILE_ENDINGS = {".csv", ".tsv", ".txt", ".gz", ".zst"}


class NotACommand(ImporterError):
    """File or job in a command's place."""

    kind = "usage"


class LazyGroup(PagedHelp, click.Group):
    """A group that imports a command when it is called: the help and the version need none of them."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Import the command `name`, which imports what it needs only when it runs."""
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"tui_importer.cli.commands.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve the command that is meant. Raises NotACommand for a file or a job, click.UsageError for the rest."""
        name = args[0]
        if name not in COMMANDS:
            _refuse_argument(ctx, name)
        return super().resolve_command(ctx, args)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, with all else that a newcomer asks."""
        write_overview(formatter, list(COMMANDS.items()), _EXAMPLES)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands from the table, so that none is imported for it, then options."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def _refuse_argument(context: click.Context, name: str) -> None:
    """Refuse what is no command, with what was probably meant."""
    shown, quoted = safe(name, 200), shlex.quote(safe(name, 200))
    if name == "-":
        raise NotACommand(
            "`-` is not a command.", "Standard input is read by: tui-importer scan - or tui-importer run -"
        )
    path = Path(name)
    if _is_file(path):
        raise NotACommand(
            f"{shown} is a file, not a command.",
            f"Open it in the console with `tui-importer open {quoted}`, or import it with `tui-importer run {quoted}`.",
        )
    if _is_job(name):
        raise NotACommand(
            f"{shown} is a job, not a command.",
            f"Open it with `tui-importer open {shown}`, or resume it with `tui-importer resume {shown}`.",
        )
    message = f"There is no command {shown!r}."
    if path.suffix.lower() in _FILE_ENDINGS or "/" in name:
        message = f"{shown} is not a command, and there is no such file."
    elif near := difflib.get_close_matches(name.lower(), COMMANDS, n=2):
        message += " Did you mean " + " or ".join(f"`{each}`" for each in near) + "?"
    raise click.UsageError(message, context.find_root())


def _is_file(path: Path) -> bool:
    try:
        return path.exists() and not path.is_dir()
    except (OSError, ValueError):  # too long, or a NUL in it
        return False


def _is_job(name: str) -> bool:
    from tui_importer.config.paths import paths
    from tui_importer.engine.job.listing import is_job
    from tui_importer.engine.options import JOB_NAME

    try:
        return JOB_NAME.fullmatch(name) is not None and is_job(paths().jobs / name)
    except (OSError, ImporterError):
        return False


@click.group(
    name="tui-importer",
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(
    __version__, "-V", "--version", prog_name="tui-importer", message="%(prog)s %(version)s", help="Show the version."
)
@click.pass_context
def cli(context: click.Context, /) -> int:
    """Move a company's users into WorkOS from a CSV file, without races and without losing a row.

    Without a command, the console starts at the list of jobs.
    """
    if context.invoked_subcommand is not None:
        return 0
    return start_console()


def call(arguments: Sequence[str]) -> int:
    """Run the command line; not by `cli.main()`, which deals with errors in ways of its own."""
    try:
        with cli.make_context("tui-importer", list(arguments)) as context:
            code: int = cli.invoke(context)
    except click.exceptions.Exit as end:  # after --help and --version
        return end.exit_code
    return code
