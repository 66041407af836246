"""What an operator chooses for a job."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from tui_importer.source.options import RECOGNISED, Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.config import Settings

OnExisting = Literal["keep", "update"]
LookUpUsers = Literal["none", "sample", "all"]

JOB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
"""What a job may be called: its folder is."""

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
    within 25 and DEFAULT_CHUNK_SIZE, so that a small file keeps all workers busy; `reading` is how the source is read.
    """

    base_url: str = DEFAULT_BASE_URL
    on_existing: OnExisting = "keep"
    limit: int | None = None
    chunk_size: int | None = None
    reading: Reading = RECOGNISED


def frozen_from(document: str) -> FrozenOptions:
    """The options that a job keeps as JSON; what an older one does not have is recognised. Raises ValueError."""
    kept: dict[str, Any] = json.loads(document)
    reading: dict[str, Any] = kept.pop("reading", {})
    if (repairs := reading.get("repairs")) is not None:
        reading["repairs"] = tuple(repairs)
    return FrozenOptions(**kept, reading=Reading(**reading))


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Kept unless given again on resume: they decide how fast and how patient a run is.

    `workers` None follows Little's law; `share` is percent of the limit; `writes_per_10s` scales all three
    budgets in proportion, 0 turns our limiter off; `max_failed` is percent, None for off; `give_up_after` is
    minutes; `search_wait` is the seconds a lagging lookup is given before an ambiguous write is sent again;
    `look_up_users` says whose existence the plan asks for: none's, a sample's (100 requests), or all users'.
    """

    workers: int | None = None
    share: int = DEFAULT_SHARE
    writes_per_10s: int = DEFAULT_WRITES_PER_10S
    max_failed: float | None = DEFAULT_MAX_FAILED
    give_up_after: float = DEFAULT_GIVE_UP_AFTER
    prewarm_concurrency: int = DEFAULT_PREWARM_CONCURRENCY
    search_wait: float = DEFAULT_SEARCH_WAIT
    look_up_users: LookUpUsers = "sample"


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be created.

    `pipe` is the name of what `source` is a copy of when that can be read only once: the copy goes after the scan.
    """

    source: Path
    name: str
    frozen: FrozenOptions
    run: RunOptions
    pipe: str = ""


RUN_OPTIONS = tuple(field.name for field in fields(RunOptions))
"""Names of the run options; the settings have the same."""


def run_options(settings: Settings) -> RunOptions:
    """The run options that `settings` mean."""
    values: dict[str, Any] = {name: getattr(settings, name) for name in RUN_OPTIONS}
    return RunOptions(**values | {"workers": settings.workers or None})


def frozen_options(settings: Settings, limit: int | None = None, reading: Reading = RECOGNISED) -> FrozenOptions:
    """What a job keeps for ever, as `settings` mean it."""
    return FrozenOptions(
        base_url=settings.base_url,
        on_existing=settings.on_existing,
        limit=limit,
        chunk_size=settings.chunk_size or None,
        reading=reading,
    )
