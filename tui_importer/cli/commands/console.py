"""The bodies of the console: without arguments, `open` and `demo`."""

from __future__ import annotations

import contextlib
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui_importer.cli.api_key import key_from_environment
from tui_importer.cli.backend import ConsoleBackend
from tui_importer.cli.output import note
from tui_importer.cli.scratch_folders import demo_folder
from tui_importer.config import Config, RecentFiles, load, paths, paths_below, save
from tui_importer.config.errors import HomeUnusable
from tui_importer.config.keyring import KeyStore
from tui_importer.errors import ImporterError
from tui_importer.secret import Secret
from tui_importer.source.read.pipe import pipe_of
from tui_importer.text import safe
from tui_importer.tui.launch import StartAt
from tui_importer.tui.preferences import Preferences

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.cli.requests import DemoRequest, OpenRequest


class NothingToOpen(ImporterError):
    """The argument of `open` is neither a file nor a job."""

    kind = "nothing_to_open"


def console(request: OpenRequest) -> int:
    """The body of `open`."""
    return start(request.target)


def start(target: str | None) -> int:
    """Start the console at the jobs, at a new job for a CSV file, or at a job."""
    found = paths()
    place = _start_at(target, found.jobs)
    preferences = Preferences(load(), RecentFiles(found.recent), keys=KeyStore())
    preferences.resolved()  # what is wrong with the settings is said before the screen is taken
    backend = ConsoleBackend(found.jobs, preferences, key=key_from_environment())
    return _show(backend, preferences, place, logs=found.logs)


def demo(request: DemoRequest) -> int:
    """The whole journey on the embedded sandbox, in a folder of its own that is removed afterwards (unless kept)."""
    from tui_importer.cli.demo_data import EXISTING_ORGANIZATIONS, write_demo
    from tui_importer.sandbox.server import Sandbox
    from tui_importer.sandbox.settings import DEFAULT_KEY, SandboxSettings

    home = paths_below(demo_folder())
    try:
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
            tidy = partial(_tidy, home.jobs.parent, request)
            return _show(backend, preferences, StartAt.new_job(source), logs=_lasting_logs(), demo=home.logs, tidy=tidy)
    finally:
        _tidy(home.jobs.parent, request)


def _lasting_logs() -> Path | None:
    """Where a crash of the demo is written down, as the demo's folder goes; None for an account without a home."""
    try:
        return paths().logs
    except HomeUnusable:
        return None


def _tidy(home: Path, request: DemoRequest) -> None:
    if request.keep:
        note(f"The demo's folder is kept: {safe(home)}")
    else:
        shutil.rmtree(home, ignore_errors=True)


def _start_at(target: str | None, jobs: Path) -> StartAt:
    if target is None:
        return StartAt.jobs()
    from tui_importer.engine.job.listing import is_job, readable

    with readable(jobs):
        if "/" not in target and is_job(jobs / target):
            return StartAt.at_job(target)
    path = Path(target)
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # no permission, or a home of an unknown user
        path = path.expanduser()
        if path.is_file():
            return StartAt.new_job(path.absolute())
    if pipe_of(path) is not None:
        what = "Standard input" if target == "-" else safe(target)
        raise NothingToOpen(
            f"{what} can be read only once, and the console reads a file several times.",
            "Save it to a file and open that, or use `tui-importer scan` or `tui-importer run`, which copy it first.",
        )
    raise NothingToOpen(f"{safe(target)} is neither a file nor a job.", "See the jobs with: tui-importer jobs")


def _show(
    backend: ConsoleBackend,
    preferences: Preferences,
    start: StartAt,
    *,
    logs: Path | None,
    demo: Path | None = None,
    tidy: Callable[[], None] = lambda: None,
) -> int:
    from tui_importer.tui.app import ImporterApp

    def after_hang_up() -> None:
        backend.forget_dry_run()
        tidy()

    if (kept := demo or logs) is not None:
        with contextlib.suppress(OSError):  # without it there is no log
            kept.mkdir(parents=True, exist_ok=True, mode=0o700)
    app = ImporterApp(backend, preferences, start=start, crash_folder=logs, demo=demo, after_hang_up=after_hang_up)
    try:
        return app.run_to_exit()
    finally:
        backend.forget_dry_run()
