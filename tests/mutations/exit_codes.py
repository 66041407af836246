"""Deliberate mistakes about what a command ends with; each is named after the code that it takes away."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

CODES: Final = "cli/test_exit_codes.py"
DELIVERY: Final = "cli/test_journeys_delivery.py"

MISTAKES: Final = (
    Mistake(
        "a code of the table has another number",
        "errors.py",
        "PAUSED = 3,",
        "PAUSED = 5,",
        (f"{CODES}::test_the_readme_has_the_codes_that_there_are",),
    ),
    Mistake(
        "0 is not what an import without failures ends with",
        "engine/job/job.py",
        "return ExitCode.PROBLEMS if self.snapshot().totals.failed else ExitCode.DONE",
        "return ExitCode.PROBLEMS",
        ("cli/test_journeys_run.py::test_the_document_of_a_run_and_what_becomes_of_it_when_everything_else_is_gone",),
    ),
    Mistake(
        "1 is not what an import with failures ends with",
        "engine/job/job.py",
        "return ExitCode.PROBLEMS if self.snapshot().totals.failed else ExitCode.DONE",
        "return ExitCode.DONE",
        ("cli/test_journeys_run.py::test_failed_rows_end_with_1_and_the_summary_says_where_to_look",),
    ),
    Mistake(
        "2 is not what a refusal ends with",
        "errors.py",
        "    exit_code: int = ExitCode.REFUSED\n",
        "    exit_code: int = ExitCode.CRASHED\n",
        ("cli/test_journeys_run.py::test_a_file_that_cannot_be_imported_leaves_no_job[no_email]",),
    ),
    Mistake(
        "3 is not what a service that is down ends with",
        "engine/halt.py",
        '    "service": ExitCode.PAUSED,\n',
        '    "service": ExitCode.CRASHED,\n',
        ("cli/test_journeys_limits.py::test_a_service_that_is_gone_pauses_the_job_when_patience_ends",),
    ),
    Mistake(
        "4 is not what a rejected key ends with",
        "workos/errors.py",
        "    exit_code = ExitCode.KEY_REJECTED\n",
        "    exit_code = ExitCode.REFUSED\n",
        ("cli/test_journeys_run.py::test_a_wrong_key_ends_with_4_and_a_missing_one_with_2",),
    ),
    Mistake(
        "69 is not what a result without room ends with",
        "cli/output.py",
        "    exit_code = ExitCode.OUTPUT_LOST\n",
        "    exit_code = ExitCode.CRASHED\n",
        (f"{DELIVERY}::test_whatever_has_no_room_for_its_result_says_so",),
    ),
    Mistake(
        "70 is not what a defect ends with",
        "engine/halt.py",
        '    "internal": ExitCode.CRASHED,\n',
        '    "internal": ExitCode.PROBLEMS,\n',
        (f"{CODES}::test_a_defect_in_a_thread_of_the_engine_ends_with_70_and_the_job_is_resumed",),
    ),
    Mistake(
        "130 is not what an interrupted import ends with",
        "engine/halt.py",
        '    "signal": ExitCode.INTERRUPTED,\n',
        '    "signal": ExitCode.PAUSED,\n',
        ("cli/test_journeys_signals.py::test_a_signal_drains_the_import_and_a_resume_sends_nothing_twice[15]",),
    ),
    Mistake(
        "141 is not what a reader that left ends with",
        "cli/error_boundary.py",
        "        return ExitCode.READER_LEFT\n",
        "        return ExitCode.DONE\n",
        ("cli/test_light.py::test_a_reader_that_left_is_no_error",),
    ),
    Mistake(
        "3 is not what too many failures end with",
        "engine/halt.py",
        '"limit": ExitCode.PAUSED',
        '"limit": ExitCode.PROBLEMS',
        ("engine/test_trouble.py::TestBreaker::test_a_bad_column_pauses_the_job_after_fifty_rows_and_says_why",),
    ),
    Mistake(
        "1 is not what a plan without a role ends with",
        "cli/new_import.py",
        "plan.refused_rows or plan.roles_missing or organizations.conflict",
        "plan.refused_rows or organizations.conflict",
        ("cli/test_journeys_run.py::test_a_role_that_is_missing_is_by_itself_a_reason_not_to_begin",),
    ),
)
