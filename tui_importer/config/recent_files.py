"""Recently opened sources, remembered in a small file for the owner only."""

from __future__ import annotations

from pathlib import Path

from tui_importer.config.errors import ConfigError
from tui_importer.config.paths import private_folder
from tui_importer.config.writing import write_atomically
from tui_importer.text import safe

MOST = 10


class RecentFiles:
    """At most `MOST` paths, the newest first, as a JSON list in the file `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def paths(self) -> list[Path]:
        """The remembered paths, none when there is no readable list; the files themselves may be gone."""
        import json

        try:
            found = json.loads(self._path.read_bytes())
        except (
            OSError,
            ValueError,
            RecursionError,
        ):  # no list yet, or one that is only half there: it is a convenience
            return []
        if not isinstance(found, list):
            return []
        return [Path(name) for name in found if isinstance(name, str) and name.startswith("/")][:MOST]

    def add(self, source: Path) -> None:
        """Put a path first. Raises ConfigError."""
        chosen = source.absolute()
        self._write([chosen, *(path for path in self.paths() if path != chosen)][:MOST])

    def clear(self) -> None:
        """Forget all of them. Raises ConfigError."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def _write(self, paths: list[Path]) -> None:
        import json

        text = json.dumps([str(path) for path in paths], indent=1)  # escaped: names need not be text
        try:
            if not self._path.parent.exists():
                private_folder(self._path.parent)
            write_atomically(self._path, text.encode("ascii"))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> ConfigError:
        return ConfigError(
            f"The list of recent files {safe(self._path)} cannot be written: {safe(error.strerror)}.",
            "Imports work without it.",
        )
