"""The errors by cause: groups, those of one group, and what is said when there are none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.console.driving import console_at, enter, footer, line_with, press, screen_text, settle
from tests.console.fakes import FakeJobView
from tests.console.reviewing import at, kinds_shown, mixed, refresh, role, table, whole
from tests.console.snapshots import failure, finished, importing, paused
from tui_importer.tui.job_tables.failure_groups import FailureGroups, GroupFailures, cause_of, failures_of
from tui_importer.tui.job_tables.feeds import failures_feed

if TYPE_CHECKING:
    from tui_importer.engine.snapshot.models import Snapshot


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
            assert "→ Create the role in the WorkOS dashboard, then retry the row" in screen_text(app)
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
        group = GroupFailures(cause_of(groups.update(feed.rows).frame.row(1, named=True)))
        for start in (50, 60):
            view.failures += [role(start), failure(start + 1), failure(start + 2, row=None, kind="organization_odd")]
            feed.pull(len(view.failures))
            groups.update(feed.rows)
            group.update(feed.rows)
        fresh = FailureGroups().update(feed.rows)
        assert groups.rows.frame.equals(fresh.frame)
        assert groups.rows is groups.update(feed.rows)
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
