"""Changes of a config as a whole: each gives a new one, which `save` checks before it writes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui_importer.config.settings import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.config.resolve import Config
    from tui_importer.config.validators import SettingValue


def parsed(name: str, text: str) -> SettingValue:
    """Parse what an operator typed for a setting for the config file. Raises ValueError with what is allowed."""
    rule = RULES[name]
    try:
        value = rule.parse(text.strip())
    except ValueError:
        raise ValueError(rule.allowed) from None
    if value is None:
        return "off"
    return int(value) if isinstance(value, float) and value.is_integer() else value


def with_setting(config: Config, name: str, value: SettingValue, *, profile: str = "") -> Config:
    """Set `name` for the whole file or in a profile; None takes it out, so that what is below holds."""
    table = dict(config.profiles.get(profile, {}) if profile else config.given)
    if value is None:
        table.pop(name, None)
    else:
        table[name] = value
    if not profile:
        return replace(config, given=table)
    return replace(config, profiles={**config.profiles, profile: table})


def with_profile(config: Config, profile: str) -> Config:
    """Add a profile that says nothing yet; one that is there stays as it is."""
    return replace(config, profiles={**config.profiles, profile: config.profiles.get(profile, {})})


def without_profile(config: Config, profile: str) -> Config:
    """Take a profile out, and with it its place as the default."""
    rest = {name: table for name, table in config.profiles.items() if name != profile}
    given = {
        name: value for name, value in config.given.items() if not (name == "default_profile" and value == profile)
    }
    return replace(config, given=given, profiles=rest)


def with_keys(config: Config, action: str, keys: str | None) -> Config:
    """Give an action other keys; None gives it its own again."""
    keymap = {name: value for name, value in config.keymap.items() if name != action}
    return replace(config, keymap=keymap if keys is None else {**keymap, action: keys})


def with_mapping(config: Config, name: str, mapping: Mapping[str, str]) -> Config:
    """Keep what columns stand for under a name; one that is there is replaced."""
    return replace(config, mappings={**config.mappings, name: dict(mapping)})
