"""Deliberate mistakes about the clocks of this machine and of the server."""

from __future__ import annotations

from typing import Final

from tests.mutations.mistake import Mistake

CLOCKS: Final = "engine/test_server_clocks.py"

MISTAKES: Final = (
    Mistake(
        "an intent has the time of this machine",
        "engine/run/step_context.py",
        "        now = self.server_clock.now()\n        return now.timestamp() if now is not None else UNKNOWN_TIME\n",
        "        return time.time()\n",
        ("cli/test_journeys_machine.py::test_the_clock_of_this_machine_may_jump_forwards_and_back",),
    ),
    Mistake(
        "a jump of the server's clock is not noticed",
        "workos/server_clock.py",
        "if not earliest - JUMP <= shown <= latest + JUMP:",
        "if False:",
        (
            "engine/test_machine.py::test_the_clock_of_the_server_may_jump",
            f"{CLOCKS}::test_the_servers_clock_may_be_set_while_answers_are_lost",
        ),
    ),
    Mistake(
        "nothing is learned from answered creations",
        "workos/server_clock.py",
        "            epoch.low, epoch.high, epoch.measured = low, high, True\n",
        "            pass\n",
        (f"{CLOCKS}::test_a_date_that_is_ahead_of_created_at_takes_nothing_away[30.0]",),
    ),
    Mistake(
        "what was learned is forgotten with the process",
        "engine/run/run.py",
        "            self._run.journal.submit(statements.noted(known))\n",
        "",
        (f"{CLOCKS}::test_what_was_learned_is_there_on_resume",),
    ),
    Mistake(
        "what cannot be told is not marked",
        "engine/run/step_context.py",
        "Flag.UNCERTAIN if created_at.timestamp() >= since.maybe else Flag.NONE",
        "Flag.NONE",
        (f"{CLOCKS}::test_where_nothing_was_learned_yet_it_is_uncertain_and_said",),
    ),
    Mistake(
        "what cannot be told counts as created",
        "engine/run/step_context.py",
        "if created_at.timestamp() >= since.surely:",
        "if created_at.timestamp() >= since.maybe:",
        (f"{CLOCKS}::test_where_nothing_was_learned_yet_it_is_uncertain_and_said",),
    ),
    Mistake(
        "what cannot be told is not said",
        "engine/run/run.py",
        '        self.metrics.count("uncertain")\n',
        "        return\n",
        (f"{CLOCKS}::test_where_nothing_was_learned_yet_it_is_uncertain_and_said",),
    ),
)
