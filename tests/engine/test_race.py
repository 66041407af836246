"""The race that this product exists for, with and without the pre-warm, on a server whose lookups lag."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.support import FAST, UNLIMITED, assert_exact, finish, open_job, person, write_source
from tui_importer.sandbox.server import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

LAG = 4.0
ROWS = [person(n, n % 40) for n in range(240)]
OPTIONS = replace(FAST, workers=8, max_failed=None)


def test_with_the_prewarm_no_row_fails_and_every_organization_is_made_once(tmp_path: Path) -> None:
    with Sandbox(replace(UNLIMITED, visible_after=LAG, latency=0.005)) as sandbox:
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), OPTIONS) as job:
            summary = finish(job)
        assert (summary.totals.created, summary.totals.failed) == (240, 0)
        assert (summary.organizations.created, summary.organizations.resolved) == (40, 40)
        assert (summary.cache_hits, summary.cache_misses) == (240, 0)
        assert sandbox.state.asked("create_organization") == 40
        assert sandbox.snapshot(objects=False).conflicts == {}
        assert_exact(sandbox, ROWS)


def test_without_it_the_same_run_meets_conflicts_and_fails_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_importer.engine.run.run.prewarm", lambda *_: None)
    with Sandbox(replace(UNLIMITED, visible_after=LAG, latency=0.005)) as sandbox:
        source = write_source(tmp_path / "users.csv", sorted(ROWS, key=lambda row: row["org_name"]))
        with open_job(tmp_path, sandbox, source, OPTIONS, chunk_size=5) as job:
            summary = finish(job)
            kinds = {failure.kind for failure in job.failures_after(0)}
        assert summary.cache_misses > 0
        assert sum(sandbox.snapshot(objects=False).conflicts.values()) > 0
        assert summary.totals.failed > 0
        assert kinds == {"organization_not_visible"}
