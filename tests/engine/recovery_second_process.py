"""A second process in a recovery test: it comes to the doors of a real folder of jobs while the first one is there."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from tui_importer.engine.errors import JobUnfinished
from tui_importer.engine.job.store import Jobs
from tui_importer.engine.options import FrozenOptions, NewJob, RunOptions
from tui_importer.journal.errors import JobLocked
from tui_importer.journal.lock import JobLock
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.engine.job.job import Job

NAME = "users"
FROZEN = FrozenOptions(base_url="http://127.0.0.1:9")


class Doors:
    """One recorded job in `home` whose lock the process of the test has."""

    def __init__(self, home: Path) -> None:
        self._home = home
        # Nothing answers there: whatever was asked would fail.
        self._connection = Connection(FROZEN.base_url, Secret("sk_test_second"), RateLimiter())
        self._jobs = Jobs(self._home / "jobs")
        for name in ("users.csv", "copy.csv"):
            (self._home / name).write_text("email\nuser0@example.com\n", encoding="utf-8")
        self._make("users.csv", NAME).close()
        self._lock: JobLock | None = None

    def process_begins(self) -> None:
        """It takes the job, which the one before has left however that ended."""
        self.process_ends()
        self._lock = JobLock(self._home / "jobs" / NAME)

    def process_ends(self) -> None:
        """Whatever ends a process, the system releases its locks."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def refuse(self, source: str) -> None:
        """Open the job, and make one of the same file or a copy: both are refused and leave the folder as it was."""
        before = self._picture()
        _refused(lambda: self._jobs.open(NAME, self._connection, RunOptions()), JobLocked)
        try:
            _refused(lambda: self._make(source, "second"), JobUnfinished)
        finally:
            shutil.rmtree(self._home / "jobs" / "second", ignore_errors=True)
        assert self._picture() == before, "a process that was refused has changed the folder of the jobs"

    def _make(self, source: str, name: str) -> Job:
        return self._jobs.create(NewJob(self._home / source, name, FROZEN, RunOptions()), self._connection)

    def _picture(self) -> dict[str, bytes]:
        """All files but what a reader of a database makes for itself."""
        files = (path for path in self._home.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files if not path.name.endswith(("-shm", "-wal"))}


def _refused(come: Callable[[], Job], refusal: type[Exception]) -> None:
    with suppress(refusal):
        come().close()
        raise AssertionError(f"a second process was let in: {refusal.__name__} was due")
