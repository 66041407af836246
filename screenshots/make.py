"""Make the pictures of this folder from the real console on the embedded sandbox: `python screenshots/make.py`.

Every picture is an SVG of 120x36 cells, `job-wide` of 200x50. The sandbox's seed and the source are fixed; times are
those of the machine.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, cast

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from textual.widgets import Button  # noqa: E402 - after the path

from tui_importer.cli.backend import ConsoleBackend  # noqa: E402
from tui_importer.cli.demo_data import EXISTING_ORGANIZATIONS, write_demo  # noqa: E402
from tui_importer.config import Config, RecentFiles  # noqa: E402
from tui_importer.engine.options import FrozenOptions, NewJob, RunOptions  # noqa: E402
from tui_importer.sandbox.server import Sandbox  # noqa: E402
from tui_importer.sandbox.settings import DEFAULT_KEY, SandboxSettings  # noqa: E402
from tui_importer.secret import Secret  # noqa: E402
from tui_importer.tui.app import ImporterApp  # noqa: E402
from tui_importer.tui.launch import StartAt  # noqa: E402
from tui_importer.tui.preferences import Preferences  # noqa: E402
from tui_importer.tui.screens.new_job.environment_section import EnvironmentSection  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

SIZE = (120, 36)
WIDE = (200, 50)
DEADLINE = 150.0
FONT_FACE = re.compile(r"@font-face\s*{.*?}", re.DOTALL)


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Let the app run until something is true."""
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.05)
    await pilot.pause(0)
    await asyncio.sleep(0.6)


def save(app: ImporterApp, name: str) -> None:
    """Write one picture, without the font that viewers would fetch from the network."""
    svg = app.export_screenshot(title="tui-importer")
    svg = FONT_FACE.sub("", svg).replace("Fira Code", "Fira Code, DejaVu Sans Mono, Menlo")
    (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")
    print(f"{name}.svg")


async def show(pilot: Pilot[None], name: str, *keys: str) -> None:
    """Press some keys and keep what they show."""
    await pilot.press(*keys)
    await until(pilot, lambda: True)
    save(cast("ImporterApp", pilot.app), name)


def settled(folder: Path, base_url: str) -> Preferences:
    """Settings of this folder only."""
    config = Config(folder / "config.toml", {"base_url": base_url, "share": 100, "prewarm_concurrency": 2})
    return Preferences(config, RecentFiles(folder / "recent.json"), environment={})


def earlier_jobs(backend: ConsoleBackend, base_url: str, folder: Path) -> None:
    """Two jobs of other days: one finished, one paused."""
    for name, limit in (("contoso-pilot", 200), ("northwind-2026", 600)):
        source = folder / f"{name}.csv"
        write_demo(source)
        source.write_text("".join(source.read_text(encoding="utf-8").splitlines(keepends=True)[: limit + 1]))
        run = RunOptions(writes_per_10s=0, max_failed=None)
        new = NewJob(source, name, FrozenOptions(base_url=base_url), run)
        with closing(backend.prepare(new)) as job:
            job.start()
            job.wait(DEADLINE if limit == 200 else 2.0)  # type: ignore[attr-defined]


async def take(folder: Path, sandbox: Sandbox) -> None:
    """Walk through the console and keep what it shows."""
    preferences = settled(folder, sandbox.url)
    backend = ConsoleBackend(folder / "jobs", preferences, key=Secret(DEFAULT_KEY))
    with Sandbox(SandboxSettings(seed=2, writes_per_10s=0, reads_per_10s=0)) as other:
        earlier = ConsoleBackend(folder / "jobs", settled(folder, other.url), key=backend.key)
        earlier_jobs(earlier, other.url, folder)
    source = folder / "acme-users.csv"
    write_demo(source)
    app = ImporterApp(backend, preferences, start=StartAt.new_job(source))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: any(found.environment for found in app.screen.query(EnvironmentSection)))
        save(app, "new-job")
        await show(pilot, "columns", "ctrl+l")
        await pilot.press("escape")
        app.screen.query_one("#make-plan", Button).press()
        await until(pilot, lambda: app.job.view is not None and app.job.view.plan() is not None)
        save(app, "plan")
        await show(pilot, "findings", "v")
        await pilot.press("escape")
        app.screen.query_one("#start", Button).press()
        view = app.job.view
        assert view is not None  # noqa: S101 - there is a plan
        await until(pilot, lambda: view.snapshot().organizations.resolved > 12)
        save(app, "pre-warm")
        await until(pilot, lambda: view.snapshot().totals.done > 900)
        save(app, "job")
        await pilot.resize_terminal(*WIDE)
        await show(pilot, "job-wide")
        await pilot.resize_terminal(*SIZE)
        await show(pilot, "errors", "3")
        await show(pilot, "error-detail", "enter")
        await show(pilot, "workers", "escape", "2")
        await show(pilot, "organizations", "4")
        await show(pilot, "whole-row", "enter")
        await show(pilot, "log", "escape", "5")
        await pilot.press("1")
        await until(pilot, lambda: view.snapshot().state == "finished")
        await show(pilot, "finished", "4")
        await show(pilot, "groups", "3", "g")
        await show(pilot, "retry", "ctrl+r")
        await show(pilot, "help", "escape", "question_mark")
        await show(pilot, "jobs", "escape", "escape")
        await show(pilot, "settings", "o")


def main() -> None:
    """Make all pictures."""
    settings = SandboxSettings(seed=1, latency=0.08, jitter=0.02)
    with tempfile.TemporaryDirectory(prefix="tui-importer-") as folder, Sandbox(settings) as sandbox:
        for name, external_id in EXISTING_ORGANIZATIONS:
            sandbox.seed_organization(name, external_id=external_id)
        asyncio.run(take(Path(folder), sandbox))


if __name__ == "__main__":
    main()
