"""Deliberate mistakes about what stops a run by itself: the key, too many failures, a service that is down."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

KEY: Final = "engine/test_trouble.py::TestKey"
BREAKER: Final = "engine/test_trouble.py::TestBreaker"
SERVICE: Final = "engine/test_trouble.py::TestService"
REVOKED: Final = (
    "cli/test_journeys_limits.py::test_a_revoked_key_fails_no_row_and_only_a_key_of_the_same_environment_goes_on"
)

MISTAKES: Final = (
    Mistake(
        "a run goes on with a key that is rejected",
        "engine/service/api_calls.py",
        "                self.control.cancel(key_rejected())\n                raise Interrupted from error\n",
        "                raise Refused(error.message) from error\n",
        (f"{KEY}::test_a_revoked_key_stops_the_job_at_once_and_only_another_that_is_valid_goes_on[import-70]",),
    ),
    Mistake(
        "a key of another environment is taken",
        "engine/plan/environment.py",
        "    except NotFound as error:\n        raise KeyMismatch(",
        "    except NotFound as error:\n        return True\n        raise KeyMismatch(",
        (REVOKED,),
    ),
    Mistake(
        "a permission that is missing is not named",
        "engine/service/api_calls.py",
        'f"permission missing: {call}"',
        '"permission missing"',
        (f"{KEY}::test_a_missing_permission_is_named_and_once_it_is_given_the_job_goes_on[create_user]",),
    ),
    Mistake(
        "failures are counted over all rows",
        "engine/service/stop.py",
        "deque(maxlen=self.WINDOW)",
        "deque()",
        ("engine/test_rules.py::test_the_breaker_waits_for_fifty_rows_and_looks_at_the_last_two_hundred",),
    ),
    Mistake(
        "any number of rows may fail",
        "engine/service/stop.py",
        "return share if enough and share > self._max_failed else None",
        "return None",
        (f"{BREAKER}::test_a_bad_column_pauses_the_job_after_fifty_rows_and_says_why",),
    ),
    Mistake(
        "the most frequent failure is not named",
        "engine/run/row_endings.py",
        '% of the last rows{which}"',
        '% of the last rows"',
        (f"{BREAKER}::test_a_bad_column_pauses_the_job_after_fifty_rows_and_says_why",),
    ),
    Mistake(
        "a row fails by an outage",
        "engine/service/api_calls.py",
        "        if tries.set_aside < 2:\n            return\n",
        "        tries.to_blame = True\n        if tries.set_aside < 2:\n            return\n",
        ("engine/test_blame.py::test_an_outage_fails_no_row_however_few_are_left",),
    ),
    Mistake(
        "all workers probe a service that is down",
        "engine/service/health.py",
        "if self._prober is None and now >= self._next_probe:",
        "if now >= self._next_probe:",
        (f"{SERVICE}::test_a_service_in_trouble_is_probed_one_request_at_a_time_until_it_answers_again[503-503]",),
    ),
    Mistake(
        "nobody is told that the service answers again",
        "engine/run/housekeeper.py",
        'self._context.say("info", "The service answers again")',
        "pass",
        (f"{SERVICE}::test_a_service_in_trouble_is_probed_one_request_at_a_time_until_it_answers_again[503-503]",),
    ),
    Mistake(
        "what is waited for is not known by its reason",
        "engine/service/health.py",
        'f"service unavailable: {cause}"',
        '"paused"',
        (
            f"{SERVICE}::test_when_patience_ends_the_job_pauses_and_no_row_has_failed[import-no_answer]",
            "cli/test_journeys_limits.py::test_a_service_that_is_gone_pauses_the_job_when_patience_ends",
        ),
    ),
    Mistake(
        "a service that is down is waited for without an end",
        "engine/service/health.py",
        "        self._give_up_after = give_up_after\n",
        "        self._give_up_after = 1_000.0 * give_up_after\n",
        (f"{SERVICE}::test_when_patience_ends_the_job_pauses_and_no_row_has_failed[import-no_answer]",),
    ),
    Mistake(
        "rows for which nothing was sent count for the limit of failures",
        "engine/run/row_endings.py",
        "        if not tried:  # it says nothing about the service\n            return\n",
        "",
        ("engine/test_trouble.py::TestBreaker::test_rows_that_the_scan_refuses_stop_nothing",),
    ),
    Mistake(
        "rows for which nothing was sent are successes of the service",
        "engine/run/row_endings.py",
        "        if not tried:  # it says nothing about the service\n"
        "            return\n"
        "        context.unforeseen.ended(unforeseen)\n"
        "        context.health.succeeded()\n",
        "        context.health.succeeded()\n"
        "        if not tried:  # it says nothing about the service\n"
        "            return\n"
        "        context.unforeseen.ended(unforeseen)\n",
        ("engine/test_trouble.py::TestService::test_rows_that_the_scan_refuses_are_no_success_of_the_service",),
    ),
    Mistake(
        "too many failed organizations pause the job in the end only",
        "engine/run/organization_keys.py",
        "enough = finished or tried >= ENOUGH_TRIED or max_failed == 0",
        "enough = finished or max_failed == 0",
        (
            (
                "engine/test_import.py::"
                "test_too_many_failed_organizations_pause_the_job_while_it_runs_and_resume_tries_them_first"
            ),
        ),
    ),
    Mistake(
        "a limit of no failures at all waits for fifty rows",
        "engine/service/stop.py",
        "enough = len(self._last) >= self.FROM or self._max_failed == 0",
        "enough = len(self._last) >= self.FROM",
        ("engine/test_rules.py::test_the_breaker_waits_for_fifty_rows_and_looks_at_the_last_two_hundred",),
    ),
    Mistake(
        "the pause between probes grows without an end",
        "engine/service/health.py",
        "self._pause = min(self._pause * 2, self._patience.probe_longest)",
        "self._pause = self._pause * 2",
        ("engine/test_rules.py::test_the_pause_between_probes_doubles_up_to_its_bound",),
    ),
    Mistake(
        "a network that is gone is tried again at once and for ever",
        "engine/service/api_calls.py",
        "            except NotSent as error:\n                self.failed(error, tries)\n",
        '            except NotSent as error:\n                self._metrics.count("retries")\n',
        ("engine/test_rules.py::test_work_that_finds_no_connection_is_set_aside",),
    ),
)
