"""The detail of an error: what it means first, the row, each attempt; stepping, copying, masking."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.console.driving import console_at, enter, footer, line_with, press, screen_text, settle, showing, until
from tests.console.fakes import FakeJobView
from tests.console.snapshots import detail_of, failure, importing
from tui_importer.journal.errors import JournalUnwritable
from tui_importer.tui.screens.job.error_detail import ErrorDetailScreen
from tui_importer.tui.screens.job.screen import JobScreen
from tui_importer.tui.table.table import VirtualTable

if TYPE_CHECKING:
    from tui_importer.engine.snapshot.models import FailureDetail


def three_failures() -> FakeJobView:
    return FakeJobView(importing(failed=3), failures=[failure(n) for n in (1, 2, 3)])


async def test_enter_tells_everything_and_esc_goes_back() -> None:
    app, _ = console_at(three_failures())
    async with app.run_test(size=(80, 50)) as pilot:
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
        assert '"email": "person2@example.com", "first_name": "Ada"' in text
        assert "14:04:01 · 164 ms · request id req_000002" in text
        assert "422 user_creation_error · email is not valid" in text
        assert text.index("What it means") < text.index("The row, as in the file") < text.index("Attempts")
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
        assert "164 ms · no request id" in screen_text(app)
        assert "✖ timed out" in screen_text(app)
        assert "✖ connection reset" in screen_text(app)


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


async def test_masking_hides_what_is_no_address_but_stands_for_one() -> None:
    words = "“ada.lovelace.example.com” is not an e-mail address."
    bad = failure(1, kind="email_malformed", step="row", status=None, message=words, email="ada.lovelace.example.com")
    view = FakeJobView(importing(failed=1), failures=[bad])
    view.details[1] = replace(detail_of(bad), attempts=())
    app, _ = console_at(view)
    async with app.run_test(size=(120, 60)) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        assert "ada.lovelace" in screen_text(app)
        await press(pilot, "P")
        assert "ada.lovelace" not in screen_text(app)
        assert "“a•••” is not an" in line_with(app, "email_malformed")
        await press(pilot, "enter")
        assert "ada.lovelace" not in screen_text(app)
        assert "“a•••” is not an e-mail address." in screen_text(app)
        assert line_with(app, "  Email ").split() == ["Email", "a•••"]


@pytest.mark.parametrize(("width", "beside"), [(80, 0), (120, 1), (200, 1)])
async def test_two_columns_where_there_is_room(width: int, beside: int) -> None:
    app, _ = console_at(three_failures())
    async with app.run_test(size=(width, 50)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "enter")
        lines = screen_text(app).splitlines()
        assert sum("What it means" in line for line in lines) == 1
        assert sum("What it means" in line and "Attempts" in line for line in lines) == beside


async def test_a_long_one_scrolls_in_a_small_terminal() -> None:
    app, _ = console_at(three_failures())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "enter")
        assert "The answer to it" not in screen_text(app)
        await press(pilot, "pagedown", "pagedown")
        assert "The answer to it" in screen_text(app)
        assert "user_invalid" in screen_text(app)
        await press(pilot, "right_square_bracket")
        assert "✖ user_invalid" in screen_text(app), "the next one begins at its top"


async def test_attempts_from_before_a_retry_are_there_with_their_day() -> None:
    view = three_failures()
    now = detail_of(view.failures[0]).attempts[0]
    before = replace(
        now, time=now.time - timedelta(days=1), status=503, code="", message="down", response_body="<html>"
    )
    view.details[1] = replace(detail_of(view.failures[0]), attempts=(before, now))
    app, _ = console_at(view)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "enter")
        assert "2026-11-22 14:04 · 164 ms" in screen_text(app)
        assert "503 down" in screen_text(app)
        assert "422 user_creation_error · email is not valid" in screen_text(app)
        assert "<html>" not in screen_text(app), "the last answer is shown"


async def test_d_shows_requests_and_answers_in_full() -> None:
    view = three_failures()
    one = detail_of(view.failures[0]).attempts[0]
    view.details[1] = replace(detail_of(view.failures[0]), attempts=(replace(one, response_body="no json\x1b[2J"), one))
    app, _ = console_at(view)
    async with app.run_test(size=(120, 50)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "enter", "d")
        lines = [line.strip() for line in screen_text(app).splitlines()]
        assert "d Summary" in footer(app)
        assert '"password_hash": "•••"' in lines
        assert '"code": "user_invalid"' in lines
        assert "no json␛[2J" in lines
        assert any(line.startswith("Attempt 2 of 2") for line in lines)
        assert "The row, as in the file" not in lines
        await press(pilot, "right_square_bracket", "P")
        assert "p•••@example.com" in screen_text(app)
        assert "Ada" not in screen_text(app)
        await press(pilot, "d")
        assert "The row, as in the file" in screen_text(app)


async def test_r_tries_this_row_again_and_shows_the_next_error() -> None:
    app, view = console_at(three_failures())
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "enter", "r")
        assert view.told == ["retry 131"]
        assert "error 1 of 2" in line_with(app, "tui-importer")
        assert "person2@example.com" in screen_text(app)
        await press(pilot, "i")
        await enter(pilot, "left")
        assert view.told[-1] == "skip 262: left"
        await press(pilot, "r")
        assert showing(app, JobScreen), "there is none any more"
        assert "No error is left" in screen_text(app)


async def test_what_cannot_be_tried_again_says_so() -> None:
    view = three_failures()
    view.failures[0] = failure(1, step="row", kind="email_malformed", status=None, request_id="")
    view.details[1] = replace(detail_of(view.failures[0]), retryable=False, attempts=())
    app, _ = console_at(view)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "enter")
        assert "The job's rows are frozen" in screen_text(app)
        for absent in ("r Retry", "d Raw", "y Copy"):
            assert absent not in footer(app)
        assert "i Skip" in footer(app)


async def test_one_that_is_gone_meanwhile_says_so_and_the_others_can_be_reached() -> None:
    app, view = console_at(three_failures())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "enter")
        del view.failures[1]
        await press(pilot, "right_square_bracket")
        assert "This failure is over" in screen_text(app)
        assert "r Retry" not in footer(app)
        await press(pilot, "right_square_bracket")
        assert "person3@example.com" in screen_text(app)


async def test_rows_that_cannot_be_read_say_why() -> None:
    class Damaged(FakeJobView):
        def failure_detail(self, sequence: int) -> FailureDetail:
            raise JournalUnwritable("The disk does not answer.", "Check it.")

    app, _ = console_at(Damaged(importing(failed=1), failures=[failure(1)]))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "enter")
        assert "The disk does not answer. Check it." in screen_text(app)


async def test_among_many_errors_the_next_one_is_shown_when_they_were_read_anew() -> None:
    app, view = console_at(FakeJobView(importing(failed=1_200), failures=[failure(n) for n in range(1, 1_201)]))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "enter", "r")
        await until(pilot, lambda: "error 1 of 1,199" in screen_text(app))
        assert "person2@example.com" in screen_text(app)
        assert view.told == ["retry 131"]
