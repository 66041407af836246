"""Driving the console from tests: building it over fakes, settling it without sleeping, reading its screen."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC
from typing import TYPE_CHECKING, Any

from textual.widgets import Input
from textual.worker import Worker, WorkerCancelled

from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import NOW
from tui_importer.config import Config, RecentFiles, paths, save
from tui_importer.tui.app import ImporterApp
from tui_importer.tui.launch import Pace, StartAt
from tui_importer.tui.preferences import Preferences

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from textual.pilot import Pilot
    from textual.screen import Screen
    from textual.strip import Strip

    from tui_importer.config.keyring import KeyStore
    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.tui.backend import Backend

STILL = Pace(snapshot=None, jobs=None, typing=0, loading=0)
"""Nothing looks by itself: the test does."""

JOB = "acme-2026-11"

_SECONDS = 60.0
"""What is waited for comes much earlier; only a test that fails waits so long."""


def console(
    backend: Backend | FakeBackend | None = None,
    *,
    start: StartAt | None = None,
    crash_folder: Path | None = None,
    keymap: Mapping[str, str] | None = None,
    given: Mapping[str, object] | None = None,
    profiles: Mapping[str, Mapping[str, object]] | None = None,
    keys: KeyStore | None = None,
) -> ImporterApp:
    """The app over a fake backend and a config file with these contents in the test's home, standing still."""
    found = paths()
    config = Config(found.config_file, given or {}, profiles or {}, keymap or {})
    if config != Config(found.config_file):
        save(config)
    return ImporterApp(
        backend or FakeBackend(), Preferences(config, RecentFiles(found.recent), keys=keys), start=start,
        clock=lambda: NOW, zone=UTC, pace=STILL, crash_folder=crash_folder,
    )  # fmt: skip


def console_at(view: FakeJobView | Snapshot) -> tuple[ImporterApp, FakeJobView]:
    """The app opened at one job."""
    held = view if isinstance(view, FakeJobView) else FakeJobView(view)
    return console(FakeBackend(views={JOB: held}), start=StartAt.at_job(JOB)), held


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until workers and messages are done; a tree's loader is always at work and not waited for."""
    while True:
        for worker in _at_work(pilot):
            with contextlib.suppress(WorkerCancelled):
                await worker.wait()
        await pilot.pause()
        if not _at_work(pilot):
            return


def _at_work(pilot: Pilot[Any]) -> list[Worker[Any]]:
    return [worker for worker in pilot.app.workers if worker.name != "_loader" and not worker.is_finished]


async def enter(pilot: Pilot[Any], text: str) -> None:
    """Put `text` into the field in focus, as typing would, and press enter."""
    field = pilot.app.focused
    assert isinstance(field, Input)
    field.value = text
    await settle(pilot)
    await press(pilot, "enter")


def showing(app: ImporterApp, kind: type[Screen[Any]]) -> bool:
    """Whether the screen on top is of a kind."""
    return isinstance(app.screen, kind)


def catch_exit(app: ImporterApp) -> list[int]:
    """Note the return codes the app would exit with, instead of pulling the screen from under the pilot."""
    codes: list[int] = []

    def noted(result: object = None, return_code: int = 0, message: object = None) -> None:
        codes.append(return_code)

    app.exit = noted  # type: ignore[method-assign]  # the point of it
    return codes


async def until(pilot: Pilot[Any], holds: Callable[[], bool]) -> None:
    """Settle until something holds that another thread brings about."""
    for _ in range(200):
        await settle(pilot)
        if holds():
            return
    raise AssertionError("it never came to hold")


async def eventually(pilot: Pilot[Any], holds: Callable[[], bool], failure: Callable[[], str]) -> None:
    """Wait until something holds, while workers may still be at work (`until` waits for their end)."""
    deadline = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < deadline, failure()
        await pilot.pause(0)


async def seen(pilot: Pilot[Any], app: ImporterApp, words: str) -> None:
    """Wait until the screen shows `words`, while workers may still be at work."""
    await eventually(
        pilot, lambda: words in screen_text(app), lambda: f"{words!r} was never shown, but:\n{screen_text(app)}"
    )


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys and let everything they cause happen."""
    await pilot.press(*keys)
    await settle(pilot)


def strips(screen: Screen[object]) -> list[Strip]:
    """The lines that would go to the terminal, without the toasts."""
    return screen._compositor.render_strips()


def screen_text(app: ImporterApp) -> str:
    """What the screen on top shows, as text."""
    return "\n".join(strip.text.rstrip() for strip in strips(app.screen))


def line_with(app: ImporterApp, words: str) -> str:
    """The first line of the screen that has `words`."""
    lines = screen_text(app).splitlines()
    found = next((line for line in lines if words in line), None)
    assert found is not None, f"no line with {words!r} in:\n" + "\n".join(lines)
    return found


def footer(app: ImporterApp) -> str:
    """The last line."""
    return screen_text(app).splitlines()[-1]
