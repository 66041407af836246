"""Input comes before refreshes of the job's screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.console.driving import console, settle
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import importing
from tui_importer.tui.launch import Pace, StartAt
from tui_importer.tui.system.input_priority import LONGEST, REST, InputPriority

if TYPE_CHECKING:
    from tui_importer.engine.snapshot.models import Snapshot

BEAT = 0.25


@given(st.lists(st.floats(0.01, 2.0), max_size=60))
def test_a_refresh_waits_for_keys_but_not_for_long(pauses: list[float]) -> None:
    priority = InputPriority()
    now = key = last = 0.0
    assert priority.may_refresh(now)
    for pause in pauses:
        key += pause
        while now + BEAT < key:
            now += BEAT
            if priority.may_refresh(now):
                last = now
            else:
                assert now - (key - pause) < REST
                assert now - last < LONGEST
        priority.input_came(key)


def test_a_key_that_is_held_down_slows_refreshes_to_one_a_second() -> None:
    priority = InputPriority()
    looks = []
    for beat in range(1, 401):  # 10 s, 40 keys a second
        now = beat / 40
        priority.input_came(now)
        if beat % 10 == 0 and priority.may_refresh(now):
            looks.append(now)
    assert 10 <= len(looks) <= 11
    assert priority.may_refresh(looks[-1] + 2)


class Asked(FakeJobView):
    """Counts the looks at it."""

    looks = 0

    def snapshot(self) -> Snapshot:
        self.looks += 1
        return super().snapshot()


class AlwaysInput(InputPriority):
    """Never lets a refresh through."""

    refused = inputs = 0

    def may_refresh(self, now: float) -> bool:
        self.refused += 1
        return False

    def input_came(self, now: float) -> None:
        self.inputs += 1


async def test_the_screen_of_a_job_defers_its_refreshes() -> None:
    view = Asked(importing())
    app = console(FakeBackend(views={"acme-2026-11": view}), start=StartAt.at_job("acme-2026-11"))
    app.pace = Pace(snapshot=0.01, jobs=None, typing=0, loading=0)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        before = view.looks
        while view.looks < before + 3:
            await pilot.pause(0.01)
        app.input_priority = others = AlwaysInput()
        while others.refused < 3:
            await pilot.pause(0.01)
        held = view.looks
        while others.refused < 6:
            await pilot.pause(0.01)
        assert view.looks == held, "it looked although it was not its turn"
        await pilot.press("down")
        assert others.inputs == 1
