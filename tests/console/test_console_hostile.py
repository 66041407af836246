"""Text from outside is shown literally, everywhere: no markup, no escape codes, no buttons, no broken lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.events import Paste
from textual.widgets import Input

from tests.console.driving import JOB, console, console_at, press, screen_text, settle, strips
from tests.console.fakes import FakeBackend, FakeJobView
from tests.console.snapshots import (
    NOW,
    a_plan,
    a_preview,
    an_environment,
    detail_of,
    failure,
    importing,
    paused,
    ready,
    summary,
)
from tui_importer.engine.snapshot.models import LogEntry, OrganizationTotals, OrganizationView
from tui_importer.errors import ImporterError
from tui_importer.tui.launch import StartAt
from tui_importer.tui.style.text import notify_safe

if TYPE_CHECKING:
    from tui_importer.tui.app import ImporterApp

HOSTILE = (
    "[/x][red]R[@click=app.leave]B[/]\x1b]2;PWNED\x1b\\\x1b[31m\x07\x9bm\r\nnext\tline\u202eevil\u200b\ufeff\ud800"
)
LITERAL = "[/x][red]R[@click=app.leave]B[/]␛]2;PWNED␛"
"""The beginning of what must be seen of it."""

SHORT = "[/x]\x1b]2;P\x07\u202e"
SHORT_LITERAL = "[/x]␛]2;P␇�"


def assert_harmless(app: ImporterApp) -> None:
    """No control character, no link and no action in any segment; every line fills the screen exactly."""
    for strip in strips(app.screen):
        assert strip.cell_length == app.size.width
        for segment in strip:
            assert not any(ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F for c in segment.text), repr(segment.text)
            assert not any(0x202A <= ord(c) <= 0x202E or 0xD800 <= ord(c) <= 0xDFFF for c in segment.text)
            if segment.style is not None:
                assert segment.style.link is None
                assert "@click" not in (segment.style.meta or {})


def hostile_view() -> FakeJobView:
    snapshot = replace(
        importing(failed=2), job=SHORT + JOB, source=f"/data/{HOSTILE}.csv", key_hint=SHORT,
        backing_off=HOSTILE, waiting=HOSTILE, bound=HOSTILE, source_change=HOSTILE, eta=None,
        organizations=OrganizationTotals(total=1, failed=1),
    )  # fmt: skip
    workers = tuple(replace(worker, detail=HOSTILE) for worker in snapshot.workers)
    bad = failure(1, email=HOSTILE, organization=HOSTILE, kind=HOSTILE, message=HOSTILE, request_id=HOSTILE, step=SHORT)
    detail = detail_of(bad)
    attempt = replace(
        detail.attempts[0], method=SHORT, path=HOSTILE, code=HOSTILE, message=HOSTILE, request_body=HOSTILE,
        response_body=f'{{"a": "{SHORT}"}}',
    )  # fmt: skip
    cells = ((HOSTILE, HOSTILE), ("Email", HOSTILE))
    return FakeJobView(
        replace(snapshot, workers=workers),
        failures=[bad, failure(2)],
        orgs=[OrganizationView(HOSTILE, HOSTILE, HOSTILE, "failed", 3, 0.2, HOSTILE)],
        log=[LogEntry(1, NOW, "error", HOSTILE)],
        details={1: replace(detail, cells=cells, attempts=(attempt,), meaning=HOSTILE, advice=HOSTILE)},
    )


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_job_screen_and_all_its_tabs(size: tuple[int, int]) -> None:
    app, _ = console_at(hostile_view())
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert SHORT_LITERAL + JOB in screen_text(app)
        for tab in "12345":
            await press(pilot, tab)
            assert_harmless(app)
            if tab in "245":
                assert "[/x][red]R" in screen_text(app)
        await press(pilot, "3", "enter")
        assert LITERAL in screen_text(app)
        assert_harmless(app)
        await press(pilot, "pagedown", "P")
        assert_harmless(app)
        await press(pilot, "y")
        assert "\x1b" not in app.clipboard
        await press(pilot, "escape", "q")
        assert_harmless(app)


async def test_a_click_on_hostile_text_does_nothing() -> None:
    app, view = console_at(hostile_view())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        lines = screen_text(app).splitlines()
        row = next(number for number, line in enumerate(lines) if "[red]R" in line and number > 10)
        await pilot.click(offset=(lines[row].index("[red]") + 6, row))
        await settle(pilot)
        assert app.is_running
        assert view.told == []


async def test_reasons_and_plans() -> None:
    view = FakeJobView(replace(paused(HOSTILE), next_step=HOSTILE))
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert LITERAL in screen_text(app)
        assert_harmless(app)
        plan = a_plan()
        view.the_plan = replace(
            plan, problems={HOSTILE: 3}, roles_missing=(HOSTILE,), notes=(HOSTILE,),
            environment=replace(plan.environment, base_url=HOSTILE, key_hint=HOSTILE),
        )  # fmt: skip
        view.now = replace(ready(), next_step=HOSTILE)
        app.screen.refresh_snapshot()  # type: ignore[attr-defined]  # it is the job screen
        await settle(pilot)
        assert LITERAL in screen_text(app)
        assert_harmless(app)


async def test_the_jobs_screen_and_its_dialogs() -> None:
    jobs = [
        summary(SHORT, source=HOSTILE, reason=HOSTILE),
        summary("broken", problem=HOSTILE),
    ]
    backend = FakeBackend(jobs, refuse=ImporterError(HOSTILE, HOSTILE))
    app = console(backend)
    async with app.run_test(size=(160, 40), notifications=True) as pilot:
        await settle(pilot)
        assert SHORT_LITERAL in screen_text(app)
        assert_harmless(app)
        await press(pilot, "delete")
        assert_harmless(app)
        await press(pilot, "down", "enter")
        assert backend.purged == []
        await press(pilot, "enter", "down", "enter")
        assert_harmless(app)
        assert app.is_running


async def test_the_new_job_screen() -> None:
    preview = replace(
        a_preview(), columns=(HOSTILE, "Email"), fields={"email": "Email", "name": HOSTILE},
        unknown_columns=(HOSTILE,), sample=((HOSTILE, HOSTILE), ("short",)),
    )  # fmt: skip
    backend = FakeBackend(
        the_preview=preview, the_environment=replace(an_environment(), organizations=(HOSTILE,), key_hint=HOSTILE)
    )
    source = Path(f"/data/{SHORT}.csv")
    app = console(backend, start=StartAt.new_job(source))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert LITERAL in screen_text(app)
        assert_harmless(app)
        assert backend.asked[0] == f"preview {source}", "the file itself is read, though its name is shown harmless"
        backend.the_preview = ImporterError(HOSTILE, HOSTILE)
        app.screen.query_one("#path", Input).value = "/data/other.csv"
        await settle(pilot)
        assert LITERAL in screen_text(app)
        assert_harmless(app)


async def test_pasted_control_characters_do_not_enter_a_field() -> None:
    app = console(start=StartAt("new"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        field = app.screen.query_one("#path", Input)
        field.post_message(Paste(f"/data/{SHORT}a.csv"))
        await settle(pilot)
        assert field.value == "/data/[/x]]2;Pa.csv"
        assert_harmless(app)


async def test_toasts() -> None:
    app = console()
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await settle(pilot)
        notify_safe(app, HOSTILE, title=SHORT, severity="error")
        await settle(pilot)
        assert "[/x][red]R" in screen_text(app)
        assert_harmless(app)
