"""Skipping failed rows: a reason is wanted, many are asked for once more, esc skips nothing."""

from __future__ import annotations

from textual.widgets import Input

from tests.console.driving import enter, press, screen_text, settle, showing
from tests.console.reviewing import at, mixed, table, toasts
from tests.console.snapshots import failure, importing
from tui_importer.tui.screens.job.skip_dialog import SkipDialog


class TestSkipping:
    async def test_it_wants_a_reason_and_offers_the_last_one_again(self) -> None:
        app, view = at(importing(), mixed())
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "i")
            assert showing(app, SkipDialog)
            assert "Skip row 786?" in screen_text(app)
            assert "There is no way back" in screen_text(app)
            await press(pilot, "space", "enter")
            assert showing(app, SkipDialog)
            assert "A reason is needed" in screen_text(app)
            await enter(pilot, "left the company")
            assert view.told == ["skip 786: left the company"]
            assert toasts(app) == ["1 row skipped: left the company"]
            await press(pilot, "i")
            field = app.focused
            assert isinstance(field, Input)
            assert field.value == "left the company"
            await press(pilot, "enter")
            assert view.told[-1] == "skip 1703: left the company"

    async def test_many_are_asked_for_once_more(self) -> None:
        broken = failure(40, row=None, line=None, email="", step="organization", organization="Acme")
        app, view = at(importing(), [*mixed(), broken])
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "a", "i")
            assert "4 server_error · 2 invalid_role · 1 email_malformed" in screen_text(app)
            assert "1 failed organization cannot be skipped, only rows can." in screen_text(app)
            await enter(pilot, "test accounts")
            assert "Skip 7 rows for good?" in screen_text(app)
            assert "Reason: test accounts" in screen_text(app)
            await press(pilot, "enter")
            assert view.told == []
            await press(pilot, "i", "enter", "down", "enter")
            assert view.told == ["skip 786,1703,2620,3537,3668,3799,3930: test accounts"]
            assert table(app, "errors").shown_ids() == [40]

    async def test_esc_skips_nothing(self) -> None:
        app, view = at(importing(), mixed())
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "g", "i", "x", "escape")
            assert view.told == []
            assert table(app, "groups").has_focus
