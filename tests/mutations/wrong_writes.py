"""Deliberate mistakes by which something wrong would be written, each with the tests that notice it."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

MISTAKES: Final = (
    Mistake(
        "a later row of a membership trusts that its user is fresh",
        "engine/run/workers.py",
        "fresh=made and row.twin_row is None",
        "fresh=made",
        ("engine/test_deactivated.py::test_a_later_row_of_the_same_membership_looks_before_it_writes",),
    ),
    Mistake(
        "an answer about another user is believed",
        "workos/answer_checks.py",
        '        _same("user", "address", email and email.lower(), found.email.lower())\n',
        "",
        (
            (
                "engine/test_wrong_answers.py::"
                "test_a_row_that_is_answered_about_somebody_else_fails_and_makes_nobody_a_member"
            ),
        ),
    ),
    Mistake(
        "an external id is compared without regard to case",
        "workos/answer_checks.py",
        "if asked is not None and asked != found:",
        "if asked is not None and asked.casefold() != (found or '').casefold():",
        ("engine/test_wrong_answers.py::test_an_organization_that_is_found_in_another_case_is_another_one",),
    ),
    Mistake(
        "memberships of others are believed",
        "workos/answer_checks.py",
        '        _same("membership", "user_id", user_id, found.user_id)\n',
        "",
        ("engine/test_wrong_answers.py::test_a_list_that_ignores_its_filter_makes_nobody_a_member",),
    ),
    Mistake(
        "one id serves two organizations",
        "engine/run/organizations.py",
        "if other[1] != title:",
        "if False:",
        ("engine/test_wrong_answers.py::test_one_id_for_two_organizations_stops_the_run",),
    ),
    Mistake(
        "an organization that was deleted has no id while it is resolved again",
        "engine/run/deleted_objects.py",
        "            run.forget_organization(record, self._meant().get(key, ()))\n",
        "            run.forget_organization(record, self._meant().get(key, ()))\n            run.cache.forget(key)\n",
        (
            (
                "engine/test_deleted_objects.py::"
                "test_an_organization_that_is_deleted_while_rows_are_imported_is_resolved_again_once"
            ),
        ),
    ),
    Mistake(
        "an organization is resolved again by every row",
        "engine/run/deleted_objects.py",
        "            if now is not None and now != gone:\n                return now\n",
        "",
        (
            (
                "engine/test_deleted_objects.py::"
                "test_an_organization_that_is_deleted_while_rows_are_imported_is_resolved_again_once"
            ),
        ),
    ),
    Mistake(
        "a deleted user is made again from the row that misses it",
        "engine/run/deleted_objects.py",
        "first = row if owner == row.row else run.store.row(owner)",
        "first = row",
        (
            (
                "engine/test_deleted_objects.py::"
                "test_a_later_row_of_a_person_who_was_deleted_makes_the_user_again_from_the_first_row"
            ),
        ),
    ),
    Mistake(
        "organizations are not checked after a canary",
        "engine/job/state.py",
        'return kind == "canary" or time.time() - moment > OLD_AFTER',
        "return time.time() - moment > OLD_AFTER",
        ("engine/test_deleted_objects.py::test_a_canary_whose_objects_were_deleted_is_followed_by_the_other_rows",),
    ),
    Mistake(
        "retry imports all other rows, too",
        "engine/run/run.py",
        "return self.only is None or row in self.only",
        "return True",
        ("engine/test_canary.py::test_retrying_a_row_of_a_canary_leaves_the_other_rows_alone",),
    ),
    Mistake(
        "two jobs are recorded at the same moment and both go on",
        "engine/job/job.py",
        "        if not self.begun:\n            self._journal.flush()\n            refuse_later",
        "        if False:\n            self._journal.flush()\n            refuse_later",
        ("engine/test_same_source.py::test_the_later_of_two_copies_is_refused_after_its_scan",),
    ),
    Mistake(
        "an agreement holds for any environment",
        "engine/job/acceptance.py",
        "return bool(record) and record == acceptance(environment, frozen_options)",
        "return bool(record)",
        ("cli/test_journeys_accepted.py::test_another_environment_or_other_options_are_asked_about_again",),
    ),
    Mistake(
        "a plan that nobody agreed to is taken for one that was",
        "engine/job/acceptance.py",
        "return bool(record) and record == acceptance(environment, frozen_options)",
        "return True",
        ("cli/test_journeys_accepted.py::test_another_environment_or_other_options_are_asked_about_again",),
    ),
)
