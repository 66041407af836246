"""Paths of the config file, the jobs and the logs.

They follow the system's conventions (XDG on Linux, Application Support on macOS) unless TUI_IMPORTER_HOME is set:
then `config.toml`, `jobs/`, `logs/` and `recent.json` are directly below that folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tui_importer.config.errors import ConfigError, HomeUnusable
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME_VARIABLE = "TUI_IMPORTER_HOME"

_XDG = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
"""What stands for the home folder on Linux, where all of them are set."""


class Paths(NamedTuple):
    """The config file, the folders of jobs and logs, and the list of recent sources; none of them need exist."""

    config_file: Path
    jobs: Path
    logs: Path
    recent: Path

    @property
    def scratch(self) -> Path:
        """Folder of what commands need only while they run."""
        return self.jobs.with_name("scratch")


def paths(environment: Mapping[str, str] = os.environ) -> Paths:
    """Find the paths; creates nothing. Raises HomeUnusable."""
    home = environment.get(HOME_VARIABLE)
    found = paths_below(_named_home(home, environment)) if home else _paths_of_system(environment)
    for folder in (found.jobs, found.config_file.parent):
        _check_folder(folder)
    return found


def _paths_of_system(environment: Mapping[str, str]) -> Paths:
    relative = [name for name in _XDG if environment.get(name) and not Path(environment[name]).is_absolute()]
    if relative and sys.platform != "darwin":
        # XDG has it ignored, some programs take it from the working folder: either would hide the jobs made before.
        raise HomeUnusable(f"{relative[0]} is a relative path: {safe(environment[relative[0]])}.", relative[0])
    if sys.platform == "darwin" or not all(environment.get(name) for name in _XDG):
        _check_home(environment)
    from platformdirs import PlatformDirs

    system = PlatformDirs("tui-importer", appauthor=False)
    try:
        found = Paths(
            config_file=system.user_config_path / "config.toml",
            jobs=system.user_data_path / "jobs",
            logs=system.user_log_path,
            recent=system.user_data_path / "recent.json",
        )
    except RuntimeError as error:
        raise _no_home() from error
    if not all(path.is_absolute() for path in found):
        raise _no_home()
    return found


def paths_below(root: Path) -> Paths:
    """Paths that are all in one folder."""
    return Paths(root / "config.toml", root / "jobs", root / "logs", root / "recent.json")


def private_folder(folder: Path) -> Path:
    """Make `folder` and what is missing above it for the owner only (0700); an open one is closed.

    Folders above that exist already stay as they are: they are not ours. Raises ConfigError.
    """
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
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


def _named_home(home: str, environment: Mapping[str, str]) -> Path:
    if home.startswith("~"):
        if home == "~" or home.startswith("~/"):
            _check_home(environment)
        try:
            root = Path(home).expanduser()
        except RuntimeError as error:
            raise HomeUnusable(
                f"{HOME_VARIABLE} is {safe(home)}, and this machine knows no such home folder.", HOME_VARIABLE
            ) from error
    else:
        root = Path(home)
    if not root.is_absolute():
        raise HomeUnusable(f"{HOME_VARIABLE} is a relative path: {safe(home)}.", HOME_VARIABLE)
    return root


def _check_folder(folder: Path) -> None:
    """Refuse a folder that no job can be in. Raises HomeUnusable."""
    try:
        str(folder).encode()
    except UnicodeEncodeError as error:
        raise HomeUnusable(f"The name of the folder {safe(folder)} is not UTF-8.", HOME_VARIABLE) from error
    for path in (folder, *folder.parents):
        try:
            if path.is_dir():
                return
            if path.exists():
                raise HomeUnusable(f"There is a file where a folder is needed: {safe(path)}.", HOME_VARIABLE)
        except OSError:  # what needs the folder will say so
            return


def _check_home(environment: Mapping[str, str]) -> None:
    """Refuse a HOME by which every system finds another folder. Raises HomeUnusable."""
    home = environment.get("HOME")
    if home is not None and not Path(home).is_absolute():
        said = f"a relative path: {safe(home)}" if home else "empty"
        raise HomeUnusable(f"The home folder is not known: HOME is {said}.", HOME_VARIABLE)


def _no_home() -> HomeUnusable:
    return HomeUnusable(
        f"The home folder is not known: HOME is not set, and the system has none for user id {os.getuid()}.",
        HOME_VARIABLE,
    )
