"""What the README promises: every sentence of "What happens if…" names the tests that hold it.

Every case there, and every code of the table of exit codes, names the deliberate mistakes that its tests notice.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.mutations import exit_codes
from tests.mutations.every_mistake import MISTAKES
from tui_importer.errors import ExitCode
from tui_importer.tui.actions.keymap import checked, normalised
from tui_importer.tui.actions.registry import ACTIONS, Place

ROOT = Path(__file__).parent.parent
PAGES = ("what-happens-if.md", "json-and-exit-codes.md", "keys.md")
README = "\n".join((ROOT / "docs" / page).read_text(encoding="utf-8") for page in PAGES)
"""What the README leads to for its promises, exit codes and keys."""

CRASHES = "engine/test_crashes.py::test_five_kills_in_every_phase_change_nothing_about_the_end"
MATRIX = "engine/test_fault_matrix.py::test_a_kind_of_fault_on_a_call_changes_nothing"

PROMISES: Final[dict[str, tuple[str, ...]]] = {
    "the program is killed, or the machine loses power, at any moment?": (CRASHES,),
    "`resume` reaches the same end as an undisturbed run": (
        CRASHES,
        "engine/test_recovery_model.py::test_whatever_happens_a_resume_ends_as_if_nothing_had",
        "engine/test_recovery_model.py::test_a_user_that_a_killed_run_made_counts_as_created",
    ),
    "What the journal has acknowledged is on the disk": (
        "journal/test_journal_writing.py::test_a_writer_syncs_every_commit",
        "engine/test_machine.py::test_the_journal_says_that_rows_are_frozen_when_they_are_on_the_disk",
        "journal/test_journal.py::test_what_was_reported_durable_survives_kill_9",
    ),
    "an answer is lost, late, half or nonsense?": (MATRIX,),
    "The object is looked up by its natural key": (
        MATRIX,
        "engine/test_fault_matrix.py::test_objects_that_are_seen_late_are_not_made_twice",
    ),
    "An organization known by its name only is searched": (
        "engine/test_recovery_model.py::test_whatever_happens_a_resume_ends_as_if_nothing_had",
        "engine/test_blame.py::test_an_organization_that_is_set_aside_after_a_lost_answer_is_not_made_twice",
        "engine/test_blame.py::test_a_search_that_is_answered_late_does_not_count_as_a_late_look",
    ),
    "the API answers 429?": ("engine/test_limits.py::test_a_429_is_obeyed_in_every_form_and_fails_no_row",),
    "All workers wait for as long as it asks": (
        "engine/test_limits.py::test_a_429_is_obeyed_in_every_form_and_fails_no_row",
        "workos/test_workos_limiter_429.py::test_all_callers_pause_for_retry_after_and_a_margin",
        "workos/test_workos_limiter_429.py::test_the_rate_falls_by_5_percent_and_recovers_a_quarter_per_second_per_second",
    ),
    "It is asked again after five minutes at the latest": (
        "engine/test_long_waits.py::test_what_is_told_of_a_wait",
        "engine/test_long_waits.py::test_a_server_that_asks_for_a_year_is_asked_again_and_all_of_it_is_told",
        "cli/test_journeys_waiting.py::test_a_wait_of_a_year_is_told_at_once_and_the_first_signal_ends_it",
        "workos/test_workos_limiter_429.py::test_it_is_asked_again_after_five_minutes_however_long_the_server_asks_for",
    ),
    "A run that does nothing but wait pauses": (
        "engine/test_long_waits.py::test_a_run_that_only_waits_pauses_when_patience_ends",
        "cli/test_journeys_waiting.py::test_a_run_that_only_waits_is_given_up_like_a_service_that_is_down",
    ),
    "an answer comes byte by byte": (
        "workos/test_workos_deadline.py::test_a_head_that_never_ends_is_an_answer_that_was_lost",
    ),
    "It is lost after two minutes": (
        "engine/test_long_waits.py::test_answers_that_come_byte_by_byte_have_a_deadline",
        "engine/test_long_waits.py::test_a_pause_waits_for_no_answer_that_comes_byte_by_byte",
    ),
    "an answer is nested without an end": (
        "workos/test_workos_foreign_json.py::test_the_bound_is_exact_and_brackets_in_texts_do_not_count",
        "engine/test_poison_answers.py::test_an_answer_too_deep_or_too_large_fails_its_row_alone",
    ),
    "It fails its own row as `internal_error`": (
        ("engine/test_poison_answers.py::test_an_answer_that_was_not_understood_leaves_its_row_open_and_then_fails_it"),
        "engine/test_poison_answers.py::test_the_crash_file_is_written_once_and_named_and_has_no_secret",
        "engine/test_poison_answers.py::test_a_row_that_is_open_when_the_process_ends_is_looked_up_on_resume",
    ),
    "Three such rows one after the other": (
        "engine/test_poison_answers.py::test_three_in_a_row_stop_the_run_and_it_can_be_resumed",
    ),
    "the API is stricter than configured": (
        "engine/test_limits.py::test_a_server_that_is_stricter_than_configured_is_obeyed",
    ),
    "The rate follows what it permits": (
        "engine/test_limits.py::test_limits_may_change_while_the_job_runs",
        "workos/test_workos_limiter_429.py::test_a_server_that_allows_less_is_used_to_90_percent",
    ),
    "the key is revoked in the middle?": (
        "cli/test_journeys_limits.py::test_a_revoked_key_fails_no_row_and_only_a_key_of_the_same_environment_goes_on",
    ),
    "At most as many requests as are in flight": (
        "engine/test_trouble.py::test_a_revoked_key_stops_the_job_at_once_and_only_another_that_is_valid_goes_on",
    ),
    "Another key is taken only if it reads back": (
        "cli/test_journeys_limits.py::test_a_revoked_key_fails_no_row_and_only_a_key_of_the_same_environment_goes_on",
    ),
    "A missing permission is named": (
        "engine/test_trouble.py::test_a_missing_permission_is_named_and_once_it_is_given_the_job_goes_on",
    ),
    "a role was deleted, or a column is bad?": (
        "engine/test_trouble.py::test_a_role_that_is_deleted_meanwhile_pauses_the_job_which_goes_on_when_it_is_back",
        "engine/test_trouble.py::test_a_bad_column_pauses_the_job_after_fifty_rows_and_says_why",
    ),
    "Above 10 % failures among the last 200 rows": (
        "cli/test_journeys_limits.py::test_the_breaker_pauses_and_after_mending_the_rest_goes_on",
        "engine/test_rules.py::test_the_breaker_waits_for_fifty_rows_and_looks_at_the_last_two_hundred",
    ),
    "the service or the network is down?": (
        "engine/test_trouble.py::test_a_network_that_is_gone_is_waited_for",
        "engine/test_trouble.py::test_a_name_that_does_not_resolve_is_waited_for_but_refused_at_the_beginning",
    ),
    "No row fails by it: the job backs off": (
        "engine/test_blame.py::test_an_outage_fails_no_row_however_few_are_left",
        "engine/test_trouble.py::test_a_service_in_trouble_is_probed_one_request_at_a_time_until_it_answers_again",
    ),
    "After 30 minutes (`--give-up-after`) it pauses": (
        "engine/test_trouble.py::test_when_patience_ends_the_job_pauses_and_no_row_has_failed",
        "cli/test_journeys_limits.py::test_a_service_that_is_gone_pauses_the_job_when_patience_ends",
    ),
    "I press Ctrl-C, or my connection drops?": (
        "cli/test_journeys_terminal.py::test_interrupted_at_a_terminal_the_import_drains_and_says_how_to_go_on",
        "cli/test_journeys_signals.py::test_a_closed_window_pauses_the_import_like_any_signal",
    ),
    "The rows in flight end, nothing more is sent": (
        "cli/test_journeys_signals.py::test_a_signal_drains_the_import_and_a_resume_sends_nothing_twice",
        "engine/test_control.py::test_a_paused_job_sends_nothing_until_it_is_resumed",
    ),
    "A second Ctrl-C stops at once": (
        "cli/test_journeys_signals.py::test_a_second_signal_stops_at_once_although_the_server_never_answers",
        "cli/test_journeys_signals.py::test_after_a_second_signal_nothing_more_is_sent",
        "cli/test_journeys_terminal.py::test_the_second_interrupt_stops_at_once_and_nothing_is_lost",
    ),
    "Once a job is finished no signal": (
        "cli/test_journeys_delivery.py::test_once_the_job_is_finished_no_signal_changes_what_the_command_ends_with",
        "cli/test_journeys_delivery.py::test_a_finished_job_whose_summary_nobody_takes_is_not_called_interrupted",
        "cli/test_journeys_delivery.py::test_an_interrupt_that_comes_just_before_the_question_waits_is_not_lost",
        "cli/test_journeys_delivery.py::test_a_summary_that_is_taken_after_the_signal_is_one_document",
        (
            "cli/test_journeys_delivery.py::"
            "test_a_list_that_nobody_takes_is_interrupted_and_followed_by_no_second_document"
        ),
    ),
    "an answer is about somebody else": (
        "engine/test_wrong_answers.py::test_a_row_that_is_answered_about_somebody_else_fails_and_makes_nobody_a_member",
        "engine/test_wrong_answers.py::test_a_list_that_ignores_its_filter_makes_nobody_a_member",
    ),
    "Every answer is compared with its question": (
        "engine/test_wrong_answers.py::test_a_server_that_lies_now_and_then_changes_nothing",
        "engine/test_wrong_answers.py::test_an_organization_that_is_found_in_another_case_is_another_one",
    ),
    "One id for two organizations": ("engine/test_wrong_answers.py::test_one_id_for_two_organizations_stops_the_run",),
    "somebody deletes users or organizations meanwhile": (
        "engine/test_deleted_objects.py::test_a_canary_whose_objects_were_deleted_is_followed_by_the_other_rows",
    ),
    "Rows that still need them find or make them again": (
        (
            "engine/test_deleted_objects.py::"
            "test_an_organization_that_is_deleted_while_rows_are_imported_is_resolved_again_once"
        ),
        "engine/test_deleted_objects.py::test_a_failed_row_whose_user_was_deleted_is_retried_from_its_first_step",
        (
            "engine/test_deleted_objects.py::"
            "test_a_later_row_of_a_person_who_was_deleted_makes_the_replace_user_from_the_first_row"
        ),
    ),
    "I start one file twice at the same moment?": (
        "cli/test_journeys_twice.py::test_of_two_runs_of_one_file_at_the_same_moment_one_is_refused",
    ),
    "The later job is refused before it has written anything": (
        "cli/test_journeys_twice.py::test_of_two_runs_of_one_file_at_the_same_moment_one_is_refused",
        "engine/test_same_source.py::test_the_later_of_two_copies_is_refused_after_its_scan",
    ),
    "I retry rows of a job that is paused": (
        "engine/test_canary.py::test_retrying_a_row_of_a_canary_leaves_the_other_rows_alone",
    ),
    "`retry` tries these rows only": ("engine/test_canary.py::test_retrying_returns_a_job_to_where_it_stood",),
    "What was agreed to is remembered": (
        "cli/test_journeys_accepted.py::test_a_yes_before_the_first_write_is_remembered",
        "cli/test_journeys_accepted.py::test_another_environment_or_other_options_are_asked_about_again",
    ),
    "somebody was deactivated in WorkOS?": (
        "engine/test_deactivated.py::test_deactivated_people_stay_so_whatever_answer_is_lost",
    ),
    "Their membership stays inactive": (
        "engine/test_import.py::test_a_deactivated_or_invited_person_is_never_made_active",
        "engine/test_deactivated.py::test_people_who_were_deactivated_while_the_job_rested_stay_so",
        "engine/test_deactivated.py::test_a_later_row_of_the_same_membership_looks_before_it_writes",
    ),
    "the disk is full, or the job's folder": (
        "engine/test_machine.py::test_a_full_disk_pauses_the_job_and_with_room_it_goes_on",
    ),
    "The job stops sending at once and says why": (
        "cli/test_journeys_machine.py::test_a_disk_that_gets_full_in_the_import_pauses_it",
        "cli/test_journeys_machine.py::test_a_folder_that_is_removed_halts_the_job_at_once",
        "cli/test_journeys_machine.py::test_a_job_that_becomes_read_only_is_told_so_and_goes_on_when_it_is_writable_again",
    ),
    "An export is complete or not there": (
        "cli/test_journeys_exports.py::test_one_that_is_interrupted_leaves_its_name_free",
        "cli/test_journeys_exports.py::test_one_for_which_there_is_no_room_leaves_its_name_free",
        "cli/test_journeys_delivery.py::test_a_finished_job_whose_summary_has_no_room_is_finished",
    ),
    "another account made a job here": (
        "cli/test_journeys_unreadable.py::test_it_is_listed_with_its_problem_and_all_other_jobs_work",
    ),
    "It is listed with its problem, and all other jobs work": (
        "cli/test_journeys_unreadable.py::test_it_is_listed_with_its_problem_and_all_other_jobs_work",
        "cli/test_journeys_unreadable.py::test_what_is_asked_of_it_is_refused_with_its_own_folder",
    ),
    "the machine has too little memory": (
        "cli/test_journeys_lacking.py::test_too_little_memory_in_the_engine_halts_the_job_which_is_resumed",
    ),
    "That is what the job and the command say": (
        "cli/test_journeys_lacking.py::test_too_few_open_files_are_named_wherever_they_end",
        "cli/test_journeys_lacking.py::test_too_little_memory_in_a_command_is_a_sentence",
    ),
    "the journal is damaged?": (
        "journal/test_journal_damaged.py::test_any_damage_is_noticed_or_harmless_and_the_job_can_be_listed_and_removed",
    ),
    "It is refused when it is opened": (
        (
            "journal/test_journal_damaged.py::"
            "test_a_damaged_journal_is_refused_and_listed_with_its_problem_and_can_be_purged"
        ),
    ),
    "a scan or a dry run is killed?": (
        "cli/test_secrets_killed.py::test_a_scan_that_is_killed_leaves_no_password",
        "cli/test_secrets_killed.py::test_a_dry_run_that_is_killed_leaves_no_password",
        "e2e/test_tmux_secrets.py::test_a_console_that_is_killed_over_a_plan_without_a_job_leaves_no_password",
    ),
    "No password was on the disk": (
        "cli/test_secrets_killed.py::test_a_scan_that_is_killed_while_it_reads_leaves_no_password",
        "cli/test_secrets_killed.py::test_a_dry_run_that_is_killed_leaves_no_password",
    ),
    "What else is left, below the program's home": (
        "cli/test_secrets_killed.py::test_every_command_sweeps",
        "cli/test_secrets_killed.py::test_nothing_but_our_own_dead_folders_is_swept",
    ),
    "the server repeats passwords, hashes or the key": (
        "cli/test_secrets_echoed.py::test_what_a_server_echoes_is_kept_nowhere",
        "cli/test_secrets_echoed.py::test_a_hostile_journey_leaves_secrets_only_where_a_retry_needs_them",
    ),
    "They are masked in everything that is kept": (
        "workos/test_workos_masking.py::test_a_value_the_server_repeats_is_masked_in_any_disguise",
        "workos/test_workos_masking.py::test_the_case_of_letters_hides_nothing",
        "cli/test_secrets_echoed.py::test_screens_exports_and_the_clipboard_of_the_console_have_no_secrets",
    ),
    "I import an export of failed rows?": (
        "cli/test_secrets_echoed.py::test_an_export_says_that_it_holds_no_secrets_and_is_no_source_of_them",
    ),
    "A mask (`•••`) is never sent": (
        "cli/test_secrets_echoed.py::test_an_export_says_that_it_holds_no_secrets_and_is_no_source_of_them",
        "source/test_frozen.py::test_a_mask_that_was_frozen_as_a_secret_is_a_problem_of_its_row_and_no_secret",
    ),
    "somebody else works on the same job?": (
        "cli/test_journeys_identity.py::test_a_job_is_open_in_one_process_at_a_time",
    ),
    "The second process is refused and told who has it": (
        "journal/test_journal.py::test_a_second_holder_is_refused_and_learns_who_has_the_job",
        "journal/test_journal_lock.py::test_a_lock_file_that_nobody_holds_is_no_obstacle_whatever_is_in_it",
    ),
    "the CSV file is edited, moved or deleted meanwhile?": (
        "engine/test_source_changes.py::test_the_job_goes_on_with_its_own_rows_and_says_once_that_the_source_changed",
    ),
    "The job goes on with its own frozen rows": (
        "engine/test_source_changes.py::test_a_change_that_no_look_saw_is_told_in_the_end_and_again_by_the_next_process",
        "engine/test_source_changes.py::test_the_job_goes_on_with_its_own_rows_and_says_once_that_the_source_changed",
        "cli/test_journeys_machine.py::test_a_source_that_is_edited_is_told_on_stderr_while_the_job_goes_on",
    ),
    "the clock of this machine or of the server jumps?": (
        "cli/test_journeys_machine.py::test_the_clock_of_this_machine_may_jump_forwards_and_back",
        "engine/test_machine.py::test_the_clock_of_the_server_may_jump",
    ),
    "Nothing changes: what the job created still counts as created": (
        "cli/test_journeys_machine.py::test_the_clock_of_this_machine_may_jump_forwards_and_back",
        "engine/test_machine.py::test_the_clock_of_the_server_may_jump",
    ),
    "Only what is found after a *lost* answer": (
        "engine/test_server_clocks.py::test_the_servers_clock_may_be_set_while_answers_are_lost",
    ),
    "How far its `Date` is ahead of `created_at`": (
        "engine/test_server_clocks.py::test_a_date_that_is_ahead_of_created_at_takes_nothing_away",
        "engine/test_server_clocks.py::test_what_was_learned_is_there_on_resume",
        "engine/test_server_clocks.py::test_where_nothing_was_learned_yet_it_is_uncertain_and_said",
    ),
}
"""The beginning of each sentence, and the tests that would fail if it were not true."""


def promises() -> list[str]:
    """The sentences of the section, each question and each answer by itself."""
    (section,) = re.findall(r"^## What happens if…\n(.*?)(?=^## )", README, re.DOTALL | re.MULTILINE)
    text = " ".join(section.replace("**", "").replace("\n- ", "\n").split())
    return re.split(r"(?<=[.?]) ", text)


def test_every_promise_has_tests_and_every_entry_is_a_promise() -> None:
    found = promises()
    assert len(found) > 25
    without = [sentence for sentence in found if not any(sentence.startswith(start) for start in PROMISES)]
    assert without == []
    gone = [start for start in PROMISES if not any(sentence.startswith(start) for sentence in found)]
    assert gone == []


@pytest.mark.parametrize("start", PROMISES)
def test_the_tests_of_a_promise_exist(start: str) -> None:
    for test in PROMISES[start]:
        path, _, name = test.partition("::")
        assert re.search(
            rf"^ *(async )?def {name}\(", (ROOT / "tests" / path).read_text(encoding="utf-8"), re.MULTILINE
        ), test


CASES: Final[dict[str, tuple[str, ...]]] = {
    "the program is killed, or the machine loses power, at any moment?": (
        "a commit is acknowledged before it is on the disk",
        "a user is written before its intent is durable",
        "a user that a killed run made counts as existing",
    ),
    "an answer is lost, late, half or nonsense?": (
        "a user whose answer was lost counts as existing",
        "a membership whose answer was lost counts as existing",
        "a user that is seen late is given no time",
        "an organization known by its name is made again at once",
    ),
    "the API answers 429?": (
        "nobody waits after a 429",
        "a wait of an hour is waited for without a question",
        "a 429 fails its row",
        "a long wait is not told",
        "a run that only waits is never given up",
        "the rate stays as it is after a 429",
    ),
    'an answer comes byte by byte, or never gets past "1xx"?': ("nobody looks after answers that come byte by byte",),
    "an answer is nested without an end, huge, or meets a mistake of this program?": (
        "an answer may be nested as deep as it likes",
        "an error of ours in one row ends the run",
        "a write that met an error of ours is not looked up",
        "errors of ours one after the other never stop the run",
    ),
    "the API is stricter than configured, or becomes so?": (
        "the rate stays as it is after a 429",
        "the rate falls and never rises again",
    ),
    "the key is revoked in the middle?": (
        "a run goes on with a key that is rejected",
        "a key of another environment is taken",
        "a permission that is missing is not named",
    ),
    "a role was deleted, or a column is bad?": (
        "failures are counted over all rows",
        "any number of rows may fail",
        "the most frequent failure is not named",
    ),
    "the service or the network is down?": (
        "a row fails by an outage",
        "all workers probe a service that is down",
        "nobody is told that the service answers again",
        "what is waited for is not known by its reason",
        "a service that is down is waited for without an end",
    ),
    "I press Ctrl-C, or my connection drops?": (
        "rows in flight do not end after a Ctrl-C",
        "a second Ctrl-C changes nothing",
        "workers take further rows after a pause",
        "a dropped connection kills the import",
        "a signal interrupts a job that is finished",
        "a signal tears the document that is being written",
    ),
    "an answer is about somebody else, or a list ignores what it was asked for?": (
        "an answer about another user is believed",
        "an external id is compared without regard to case",
        "memberships of others are believed",
        "one id serves two organizations",
    ),
    "somebody was deactivated in WorkOS?": ("a later row of a membership trusts that its user is fresh",),
    "somebody deletes users or organizations meanwhile, after a canary for example?": (
        "an organization that was deleted has no id while it is resolved again",
        "an organization is resolved again by every row",
        "a deleted user is made again from the row that misses it",
        "organizations are not checked after a canary",
    ),
    "I start one file twice at the same moment?": ("two jobs are recorded at the same moment and both go on",),
    "I retry rows of a job that is paused, or it was killed before its first write?": (
        "retry imports all other rows, too",
        "an agreement holds for any environment",
        "a plan that nobody agreed to is taken for one that was",
    ),
    "the disk is full, or the job's folder is read-only or removed?": (
        "a commit that failed is acknowledged",
        "a folder that was removed is written to",
        "a folder that becomes read-only is noticed at the end",
        "a full disk is not named",
        "half an export is left behind",
        "an export has its name before it is complete",
        "nobody is told how a summary without room is shown again",
    ),
    "another account made a job here, with sudo for example?": (
        "a folder that may not be looked into is no job",
        "one folder that may not be looked into hides all jobs",
    ),
    "the machine has too little memory, or too few open files?": (
        "too little memory is a defect",
        "too few open files are a defect",
    ),
    "the journal is damaged?": (
        "SQLite is not asked whether the journal is sound",
        "totals are not compared with rows",
        "a damaged journal hides all jobs",
    ),
    "a scan or a dry run is killed?": (
        "a scan writes passwords to the disk",
        "a dry run writes passwords to the disk",
        "what a killed command has left stays",
        "the folder of a living command is swept",
        "what is not ours is swept",
    ),
    "the server repeats passwords, hashes or the key in its answers?": (
        "headers of an answer are kept as they are",
        "the words of an error are kept as they are",
        "the key is no secret of an exchange",
        "a secret in capitals is kept",
        "an escaped secret is kept",
        "a secret in base64 is kept",
        "a secret in hex is kept",
    ),
    "I import an export of failed rows?": (
        "a mask in a file is taken for a password",
        "a mask that was frozen is sent",
        "an export does not say that it holds no secrets",
    ),
    "somebody else works on the same job?": (
        "two processes work on one job",
        "nobody is told who has the job",
        "the lock file of a dead process is an obstacle",
    ),
    "the CSV file is edited, moved or deleted meanwhile?": (
        "a source of which one byte was replaced is the same",
        "a source that was removed is not missed",
        "a change of the source is told again and again",
        "a job needs its source after the scan, too",
    ),
    "the clock of this machine or of the server jumps?": (
        "an intent has the time of this machine",
        "a jump of the server's clock is not noticed",
        "nothing is learned from answered creations",
        "what was learned is forgotten with the process",
        "what cannot be told is not marked",
        "what cannot be told counts as created",
        "what cannot be told is not said",
    ),
}
"""The question of each case, and the mistakes that its tests notice (`tests/mutations`)."""


def cases() -> dict[str, list[str]]:
    """The sentences of each case by its question, which is the first of them."""
    found: dict[str, list[str]] = {}
    question = ""
    for sentence in promises():
        if sentence.endswith("?"):
            question = sentence
        found.setdefault(question, []).append(sentence)
    return found


def test_every_case_has_mistakes() -> None:
    assert set(CASES) == set(cases())
    assert [question for question, names in CASES.items() if not names] == []
    assert {name for names in CASES.values() for name in names} <= {mistake.name for mistake in MISTAKES}


@pytest.mark.parametrize("question", CASES)
def test_the_tests_of_a_case_notice_its_mistakes(question: str) -> None:
    """That they do so is shown by making each mistake: `pytest tests/mutations --long`."""
    starts = [start for start in PROMISES for sentence in cases()[question] if sentence.startswith(start)]
    tests = {test for start in starts for test in PROMISES[start]}
    files = {test.partition("::")[0] for test in tests}
    noticing = {mistake.name: {without_class(test) for test in mistake.tests} for mistake in MISTAKES}
    assert [name for name in CASES[question] if not noticing[name] & (tests | files)] == []


def without_class(test: str) -> str:
    """`file::test` of a test's whole name, or a file."""
    file, *names = test.partition("[")[0].split("::")
    return "::".join([file, *names[-1:]])


