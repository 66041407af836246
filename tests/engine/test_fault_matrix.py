"""Every kind of fault on every call: the end is exactly the one of an undisturbed run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.engine.design import Design
from tests.engine.faulty import ANSWER, CALLS, ORGANIZATION_CALLS, SLOW, planned
from tests.support import FAST, UNLIMITED, finish, settled_summary
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import FAULT_KINDS, Fault
from tui_importer.workos.connection import ANSWER_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.report.summary import Summary

LAG = 0.3
FEWEST = 8
"""How often an undisturbed run makes each call at least."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A kind of fault, and when its request takes effect where there is a choice."""

    kind: str
    applied: bool | None = None
    slow_applied: Literal["first", "last"] = "first"

    @property
    def answer_seconds(self) -> float:
        """How long the client waits."""
        return ANSWER if self.kind in {"no_answer", "slow"} else ANSWER_SECONDS

    def __str__(self) -> str:
        when = {True: "-applied", False: "-not_applied", None: ""}[self.applied]
        return self.kind + (f"-{self.slow_applied}" if self.kind == "slow" else when)


VARIANTS = (
    *(Variant(kind, applied) for kind in ("500", "503", "html") for applied in (True, False)),
    *(Variant(kind) for kind in ("drop_before", "drop_after", "no_answer", "truncated")),
    Variant("slow", slow_applied="first"),
    Variant("slow", slow_applied="last"),
)

PAIRS = (
    (Variant("500", applied=True), "create_membership"),
    (Variant("503", applied=False), "get_organization"),
    (Variant("html", applied=True), "list_users"),
    (Variant("drop_before"), "list_organizations"),
    (Variant("drop_after"), "create_user"),
    (Variant("no_answer"), "create_organization"),
    (Variant("slow", slow_applied="first"), "get_organization_by_external_id"),
    (Variant("slow", slow_applied="last"), "create_membership"),
    (Variant("truncated"), "list_memberships"),
)


def test_the_pairs_have_every_kind_and_every_call() -> None:
    assert {variant.kind for variant, _ in PAIRS} == {variant.kind for variant in VARIANTS} == set(FAULT_KINDS)
    assert {call for _, call in PAIRS} == set(CALLS)


def run(folder: Path, sandbox: Sandbox, design: Design, answer_seconds: float, **changes: object) -> Summary:
    """Plan in peace, import under `changes` of the sandbox, compare with the design."""
    # The designed failures of one copy are within the limit, however rows are scheduled.
    options = FAST if len(design.rows) < 200 else replace(FAST, max_failed=None)
    with planned(folder, sandbox, design, answer_seconds, options) as job:
        sandbox.update(**changes)
        summary = finish(job)
        design.check(job, summary)
    return summary


def seen_after(lag: float) -> dict[str, Any]:
    """Settings for lists and lookups that lag."""
    return {"visible_after": lag, "users_visible_after": lag, "memberships_visible_after": lag}


def fault(variant: Variant, call: str) -> Fault:
    """Calls that a run makes a few times only fail the first times, all others by chance."""
    if call in ORGANIZATION_CALLS:
        return Fault(1.0, calls={call}, times=6, applied=variant.applied)
    is_costly = variant.answer_seconds == ANSWER  # each one costs that long
    return Fault(0.3, calls={call}, times=12 if is_costly else None, applied=variant.applied)


def survives(folder: Path, variant: Variant, call: str, seed: int = 1, lag: float = 0.0) -> None:
    """Run the design under one kind of fault on one call; all objects are seen `lag` seconds late."""
    settings = replace(UNLIMITED, slow_seconds=SLOW, slow_applied=variant.slow_applied, seed=seed, **seen_after(lag))
    with Sandbox(settings) as sandbox:
        design = Design(sandbox)
        summary = run(folder, sandbox, design, variant.answer_seconds, faults={variant.kind: fault(variant, call)})
        happened = sandbox.snapshot(objects=False).faults[variant.kind]
        assert happened > 0
        assert summary.retries >= happened


