"""Recovery, whatever happens: after any faults, kills and changes by others, all ends as if nothing had happened."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.engine.recovery_machine import simulated

QUICKLY = settings(max_examples=150, stateful_step_count=12)
THOROUGHLY = settings(max_examples=4_000, stateful_step_count=20)


def test_whatever_happens_a_resume_ends_as_if_nothing_had(monkeypatch: pytest.MonkeyPatch) -> None:
    run_state_machine_as_test(simulated(monkeypatch), settings=QUICKLY)


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_in_many_more_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    run_state_machine_as_test(simulated(monkeypatch), settings=THOROUGHLY)
