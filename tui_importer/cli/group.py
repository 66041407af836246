"""The commands, declared when they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from tui_importer import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence


class Entry(NamedTuple):
    """A command: its line in the help, its factory in `commands`, its body as "module:function"."""

    summary: str
    factory: str
    body: str


# Only what works is registered, in the order of the help.
COMMANDS: dict[str, Entry] = {
    "open": Entry("Start the console at a CSV file or at a job.", "open_", "tui_importer.cli.console:console"),
    "demo": Entry("The whole journey on a sandbox, without an account.", "demo", "tui_importer.cli.console:demo"),
    "run": Entry("Import a CSV file without a screen.", "run", "tui_importer.cli.run:run"),
    "resume": Entry("Go on with a job without a screen.", "resume", "tui_importer.cli.run:resume"),
    "retry": Entry("Try the failed rows of a job again.", "retry", "tui_importer.cli.run:retry"),
    "jobs": Entry("List the jobs on this machine.", "jobs", "tui_importer.cli.jobs:jobs"),
    "scan": Entry("Read a CSV file and name its problems.", "scan", "tui_importer.cli.scan:scan"),
    "errors": Entry("Export the failed rows of a job as CSV.", "errors", "tui_importer.cli.jobs:errors"),
    "purge": Entry("Remove a job from this machine.", "purge", "tui_importer.cli.jobs:purge"),
    "sandbox": Entry("Serve a stand-in for the WorkOS API.", "sandbox", "tui_importer.cli.sandbox:sandbox"),
}


class LazyGroup(click.Group):
    """A group that declares a command when it is called: the help and the version need none of them."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """The registered names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Declare the command `name`; its body is imported only when it runs."""
        if name not in COMMANDS:
            return None
        from tui_importer.cli import commands

        entry = COMMANDS[name]
        command: click.Command = getattr(commands, entry.factory)(commands.lazy(entry.body))
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


@click.group(
    name="tui-importer",
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="tui-importer", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, /) -> int:
    """Move a company's users into WorkOS from a CSV file, without races and without losing a row.

    Without a command, the console starts at the list of jobs.
    """
    if context.invoked_subcommand is not None:
        return 0
    from tui_importer.cli.main import start_console

    return start_console()


def call(arguments: Sequence[str]) -> int:
    """Run the command line; not by `cli.main()`, which deals with errors in ways of its own."""
    try:
        with cli.make_context("tui-importer", list(arguments)) as context:
            code: int = cli.invoke(context)
    except click.exceptions.Exit as end:  # after --help and --version
        return end.exit_code
    return code
