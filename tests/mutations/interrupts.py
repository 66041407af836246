"""Deliberate mistakes about signals: what they stop, and what they leave on stdout."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

DELIVERY: Final = "cli/test_journeys_delivery.py"
FINISHED: Final = f"{DELIVERY}::test_once_the_job_is_finished_no_signal_changes_what_the_command_ends_with"
SIGNALS: Final = "cli/test_journeys_signals.py"

MISTAKES: Final = (
    Mistake(
        "rows in flight do not end after a Ctrl-C",
        "cli/progress.py",
        "self._job.halt(halt, now=self._stopped is not None)",
        "self._job.halt(halt, now=True)",
        (f"{SIGNALS}::test_a_signal_drains_the_import_and_a_resume_sends_nothing_twice[2]",),
    ),
    Mistake(
        "a second Ctrl-C changes nothing",
        "cli/progress.py",
        "if self._forwarded > 1 and self._stopped is None:",
        "if False:",
        (f"{SIGNALS}::test_after_a_second_signal_nothing_more_is_sent",),
    ),
    Mistake(
        "workers take further rows after a pause",
        "engine/run/workers.py",
        "return self._context.control.draining.is_set() or self.retired.is_set()",
        "return self.retired.is_set()",
        ("engine/test_control.py::test_a_paused_job_sends_nothing_until_it_is_resumed[import]",),
    ),
    Mistake(
        "a dropped connection kills the import",
        "cli/signals.py",
        '("SIGINT", "SIGTERM", "SIGHUP")',
        '("SIGINT", "SIGTERM")',
        (f"{SIGNALS}::test_a_closed_window_pauses_the_import_like_any_signal",),
    ),
    Mistake(
        "a signal interrupts a job that is finished",
        "cli/progress.py",
        "stays=lambda: job.is_over",
        "stays=lambda: False",
        (f"{FINISHED}[tui_importer.engine.job.job:Job.close-after]",),
    ),
    Mistake(
        "a signal tears the document that is being written",
        "cli/signals.py",
        "        if second and self._ends:\n",
        "        if self._ends:\n",
        (f"{DELIVERY}::test_a_summary_that_is_taken_after_the_signal_is_one_document",),
    ),
    Mistake(
        "a drain waits for the rate limit for ever",
        "engine/service/stop.py",
        "        if is_stuck or (paused_for",
        "        if False or (paused_for",
        ("engine/test_control.py::test_a_slow_rate_limit_does_not_hold_up_a_drain_for_ever",),
    ),
)
