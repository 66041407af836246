"""First screen of the console, and intervals of its refreshes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class StartAt(NamedTuple):
    """The first screen: the jobs, a new job for a source, or one job by name."""

    screen: Literal["jobs", "new", "job"] = "jobs"
    source: Path | None = None
    job: str = ""

    @classmethod
    def jobs(cls) -> StartAt:
        """Begin at the list of jobs."""
        return cls()

    @classmethod
    def new_job(cls, source: Path) -> StartAt:
        """Begin at a new job for `source`."""
        return cls("new", source=source)

    @classmethod
    def at_job(cls, name: str) -> StartAt:
        """Begin at the job `name`."""
        return cls("job", job=name)


class Pace(NamedTuple):
    """Seconds between refreshes of a running job and of the list of jobs, and how long typing must rest.

    `loading` is how long after the first frame the rest is loaded. None never refreshes by itself: a test calls the
    refreshing methods.
    """

    snapshot: float | None = 0.25
    jobs: float | None = 2.0
    typing: float = 0.25
    loading: float = 0.01
