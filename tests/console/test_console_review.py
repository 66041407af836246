"""Going over the errors: groups by cause, trying again, skipping, exporting, and what is said of it."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, field, replace
from io import StringIO
from typing import TYPE_CHECKING

import polars as pl
import pytest
from textual.widgets import Input

from tests.console.driving import (
    JOB,
    console,
    console_at,
    enter,
    footer,
    line_with,
    press,
    screen_text,
    settle,
    showing,
)
from tests.console.fakes import FakeBackend, FakeJobView, failure, finished, importing, paused
from tests.support import FAST, UNLIMITED, finish, open_job, person, write_source
from tui_importer.engine.errors import NotNow
from tui_importer.engine.review import RetryPlan
from tui_importer.report.failures import write_failures
from tui_importer.sandbox.server import Sandbox
from tui_importer.tui.feeds import failures_feed
from tui_importer.tui.groups import FailureGroups, GroupFailures, cause_of, failures_of
from tui_importer.tui.review import kinds_text, retry_text
from tui_importer.tui.screens.dialogs import ChoiceDialog, TypedNameDialog
from tui_importer.tui.screens.job import JobScreen
from tui_importer.tui.screens.jobs import JobsScreen
from tui_importer.tui.screens.skip_dialog import SkipDialog
from tui_importer.tui.start import StartAt
from tui_importer.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tui_importer.engine.review import Selection
    from tui_importer.engine.snapshot import FailureView, Snapshot
    from tui_importer.tui.app import ImporterApp

ROLE = "Role 'pilot' is not a valid role."


def role(sequence: int, **changes: object) -> FailureView:
    """A membership that failed, in words of its own row."""
    made = {"kind": "invalid_role", "step": "membership", "status": 422, "message": f"{ROLE} ({sequence})"}
    return failure(sequence, **{**made, **changes})


def refused(sequence: int) -> FailureView:
    message = f"“nobody {sequence}” is not an e-mail address."
    return failure(sequence, kind="email_malformed", step="row", status=None, message=message, request_id="")


def mixed() -> list[FailureView]:
    """Four of the service, two of roles, one that the scan refused."""
    return [failure(6), failure(13), failure(20), failure(27), role(28), role(29), refused(30)]


def at(snapshot: Snapshot, failures: Sequence[FailureView]) -> tuple[ImporterApp, FakeJobView]:
    totals = replace(snapshot.totals, failed=sum(view.row is not None for view in failures))
    return console_at(FakeJobView(replace(snapshot, totals=totals), failures=list(failures)))


def whole(failures: Sequence[FailureView]) -> tuple[ImporterApp, FakeJobView]:
    """A finished job: all rows have an outcome, these failed."""
    return at(finished(failed=sum(view.row is not None for view in failures)), failures)


@dataclass
class Slow(FakeJobView):
    """A job whose journal takes its time."""

    go_on: threading.Event = field(default_factory=threading.Event)

    def retry(self, selection: Selection) -> int:
        assert self.go_on.wait(30)
        return super().retry(selection)


def toasts(app: ImporterApp) -> list[str]:
    return [f"{toast.title}: {toast.message}" if toast.title else toast.message for toast in app._notifications]


def table(app: ImporterApp, name: str) -> VirtualTable:
    return app.screen.query_one(f"#{name}", VirtualTable)


def refresh(app: ImporterApp) -> None:
    assert isinstance(app.screen, JobScreen)
    app.screen.refresh_snapshot()


def kinds_shown(app: ImporterApp) -> list[object]:
    rows = table(app, "groups").rows
    return [row[rows.names.index("kind")] for row in rows.window(0, 100)]


class TestGroups:
    async def test_they_tell_how_many_what_and_what_to_do(self) -> None:
        app, _ = at(importing(), mixed())
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "g")
            assert "g All errors" in footer(app)
            first = line_with(app, "server_error")
            assert "4" in first
            assert "57 %" in first
            assert "━" in first
            assert "no answer in 8 attempts" not in screen_text(app)
            assert "no answer in ‹n› attempts" in first
            assert "786  14:04:26" in first, "the first row and the newest time"
            assert "→ Nothing needs to be changed: retry the row later." in screen_text(app)
            await press(pilot, "down")
            assert "→ Create the role in the WorkOS dashboard or correct role_slug" in screen_text(app)
            assert kinds_shown(app) == ["server_error", "invalid_role", "email_malformed"], "the largest first"

    async def test_nothing_moves_under_the_cursor_and_new_groups_are_announced(self) -> None:
        app, view = at(importing(), mixed())
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "g", "down")
            view.failures += [role(n) for n in range(31, 40)] + [failure(41, kind="new_kind", message="new")]
            refresh(app)
            await settle(pilot)
            assert kinds_shown(app) == ["server_error", "invalid_role", "email_malformed"]
            assert "11" in line_with(app, "invalid_role"), "the numbers are those of now"
            assert "+1 new · press . to show" in screen_text(app)
            await press(pilot, "full_stop")
            assert kinds_shown(app) == ["invalid_role", "server_error", "email_malformed", "new_kind"]
            assert table(app, "groups").current_id == table(app, "groups").rows.window(0, 1)[0][0], "still on the roles"

    async def test_enter_opens_the_errors_of_a_group_and_esc_goes_back(self) -> None:
        app, view = at(importing(), mixed())
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "g", "down", "enter")
            assert "Group invalid_role · membership · Role 'pilot' is not a valid role." in screen_text(app)
            assert table(app, "group").shown_ids() == [28, 29]
            assert "esc Groups" in footer(app)
            view.failures += [failure(34), role(35)]
            refresh(app)
            assert table(app, "group").shown_ids() == [28, 29, 35]
            await press(pilot, "end", "enter")
            assert "error 3 of 3" in line_with(app, "tui-importer")
            await press(pilot, "escape", "slash", *"3,668", "enter")
            assert table(app, "group").shown_ids() == [28]
            await press(pilot, "escape")
            assert len(table(app, "group").rows) == 3, "the filter first"
            await press(pilot, "escape")
            assert table(app, "groups").has_focus
            assert table(app, "groups").cursor == 1, "where it was left"
            await press(pilot, "enter", "g", "g")
            assert table(app, "errors").has_focus
            assert "esc Jobs" in footer(app)

    async def test_masking_reaches_groups(self) -> None:
        app, _ = at(importing(), [failure(1, message="Ada <ada@example.com", kind="odd")])
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "g", "P", "enter")
            assert "Group odd" in screen_text(app)
            assert "ada@" not in screen_text(app)

    def test_what_arrives_in_pieces_groups_as_the_whole_does(self) -> None:
        view = FakeJobView(importing(), failures=mixed())
        feed, groups = failures_feed(view), FailureGroups()
        feed.pull(7)
        group = GroupFailures(cause_of(groups.look(feed.rows).frame.row(1, named=True)))
        for start in (50, 60):
            view.failures += [role(start), failure(start + 1), failure(start + 2, row=None, kind="organization_odd")]
            feed.pull(len(view.failures))
            groups.look(feed.rows)
            group.look(feed.rows)
        fresh = FailureGroups().look(feed.rows)
        assert groups.rows.frame.equals(fresh.frame)
        assert groups.rows is groups.look(feed.rows)
        assert fresh.frame["count"].sum() == feed.rows.total
        assert group.rows.all_ids("sequence") == [28, 29, 50, 60]
        assert failures_of(feed.rows.frame, [group.cause])["sequence"].to_list() == [28, 29, 50, 60]

    async def test_many_are_read_in_a_thread_and_gone_ones_are_noticed_whatever_the_number(self) -> None:
        app, view = at(importing(failed=1_500), [role(n) for n in range(1, 1_501)])
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "g")
            assert "1,500" in line_with(app, "invalid_role")
            view.failures = [*view.failures[1:], failure(2_000)]
            view.set(failures_gone=1)
            refresh(app)
            await settle(pilot)
            assert "1,499" in line_with(app, "invalid_role"), "one was tried again and failed in another way"


class TestTryingAgain:
    async def test_one_row_needs_no_question_and_the_cursor_stays_near(self) -> None:
        app, view = whole(mixed())
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3", *["down"] * 4, "r")
            assert view.told == ["retry 3668", "start"]
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
            assert view.told == ["retry 786,1703,2620,3537,3668,3799", "start"]
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
            assert f"{pending:,} other rows pending, too" in line_with(app, "and go on")
            await press(pilot, "up", "enter")
            assert view.told == ["retry 786"]
            assert "when the job goes on" in toasts(app)[-1]
            await press(pilot, "r", "down", "enter")
            assert view.told == ["retry 786", "retry 1703", "start"]

    async def test_all_by_the_palette(self) -> None:
        app, view = whole(mixed())
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "colon", *"retry all", "enter")
            await settle(pilot)
            assert "Try 6 rows again?" in screen_text(app)
            await press(pilot, "down", "enter")
            assert view.told[-1] == "start"

    async def test_what_the_scan_refused_has_no_key_and_says_why_among_others(self) -> None:
        app, view = whole([refused(1), refused(2)])
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3")
            assert "r Retry" not in footer(app)
            assert "i Skip" in footer(app)
            await press(pilot, "a", "r")
            assert view.told == []
            assert "mend the file and import those rows with a new job" in toasts(app)[0]

    async def test_organizations_are_tried_by_the_next_run(self) -> None:
        broken = failure(1, row=None, line=None, email="", step="organization", organization="Acme", status=404)
        app, view = at(paused(), [broken])
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3")
            assert "i Skip" not in footer(app)
            await press(pilot, "r")
            assert view.told == ["start"]
            await press(pilot, "r")
            assert view.told == ["start"]
            assert "pause the job, then go on" in toasts(app)[-1]

    async def test_with_an_organization_go_the_rows_that_failed_by_it(self) -> None:
        broken = failure(1, row=None, line=None, email="", step="organization", organization="Acme", status=404)
        held = [failure(n, step="organization", kind="organization_failed", organization="Acme") for n in (2, 3)]
        app, view = whole([broken, *held, failure(4, step="organization", organization="Other")])
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "r", "down", "enter")
            assert view.told == ["retry 262,393", "start"]

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
            assert "when the job goes on" in toasts(app)[-1]
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
            assert view.told[-1] == "start"

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
            assert view.told[-1] == "start", "rows were written already: it goes on"
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
            await press(pilot, "3", "r")
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


class TestWithoutErrors:
    @pytest.mark.parametrize(
        ("snapshot", "words"),
        [
            (importing(failed=0), ["✔ No error yet."]),
            (replace(paused(), failures=0), ["✔ No error yet.", "pending: the job goes on with them when you say so."]),
            (finished(failed=0), ["✔ No error: every row went through."]),
        ],
    )
    async def test_it_says_why(self, snapshot: Snapshot, words: list[str]) -> None:
        app, _ = console_at(FakeJobView(replace(snapshot, failures=0)))
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3")
            for line in words:
                assert line in screen_text(app)
            await press(pilot, "g")
            assert words[0] in screen_text(app)
            assert "r Retry" not in footer(app)

    async def test_after_the_last_one_was_tried_again_or_skipped(self) -> None:
        app, _ = whole([role(1), role(2)])
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await press(pilot, "3", "g", "enter", "i")
            await enter(pilot, "left")
            await press(pilot, "a", "r")
            assert "No error of this group is left" in screen_text(app)
            await press(pilot, "escape")
            assert "✔ No error is left: all were tried again, went through, or were skipped." in screen_text(app)
            assert "1 skipped: the log says why." in screen_text(app)


async def test_the_console_exports_what_the_command_line_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        person(0, 0),
        person(1, 0, role_slug="pilot", first_name="=1+1"),
        person(2, 0, role_slug="pilot"),
        person(3, 0, email="no address"),
        person(4, org_external_id="nameless"),
    ]
    with Sandbox(UNLIMITED) as sandbox:
        source = write_source(tmp_path / "users.csv", rows)
        with open_job(tmp_path, sandbox, source, replace(FAST, max_failed=None)) as job:
            finish(job)
            failures, name = list(job.failures_after(0)), job.name
    everything = StringIO()
    assert write_failures(tmp_path / "jobs" / name, everything) == len(failures) == 5
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    view = FakeJobView(replace(finished(failed=4), job=name), failures=failures)
    app = console(FakeBackend(views={name: view}, folder=tmp_path / "jobs"), start=StartAt.at_job(name))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "3", "x")
        path = tmp_path / "here" / f"{name}-errors.csv"
        assert path.read_text("utf-8") == everything.getvalue()
        assert path.stat().st_mode & 0o777 == 0o600
        assert view.told == [f"note Exported: 5 of 5 errors written to {path}"]
        await press(pilot, "P", "slash", *"pilot", "enter", "x")
        found = pl.read_csv(tmp_path / "here" / f"{name}-errors-2.csv", infer_schema=False)
        assert found["_row"].to_list() == ["2", "3"]
        assert found["first_name"].to_list() == ["'=1+1", "Ada"]
        assert found["email"][0] == "user1@example.com"
        assert view.told[-1].endswith("e-mails in full")
        await press(pilot, "g", "slash", *"malformed", "enter", "x")
        found = pl.read_csv(tmp_path / "here" / f"{name}-errors-3.csv", infer_schema=False)
        assert found["_kind"].to_list() == ["email_malformed"]
        shutil.rmtree(tmp_path / "here")
        await press(pilot, "x")
        assert (tmp_path / "jobs" / name / f"{name}-errors.csv").read_text("utf-8").count("\n") == 2