def test_an_undisturbed_run_needs_every_call_many_times_and_ends_as_designed(tmp_path: Path) -> None:
    with Sandbox(UNLIMITED) as sandbox:
        design = Design(sandbox)
        summary = run(tmp_path, sandbox, design, ANSWER_SECONDS)
        state = sandbox.snapshot(objects=False)
    assert {call: state.asked(call) for call in CALLS if state.asked(call) < FEWEST} == {}
    assert (summary.retries, state.faults) == (0, {})


@pytest.mark.parametrize(("variant", "call"), PAIRS, ids=str)
def test_a_kind_of_fault_on_a_call_changes_nothing(tmp_path: Path, variant: Variant, call: str) -> None:
    survives(tmp_path, variant, call)


@pytest.mark.long
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_every_kind_of_fault_on_every_call_changes_nothing(tmp_path: Path, variant: Variant, call: str) -> None:
    survives(tmp_path, variant, call, seed=2)


@pytest.mark.long
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_a_call_that_is_out_of_order_for_a_while_changes_nothing(tmp_path: Path, variant: Variant, call: str) -> None:
    """As often as it takes until the service is held to be in trouble, and rows are set aside."""
    with Sandbox(replace(UNLIMITED, slow_seconds=SLOW, slow_applied=variant.slow_applied)) as sandbox:
        design = Design(sandbox)
        faults = {variant.kind: Fault(1.0, calls={call}, times=40, applied=variant.applied)}
        run(tmp_path, sandbox, design, variant.answer_seconds, faults=faults)
        # A creation that took effect is found and not repeated: there are no more of them than organizations.
        assert sandbox.snapshot(objects=False).faults[variant.kind] in {17, 40}


LATE = (
    (Variant("drop_after"), "create_organization"),
    (Variant("truncated"), "create_user"),
)


@pytest.mark.parametrize(("variant", "call"), LATE, ids=str)
def test_objects_that_are_seen_late_are_not_made_twice(tmp_path: Path, variant: Variant, call: str) -> None:
    survives(tmp_path, variant, call, lag=LAG)


@pytest.mark.long
@pytest.mark.parametrize("call", ["create_organization", "create_user", "create_membership"])
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_objects_that_are_seen_late_are_not_made_twice_under_any_fault(
    tmp_path: Path, variant: Variant, call: str
) -> None:
    survives(tmp_path, variant, call, seed=3, lag=LAG)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("percent", [5, 10, 15, 20])
@pytest.mark.parametrize("lag", [0.0, LAG], ids=["seen_at_once", "seen_late"])
def test_all_kinds_of_fault_on_all_calls_together_change_nothing(
    tmp_path: Path, percent: int, seed: int, lag: float
) -> None:
    settings = replace(UNLIMITED, slow_seconds=SLOW, slow_applied=("first", "last")[seed % 2], seed=seed)
    with Sandbox(settings) as sandbox:
        design = Design(sandbox, copies=3)
        faults = {kind: Fault(percent / 100 / len(FAULT_KINDS)) for kind in FAULT_KINDS}
        run(tmp_path, sandbox, design, ANSWER, faults=faults, **seen_after(lag))
        assert set(sandbox.snapshot(objects=False).faults) == set(FAULT_KINDS)


@pytest.mark.long
@pytest.mark.parametrize("period", [0.2, 0.7])
@pytest.mark.parametrize("kind", ["503", "drop_before", "drop_after", "truncated"])
def test_a_service_that_comes_and_goes_changes_nothing(tmp_path: Path, kind: str, period: float) -> None:
    with Sandbox(replace(UNLIMITED, latency=0.01)) as sandbox:
        design = Design(sandbox, copies=2)
        with planned(tmp_path, sandbox, design, options=replace(FAST, max_failed=None)) as job:
            job.start()
            is_down = False
            while not job.wait(period):
                is_down = not is_down
                sandbox.update(faults={kind: Fault(1.0)} if is_down else {})
            design.check(job, settled_summary(job))
        assert sandbox.snapshot(objects=False).faults[kind] > 0
