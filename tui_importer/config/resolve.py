"""Precedence of a setting's sources: flag, environment, profile, config file, default."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from tui_importer.config.errors import ConfigError
from tui_importer.config.settings import RULES, Settings
from tui_importer.config.suggestions import missing
from tui_importer.crash_report import redact
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tui_importer.config.validators import SettingValue

Origin = Literal["flag", "environment", "profile", "config file", "default"]

BASE_URL_VARIABLE = "WORKOS_BASE_URL"


@dataclass(frozen=True, slots=True)
class Config:
    """A config file as it was written: checked, but only with the values that stand in it.

    `given` are the settings of the whole file, `profiles` those of each `[profiles.NAME]`, `keymap` other keys for
    the console's actions: keys separated by commas, by the action's id. Which ids and keys exist the console knows.
    `mappings` say by name what columns stand for: the field by the header as written.
    """

    path: Path
    given: Mapping[str, object] = field(default_factory=dict)
    profiles: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    keymap: Mapping[str, str] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resolved:
    """The settings that hold, the profile they were taken from ("" for none), and where each came from."""

    settings: Settings
    profile: str
    origins: Mapping[str, Origin]


def resolve(
    config: Config,
    *,
    profile: str | None = None,
    flags: Mapping[str, SettingValue] = MappingProxyType({}),
    environment: Mapping[str, str] = os.environ,
) -> Resolved:
    """Return the settings that hold: flag, environment, profile, rest of the config file, default.

    `profile` None takes the file's `default_profile`, "" takes none. `flags` are checked values of the flags that
    were given. Raises ConfigError for a profile that does not exist and for a wrong variable.
    """
    general = {key: RULES[key].check(value) for key, value in config.given.items()}
    chosen = str(general.get("default_profile", "")) if profile is None else profile
    layers: list[tuple[Origin, Mapping[str, SettingValue]]] = [
        ("config file", general),
        ("profile", {key: RULES[key].check(value) for key, value in _profile(config, chosen).items()}),
        ("environment", _environment(environment)),
        ("flag", flags),
    ]
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = dict.fromkeys(RULES, "default")
    for origin, layer in layers:
        values |= layer
        origins |= dict.fromkeys(layer, origin)
    return Resolved(Settings(**values), chosen, origins)


def _profile(config: Config, name: str) -> Mapping[str, object]:
    if not name:
        return {}
    if name in config.profiles:
        return config.profiles[name]
    otherwise = f"Add a table [profiles.{safe(name)}] to that file, or leave --profile out."
    raise missing("profile", name, config.profiles, config.path, otherwise=otherwise)


def _environment(environment: Mapping[str, str]) -> dict[str, SettingValue]:
    text = environment.get(BASE_URL_VARIABLE, "").strip()
    if not text:
        return {}
    rule = RULES["base_url"]
    try:
        return {"base_url": rule.parse(text)}
    except ValueError:
        raise ConfigError(
            f"The variable {BASE_URL_VARIABLE} is `{redact(safe(text))}`; allowed is {rule.allowed}.",
            f"Correct or unset {BASE_URL_VARIABLE}.",
        ) from None
