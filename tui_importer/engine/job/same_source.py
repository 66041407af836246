"""One source is imported into one environment by one job: a second unfinished one is refused, at any moment.

The check and the record of a new job are one step under a lock of the jobs' folder. Before its first write a job is
checked again by the source's SHA-256, which is known only after the scan: of two copies of a file the later job is
refused.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tui_importer.engine.errors import JobUnfinished
from tui_importer.engine.job.listing import list_jobs
from tui_importer.journal.errors import JournalError
from tui_importer.journal.journal import open_reader
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_importer.journal.records import JobRecord


@dataclass(frozen=True, slots=True)
class Claim:
    """Which source a job imports into which environment; `sha256` is None while it is not known.

    `source` is None for one that came through a pipe.
    """

    source: Path | None
    size: int
    sha256: str | None
    base_url: str
    environment: str

    @classmethod
    def of(cls, record: JobRecord) -> Claim:
        """The claim of a recorded job. Raises KeyError for options of an unknown form."""
        base_url = json.loads(record.frozen_options)["base_url"]
        source = None if record.is_piped else Path(record.source)
        return cls(source, record.size, record.sha256, base_url, record.environment)


@contextlib.contextmanager
def registration(jobs: Path) -> Iterator[None]:
    """Hold the jobs' folder while a job is checked for and recorded: other processes wait for that moment."""
    jobs.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(jobs, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a disk that cannot lock folders: the check before the first write remains
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def refuse_second(jobs: Path, claim: Claim) -> None:
    """Raise JobUnfinished if any unfinished job of `jobs` has the source and the environment of `claim`."""
    for record in _unfinished(jobs):
        if _is_same(Claim.of(record), claim):
            raise _refusal(record)


def refuse_later(jobs: Path, mine: JobRecord) -> None:
    """Raise JobUnfinished if an unfinished job that was recorded before `mine` has its source and environment."""
    claim = Claim.of(mine)
    for record in _unfinished(jobs):
        earlier = (record.created_at, record.name) < (mine.created_at, mine.name)
        if earlier and record.name != mine.name and _is_same(Claim.of(record), claim):
            raise _refusal(record)


def _unfinished(jobs: Path) -> Iterator[JobRecord]:
    for job in list_jobs(jobs):
        if job.is_over or job.problem:
            continue
        # Purged or damaged meanwhile: listed then as one that is in no other's way.
        with contextlib.suppress(JournalError, KeyError):
            with open_reader(jobs / job.job) as reader:
                record = reader.job()
            Claim.of(record)
            yield record


def _is_same(first: Claim, second: Claim) -> bool:
    """Two keys may lead to one environment; that two environments differ is certain only when they are named so."""
    named = "UNKNOWN" not in {first.environment, second.environment}
    if (named and first.environment != second.environment) or first.base_url != second.base_url:
        return False
    if first.size != second.size:
        return False
    if first.sha256 is second.sha256 is None and first.source == second.source is not None:
        return True  # neither is scanned yet
    return _digest(first) == _digest(second) is not None


def _digest(claim: Claim) -> str | None:
    """The source's SHA-256, read now when no scan has it yet; None for a source that cannot be read any more."""
    from tui_importer.errors import ImporterError
    from tui_importer.source.read.fingerprint import fingerprint

    if claim.sha256 is not None or claim.source is None:
        return claim.sha256
    try:
        return fingerprint(claim.source).sha256
    except (ImporterError, OSError):
        return None


def _refusal(record: JobRecord) -> JobUnfinished:
    name = safe(record.name)
    return JobUnfinished(
        f"The job {name} imports this file into this environment and is not finished.",
        f"Resume it with: tui-importer resume {name}",
    )
