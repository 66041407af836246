"""`demo`: the whole journey on a sandbox."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

import click

from tui_importer.cli.command import ImporterCommand
from tui_importer.cli.output import note
from tui_importer.cli.prompts import require_terminal
from tui_importer.cli.scratch_folders import demo_folder
from tui_importer.config import Config, RecentFiles, paths, paths_below, save
from tui_importer.config.errors import HomeUnusable
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.config import Paths


@click.command("demo", cls=ImporterCommand)
@click.option("--keep", is_flag=True, help="Keep the demo's folder and say where it is.")
def command(*, keep: bool) -> int:
    """A sandbox, a generated CSV file and the console: the whole journey without an account."""
    require_terminal()
    home = paths_below(demo_folder())
    tidy = partial(_tidy, home.jobs.parent, keep=keep)
    try:
        return _show(home, tidy)
    finally:
        tidy()


def _show(home: Paths, tidy: Callable[[], None]) -> int:
    """Run the console on an embedded sandbox, with everything in the demo's own folder."""
    from tui_importer.cli.backend import ConsoleBackend
    from tui_importer.cli.console import show
    from tui_importer.cli.demo_data import EXISTING_ORGANIZATIONS, write_demo
    from tui_importer.sandbox.server import Sandbox
    from tui_importer.sandbox.settings import DEFAULT_KEY, SandboxSettings
    from tui_importer.secret import Secret
    from tui_importer.tui.launch import StartAt
    from tui_importer.tui.preferences import Preferences

    source = home.jobs.parent / "acme-users.csv"
    write_demo(source)
    with Sandbox(SandboxSettings(latency=0.08, jitter=0.02, seed=1)) as sandbox:
        for name, external_id in EXISTING_ORGANIZATIONS:
            sandbox.seed_organization(name, external_id=external_id)
        # Two at a time, so that the pre-warm of 40 organizations can be watched.
        config = Config(home.config_file, {"base_url": sandbox.url, "share": 100, "prewarm_concurrency": 2})
        save(config)
        preferences = Preferences(config, RecentFiles(home.recent), environment={})
        backend = ConsoleBackend(home.jobs, preferences, key=Secret(DEFAULT_KEY))
        return show(backend, preferences, StartAt.new_job(source), logs=_lasting_logs(), demo=home.logs, tidy=tidy)


def _lasting_logs() -> Path | None:
    """Folder for the report of a crash, as the demo's own goes; None for an account without a home."""
    try:
        return paths().logs
    except HomeUnusable:
        return None


def _tidy(home: Path, *, keep: bool) -> None:
    if keep:
        note(f"The demo's folder is kept: {safe(home)}")
    else:
        shutil.rmtree(home, ignore_errors=True)
