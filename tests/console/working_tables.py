"""A job with errors to work on, and hands for its tables."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from textual.widgets import Input

from tests.console.driving import press, screen_text, settle
from tests.console.fakes import FakeJobView
from tests.console.snapshots import failure, importing, log_entries, organizations
from tui_importer.tui.screens.job.screen import JobScreen
from tui_importer.tui.table.pane import TablePane
from tui_importer.tui.table.table import VirtualTable

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.tui.app import ImporterApp


def job_view(snapshot: Snapshot | None = None, count: int = 59) -> FakeJobView:
    failures = [failure(n) for n in range(1, count + 1)]
    return FakeJobView(
        snapshot or importing(failed=count), failures=failures, log=log_entries(30), orgs=organizations(failed=4)
    )


def table_of(app: ImporterApp, name: str = "errors") -> VirtualTable:
    return app.screen.query_one(f"#{name}", VirtualTable)


def line_of(app: ImporterApp, name: str = "errors") -> str:
    """The line below a table, empty when it says nothing."""
    pane = app.screen.query_one(f"#{name}-pane", TablePane)
    return screen_text(app).splitlines()[-2].strip() if pane.says_something else ""


async def look_again(pilot: Pilot[None]) -> None:
    assert isinstance(pilot.app.screen, JobScreen)
    pilot.app.screen.refresh_snapshot()
    await settle(pilot)


def records(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


async def to_column(pilot: Pilot[None], table: VirtualTable, name: str) -> None:
    for _ in table.columns:
        if table.column == name:
            return
        await press(pilot, "l")
    raise AssertionError(f"{name} was never reached")


async def type_text(pilot: Pilot[None], text: str) -> None:
    """Put `text` into the filter, as pasting would."""
    field = pilot.app.focused
    assert isinstance(field, Input)
    field.value = text
    await settle(pilot)