def test_every_exit_code_has_a_mistake() -> None:
    (table,) = re.findall(r"^\| exit code \| meaning \|\n.*\n((?:\|.*\n)+)", README, re.MULTILINE)
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    taken = {int(name.split()[0]) for name, *_ in exit_codes.MISTAKES if name[0].isdigit()}
    assert codes == set(ExitCode) == taken


KEYS: Final[dict[str, tuple[Place, ...]]] = {
    "everywhere": (Place.EVERYWHERE,),
    "the jobs": (Place.JOBS,),
    "a new job": (Place.NEW_JOB,),
    "the job": (Place.JOB,),
    "tables": (Place.TABLE,),
    "errors": (Place.JOB,),
    "one error": (Place.DETAIL,),
}


@pytest.mark.parametrize("where", KEYS)
def test_the_keys_it_names_are_those_of_the_console(where: str) -> None:
    ((row,),) = [re.findall(rf"^\| {where} \| (.*) \|$", README, re.MULTILINE)]
    keys = {key for action in ACTIONS if action.place in KEYS[where] for key in action.keys.split(",")}
    named = [key for word in re.findall(r"`([^`]+)`", row) for key in (word if word == "hjkl" else (word,))]
    assert len(named) >= 4
    for key in named:
        assert normalised("escape" if key == "esc" else key) in keys, key


def test_the_clash_it_shows_is_what_the_console_says() -> None:
    (problem,) = checked({"job.note": "p"}).problems
    assert problem.text in " ".join(README.split())
