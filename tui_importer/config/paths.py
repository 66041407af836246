"""Where things are kept: the config file, the jobs, the logs.

They follow the system's conventions (XDG on Linux, Application Support on macOS) unless TUI_IMPORTER_HOME is set:
then `config.toml`, `jobs/`, `logs/` and `recent.json` are directly below that folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tui_importer.config.errors import ConfigError
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME_VARIABLE = "TUI_IMPORTER_HOME"


class Paths(NamedTuple):
    """The config file, the folders of jobs and logs, and the list of recent sources; none of them need exist."""

    config_file: Path
    jobs: Path
    logs: Path
    recent: Path

    @property
    def scratch(self) -> Path:
        """Where commands keep what they need only while they run."""
        return self.jobs.with_name("scratch")


def paths(environment: Mapping[str, str] = os.environ) -> Paths:
    """Return where things are kept; creates nothing."""
    if home := environment.get(HOME_VARIABLE):
        root = Path(home).expanduser().absolute()
        return paths_below(root)
    from platformdirs import PlatformDirs

    system = PlatformDirs("tui-importer", appauthor=False)
    return Paths(
        config_file=system.user_config_path / "config.toml",
        jobs=system.user_data_path / "jobs",
        logs=system.user_log_path,
        recent=system.user_data_path / "recent.json",
    )


def paths_below(root: Path) -> Paths:
    """Where things are kept when all of them are in one folder."""
    return Paths(root / "config.toml", root / "jobs", root / "logs", root / "recent.json")


def private_folder(folder: Path) -> Path:
    """Make `folder` and what is missing above it for the owner only (0700); an open one is closed.

    Folders above that exist already stay as they are: they are not ours. Raises ConfigError.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise ConfigError(
            f"The folder {safe(folder)} cannot be used: {safe(error.strerror)}.",
            f"Make it writable for you, or set {HOME_VARIABLE} to a folder that is.",
        ) from error
    return folder
