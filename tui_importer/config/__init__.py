"""Settings, profiles and paths."""

from tui_importer.config.errors import ConfigError
from tui_importer.config.file import load, save
from tui_importer.config.paths import Paths, paths, private_folder
from tui_importer.config.rules import GENERAL_RULES, RUN_RULES, Rule, SettingValue
from tui_importer.config.settings import Config, Resolved, Settings, resolve
from tui_importer.config.url import checked_base_url, is_loopback

__all__ = [
    "GENERAL_RULES",
    "RUN_RULES",
    "Config",
    "ConfigError",
    "Paths",
    "Resolved",
    "Rule",
    "SettingValue",
    "Settings",
    "checked_base_url",
    "is_loopback",
    "load",
    "paths",
    "private_folder",
    "resolve",
    "save",
]
