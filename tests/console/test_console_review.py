"""Trying failed rows again: one, marked ones, groups, all; what is asked before and told afterwards."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.console.driving import JOB, console_at, enter, footer, line_with, press, screen_text, settle, showing
from tests.console.fakes import FakeJobView
from tests.console.reviewing import at, kinds_shown, mixed, refused, role, table, toasts, whole
from tests.console.snapshots import failure, importing, paused
from tui_importer.engine.errors import NotNow
from tui_importer.engine.job.retry import RetryPlan
from tui_importer.tui.screens.dialogs.choice import ChoiceDialog, TypedNameDialog
from tui_importer.tui.screens.job.retry_and_skip import kinds_text, retry_text
from tui_importer.tui.screens.jobs import JobsScreen

if TYPE_CHECKING:
    from tui_importer.engine.job.retry import Selection


@dataclass
class Slow(FakeJobView):
    """A job whose journal takes its time."""

    go_on: threading.Event = field(default_factory=threading.Event)

    def retry(self, selection: Selection) -> int:
        assert self.go_on.wait(30)
        return super().retry(selection)


class TestTryingAgain:
    async def test_one_row_needs_no_question_and_the_cursor_stays_near(self) -> None:
        app, view = whole(mixed())
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3", *["down"] * 4, "r")
            assert view.told == ["retry 3668", "start retried"]
            assert toasts(app) == ["Row 3,668 is tried again; only the step that is missing is redone."]
            assert table(app, "errors").shown_ids() == [6, 13, 20, 27, 29, 30]
            assert table(app, "errors").current_id == 29

    async def test_in_a_running_job_it_is_not_started(self) -> None:
        app, view = at(importing(), mixed())
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "r")
            assert view.told == ["retry 786"]

    async def test_many_rows_are_asked_for_in_numbers_and_no_is_the_default(self) -> None:
        app, view = whole(mixed())
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "a", "r")
            assert showing(app, ChoiceDialog)
            text = screen_text(app)
            assert "Try 6 rows again?" in text
            assert "4 server_error · 2 invalid_role" in text
            assert "1 other row cannot be tried again" in text
            assert "12 requests or more" in text
            assert "Only the step that is missing is redone" in text
            await press(pilot, "enter")
            assert view.told == []
            await press(pilot, "r", "down", "enter")
            assert view.told == ["retry 786,1703,2620,3537,3668,3799", "start retried"]
            assert toasts(app) == ["6 rows are tried again; only the step that is missing is redone."]
            assert table(app, "errors").marked == frozenset(), "what was marked is done"

    async def test_a_group_or_marked_groups(self) -> None:
        app, view = at(importing(), mixed())
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "g", "down", "r", "down", "enter")
            assert view.told == ["retry 3668,3799"]
            assert kinds_shown(app) == ["server_error", "email_malformed"]
            await press(pilot, "a", "r")
            assert "Try 4 rows again?" in screen_text(app)

    async def test_other_pending_rows_are_told_and_need_not_go_on(self) -> None:
        app, view = at(paused(), mixed())
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            pending = view.now.totals.pending
            await press(pilot, "3", "r")
            assert "Try 1 row again?" in screen_text(app)
            assert f"{pending:,} other rows stay pending" in line_with(app, "Try again ")
            assert f"{pending:,} pending rows, too" in line_with(app, "and resume")
            await press(pilot, "up", "enter")
            assert view.told == ["retry 786"]
            assert "when the job is resumed" in toasts(app)[-1]
            await press(pilot, "r", "down", "enter")
            assert view.told == ["retry 786", "retry 1703", "start retried"]

    async def test_all_by_the_palette(self) -> None:
        app, view = whole(mixed())
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "colon", *"retry all", "enter")
            await settle(pilot)
            assert "Try 6 rows again?" in screen_text(app)
            await press(pilot, "down", "enter")
            assert view.told[-1] == "start retried"

    async def test_what_the_scan_refused_has_no_key_and_says_why_among_others(self) -> None:
        app, view = whole([refused(1), refused(2)])
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3")
            assert "r Retry" not in footer(app)
            assert "i Skip" in footer(app)
            await press(pilot, "a", "r")
            assert view.told == []
            assert "correct the file and import those rows with a new job" in toasts(app)[0]

    async def test_organizations_are_tried_by_the_next_run(self) -> None:
        broken = failure(1, row=None, line=None, email="", step="organization", organization="Acme", status=404)
        app, view = at(paused(), [broken])
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3")
            assert "i Skip" not in footer(app)
            await press(pilot, "r")
            assert view.told == [], "other rows are pending, too: it asks"
            assert f"{view.now.totals.pending - view.now.totals.blocked:,} other pending rows, too" in screen_text(app)
            await press(pilot, "enter")
            assert view.told == [], "no is the default"
            await press(pilot, "r", "down", "enter")
            assert view.told == ["start"]
            await press(pilot, "r")
            assert view.told == ["start"]
            assert "pause the job, then resume it" in toasts(app)[-1]

    async def test_with_an_organization_go_the_rows_that_failed_by_it(self) -> None:
        broken = failure(1, row=None, line=None, email="", step="organization", organization="Acme", status=404)
        held = [failure(n, step="organization", kind="organization_failed", organization="Acme") for n in (2, 3)]
        app, view = whole([broken, *held, failure(4, step="organization", organization="Other")])
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "r", "down", "enter")
            assert view.told == ["retry 262,393", "start retried"]

    async def test_those_are_not_skipped_with_it(self) -> None:
        broken = failure(1, row=None, line=None, email="", step="organization", organization="Acme", status=404)
        held = failure(2, step="organization", kind="organization_failed", organization="Acme")
        app, view = whole([broken, held, role(3)])
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "space", "down", "space", "i")
            await enter(pilot, "left")
            assert view.told == ["skip 393: left"]

    async def test_a_job_that_pauses_tries_them_when_it_goes_on(self) -> None:
        app, view = at(replace(importing(), state="pausing"), mixed())
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "r")
            assert view.told == ["retry 786"]
            assert "when the job is resumed" in toasts(app)[-1]
            await press(pilot, "a", "r")
            assert "in the run" not in screen_text(app)
            await press(pilot, "down", "enter")
            assert len(view.told) == 2

    async def test_a_run_that_ends_while_it_is_asked_begins_again(self) -> None:
        app, view = at(importing(), mixed())
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "a", "r")
            view.set(state="finished", phase="done")
            await press(pilot, "down", "enter")
            assert view.told[-1] == "start retried"

    async def test_a_job_left_meanwhile_is_not_started_and_nothing_breaks(self) -> None:
        app, view = whole(mixed())
        slow = Slow(view.now, failures=view.failures)
        app, _ = console_at(slow)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "3")
            await pilot.press("r", "escape")
            await pilot.pause()
            slow.go_on.set()
            await settle(pilot)
            assert showing(app, JobsScreen)
            assert "start" not in slow.told

    async def test_production_is_named_and_a_first_start_wants_the_name(self) -> None:
        app, view = whole(mixed())
        view.set(environment="PRODUCTION")
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "a", "r")
            assert "It writes to PRODUCTION at https://api.workos.com." in screen_text(app)
            await press(pilot, "down", "enter")
            assert view.told[-1] == "start retried", "rows were written already: it goes on"
        broken = failure(1, row=None, line=None, email="", step="organization", organization="Acme")
        app, view = console_at(FakeJobView(paused(), failures=[broken]))
        nothing = replace(view.now.totals, created=0, existing=0, failed=0)
        view.set(
            environment="PRODUCTION",
            totals=nothing,
            organizations=replace(view.now.organizations, resolved=0, failed=0),
        )
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "r", "down", "enter")
            assert showing(app, TypedNameDialog)
            await enter(pilot, JOB)
            assert view.told == ["start"]

    async def test_a_refusal_changes_nothing_and_is_told(self) -> None:
        app, view = at(importing(), mixed())
        view.refuse = NotNow("The job is at a point where no row can be tried again.", "Try it in a moment.")
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "r", "i")
            await enter(pilot, "left")
            said = (
                "Not done, or not all of it: The job is at a point where no row can be tried again. Try it in a moment."
            )
            assert toasts(app) == [said, said]
            assert len(table(app, "errors").rows) == 7

    def test_the_words_of_a_dialog(self) -> None:
        kinds = (("a", 5_000), ("b", 4), ("c", 3), ("d", 2), ("e", 1), ("f", 1))
        assert kinds_text(kinds) == "5,000 a · 4 b · 3 c · 2 d · 2 of other kinds"
        text = retry_text(RetryPlan(5_011, along=1, kinds=kinds, refused=0, later=2, requests=1), importing())
        assert "1 row of these comes along: other rows of a person that is chosen." in text
        assert "2 other rows of failed organizations: the next run tries those." in text
        assert "That takes 1 request or more." in text
        assert not any("cannot be tried" in line for line in text)
