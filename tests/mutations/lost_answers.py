"""Deliberate mistakes about kills, and about answers that are lost, late, endless or poison."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

MATRIX: Final = "engine/test_fault_matrix.py::test_a_kind_of_fault_on_a_call_changes_nothing"
LATE: Final = "engine/test_fault_matrix.py::test_objects_that_are_seen_late_are_not_made_twice"
POISON: Final = "engine/test_poison_answers.py"

MISTAKES: Final = (
    Mistake(
        "a commit is acknowledged before it is on the disk",
        "journal/journal.py",
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = NORMAL",
        ("journal/test_journal_writing.py::test_a_writer_syncs_every_commit",),
    ),
    Mistake(
        "a user is written before its intent is durable",
        "engine/run/user_step.py",
        "statements.user_intended(row.row, intent)).wait()",
        "statements.user_intended(row.row, intent))",
        ("engine/test_recovery_model.py::test_a_user_that_a_killed_run_made_counts_as_created",),
    ),
    Mistake(
        "a user that a killed run made counts as existing",
        "engine/run/user_step.py",
        "maybe_there = record.user_intent is not None",
        "maybe_there = False",
        ("engine/test_recovery_model.py::test_a_user_that_a_killed_run_made_counts_as_created",),
    ),
    Mistake(
        "a user whose answer was lost counts as existing",
        "engine/run/user_step.py",
        "                maybe_there = True\n",
        "",
        (f"{MATRIX}[drop_after-create_user]",),
    ),
    Mistake(
        "a membership whose answer was lost counts as existing",
        "engine/run/membership_step.py",
        "                maybe_there = True\n",
        "",
        (f"{MATRIX}[500-applied-create_membership]",),
    ),
    Mistake(
        "a user that is seen late is given no time",
        "engine/run/user_step.py",
        "calls.poll(lambda: self._look(row, tries), patience.user_lookup)",
        "calls.poll(lambda: self._look(row, tries), 0.0)",
        (f"{LATE}[truncated-create_user]",),
    ),
    Mistake(
        "an organization known by its name is made again at once",
        "engine/run/organizations.py",
        "found = self._search(organization, tries, wait, intent)",
        "found = self._search(organization, tries, 0.0, intent)",
        ("engine/test_blame.py::test_a_search_that_is_answered_late_does_not_count_as_a_late_look",),
    ),
    Mistake(
        "nobody looks after answers that come byte by byte",
        "workos/connection.py",
        "        self.abandon(self.exchange_seconds)\n",
        "",
        ("workos/test_workos_deadline.py::test_a_head_that_never_ends_is_an_answer_that_was_lost[interim_flood]",),
    ),
    Mistake(
        "an answer may be nested as deep as it likes",
        "workos/bounded_json.py",
        "if _brackets(content) > DEEPEST and _is_deeper(found, DEEPEST):",
        "if False:",
        ("workos/test_workos_foreign_json.py::test_the_bound_is_exact_and_brackets_in_texts_do_not_count",),
    ),
    Mistake(
        "an error of ours in one row ends the run",
        "engine/run/workers.py",
        "            if not is_of_one_row(error):\n                raise\n",
        "            raise\n",
        (f"{POISON}::test_an_answer_that_was_not_understood_leaves_its_row_open_and_then_fails_it",),
    ),
    Mistake(
        "a write that met an error of ours is not looked up",
        "engine/run/unforeseen_errors.py",
        'if not tries.is_open and client.unevaluated in {"", "GET"}:',
        "if True:",
        (f"{POISON}::test_an_answer_that_was_not_understood_leaves_its_row_open_and_then_fails_it",),
    ),
    Mistake(
        "errors of ours one after the other never stop the run",
        "engine/run/unforeseen_errors.py",
        "if self._in_a_row < MOST_IN_A_ROW:",
        "if True:",
        (f"{POISON}::test_three_in_a_row_stop_the_run_and_it_can_be_resumed",),
    ),
    Mistake(
        "what could not be looked up for the plan is left out of it",
        "engine/plan/lookup_pool.py",
        "                    pool.put_back(waiting[0])",
        "                    pass",
        ("engine/test_existing_objects.py::test_what_is_looked_up_for_the_plan_is_not_lost_in_an_outage",),
    ),
    Mistake(
        "an organization that may be there is given no time",
        "engine/run/organizations.py",
        "wait if maybe else 0.0, intent if maybe else None",
        "0.0, intent if maybe else None",
        ("engine/test_blame.py::test_an_organization_that_is_set_aside_after_a_lost_answer_is_not_made_twice[name]",),
    ),
    Mistake(
        "a membership that an earlier row made counts twice",
        "engine/run/membership_step.py",
        "        if how is How.CREATED and row.twin_row and tools.journal.has_membership(found.id, [row.twin_row]):",
        "        if False:",
        ("engine/test_review.py::test_a_membership_of_two_failed_rows_is_created_by_one_of_them",),
    ),
    Mistake(
        "a membership is written before its intent is durable",
        "engine/run/row_importer.py",
        "            known.wait()  # user",
        "            pass  # user",
        ("engine/test_recovery_model.py::test_a_membership_that_a_killed_run_made_counts_as_created",),
    ),
    Mistake(
        "a later intent replaces the first",
        "journal/statements.py",
        "user_intent = coalesce(user_intent, excluded.user_intent)",
        "user_intent = excluded.user_intent",
        ("journal/test_journal.py::test_a_row_keeps_what_each_step_added",),
    ),
    Mistake(
        "a row that is tried again has forgotten that its write may have had its effect",
        "journal/statements.py",
        "WHERE kind NOT IN {AMBIGUOUS}",
        "WHERE kind IN {AMBIGUOUS}",
        (
            "engine/test_review.py::test_a_membership_of_two_failed_rows_is_created_by_one_of_them",
            "engine/test_review.py::test_what_the_service_failed_on_and_did_after_all_counts_as_created",
        ),
    ),
    Mistake(
        "a request that timed out at the server was refused",
        "workos/error_mapping.py",
        "status >= 500 or status == 408 or status < 400",
        "status >= 500 or status < 400",
        ("workos/test_workos_errors.py::test_each_status_with_any_body[408-ServiceFailed-body0]",),
    ),
    Mistake(
        "a request that was not answered was never sent",
        "workos/error_mapping.py",
        "_NEVER_SENT = (httpx.ConnectError,",
        "_NEVER_SENT = (httpx.ReadTimeout, httpx.ConnectError,",
        ("workos/test_workos_errors.py::test_each_fault_of_the_network",),
    ),
)
