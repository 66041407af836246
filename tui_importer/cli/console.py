"""Start of the console: its backend, its preferences and its logs."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tui_importer.cli.api_key import key_from_environment
from tui_importer.cli.backend import ConsoleBackend
from tui_importer.config import RecentFiles, load, paths
from tui_importer.config.keyring import KeyStore
from tui_importer.tui.preferences import Preferences

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.tui.launch import StartAt


def start(place: StartAt) -> int:
    """Run the console from `place` to its end; return the exit code. Raises ConfigError, KeyMalformed."""
    found = paths()
    preferences = Preferences(load(), RecentFiles(found.recent), keys=KeyStore())
    preferences.resolved()  # what is wrong with the settings is said before the screen is taken
    backend = ConsoleBackend(found.jobs, preferences, key=key_from_environment())
    return show(backend, preferences, place, logs=found.logs)


def show(
    backend: ConsoleBackend,
    preferences: Preferences,
    place: StartAt,
    *,
    logs: Path | None,
    demo: Path | None = None,
    tidy: Callable[[], None] = lambda: None,
) -> int:
    """Run the app, then remove what a dry run has left; after a hang-up `tidy` as well.

    A crash is written to `logs`; the log is in the folder of the `demo`, if it is one.
    """
    from tui_importer.tui.app import ImporterApp

    def after_hang_up() -> None:
        backend.forget_dry_run()
        tidy()

    if (kept := demo or logs) is not None:
        with contextlib.suppress(OSError):  # without it there is no log
            kept.mkdir(parents=True, exist_ok=True, mode=0o700)
    app = ImporterApp(backend, preferences, start=place, crash_folder=logs, demo=demo, after_hang_up=after_hang_up)
    try:
        return app.run_to_exit()
    finally:
        backend.forget_dry_run()
