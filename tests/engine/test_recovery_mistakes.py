"""The model of recovery can fail: it finds mistakes that an engine could make, each within a few hundred examples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.engine.recovery_journal import ModelCommit, ModelJournal
from tests.engine.recovery_machine import simulated
from tui_importer.engine.job import store
from tui_importer.engine.run import membership_step, organizations, user_step, workers
from tui_importer.engine.service.api_calls import Calls
from tui_importer.journal import lock, statements
from tui_importer.journal.records import Flag, How
from tui_importer.workos.errors import ServiceFailed
from tui_importer.workos.models import MembershipStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Patch = pytest.MonkeyPatch
STEPS = (membership_step, organizations, user_step)


def intents_are_not_waited_for(patch: Patch) -> None:
    patch.setattr(ModelCommit, "wait", lambda _: None)


def what_is_found_is_always_ours(patch: Patch) -> None:
    for step in STEPS:
        patch.setattr(step, "adopted", lambda _created_at, _intent, _clock: (How.CREATED, Flag.NONE))


def what_is_found_is_never_ours(patch: Patch) -> None:
    for step in STEPS:
        patch.setattr(step, "adopted", lambda _created_at, _intent, _clock: (How.EXISTING, Flag.NONE))


def deactivated_memberships_are_not_seen(patch: Patch) -> None:
    look = membership_step.MembershipStep._look

    def active(*arguments: object) -> object:
        found = look(*arguments)  # type: ignore[arg-type]
        return found if found is None or found.status is MembershipStatus.ACTIVE else None

    patch.setattr(membership_step.MembershipStep, "_look", active)


def writes_are_repeated_without_a_look(patch: Patch) -> None:
    write = Calls.write

    def again(self: Calls, send: Callable[[], object], tries: object) -> object:
        while True:
            try:
                return write(self, send, tries)  # type: ignore[arg-type]
            except ServiceFailed as error:
                self.failed(error, tries)  # type: ignore[arg-type]

    patch.setattr(Calls, "write", again)


def lookups_are_not_waited_for(patch: Patch) -> None:
    patch.setattr(Calls, "poll", lambda _self, look, _seconds: look())


def a_resumed_run_takes_all_users_for_its_own(patch: Patch) -> None:
    patch.setattr(ModelJournal, "has_begun", lambda _: False)


def a_key_that_was_set_aside_forgets_its_intent(patch: Patch) -> None:
    patch.setattr(ModelJournal, "organization", lambda _self, _key: None)


def rows_do_not_wait_for_their_twins(patch: Patch) -> None:
    patch.setattr("tests.engine.recovery_source.with_twins", lambda rows, _same: list(rows))


def ids_are_trusted_for_ever(patch: Patch) -> None:
    patch.setattr(membership_step.MembershipStep, "_missing", lambda *_: None)


def a_user_that_is_known_is_not_looked_for(patch: Patch) -> None:
    patch.setattr(user_step.UserStep, "is_there", lambda *_: True)


def a_later_row_of_a_membership_does_not_look_first(patch: Patch) -> None:
    first = workers.Worker._first

    def fresh(*arguments: object) -> object:
        waiting, user = first(*arguments)  # type: ignore[arg-type]
        return waiting, replace(user, fresh=True) if user is not None else None

    patch.setattr(workers.Worker, "_first", fresh)


def what_was_to_be_written_for_a_deleted_user_is_kept(patch: Patch) -> None:
    patch.setattr(statements, "user_replaced", lambda row: ("SELECT ?", (row,)))


def a_second_process_gets_the_job(patch: Patch) -> None:
    patch.setattr(lock, "_taken", lambda _: True)


def a_second_job_of_the_file_is_recorded(patch: Patch) -> None:
    patch.setattr(store, "refuse_second", lambda *_: None)


@pytest.mark.parametrize(
    "make",
    [
        intents_are_not_waited_for,
        what_is_found_is_always_ours,
        what_is_found_is_never_ours,
        writes_are_repeated_without_a_look,
        deactivated_memberships_are_not_seen,
        ids_are_trusted_for_ever,
        a_later_row_of_a_membership_does_not_look_first,
        a_second_process_gets_the_job,
        pytest.param(a_second_job_of_the_file_is_recorded, marks=pytest.mark.long),
        pytest.param(a_user_that_is_known_is_not_looked_for, marks=pytest.mark.long),
        pytest.param(what_was_to_be_written_for_a_deleted_user_is_kept, marks=pytest.mark.long),
        pytest.param(lookups_are_not_waited_for, marks=pytest.mark.long),
        pytest.param(a_resumed_run_takes_all_users_for_its_own, marks=pytest.mark.long),
        pytest.param(a_key_that_was_set_aside_forgets_its_intent, marks=pytest.mark.long),
        pytest.param(rows_do_not_wait_for_their_twins, marks=pytest.mark.long),
    ],
    ids=lambda make: make.__name__.replace("_", " "),
)
def test_a_mistake_is_found(monkeypatch: Patch, tmp_path: Path, make: Callable[[Patch], None]) -> None:
    machine = simulated(monkeypatch, tmp_path)
    make(monkeypatch)
    found = settings(
        max_examples=5_000,
        stateful_step_count=12,
        phases=[Phase.generate],  # which way it is found is of no interest
        report_multiple_bugs=False,
        database=None,
        derandomize=True,
        print_blob=False,
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=found)
