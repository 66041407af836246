"""The flags, each defined once, and how they become requests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from tui_importer.cli import completion
from tui_importer.cli.requests import RunRequest, ScanRequest
from tui_importer.cli.source_flags import reading_flags, taken_reading
from tui_importer.config.settings import OPTIONS, RUN_RULES
from tui_importer.config.validators import Choice
from tui_importer.crash_report import redact
from tui_importer.source.options import RECOGNISED
from tui_importer.source.read.pipe import DASH
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.config.validators import SettingValue


def _setting(name: str, *, resumed: bool = False) -> Callable[[Any], Any]:
    """The flag of a setting; its help shows the default, unless a job that is resumed keeps its own."""
    setting = OPTIONS[name]
    rule, flag = setting.rule, setting.flag
    assert flag is not None  # noqa: S101 - the table's, see the callers

    def check(_context: click.Context, _parameter: click.Parameter, value: str | None) -> SettingValue:
        if value is None:
            return None
        try:
            return rule.parse(value)
        except ValueError:
            shown = redact(safe(value, 80))
            raise click.BadParameter(f"'{shown}' is not allowed; allowed is {rule.allowed}.") from None

    return click.option(
        "--" + name.replace("_", "-"),
        name,
        callback=check,
        metavar=flag.metavar,
        default=None,
        help=flag.help if resumed else f"{flag.help} [default: {setting.shown_default}]",
        shell_complete=completion.values(rule.words if isinstance(rule, Choice) else ()),
    )


def _flags(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decorate(command: Any) -> Any:  # noqa: ANN401 - as click's own decorators
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


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


def _settings(*, resumed: bool) -> Callable[[Any], Any]:
    flags = {name: option.flag for name, option in OPTIONS.items()}
    return _flags(
        *(_setting(name, resumed=resumed) for name, flag in flags.items() if flag and (flag.on_resume or not resumed))
    )


_consent = _flags(
    yes_flag,
    click.option(
        "--confirm-production",
        metavar="JOB",
        default="",
        help="The job's name, to write to production.",
        shell_complete=completion.jobs,
    ),
    json_flag,
)

run_flags = _flags(
    click.option(
        "--profile",
        metavar="NAME",
        default=None,
        help="Settings of [profiles.NAME] in the config file. [default: its `default_profile`]",
        shell_complete=completion.profiles,
    ),
    click.option("--job", metavar="NAME", default=None, help="The job's name. [default: the file's name and a date]"),
    _settings(resumed=False),
    click.option(
        "--limit",
        metavar="N",
        type=click.IntRange(min=1),
        default=None,
        help="Only the first N rows. [default: all]",
    ),
    click.option(
        "--canary",
        metavar="N",
        type=click.IntRange(min=1),
        default=None,
        help="Import the first N rows, then stop and ask. [default: off]",
    ),
    reading_flags,
    click.option("--dry-run", is_flag=True, help="Show the plan and end; reads, never writes."),
    _consent,
)
"""Flags of `run`."""

resume_flags = _flags(_settings(resumed=True), _consent)
"""Flags of `resume`: what a job keeps for ever is not among them; another base URL is refused by the job."""


def run_request(context: click.Context, source: Path | None, values: dict[str, Any]) -> RunRequest:
    """Resolve the flags of `run` or `resume` with the environment and the config file. Raises ConfigError."""
    from tui_importer.cli.source_file import check_source
    from tui_importer.config import load, resolve

    if source is not None:
        check_source(source)
    flags = {
        name: values.pop(name)
        for name in RUN_RULES
        if name in values and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    rest = {name: value for name, value in values.items() if name not in RUN_RULES}
    named_profile = rest.pop("profile", None)
    config = load()
    reading, save_mapping = taken_reading(rest, lambda: config) if source is not None else (RECOGNISED, "")
    resolved = resolve(config, profile=named_profile, flags=flags)
    given = set(flags)
    origin = resolved.origins["base_url"]
    if origin == "environment" or (origin == "profile" and named_profile is not None):
        given.add("base_url")
    return RunRequest(
        source=source,
        settings=resolved.settings,
        given=frozenset(given),
        profile=resolved.profile,
        profiles=tuple(config.profiles),
        reading=reading,
        save_mapping=save_mapping,
        **rest,
    )


def scan_request(source: Path, values: dict[str, Any]) -> ScanRequest:
    """The flags of `scan`; the config file is read for a saved mapping only. Raises ConfigError."""
    from tui_importer.cli.source_file import check_source
    from tui_importer.config import load

    check_source(source)
    reading, save_mapping = taken_reading(values, load)
    return ScanRequest(source, **values, reading=reading, save_mapping=save_mapping)
