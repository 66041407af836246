"""Waits that a server asks for, or brings about, however long: they are told, they end, and no row fails by them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.support import assert_exact, finish, open_job, person, settled_summary, with_workers, write_source
from tui_importer.engine.options import RunOptions
from tui_importer.engine.run.rate_limit_waits import duration, wait_words
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.engine.job.job import Job
    from tui_importer.sandbox.server import Sandbox

ROWS = [person(n, n % 3) for n in range(30)]
OPTIONS = with_workers(4)
SOON = 20.0
WRITES = {"create_user", "create_membership"}


def log_of(job: Job) -> list[str]:
    job._journal.flush()
    return [entry.message for entry in job.log_after(0)]


def test_a_server_that_asks_for_a_year_is_asked_again_and_all_of_it_is_told(tmp_path: Path, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    sandbox.update(faults={"long_wait": Fault(1, calls=WRITES, times=6)})
    with open_job(tmp_path, sandbox, source, OPTIONS, chunk_size=5) as job:
        job.connection.limiter.longest_wait = 1.0
        job.start()
        wait_until(lambda: job.snapshot().waiting)
        assert job.snapshot().waiting.startswith("the server asks for 36")
        assert job.snapshot().waiting.endswith("days; next try in 0:01")
        assert job.snapshot().requests.asked_for > 360 * 86_400
        assert job.snapshot().requests.paused_for <= 1.0
        assert job.wait(SOON), "it waits for a year"
        summary = settled_summary(job)
        assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", 30, 0)
        assert job.snapshot().waiting == ""
        log = log_of(job)
    assert any(line.startswith("429: the server asks for 365 days; next try in 0:01") for line in log), log
    assert "The server takes requests again" in log
    assert_exact(sandbox, ROWS)


@pytest.mark.parametrize("phase", ["plan", "prewarm", "import"])
def test_a_run_that_only_waits_pauses_when_patience_ends(tmp_path: Path, sandbox: Sandbox, phase: str) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    calls = {
        "plan": {"get_organization_by_external_id"},
        "prewarm": {"create_organization"},
        "import": WRITES,
    }
    sandbox.update(faults={"long_wait": Fault(1, calls=calls[phase])})
    options = replace(OPTIONS, give_up_after=0.02)
    with open_job(tmp_path, sandbox, source, options, chunk_size=5) as job:
        (job.prepare if phase == "plan" else job.start)()
        assert job.wait(SOON), "five minutes are more than its patience of a second"
        ended = settled_summary(job)
        assert ended.state == "paused"
        assert "429, the server asks for 36" in ended.reason
        assert "resume when the service answers again" in job.snapshot().next_step
        assert (ended.totals.failed, ended.organizations.failed) == (0, 0)
        if phase != "plan":
            assert job.exit_code == 3
    sandbox.update(faults={})


def test_waits_between_answers_are_no_wait_without_an_end(tmp_path: Path, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    sandbox.update(faults={"long_wait": Fault(0.3, calls=WRITES)})
    options = RunOptions(workers=2, writes_per_10s=0, give_up_after=0.05)  # three seconds
    with open_job(tmp_path, sandbox, source, options, chunk_size=5) as job:
        job.connection.limiter.longest_wait = 0.15
        assert finish(job).totals.created == 30
        assert job.snapshot().elapsed > 3.0, "all waits together are longer than its patience"
    assert_exact(sandbox, ROWS)


@pytest.mark.parametrize("phase", ["plan", "import"])
def test_a_pause_waits_for_no_answer_that_comes_byte_by_byte(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    monkeypatch.setattr("tui_importer.engine.job.job.DRAIN_PATIENCE", 0.3)
    source = write_source(tmp_path / "users.csv", ROWS)
    calls = {"get_organization_by_external_id"} if phase == "plan" else WRITES
    with open_job(tmp_path, sandbox, source, OPTIONS, chunk_size=5) as job:
        sandbox.update(faults={"slow_head": Fault(1, calls=calls)}, slow_seconds=0.1)
        (job.prepare if phase == "plan" else job.start)()
        wait_until(lambda: sandbox.snapshot(objects=False).faults.get("slow_head", 0) >= 3)
        job.pause()
        assert job.wait(SOON), "it waits two minutes for each answer"
        paused = settled_summary(job)
        assert (paused.state, paused.reason, paused.totals.failed) == ("paused", "paused by the operator", 0)
        sandbox.update(faults={})
        summary = finish(job)
    assert (summary.totals.created, summary.users.created) == (30, 30), "what was made counts as created"
    assert_exact(sandbox, ROWS)


def test_answers_that_come_byte_by_byte_have_a_deadline(tmp_path: Path, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    sandbox.update(faults={"slow_head": Fault(1, calls=WRITES, times=4)}, slow_seconds=0.1)
    with open_job(tmp_path, sandbox, source, OPTIONS, answer_seconds=0.2, chunk_size=5) as job:
        summary = finish(job)
    assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", 30, 0)
    assert_exact(sandbox, ROWS)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0:01"), (298, "4:58"), (3_599.5, "1:00:00 h"), (3_600, "1:00:00 h"), (100_000, "27:46:40 h"),
     (31_536_000, "365 days"), (3e9, "34,722 days")],
)  # fmt: skip
def test_durations_are_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_what_is_told_of_a_wait() -> None:
    assert wait_words(3_600, 298) == "the server asks for 1:00:00 h; next try in 4:58"
    assert wait_words(0, 28) == "next try in 0:28"
    assert wait_words(0, 0) == wait_words(2, 2.1) == wait_words(3_600, 0) == ""


def test_after_a_wait_one_request_asks_before_all_others(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [person(n, n % 3) for n in range(120)]
    source = write_source(tmp_path / "users.csv", rows)
    sandbox.update(latency=0.02)
    with open_job(tmp_path, sandbox, source, with_workers(16), chunk_size=2) as job:
        limiter = job.connection.limiter
        limiter.longest_wait = 0.5
        first: list[float] = []
        later: list[float] = []
        throttled = limiter.throttled

        def note(retry_after: float | None, sent: float | None = None) -> None:
            assert sent is not None
            first.append(limiter.now())
            if sent > first[0]:
                later.append(sent)
            throttled(retry_after, sent)

        monkeypatch.setattr(limiter, "throttled", note)
        job.start()
        wait_until(lambda: job.snapshot().totals.done >= 5)
        sandbox.update(faults={"long_wait": Fault(1, calls={"create_user", "create_membership"})})
        wait_until(lambda: len(later) >= 4)
        sandbox.update(faults={})
        assert job.wait(SOON)
        assert settled_summary(job).totals.created == len(rows)
    times = sorted(later)
    assert all(after - before >= 0.5 for before, after in pairwise(times)), times
    assert_exact(sandbox, rows)
