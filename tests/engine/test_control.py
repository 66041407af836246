"""Pausing and going on in every phase, and what an operator may change while a job runs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.support import (
    FAST,
    IMPATIENT,
    assert_exact,
    finish,
    open_job,
    person,
    reopen_job,
    settled_summary,
    with_workers,
    write_source,
)
from tui_importer.engine.errors import Interrupted
from tui_importer.engine.halt import Halt
from tui_importer.engine.job.store import Jobs
from tui_importer.engine.options import RunOptions
from tui_importer.engine.service.stop import Control
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import Fault, SandboxSettings

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.engine.job.job import Job
    from tui_importer.sandbox.stats import SandboxState

HALT = Halt("operator", "paused")
SOON = 25.0
"""Seconds for what must not take as long as the pause of half a minute or more that it would otherwise wait for."""


def numbers(sandbox: Sandbox) -> SandboxState:
    return sandbox.snapshot(objects=False)


def working(job: Job) -> int:
    return sum(worker.state != "stopped" for worker in job.snapshot().workers)


def log_of(job: Job) -> list[str]:
    job._journal.flush()
    return [entry.message for entry in job.log_after(0)]


@pytest.mark.parametrize("phase", ["prewarm", "import"])
def test_a_paused_job_sends_nothing_until_it_is_resumed(tmp_path: Path, sandbox: Sandbox, phase: str) -> None:
    rows = [person(n, n % 20) for n in range(80)]
    options = replace(with_workers(4), prewarm_concurrency=2)
    awaited = "create_organization" if phase == "prewarm" else "create_user"
    sandbox.update(latency=0.03)
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), options, chunk_size=5) as job:
        job.start()
        wait_until(lambda: numbers(sandbox).asked(awaited) >= 6)
        job.pause()
        begun = numbers(sandbox).asked(awaited)
        assert job.wait(SOON)
        rested = numbers(sandbox)
        assert rested.asked(awaited) <= begun + 4, "more than what the threads had begun"
        paused = settled_summary(job)
        assert (paused.state, paused.reason, job.exit_code) == ("paused", "paused by the operator", 130)
        assert job.snapshot().phase == phase
        assert (paused.totals.failed, rested.in_flight) == (0, 0)
        assert rested.counts["users"] == rested.counts["memberships"] == paused.totals.created
        assert rested.counts["organizations"] == paused.organizations.created, "a key was left between its steps"
        job.pause()
        assert job.wait(SOON)
        resumed = numbers(sandbox).seconds
        assert finish(job).totals.created == 80
    between = [asked for asked in sandbox.requests() if rested.seconds <= asked.at < resumed]
    assert between == []
    assert_exact(sandbox, rows)
    for call, times in (("create_user", 80), ("create_membership", 80), ("create_organization", 20)):
        assert numbers(sandbox).asked(call) == times, "nothing was sent twice"


def test_a_hiccup_during_a_drain_leaves_no_row_between_its_steps(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 3) for n in range(60)]
    patience = replace(IMPATIENT, first_backoff=1.0, longest_backoff=1.0)
    source = write_source(tmp_path / "users.csv", rows)
    with open_job(tmp_path, sandbox, source, with_workers(4), patience=patience, chunk_size=5) as job:
        sandbox.update(faults={"503": Fault(1, calls={"create_membership"}, times=4, applied=False)}, latency=0.01)
        job.start()
        wait_until(lambda: numbers(sandbox).faults.get("503"))
        job.pause()
        assert job.wait(SOON)
        paused = settled_summary(job)
        counts = numbers(sandbox).counts
        assert 1 <= paused.totals.created == counts["users"] == counts["memberships"] < 60
        assert finish(job).totals.created == 60
    assert_exact(sandbox, rows)


@pytest.mark.parametrize(
    ("phase", "organizations", "allowed"), [("plan", 30, 8), ("prewarm", 30, 8), ("import", 2, 25)]
)
def test_a_drain_does_not_wait_for_a_long_pause_of_the_rate_limit(
    tmp_path: Path, phase: str, organizations: int, allowed: int
) -> None:
    rows = [person(n, n % organizations) for n in range(60)]
    limited = SandboxSettings(overall_per_60s=allowed)
    with Sandbox(limited) as sandbox:
        with open_job(
            tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), with_workers(4), chunk_size=5
        ) as job:
            (job.prepare if phase == "plan" else job.start)()
            wait_until(lambda: job.connection.limiter.paused_for > 30)
            assert job.snapshot().phase == ("scan" if phase == "plan" else phase)
            job.pause()
            assert job.wait(SOON), "it waits for a minute"
            paused = settled_summary(job)
            assert (paused.state, paused.reason, job.exit_code) == ("paused", "paused by the operator", 130)
            assert paused.totals.failed == 0
            name = job.name
        sandbox.update(overall_per_60s=0, writes_per_10s=0)
        with reopen_job(tmp_path, sandbox, name, patience=replace(IMPATIENT, organization_lookup=0.5)) as job:
            assert finish(job).totals.created == 60
        assert_exact(sandbox, rows)
        assert numbers(sandbox).conflicts == {}


def test_a_drain_waits_neither_for_a_long_backoff_nor_for_a_service_in_trouble(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    rows = [person(n, n % 3) for n in range(60)]
    source = write_source(tmp_path / "users.csv", rows)
    sandbox.update(latency=0.01)
    hesitant = replace(IMPATIENT, first_backoff=60.0, longest_backoff=60.0)
    with open_job(tmp_path, sandbox, source, with_workers(8), patience=hesitant, chunk_size=5) as job:
        job.start()
        wait_until(lambda: job.snapshot().totals.done >= 5)
        sandbox.update(faults={"503": Fault(1, applied=False)})
        wait_until(lambda: numbers(sandbox).faults.get("503", 0) == 8)
        job.pause()
        assert job.wait(SOON), "it waits before the next try"
        assert settled_summary(job).totals.failed == 0
        name = job.name
    with reopen_job(tmp_path, sandbox, name, with_workers(2)) as job:
        job.start()
        wait_until(lambda: job.snapshot().backing_off)
        job.pause()
        assert job.wait(SOON), "it waits for the service"
        assert settled_summary(job).totals.failed == 0
        sandbox.update(faults={}, latency=0.0)
        assert finish(job).totals.created == 60
    assert_exact(sandbox, rows)


def test_stopped_at_once_a_job_waits_for_no_answer_and_looks_up_what_became_of_the_rows(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_importer.engine.job.job.STOP_SECONDS", 0.2)
    rows = [person(n, n % 3) for n in range(40)]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), with_workers(8), chunk_size=5) as job:
        sandbox.update(faults={"no_answer": Fault(1, calls={"create_user", "create_membership"})})
        job.start()
        wait_until(lambda: numbers(sandbox).in_flight == 8)
        job.stop_now()
        assert job.wait(SOON), "it waits a minute for answers"
        stopped = settled_summary(job)
        assert (stopped.state, stopped.reason, job.exit_code) == ("paused", "stopped by the operator", 130)
        assert (stopped.totals.created, stopped.totals.failed) == (0, 0)
        assert numbers(sandbox).counts["users"] == numbers(sandbox).asked("create_user") == 8
        sandbox.update(faults={})
        summary = finish(job)
    assert (summary.totals.created, summary.users.created, summary.memberships.created) == (40, 40, 40)
    assert_exact(sandbox, rows)
    assert numbers(sandbox).conflicts == {}


def test_a_plan_that_is_stopped_waits_for_no_answer(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_importer.engine.job.job.STOP_SECONDS", 0.2)
    rows = [person(n, n % 12) for n in range(20)]
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows)) as job:
        sandbox.update(faults={"no_answer": Fault(1, calls={"get_organization_by_external_id"})})
        job.prepare()
        wait_until(lambda: numbers(sandbox).in_flight == 10)
        job.stop_now()
        assert job.wait(SOON), "it waits a minute for answers"
        assert (job.snapshot().state, job.exit_code, job.plan()) == ("paused", 130, None)
        sandbox.update(faults={})
        job.prepare()
        assert job.wait(SOON)
        assert job.snapshot().state == "ready"


def test_the_number_of_workers_follows_the_operator_while_the_job_runs(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 3) for n in range(240)]
    sandbox.update(latency=0.02)
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), with_workers(2), chunk_size=5) as job:
        job.start()
        wait_until(lambda: job.snapshot().totals.done >= 5)
        assert (working(job), job.snapshot().workers_wanted, job.snapshot().workers_automatic) == (2, 2, False)
        job.set_workers(6)
        assert (job.snapshot().workers_wanted, job.options.workers) == (6, 6)
        wait_until(lambda: numbers(sandbox).in_flight == 6)
        job.set_workers(1)
        wait_until(lambda: working(job) == 1)
        alone = numbers(sandbox)
        wait_until(lambda: numbers(sandbox).counts["users"] >= alone.counts["users"] + 5)
        joined = numbers(sandbox).seconds
        job.set_workers(None)
        wait_until(lambda: working(job) == 16)
        assert (job.snapshot().workers_wanted, job.snapshot().workers_automatic) == (16, True)
        assert job.snapshot().state == "running"
        sandbox.update(latency=0.0)
        assert job.wait(60)
        assert settled_summary(job).totals.created == 240
        told = [line for line in log_of(job) if line.startswith("Workers: ")]
    assert told == ["Workers: 6, before 2", "Workers: 1, before 6", "Workers: automatic, before 1"]
    while_alone = sorted(a for a in requests_at(sandbox) if alone.seconds <= a[0] < joined)
    assert len(while_alone) >= 5
    assert all(end <= begin for (_, end), (begin, _) in pairwise(while_alone)), "one worker, one request at a time"
    assert_exact(sandbox, rows)


def test_the_share_follows_the_operator_while_the_job_runs(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 2) for n in range(30)]
    options = RunOptions(workers=8, writes_per_10s=300, share=100)
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), options, chunk_size=5) as job:
        job.start()
        wait_until(lambda: job.snapshot().totals.done >= 3)
        job.set_share(10)
        changed = numbers(sandbox).seconds
        stats = job.snapshot().requests
        assert stats.share == 10
        assert stats.permitted == pytest.approx(2.94)
        wait_until(lambda: sum(at > changed + 0.1 for at, _ in requests_at(sandbox)) >= 4)
        raised = numbers(sandbox).seconds
        job.set_share(100)
        assert job.snapshot().requests.permitted == pytest.approx(29.4)
        assert job.wait(60)
        assert settled_summary(job).totals.created == 30
        assert [line for line in log_of(job) if line.startswith("Share")] == [
            "Share of the rate limit: 10 %, before 100 %",
            "Share of the rate limit: 100 %, before 10 %",
        ]
    slow = [at for at, _ in requests_at(sandbox) if changed + 0.1 < at < raised]
    assert len(slow) <= 2.94 * (raised - changed) + 2
    assert_exact(sandbox, rows)


def requests_at(sandbox: Sandbox) -> list[tuple[float, float]]:
    """When each request arrived and was answered."""
    return [(asked.at, asked.at + asked.seconds) for asked in sandbox.requests(100_000)]


def test_what_was_changed_is_kept_for_the_next_run_and_need_not_be_running(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 2) for n in range(30)]
    with open_job(
        tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), RunOptions(writes_per_10s=5_000)
    ) as job:
        assert (job.snapshot().workers_wanted, job.snapshot().workers_automatic) == (0, True)
        job.set_workers(3)
        job.set_share(50)
        assert job.snapshot().workers_wanted == 3
        name = job.name
    _, kept, _ = Jobs(tmp_path / "jobs").options_of(name)
    assert kept == RunOptions(writes_per_10s=5_000, workers=3, share=50)
    with reopen_job(tmp_path, sandbox, name, kept) as job:
        assert job.connection.limiter.permitted_writes == pytest.approx(245.0)
        assert finish(job).totals.created == 30
        assert "Importing users with 3 workers" in log_of(job)
        job.set_share(50)
        assert sum(line.startswith("Share") for line in log_of(job)) == 1, "nothing has changed"


@pytest.mark.parametrize("workers", [0, -1, 129, True])
def test_an_impossible_number_of_workers_is_refused(tmp_path: Path, sandbox: Sandbox, workers: int) -> None:
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", [person(1)])) as job:
        with pytest.raises(ValueError, match="automatic"):
            job.set_workers(workers)
        assert job.options == FAST


@pytest.mark.parametrize("share", [0, 101])
def test_an_impossible_share_is_refused(tmp_path: Path, sandbox: Sandbox, share: int) -> None:
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", [person(1)])) as job:
        with pytest.raises(ValueError, match="from 1 to 100"):
            job.set_share(share)
        assert (job.options, job.connection.limiter.share) == (FAST, 80)


def test_a_note_is_a_harmless_line_of_the_log(tmp_path: Path, sandbox: Sandbox) -> None:
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", [person(1)])) as job:
        job.note("two\nlines \x1b[31mand a colour")
        (line,) = log_of(job)
        (entry,) = job.log_after(0)
    assert entry.level == "info"
    assert line == "two⏎lines ␛[31mand a colour"


def test_a_drain_lets_short_waits_end_and_no_long_ones() -> None:
    control = Control(drain_patience=0.2)
    control.drain(HALT)
    control.sleep(0.01)
    with pytest.raises(Interrupted):
        control.sleep(60.0)
    control.hasten(0.01, waiting=True)
    assert not control.cancelled.is_set()
    control.hasten(60.0, waiting=False)
    assert control.cancelled.is_set()
    assert control.halt is HALT


def test_a_run_that_goes_on_waits_as_long_as_it_must() -> None:
    control = Control(drain_patience=0.0)
    control.hasten(300.0, waiting=True)
    control.sleep(0.001)
    assert (control.halt, control.cancelled.is_set()) == (None, False)


def test_a_slow_rate_limit_does_not_hold_up_a_drain_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_importer.engine.service.stop.DRAIN_LONGEST", 0.0)
    control = Control()
    control.drain(HALT)
    control.hasten(0.0, waiting=False)
    assert not control.cancelled.is_set(), "nobody waits"

    def is_cancelled() -> bool:
        control.hasten(0.0, waiting=True)
        return control.cancelled.is_set()

    wait_until(is_cancelled, 10)
