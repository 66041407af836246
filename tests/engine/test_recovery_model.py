"""Recovery, whatever happens: after any faults, kills and changes by others, all ends as if nothing had happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.engine.recovery_client import Fate, Kind
from tests.engine.recovery_machine import simulated
from tests.engine.recovery_server import Traits
from tests.engine.recovery_source import Deed
from tui_importer.journal.records import How
from tui_importer.workos.models import MembershipStatus

if TYPE_CHECKING:
    from pathlib import Path

QUICKLY = settings(max_examples=150, stateful_step_count=12, derandomize=True)
"""The same ways each time; the long form tries others, so that no unrelated change is the one that meets them."""
THOROUGHLY = settings(max_examples=4_000, stateful_step_count=20)


def test_whatever_happens_a_resume_ends_as_if_nothing_had(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run_state_machine_as_test(simulated(monkeypatch, tmp_path), settings=QUICKLY)


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_in_many_more_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run_state_machine_as_test(simulated(monkeypatch, tmp_path), settings=THOROUGHLY)


@pytest.mark.parametrize("row", [0, 1])
@pytest.mark.parametrize("status", [MembershipStatus.INACTIVE, MembershipStatus.PENDING])
def test_a_user_that_was_found_after_a_lost_answer_may_be_a_member_already(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: MembershipStatus, row: int
) -> None:
    """It was made by somebody else at that moment, so that it counts as ours; another row of it knows no better."""
    state = simulated(monkeypatch, tmp_path)()
    state.begin(file=[(0, 0), (0, 1)], seeds=[], stranger=None, traits=Traits(), update=False, threshold=6)
    state.prewarm(organizations=(), reads=())
    state.resume(others=[Deed(row, status)])
    state.row(users=(Fate(Kind.LOST_BEFORE),), pick=0)
    state.row(pick=0)
    state.nothing_is_wrong()
    state.teardown()


def test_a_user_that_a_killed_run_made_counts_as_created(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    state = simulated(monkeypatch, tmp_path)()
    state.begin(file=[(0, 0)], seeds=[], stranger=None, traits=Traits(), update=False, threshold=6)
    state.row(users=(Fate(Kind.KILLED_AFTER),), pick=0)
    state.resume()
    state.row(pick=0)
    state.nothing_is_wrong()
    record = state.journal.row(1)
    assert record is not None
    assert record.user_how is How.CREATED
    state.teardown()


def test_a_membership_that_a_killed_run_made_counts_as_created(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its intent is durable together with its user, before it is sent: of later commits none survives."""
    state = simulated(monkeypatch, tmp_path)()
    state.begin(file=[(0, 0)], seeds=[], stranger=None, traits=Traits(), update=False, threshold=6)
    state.row(memberships=(Fate(Kind.KILLED_AFTER),), pick=0, written=0)
    state.resume(survivors=0)
    state.row(pick=0)
    state.journal.flush()
    state.nothing_is_wrong()
    record = state.journal.row(1)
    assert record is not None
    assert (record.user_how, record.membership_how) == (How.CREATED, How.CREATED)
    state.teardown()
