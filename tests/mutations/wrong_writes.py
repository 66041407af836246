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
        "            keys.deleted(record, self._meant().get(key, ()))\n",
        "            keys.deleted(record, self._meant().get(key, ()))\n            keys.cache.forget(key)\n",
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
        "first = row if owner == row.row else context.store.row(owner)",
        "first = row",
        (
            (
                "engine/test_deleted_objects.py::"
                "test_a_later_row_of_a_person_who_was_deleted_makes_the_replace_user_from_the_first_row"
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
        "engine/run/scope.py",
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
    Mistake(
        "a user that was found after a lost answer is taken for a fresh one",
        "engine/run/workers.py",
        " and first.user_id not in self._deleted.adopted",
        "",
        ("engine/test_recovery_model.py::test_a_user_that_was_found_after_a_lost_answer_may_be_a_member_already",),
    ),
    Mistake(
        "a row does not wait for the one with the same membership",
        "engine/run/workers.py",
        "            if twin is None or twin.outcome is None:\n                return True, None",
        "            if False:\n                return True, None",
        ("engine/test_import.py::test_a_row_waits_for_the_one_with_the_same_membership",),
    ),
    Mistake(
        "organizations that are known by their names come before those that have an id",
        "engine/run/prewarm.py",
        "for by_name in (False, True):",
        "for by_name in (True, False):",
        ("engine/test_blame.py::test_two_names_of_one_organization_are_one_membership_in_the_files_order",),
    ),
    Mistake(
        "the first user that is found is taken for the one with the address",
        "engine/run/user_step.py",
        "return next((user for user in found if user.email.lower() == row.email), None)",
        "return next(iter(found), None)",
        (
            (
                "engine/test_existing_objects.py::"
                "test_of_two_users_that_are_found_for_an_address_the_one_who_has_it_is_taken"
            ),
        ),
    ),
    Mistake(
        "the owner of the external id is taken for the person of the row",
        "engine/run/user_step.py",
        "if owner is not None and owner.email.lower() == row.email:",
        "if owner is not None:",
        ("engine/test_import.py::test_each_kind_of_failure_ends_its_row_with_step_kind_and_the_apis_words",),
    ),
    Mistake(
        "an update verifies an address",
        "engine/run/user_step.py",
        'UPDATABLE = ("first_name",',
        'UPDATABLE = ("email_verified", "first_name",',
        ("engine/test_existing_objects.py::test_an_update_sends_the_profile_and_nothing_else",),
    ),
    Mistake(
        "an update sends passwords",
        "engine/run/user_step.py",
        "        payload = {name: row.user[name] for name in UPDATABLE if name in row.user}\n",
        "        payload = {name: row.user[name] for name in UPDATABLE if name in row.user}\n"
        "        payload |= {name: secret.reveal() for name, secret in row.secrets.items()}\n",
        ("engine/test_existing_objects.py::test_an_update_sends_the_profile_and_nothing_else",),
    ),
    Mistake(
        "the role of a membership that a directory manages is changed",
        "engine/run/membership_step.py",
        "tools.update_existing and not found.directory_managed",
        "tools.update_existing",
        ("engine/test_existing_objects.py::test_the_role_of_a_membership_that_a_directory_manages_is_not_changed",),
    ),
    Mistake(
        "a deactivated membership is taken although another one is active",
        "engine/run/membership_step.py",
        "_ORDER = (MembershipStatus.ACTIVE, MembershipStatus.PENDING, MembershipStatus.INACTIVE,",
        "_ORDER = (MembershipStatus.INACTIVE, MembershipStatus.PENDING, MembershipStatus.ACTIVE,",
        ("engine/test_existing_objects.py::test_of_two_memberships_of_a_pair_the_active_one_is_taken",),
    ),
    Mistake(
        "names of organizations are compared without regard to case",
        "engine/run/organizations.py",
        "                if normalised_name(hit.name) == name",
        "                if normalised_name(hit.name).casefold() == name.casefold()",
        ("engine/test_fault_matrix.py::test_an_undisturbed_run_needs_every_call_many_times_and_ends_as_designed",),
    ),
    Mistake(
        "a canary makes the organizations of all rows",
        "engine/run/organization_keys.py",
        "elif scope.is_canary:",
        "elif False:",
        ("engine/test_canary.py::test_a_canary_imports_the_first_rows_and_their_organizations_only",),
    ),
    Mistake(
        "an organization that is known by its name gets an external id",
        "engine/run/organizations.py",
        "self._client.create_organization(organization.value, None), tries)\n",
        "self._client.create_organization(organization.value, organization.value), tries)\n",
        ("engine/test_import.py::test_organizations_by_name_are_found_or_made_once_and_ambiguous_ones_fail",),
    ),
    Mistake(
        "every run takes itself for the first",
        "engine/run/context.py",
        "        is_first=not journal.has_begun(),",
        "        is_first=True,",
        ("engine/test_deactivated.py::test_people_who_were_deactivated_while_the_job_rested_stay_so",),
    ),
    Mistake(
        "a yes on a terminal is one for production",
        "cli/import_run.py",
        '    if request.yes or not can_ask():\n        raise ConsentMissing(\n            f"The key',
        '    if not can_ask():\n        raise ConsentMissing(\n            f"The key',
        ("cli/test_journeys_asking.py::test_a_yes_on_a_terminal_is_none_for_production",),
    ),
    Mistake(
        "an unknown environment is written to without a question",
        "tui/screens/dialogs/confirm_start.py",
        '{"SANDBOX", "STAGING"}',
        '{"SANDBOX", "STAGING", "UNKNOWN"}',
        ("console/test_console_actions.py::test_a_job_paused_before_anything_was_written_still_wants_the_name",),
    ),
)
