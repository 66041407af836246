"""Flags that several commands have, each defined once; those of settings are made from the settings' table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tui_importer.cli import completers
from tui_importer.config import OPTIONS
from tui_importer.config.validators import Choice
from tui_importer.crash_report import redact
from tui_importer.source.read.pipe import DASH
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.config import SettingValue
    from tui_importer.config.options import Flag, Option, Section

    Decorator = Callable[[Any], Any]


def joined(*options: Decorator) -> Decorator:
    """Join decorators of options to one; the help has them in this order."""

    def decorate(command: Any) -> Any:  # noqa: ANN401 - as click's own decorators
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def shown(value: str) -> str:
    """A wrong value as a message may repeat it."""
    return redact(safe(value, 80))


def _setting(setting: Option, flag: Flag, *, resumed: bool) -> Decorator:
    """Make the flag of a setting; its help shows the default, unless a job that is resumed keeps its own."""
    rule = setting.rule

    def check(_context: click.Context, _parameter: click.Parameter, value: str | None) -> SettingValue:
        if value is None:
            return None
        try:
            return rule.parse(value)
        except ValueError:
            raise click.BadParameter(f"'{shown(value)}' is not allowed; allowed is {rule.allowed}.") from None

    return click.option(
        "--" + setting.name.replace("_", "-"),
        setting.name,
        callback=check,
        metavar=flag.metavar,
        default=None,
        help=flag.help if resumed else f"{flag.help} [default: {setting.shown_default}]",
        shell_complete=completers.values(rule.words if isinstance(rule, Choice) else ()),
    )


json_flag = click.option("--json", "json", is_flag=True, help="Print one JSON document on stdout.")
yes_flag = click.option("--yes", is_flag=True, help="Do not ask: the answer is yes.")


class _SourcePath(click.Path):
    """A path, or `-` for standard input; a file of that name is `./-`, which pathlib would make the same."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - click's signature
        path = super().convert(value, param, ctx)
        return path.absolute() if path == DASH and value != str(DASH) else path


source_argument = click.argument("source", metavar="CSV", type=_SourcePath())


def setting_flags(*, resumed: bool) -> Decorator:
    """Flags of the settings: all of them for a new job, for a `resumed` one those that it may be given again."""
    return joined(
        *(
            _setting(setting, flag, resumed=resumed)
            for setting in OPTIONS.values()
            if (flag := setting.flag) and (flag.on_resume or not resumed)
        )
    )


consent_flags = joined(
    yes_flag,
    click.option(
        "--confirm-production",
        metavar="JOB",
        default="",
        help="The job's name, to write to production.",
        shell_complete=completers.jobs,
    ),
    json_flag,
)
"""Flags of the commands that write: the yes, the name for production, the form of the summary."""


def section(heading: Section) -> tuple[str, ...]:
    """Names of the settings whose flags stand under `heading`."""
    return tuple(name for name, option in OPTIONS.items() if option.section == heading and option.flag)


RESUMING: Final = {
    "Where to": section("Where to"),
    "How fast": section("How fast"),
    "Safety": ("yes", *section("Safety"), "confirm_production"),
}
"""Groups of the flags of a command that resumes a job."""
