"""Parsed options of the commands that import, shared by their parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from click.core import ParameterSource

from tui_importer.config import RUN_RULES, resolve
from tui_importer.source.options import RECOGNISED

if TYPE_CHECKING:
    import click

    from tui_importer.config import Config, Settings
    from tui_importer.source.options import Reading


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Options of `run`, `resume` and `retry`.

    `settings` are resolved (flag, environment, profile, config file, default). `given` names those that this very
    command line gave: by a flag, the base URL also by WORKOS_BASE_URL or by the profile of --profile. `profile` is the
    one that holds, `profiles` are all there are. Of a new job only: `job` is the name given or None, `canary` rows are
    imported before the rest is asked for, `reading` says how the source is read, `save_mapping` is the name to keep its
    mapping under, or "". `confirm_production` is the job's name typed after that flag, or "".
    """

    settings: Settings
    given: frozenset[str]
    profile: str = ""
    profiles: tuple[str, ...] = ()
    job: str | None = None
    limit: int | None = None
    canary: int | None = None
    dry_run: bool = False
    reading: Reading = RECOGNISED
    save_mapping: str = ""
    yes: bool = False
    confirm_production: str = ""
    json: bool = False

    @property
    def given_base_url(self) -> str | None:
        """The base URL this command line gave, None when it gave none (a resume refuses another than the job's)."""
        return self.settings.base_url if "base_url" in self.given else None


def run_request(context: click.Context, config: Config, values: dict[str, Any]) -> RunRequest:
    """Resolve the flags' `values` with the environment and the config file. Raises ConfigError."""
    flags = {
        name: values[name]
        for name in RUN_RULES
        if name in values and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    rest = {name: value for name, value in values.items() if name not in RUN_RULES}
    named_profile = rest.pop("profile", None)
    resolved = resolve(config, profile=named_profile, flags=flags)
    given = set(flags)
    origin = resolved.origins["base_url"]
    if origin == "environment" or (origin == "profile" and named_profile is not None):
        given.add("base_url")
    return RunRequest(
        settings=resolved.settings,
        given=frozenset(given),
        profile=resolved.profile,
        profiles=tuple(config.profiles),
        **rest,
    )
