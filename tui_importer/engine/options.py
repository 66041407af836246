"""What an operator chooses for a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

OnExisting = Literal["keep", "update"]

DEFAULT_BASE_URL = "https://api.workos.com"
DEFAULT_CHUNK_SIZE = 1_000
DEFAULT_SHARE = 80
DEFAULT_WRITES_PER_10S = 500
DEFAULT_MAX_FAILED = 10.0
DEFAULT_GIVE_UP_AFTER = 30.0
DEFAULT_PREWARM_CONCURRENCY = 10
DEFAULT_SEARCH_WAIT = 15.0


@dataclass(frozen=True, slots=True)
class FrozenOptions:
    """Kept in the job for ever: they decide what the result is.

    `limit` is the number of rows from the top of the file, None for all; `chunk_size` None chooses rows / 60
    within 25 and DEFAULT_CHUNK_SIZE, so that a small file keeps all workers busy.
    """

    base_url: str = DEFAULT_BASE_URL
    on_existing: OnExisting = "keep"
    limit: int | None = None
    chunk_size: int | None = None


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Kept unless given again on resume: they decide how fast and how patient a run is.

    `workers` None follows Little's law; `share` is percent of the limit; `writes_per_10s` scales all three
    budgets in proportion, 0 turns our limiter off; `max_failed` is percent, None for off; `give_up_after` is
    minutes; `search_wait` is the seconds a lagging lookup is given before an ambiguous write is sent again.
    """

    workers: int | None = None
    share: int = DEFAULT_SHARE
    writes_per_10s: int = DEFAULT_WRITES_PER_10S
    max_failed: float | None = DEFAULT_MAX_FAILED
    give_up_after: float = DEFAULT_GIVE_UP_AFTER
    prewarm_concurrency: int = DEFAULT_PREWARM_CONCURRENCY
    search_wait: float = DEFAULT_SEARCH_WAIT


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be created."""

    source: Path
    name: str
    frozen: FrozenOptions
    run: RunOptions
