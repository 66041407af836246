"""Errors of the settings."""

from __future__ import annotations

from tui_importer.errors import ImporterError


class ConfigError(ImporterError):
    """Unknown, wrong or unreadable setting; the message names where it stands and what is allowed."""

    kind = "config"


class HomeUnusable(ConfigError):
    """Missing folder for the jobs, the config file and the logs."""

    kind = "home_unusable"

    def __init__(self, message: str, variable: str) -> None:
        super().__init__(message, f"Set {variable} to the absolute path of a folder that you can write to.")
