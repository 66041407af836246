"""Settings, profiles and paths."""

from tui_importer.config.errors import ConfigError
from tui_importer.config.file import backup_of, is_handwritten, load, save
from tui_importer.config.paths import Paths, paths, paths_below, private_folder
from tui_importer.config.recent_files import RecentFiles
from tui_importer.config.resolve import Config, Resolved, resolve
from tui_importer.config.settings import CHANGEABLE, GENERAL_RULES, OPTIONS, RUN_RULES, Settings
from tui_importer.config.url import checked_base_url, is_loopback
from tui_importer.config.validators import SettingValue

__all__ = [
    "CHANGEABLE",
    "GENERAL_RULES",
    "OPTIONS",
    "RUN_RULES",
    "Config",
    "ConfigError",
    "Paths",
    "RecentFiles",
    "Resolved",
    "SettingValue",
    "Settings",
    "backup_of",
    "checked_base_url",
    "is_handwritten",
    "is_loopback",
    "load",
    "paths",
    "paths_below",
    "private_folder",
    "resolve",
    "save",
]
