"""The flags, each defined once, and how they become requests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from tui_importer.cli.reading import reading_flags, taken_reading
from tui_importer.cli.requests import RunRequest, ScanRequest
from tui_importer.config.rules import RUN_RULES
from tui_importer.crash import redact
from tui_importer.source.reading import RECOGNISED
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.config.rules import SettingValue


def _setting(setting: str, metavar: str, text: str) -> Callable[[Any], Any]:
    rule = RUN_RULES[setting]

    def check(_context: click.Context, _parameter: click.Parameter, value: str | None) -> SettingValue:
        if value is None:
            return None
        try:
            return rule.parse(value)
        except ValueError:
            shown = redact(safe(value, 80))
            raise click.BadParameter(f"'{shown}' is not allowed; allowed is {rule.allowed}.") from None

    flag = "--" + setting.replace("_", "-")
    return click.option(flag, setting, callback=check, metavar=metavar, default=None, help=text)


def _flags(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decorate(command: Any) -> Any:  # noqa: ANN401 - as click's own decorators
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


json_flag = click.option("--json", "json", is_flag=True, help="Print one JSON document on stdout.")
yes_flag = click.option("--yes", is_flag=True, help="Do not ask.")
source_argument = click.argument("source", metavar="CSV", type=click.Path(path_type=Path))

_base_url = _setting("base_url", "URL", "Address of the API.")
_pace = _flags(
    _setting("workers", "N", "Worker threads; 0 is automatic."),
    _setting("share", "PERCENT", "Percent of the API's rate limit to use."),
    _setting("writes_per_10s", "N", "The API's write limit in 10 s; 0 sets no limit of ours."),
    _setting("max_failed", "PERCENT|off", "Failures above which the job pauses itself; 0 is the first one."),
    _setting("give_up_after", "MINUTES", "Give up after so long without any success."),
)
_consent = _flags(
    yes_flag,
    click.option("--confirm-production", metavar="JOB", default="", help="The job's name, to write to production."),
    json_flag,
)

run_flags = _flags(
    click.option("--profile", metavar="NAME", default=None, help="Settings of [profiles.NAME] in the config file."),
    _base_url,
    click.option("--job", metavar="NAME", default=None, help="The job's name; by default the file's stem and a date."),
    _pace,
    _setting("chunk_size", "N", "Rows a worker takes at a time; 0 is automatic."),
    _setting("on_existing", "keep|update", "Fields of users that exist already."),
    click.option("--limit", metavar="N", type=click.IntRange(min=1), default=None, help="Only the first N rows."),
    click.option(
        "--canary",
        metavar="N",
        type=click.IntRange(min=1),
        default=None,
        help="Import the first N rows, then stop and ask.",
    ),
    _setting("look_up_users", "none|sample|all", "Whose existence the plan looks up; a request each."),
    reading_flags,
    click.option("--dry-run", is_flag=True, help="Read and plan, write nothing."),
    _consent,
)
"""Flags of `run`."""

resume_flags = _flags(_base_url, _pace, _consent)
"""Flags of `resume`: what a job keeps for ever is not among them; another base URL is refused by the job."""


def run_request(context: click.Context, source: Path | None, values: dict[str, Any]) -> RunRequest:
    """Resolve the flags of `run` or `resume` with the environment and the config file. Raises ConfigError."""
    from tui_importer.config import load, resolve

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
    from tui_importer.config import load

    reading, save_mapping = taken_reading(values, load)
    return ScanRequest(source, **values, reading=reading, save_mapping=save_mapping)
