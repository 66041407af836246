"""The operator's preferences: config file, environment variables above it, recent files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tui_importer.config import is_handwritten, load, resolve, save

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui_importer.config import Config, RecentFiles, Resolved, Settings
    from tui_importer.config.keyring import KeyStore


class Preferences:
    """Settings in force, and changes of them in the config file.

    `keys` is the system's keyring, None where none is to be used; `environment` are the variables that overrule the
    file.
    """

    def __init__(
        self,
        config: Config,
        recent: RecentFiles,
        *,
        keys: KeyStore | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.config, self.recent, self.keys = config, recent, keys
        self._environment = environment

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of the profiles, in the order of the file."""
        return tuple(self.config.profiles)

    def resolved(self, profile: str | None = None) -> Resolved:
        """The settings under a profile: "" for none, None for the file's default one. Raises ConfigError."""
        return resolve(self.config, profile=profile, environment=self._environment)

    def knows_variable(self, name: str) -> bool:
        """Whether the environment says something by this name."""
        return bool(self._environment.get(name, "").strip())

    @property
    def settings(self) -> Settings:
        """The settings under the default profile."""
        return self.resolved().settings

    def loses_comments(self) -> bool:
        """Whether the next change replaces a file that was written by hand (blocks)."""
        return is_handwritten(self.config.path)

    def change(self, edit: Callable[[Config], Config]) -> None:
        """Apply `edit` to the file as it stands now and write it (blocks). Raises ConfigError; then nothing changed."""
        changed = edit(load(self.config.path))
        save(changed)
        self.config = changed
