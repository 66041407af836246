"""Deliberate mistakes about 429s, and about a server that is stricter than configured."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

LIMITER: Final = "workos/test_workos_limiter_429.py"

MISTAKES: Final = (
    Mistake(
        "nobody waits after a 429",
        "workos/rate_limiter.py",
        "self._paused_until = max(self._paused_until, now + pause)",
        "self._paused_until = max(self._paused_until, now)",
        (f"{LIMITER}::test_all_callers_pause_for_retry_after_and_a_margin",),
    ),
    Mistake(
        "a wait of an hour is waited for without a question",
        "workos/rate_limiter.py",
        "pause = min(retry_after + _PAUSE_MARGIN, self.longest_wait)",
        "pause = retry_after + _PAUSE_MARGIN",
        (f"{LIMITER}::test_it_is_asked_again_after_five_minutes_however_long_the_server_asks_for",),
    ),
    Mistake(
        "a 429 fails its row",
        "engine/service/api_calls.py",
        "            except RateLimited:\n",
        "            except RateLimited as error:\n                raise Refused(error.message) from error\n",
        ("engine/test_limits.py::test_a_429_is_obeyed_in_every_form_and_fails_no_row[seconds-sliding]",),
    ),
    Mistake(
        "a long wait is not told",
        "engine/run/rate_limit_waits.py",
        "if not paused_for or max(asked_for, paused_for) < WORTH_LOGGING:",
        "if True:",
        ("engine/test_long_waits.py::test_what_is_told_of_a_wait",),
    ),
    Mistake(
        "a run that only waits is never given up",
        "engine/service/health.py",
        "waits = self.waiting_since is not None and",
        "waits = self.trouble_since is not None and self.waiting_since is not None and",
        ("engine/test_long_waits.py::test_a_run_that_only_waits_pauses_when_patience_ends[import]",),
    ),
    Mistake(
        "the rate stays as it is after a 429",
        "workos/rate_limiter.py",
        "                self._slowdown.lower(self._fraction, now)\n",
        "",
        (
            f"{LIMITER}::test_the_rate_falls_by_5_percent_and_recovers_a_quarter_per_second_per_second",
            f"{LIMITER}::test_a_server_that_allows_less_is_used_to_90_percent",
        ),
    ),
    Mistake(
        "the rate falls and never rises again",
        "workos/pacing.py",
        "_RECOVERY = 0.25 / 49.0",
        "_RECOVERY = 0.0",
        (
            f"{LIMITER}::test_the_rate_falls_by_5_percent_and_recovers_a_quarter_per_second_per_second",
            f"{LIMITER}::test_a_server_that_allows_less_is_used_to_90_percent",
        ),
    ),
    Mistake(
        "a later 429 shortens the pause of an earlier one",
        "workos/rate_limiter.py",
        "self._paused_until = max(self._paused_until, now + pause)",
        "self._paused_until = now + pause",
        ("workos/test_workos_limiter_429.py::test_429s_within_one_pause_count_once_and_the_longest_wins",),
    ),
    Mistake(
        "the window of the limit has no margin",
        "workos/pacing.py",
        "self._window = window / MARGIN",
        "self._window = window",
        (
            "workos/test_workos_limiter_rates.py::TestUnderLoad::test_a_little_more_than_a_window_holds_no_more_reads_either",
        ),
    ),
    Mistake(
        "the rate falls to nothing",
        "workos/pacing.py",
        "self._factor = max(_LOWEST, self.factor(share, now) * _LOWERING)",
        "self._factor = self.factor(share, now) * _LOWERING",
        ("workos/test_workos_limiter_429.py::test_the_rate_never_falls_to_nothing",),
    ),
    Mistake(
        "a server may ask for a wait of any length",
        "workos/http_dates.py",
        "        return min(float(value), LONGEST)",
        "        return float(value)",
        ("workos/test_workos_retry_after.py::test_seconds",),
    ),
    Mistake(
        "what a 429 asks for is not heard",
        "workos/transport.py",
        "            limiter.throttled(retry_after, sent)",
        "            limiter.throttled(None, sent)",
        ("workos/test_workos_errors.py::TestLimiter::test_a_429_pauses_everybody",),
    ),
)
