"""The job's folder gives out under the console: it says so and goes on, or ends with the words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.driving import catch_exit, console_at, press, screen_text, settle
from tests.console.fakes import FakeJobView
from tests.console.snapshots import paused
from tui_importer.journal.errors import JournalUnwritable

if TYPE_CHECKING:
    import pytest

TROUBLE = JournalUnwritable("The journal cannot be written: the disk is full.", "Make room, then resume.")


class StuckView(FakeJobView):
    """A job whose last changes cannot be written."""

    def close(self, timeout: float = 30.0) -> None:
        super().close(timeout)
        raise TROUBLE


async def test_closing_a_job_that_cannot_be_written_is_told_and_the_console_goes_on() -> None:
    app, view = console_at(StuckView(paused()))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "escape")
        await settle(pilot)
        assert view.told == ["close"]
        assert "the disk is full" in screen_text(app)


async def test_leaving_with_a_job_that_cannot_be_written_ends_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, view = console_at(StuckView(paused()))
    exits = catch_exit(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "q")
        await settle(pilot)
        assert view.told == ["close"]
    assert exits == [3]
