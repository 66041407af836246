"""What can be wrong with the settings."""

from __future__ import annotations

from tui_importer.errors import ImporterError


class ConfigError(ImporterError):
    """A setting is unknown, wrong or unreadable; the message names where it stands and what is allowed."""

    kind = "config"
