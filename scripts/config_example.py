"""Print `config.example.toml`, made from the table of settings.

Usage: python scripts/config_example.py > config.example.toml
"""
# ruff: noqa: INP001 - a command

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING, Final

from tui_importer.config import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_importer.config import SettingValue

_WIDTH: Final = 120

_HEAD: Final = """\
# tui-importer: every setting with its default. Copy what you change to the config file
# (Linux: ~/.config/tui-importer/config.toml, macOS: ~/Library/Application Support/tui-importer/config.toml,
# or config.toml in the folder that TUI_IMPORTER_HOME names).
# A flag wins over the environment, that over the profile, that over the rest of this file.
# The API key never stands in a file: give it in the environment variable WORKOS_API_KEY, or let the console store it
# in the system's keyring.
"""

_TABLES: Final = """\
# A profile overrides any of the settings above except the console's own; choose it with --profile sandbox.
[profiles.sandbox]
base_url = "http://127.0.0.1:4100"

# What columns stand for, kept under a name for --mapping crm: a field, "metadata" to go there under its own name,
# "metadata_json" for all of it as a JSON object, "-" for a column that is not used.
[mappings.crm]
# "Work mail" = "email"
# "Plan" = "metadata"

# Other keys for the console's actions, by their ids; the console's settings list ids and keys. Several keys are
# separated by commas.
# A key that another action has in the same place is refused, and so is one that terminals take
# for themselves: the console says why, and the action keeps its own keys.
[keymap]
# "jobs.new" = "c"
# "app.leave" = "x,q"
"""


def example() -> str:
    """The file: its head, every setting below its comment, and the tables."""
    return "\n".join([_HEAD, *_settings(), _TABLES])


def _settings() -> Iterator[str]:
    for name, option in OPTIONS.items():
        comment = textwrap.fill(option.comment, _WIDTH, initial_indent="# ", subsequent_indent="# ")
        yield f"{comment}\n{name} = {_toml(option.default)}\n"


def _toml(value: SettingValue) -> str:
    if value is None:
        return '"off"'
    return f"{value:g}" if isinstance(value, float) else json.dumps(value)


if __name__ == "__main__":
    sys.stdout.write(example())
