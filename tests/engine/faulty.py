"""What tests of the engine under faults share: the calls, the times, a job of the design whose plan is made."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.support import FAST, IMPATIENT, open_job
from tui_importer.workos.connection import ANSWER_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.design import Design
    from tui_importer.engine.job.job import Job
    from tui_importer.engine.options import RunOptions
    from tui_importer.sandbox.server import Sandbox

CALLS = (
    "get_organization_by_external_id", "create_organization", "list_organizations", "get_organization",
    "create_user", "list_users", "create_membership", "list_memberships",
)  # fmt: skip
"""All that an import without updates asks for."""

ORGANIZATION_CALLS = CALLS[:4]

PATIENCE = replace(IMPATIENT, organization_lookup=1.0, organization_search=1.0, tries=16)
"""Longer than any lag of these tests, and than a `slow` request takes after the client has left.

Twice the tries: that of hundreds of calls which fail by chance one fails eight times in a row, and its row with it, is
no mistake, and would make a test of chance one that fails now and then.
"""

QUICK = replace(
    PATIENCE, organization_lookup=0.3, tries=8, first_backoff=0.005, longest_backoff=0.01, probe_longest=0.02
)
"""For tests in which calls fail again and again."""

ANSWER = 0.4
"""Seconds after which the client leaves where the server may not answer."""

SLOW = 0.8
"""Seconds that `slow` answers take: longer than that, and shorter than PATIENCE after it."""

CHUNK = 10


@contextmanager
def planned(
    folder: Path,
    sandbox: Sandbox,
    design: Design,
    answer_seconds: float = ANSWER_SECONDS,
    options: RunOptions = FAST,
) -> Iterator[Job]:
    """A job of the design whose plan was made while all was well."""
    with open_job(
        folder,
        sandbox,
        design.source(folder),
        options,
        patience=PATIENCE,
        answer_seconds=answer_seconds,
        chunk_size=CHUNK,
        on_existing="update" if design.update else "keep",
    ) as job:
        job.prepare()
        assert job.wait(60)
        assert job.plan() is not None, job.error
        yield job
