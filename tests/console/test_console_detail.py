"""The detail of an error: what it means first, the row, each attempt; stepping, copying, masking."""

from __future__ import annotations

from dataclasses import replace

from tests.console.driving import console_at, footer, line_with, press, screen_text, settle, showing
from tests.console.fakes import FakeJobView, detail_of, failure, importing
from tui_importer.tui.screens.error_detail import ErrorDetailScreen
from tui_importer.tui.screens.job import JobScreen
from tui_importer.tui.widgets.virtual_table import VirtualTable


def three_failures() -> FakeJobView:
    return FakeJobView(importing(failed=3), failures=[failure(n) for n in (1, 2, 3)])


async def test_enter_tells_everything_and_esc_goes_back() -> None:
    app, _ = console_at(three_failures())
    async with app.run_test(size=(120, 50)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "down", "enter")
        assert showing(app, ErrorDetailScreen)
        text = screen_text(app)
        assert "✖ user_invalid   step user   row 262 · line 263 · HTTP 422" in text
        assert "The API does not accept this e-mail address." in text
        assert "Correct the address in the source, then retry the row." in text
        assert "Email          person2@example.com" in text
        assert "••• (bcrypt)" in line_with(app, "Password Hash")
        assert "POST /user_management/users" in text
        assert '"password_hash": "•••"' in text
        assert "422 user_creation_error · email is not valid   request id req_000002" in text
        assert text.index("What it means") < text.index("The row, as in the file") < text.index("Attempt 1 of 1")
        await press(pilot, "escape")
        assert showing(app, JobScreen)


async def test_brackets_step_through_the_errors_and_the_table_follows() -> None:
    app, _ = console_at(three_failures())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "enter")
        assert "error 1 of 3" in line_with(app, "tui-importer")
        assert "Previous" not in footer(app)
        await press(pilot, "right_square_bracket", "right_square_bracket")
        assert "error 3 of 3" in line_with(app, "tui-importer")
        assert "person3@example.com" in screen_text(app)
        assert "Next" not in footer(app)
        assert "[ Previous" in footer(app)
        await press(pilot, "right_square_bracket", "left_square_bracket", "escape")
        assert app.screen.query_one("#errors", VirtualTable).cursor == 1


async def test_y_copies_the_request_id() -> None:
    view = three_failures()
    unanswered = replace(failure(2, request_id="", status=None))
    attempt = replace(detail_of(unanswered).attempts[0], request_id="", status=None, code="", message="timed out")
    view.failures[1] = unanswered
    view.details[2] = replace(detail_of(unanswered), attempts=(attempt, replace(attempt, message="connection reset")))
    app, _ = console_at(view)
    async with app.run_test(size=(120, 70)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "enter", "y")
        assert app.clipboard == "req_000001"
        await press(pilot, "right_square_bracket")
        assert "Copy request id" not in footer(app)
        assert "no answer timed out   no request id" in screen_text(app)
        assert "Attempt 2 of 2" in screen_text(app)


async def test_an_organization_that_failed_has_no_row() -> None:
    bad = failure(1, row=None, line=None, email="", step="organization", organization="external_id:org-7")
    view = FakeJobView(importing(failed=1), failures=[bad])
    view.details[1] = replace(detail_of(bad), cells=(), attempts=())
    app, _ = console_at(view)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "enter")
        text = screen_text(app)
        assert "organization · HTTP 422" in text
        assert "external_id:org-7" in text
        assert "No request was sent for it." in text


async def test_masking_hides_the_person_everywhere() -> None:
    view = three_failures()
    bad = view.failures[0]
    detail = detail_of(bad)
    attempt = replace(detail.attempts[0], response_body='{"message": "Ada Lovelace <person1@example.com> exists"}')
    view.details[1] = replace(detail, attempts=(attempt,))
    app, _ = console_at(view)
    async with app.run_test(size=(120, 60)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "P", "enter")
        text = screen_text(app)
        for person in ("person1", "Ada", "Lovelace"):
            assert person not in text
        assert "p•••@example.com" in text
        assert "▒ masked" in line_with(app, "tui-importer")
        await press(pilot, "P")
        assert "Lovelace" in screen_text(app)
