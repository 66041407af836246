"""A server that refuses with 429: no row fails by it, nothing is sent twice, and only as much is under way as meant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.support import assert_exact, finish, open_job, person, settled_summary, write_source
from tui_importer.engine.options import RunOptions
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from tui_importer.report.summary import Summary
    from tui_importer.sandbox.stats import Asked

LIMITED = SandboxSettings(
    writes_per_10s=40, reads_per_10s=80, overall_per_60s=10_000, window_seconds=1.0, overall_window_seconds=1.0
)
"""As many writes a second as the API allows, in windows that make a test short."""
WRITES = ("create_user", "create_membership")
LOOKUPS = ("get_organization_by_external_id", "create_organization")
ROWS = [person(n, n % 12) for n in range(36)]
OPTIONS = RunOptions(workers=6, prewarm_concurrency=3, writes_per_10s=0)
"""Our limiter is off: every limit of the server is met."""


def most_at_once(log: Iterable[Asked], calls: Collection[str]) -> int:
    """The largest number of these calls that were under way at one moment."""
    asked = [a for a in log if a.call in calls]
    moments = [(a.at, 1) for a in asked] + [(a.at + a.seconds, -1) for a in asked]
    under_way = most = 0
    for _, change in sorted(moments):
        under_way += change
        most = max(most, under_way)
    return most


def assert_clean(summary: Summary, sandbox: Sandbox, rows: list[dict[str, str]]) -> None:
    """Every row was created, once, and no more was under way than there were threads for it."""
    assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", len(rows), 0)
    log = sandbox.requests(100_000)
    assert most_at_once(log, WRITES) <= 6
    assert most_at_once(log, LOOKUPS) <= 3
    seen = sandbox.state
    assert seen.max_in_flight <= 6
    assert seen.rate_limited == summary.rate_limited
    assert seen.conflicts == {}
    assert seen.asked("create_user", 201) == len(rows)
    assert seen.asked("create_user") == len(rows) + seen.asked("create_user", 429), "only refused calls were repeated"
    assert_exact(sandbox, rows)


@pytest.mark.parametrize(("form", "kind"), [("seconds", "sliding"), ("date", "fixed"), ("none", "sliding")])
def test_a_429_is_obeyed_in_every_form_and_fails_no_row(tmp_path: Path, form: str, kind: str) -> None:
    settings = replace(LIMITED, retry_after_form=form, window_kind=kind)  # type: ignore[arg-type] # of the literals
    with Sandbox(settings) as sandbox:
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), OPTIONS, chunk_size=5) as job:
            summary = finish(job)
            assert summary.rate_limited > 0
            assert job.connection.limiter.permitted_writes is None
        assert_clean(summary, sandbox, ROWS)


def test_a_server_that_is_stricter_than_configured_is_obeyed(tmp_path: Path) -> None:
    rows = ROWS[:25]
    options = replace(OPTIONS, writes_per_10s=500, share=100)
    with Sandbox(replace(LIMITED, writes_per_10s=20)) as sandbox:
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), options, chunk_size=5) as job:
            summary = finish(job)
            assert summary.rate_limited > 0
            assert (job.connection.limiter.permitted_writes or 0.0) < 49.0, "the rate was lowered"
        assert_clean(summary, sandbox, rows)


def test_our_own_limiter_keeps_to_the_servers_limit(tmp_path: Path) -> None:
    options = replace(OPTIONS, writes_per_10s=400, share=100)
    with Sandbox(replace(LIMITED, writes_per_10s=40)) as sandbox:
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), options, chunk_size=5) as job:
            summary = finish(job)
        assert_clean(summary, sandbox, ROWS)
        times = [a.at for a in sandbox.requests(10_000) if a.call in WRITES and a.applied]
        assert all(late - early >= 0.7 for early, late in zip(sorted(times), sorted(times)[40:], strict=False)), times


def test_limits_may_change_while_the_job_runs(tmp_path: Path) -> None:
    rows = [person(n, n % 12) for n in range(100)]
    with Sandbox(replace(LIMITED, writes_per_10s=0, reads_per_10s=0, latency=0.005)) as sandbox:
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), OPTIONS, chunk_size=5) as job:
            job.start()
            wait_until(lambda: job.snapshot().totals.done >= 20)
            sandbox.update(writes_per_10s=10)
            wait_until(lambda: job.snapshot().requests.rate_limited > 0)
            before = job.snapshot().totals.done
            wait_until(lambda: job.snapshot().totals.done > before)
            sandbox.update(writes_per_10s=100)
            assert job.wait(60)
            summary = settled_summary(job)
        assert_clean(summary, sandbox, rows)


def test_reads_and_the_overall_budget_are_obeyed_in_the_plan_the_prewarm_and_the_import(tmp_path: Path) -> None:
    rows = [person(n, n % 12, role_slug="member") for n in range(30)]
    limited = replace(LIMITED, writes_per_10s=1_000, reads_per_10s=8, overall_per_60s=10)
    with Sandbox(limited) as sandbox:
        for n in range(15):
            sandbox.seed_user(f"user{n}@example.com")  # looked up: reads
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), OPTIONS, chunk_size=5) as job:
            job.prepare()
            assert job.wait(60)
            assert job.snapshot().state == "ready", job.snapshot().reason
            plan = job.plan()
            assert plan is not None
            assert (plan.organizations.create, plan.roles_missing) == (12, ())
            planned = sandbox.snapshot(objects=False)
            assert planned.rate_limited > 0
            sandbox.update(overall_per_60s=20)
            job.start()
            wait_until(lambda: job.snapshot().phase == "import")
            sandbox.update(overall_per_60s=1_000)
            assert job.wait(60)
            summary = settled_summary(job)
        seen = sandbox.snapshot(objects=False)
        assert seen.asked("list_users", 429) > 0
        assert (summary.totals.created, summary.totals.failed, summary.users.existing) == (30, 0, 15)
        assert (summary.organizations.resolved, summary.organizations.failed) == (12, 0)
        assert_exact(sandbox, rows)
