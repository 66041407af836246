"""A job of eighty rows that is long enough to be met amid its import."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.cli.conftest import wait_until
from tests.support import UNLIMITED, assert_exact, person

if TYPE_CHECKING:
    from tui_importer.engine.job.job import Job
    from tui_importer.report.summary import Summary
    from tui_importer.sandbox.server import Sandbox

ROWS = [person(n, n % 5) for n in range(80)]
WORKERS = 4
SLOW = replace(UNLIMITED, latency=0.01)
"""Settings of a sandbox against which a job of these rows is met amid its import."""


def amid(job: Job) -> None:
    """Start the job and come back in the middle of its import."""
    job.start()
    wait_until(lambda: job.snapshot().totals.done >= 15)
    assert job.snapshot().state == "running"


def assert_all_created(sandbox: Sandbox, summary: Summary) -> None:
    """Every row has made its user and its membership, and each of them is there once."""
    made = (summary.totals.created, summary.users.created, summary.memberships.created)
    assert made == (len(ROWS), len(ROWS), len(ROWS))
    assert_exact(sandbox, ROWS)
