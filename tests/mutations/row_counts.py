"""Deliberate mistakes by which rows, users and organizations would be counted wrongly."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

FOLLOWERS: Final = (
    "    for chunk in chunks:\n        for row in _pending(context, chunk):\n            if row.first_row"
)
FLUSHED: Final = "    context.journal.flush()\n"

MISTAKES: Final = (
    Mistake(
        "a chunk with more rows than it has is in order",
        "engine/snapshot/invariants.py",
        "overfull = overfull or done > size",
        "overfull = False",
        ("console/test_console_dashboard.py::TestHonesty::test_disorder_is_found_and_named",),
    ),
    Mistake(
        "a user that is tried again still counts as failed",
        "engine/run/tally.py",
        "            self._users[How.FAILED] -= len(without_user)\n",
        "            pass\n",
        ("engine/test_review.py::test_in_a_running_import_rows_are_tried_again_in_another_round",),
    ),
    Mistake(
        "a blocked row ends twice",
        "engine/run/blocked_rows.py",
        FLUSHED + FOLLOWERS,
        FOLLOWERS,
        ("engine/test_import.py::test_a_blocked_row_ends_once_although_another_reason_would_end_it_too",),
    ),
    Mistake(
        "failed rows are listed as skipped ones",
        "cli/commands/jobs.py",
        '        "failed": totals.failed,',
        '        "failed": totals.skipped,',
        ("cli/test_journeys_lists.py::test_every_outcome_has_a_number_of_its_own_in_the_list",),
    ),
    Mistake(
        "blocked rows are left to do",
        "tui/screens/job/users_panel.py",
        'Counter(totals.pending - totals.blocked, "left"',
        'Counter(totals.pending, "left"',
        ("console/test_console_job.py::test_totals_on_the_screen_add_up[size0]",),
    ),
    Mistake(
        "a share is rounded up to all",
        "tui/style/format.py",
        "    share = int(part * 100 / whole)",
        "    share = round(part * 100 / whole)",
        ("console/test_console_units.py::test_percent_is_0_and_100_only_when_it_is_true",),
    ),
    Mistake(
        "rows that are taken along are not counted",
        "engine/job/retry.py",
        "along=len(choice.chosen - choice.selected)",
        "along=0",
        ("engine/test_review.py::test_a_plan_tells_in_numbers_what_a_retry_would_do",),
    ),
    Mistake(
        "rows that are tried again in a running import wait for the next one",
        "engine/run/scope.py",
        "            self._reopened = self._reopened or bool(rows)\n",
        "",
        ("engine/test_review.py::test_in_a_running_import_rows_are_tried_again_in_another_round",),
    ),
)
