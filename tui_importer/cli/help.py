"""Help in 80 columns: options in groups, examples, the environment, exit codes."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from tui_importer.cli.colours import coloured
from tui_importer.cli.pager import show
from tui_importer.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Lines = tuple[tuple[str, str], ...]
"""Terms and what they mean."""

KEY_LINES: Lines = (
    ("WORKOS_API_KEY", "The API key; else the system's keyring, else a prompt."),
    ("WORKOS_BASE_URL", "Address of the API, as --base-url."),
)
HOME_LINES: Lines = (("TUI_IMPORTER_HOME", "Folder of config, jobs and logs, together."),)
NETWORK_LINES: Lines = (
    ("HTTPS_PROXY, NO_PROXY", "A proxy on the way to the API, and hosts without it."),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "Certificates to trust instead of the system's."),
)
IMPORT_LINES: Lines = (*KEY_LINES, *HOME_LINES, *NETWORK_LINES)
"""Variables of the commands that import."""
DISPLAY_LINES: Lines = (
    ("NO_COLOR, CLICOLOR=0", "No colours."),
    ("FORCE_COLOR, CLICOLOR_FORCE", "Colours in pipes and files, too."),
    ("PAGER", "Shows help that is longer than the terminal."),
)
EXIT_CODES: Lines = tuple((str(int(code)), code.meaning) for code in ExitCode)


_RANGE = re.compile(r"; [\dx<>=]+(?=\]$)| *\[[\dx<>=]+\]$")
"""What click says of a number's bounds."""


class _Formatter(click.HelpFormatter):
    """Formatter whose headings and word "Usage" stand out on a terminal."""

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{coloured(f'{heading}:', 'heading', sys.stdout)}\n")

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or f"{coloured('Usage:', 'heading', sys.stdout)} ")

    def write_section(self, heading: str, lines: Sequence[tuple[str, str]]) -> None:
        """Write a heading with terms below it."""
        with self.section(heading):
            self.write_dl(lines)

    def write_lines(self, heading: str, lines: Sequence[str]) -> None:
        """Write a heading with lines that stay as they are."""
        with self.section(heading):
            for line in lines:
                self.write(f"{'':>{self.current_indent}}{line}\n")


class _Context(click.Context):
    formatter_class = _Formatter


class PagedHelp(click.Command):
    """A command whose `--help` is coloured and paged as the terminal allows."""

    context_class = _Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Give the option a way to the screen of our own."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = _show_help
            option.help = "Show this help and exit."
        return option


class HelpedCommand(PagedHelp):
    """A command whose options stand in groups, with examples, variables and `exit_codes` below.

    `groups` gives the parameters' names by heading; whatever is in none of them follows under "Other".
    """

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401 - click's own
        groups: Mapping[str, Sequence[str]] | None = None,
        examples: Sequence[str] = (),
        variables: Sequence[tuple[str, str]] = (),
        exit_codes: bool = False,
        **values: Any,  # noqa: ANN401 - click's own
    ) -> None:
        super().__init__(*arguments, **values)
        self.groups = dict(groups or {})
        self.examples = examples
        self.variables = variables
        self.exit_codes = exit_codes

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each group with its options, in the order of its names; arguments are in the usage line."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = {option.name: _record(option, ctx) for option in options}
        for heading, names in self.groups.items():
            found = [records.pop(name, None) for name in names]
            _write(formatter, heading, [record for record in found if record is not None])
        rest = [record for record in records.values() if record is not None]
        _write(formatter, "Other" if self.groups else "Options", rest)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write examples, variables, and the exit codes of commands that are run by scripts."""
        super().format_epilog(ctx, formatter)
        assert isinstance(formatter, _Formatter)  # noqa: S101 - the context's own
        if self.examples:
            formatter.write_lines("Examples", self.examples)
        if self.variables:
            formatter.write_section("Environment", self.variables)
        if self.exit_codes:
            formatter.write_section("Exit codes", EXIT_CODES)


def write_overview(
    formatter: click.HelpFormatter, commands: Sequence[tuple[str, str]], examples: Sequence[str]
) -> None:
    """Write what follows the options in the program's own help."""
    assert isinstance(formatter, _Formatter)  # noqa: S101 - the context's own
    formatter.write_section("Commands", commands)
    formatter.write_lines("Examples", examples)
    formatter.write_section("Environment", [*IMPORT_LINES, *DISPLAY_LINES])
    formatter.write_section("Exit codes", EXIT_CODES)


def _show_help(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
    if value and not context.resilient_parsing:
        show(context.get_help())
        context.exit()


def _record(option: click.Option, context: click.Context) -> tuple[str, str] | None:
    """Term and help of an option, without what a type may have: a newcomer reads `[x>=1]` as an option."""
    record = option.get_help_record(context)
    if record is None:
        return None
    term, text = record
    return term, _RANGE.sub("", text).replace("  [", " [")


def _write(formatter: click.HelpFormatter, heading: str, records: Sequence[tuple[str, str]]) -> None:
    if records:
        with formatter.section(heading):
            formatter.write_dl(records)
