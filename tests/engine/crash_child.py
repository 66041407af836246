"""A process that imports one job and kills itself at a point of its plan: python -m tests.engine.crash_child FOLDER ...

Plans, counted from the start of the process:

    none                            no kill
    time:SECONDS                    whatever it does then
    file:N:before|after             the Nth change of a folder (rename, replace, unlink, mkdir) or fsync
    commit:N:before|untold|after    the Nth commit of the journal: not begun, made but nobody told, made and told
    request:N:before|sent|after     the Nth request: not sent, on its way, answered but not yet acted upon
    finish:1:before|after           reducing the secrets of a finished job
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tests.support import FAST, IMPATIENT, connection_to
from tui_importer.engine.job.store import Jobs
from tui_importer.engine.options import FrozenOptions, NewJob
from tui_importer.journal.errors import JobNotFound
from tui_importer.journal.writer import Commit, Writer
from tui_importer.workos.transport import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.job.job import Job

NAME = "job"
OPTIONS = replace(FAST, max_failed=None, prewarm_concurrency=4, workers=6)
CHUNK_SIZE = 7
PATIENCE = replace(IMPATIENT, organization_lookup=1.5, organization_search=0.8)
"""Enough for lookups that lag by 0.2 s."""


class Server:
    """Where the sandbox is."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key


def die() -> NoReturn:
    """As a power button, but for what the kernel has already taken."""
    os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()
    raise AssertionError("nobody survives SIGKILL")


class Plan:
    """Counts the events of one kind, over all threads, and dies at its own."""

    def __init__(self, text: str) -> None:
        self.kind, _, rest = text.partition(":")
        number, _, self.when = rest.partition(":")
        self.number = float(number or 0)
        self._lock = threading.Lock()
        self._count = 0

    def counted(self) -> bool:
        """Count an event; whether it is the one."""
        with self._lock:
            self._count += 1
            return self._count == self.number

    def around(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work` as an event of this plan."""

        @functools.wraps(work)
        def wrapped(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever `work` takes and gives
            fatal = self.counted()
            if fatal and self.when == "before":
                die()
            if fatal and self.when == "sent":
                timer = threading.Timer(0.002, die)
                timer.start()
            result = work(*arguments, **named)
            if fatal and self.when == "after":
                die()
            return result

        return wrapped

    def install(self) -> None:
        """Lay the trap."""
        if self.kind == "time":
            timer = threading.Timer(self.number, die)
            timer.daemon = True
            timer.start()
        elif self.kind == "file":
            for name in ("rename", "replace", "unlink", "mkdir", "fsync"):
                setattr(os, name, self.around(getattr(os, name)))
        elif self.kind == "commit" and self.when == "untold":
            self.when = "before"
            Commit.finish = self.around(Commit.finish)  # type: ignore[method-assign]
        elif self.kind == "commit":
            Writer._commit = self.around(Writer._commit)  # type: ignore[method-assign]
        elif self.kind == "request":
            Exchange._transmit = self.around(Exchange._transmit)  # type: ignore[method-assign]
        elif self.kind == "finish":
            from tui_importer.source.frozen import reader

            reader.keep_secrets = self.around(reader.keep_secrets)


def open_or_create(folder: Path, server: Server, source: Path, on_existing: str) -> Job:
    """The job as it stands; a new one when no earlier process got as far as recording it."""
    jobs = Jobs(folder)
    connection = connection_to(server, OPTIONS)
    try:
        return jobs.open(NAME, connection, OPTIONS, PATIENCE)
    except JobNotFound:
        frozen = FrozenOptions(base_url=server.url, on_existing=on_existing, chunk_size=CHUNK_SIZE)  # type: ignore[arg-type]
        return jobs.create(NewJob(source, NAME, frozen, OPTIONS), connection, patience=PATIENCE)


def main() -> int:
    """Import until the end or the kill; the exit code is the job's."""
    folder, url, key, source, on_existing, plan = sys.argv[1:]
    Plan(plan).install()
    with closing(open_or_create(Path(folder), Server(url, key), Path(source), on_existing)) as job:
        job.start()
        job.wait()
        return job.exit_code


if __name__ == "__main__":
    sys.exit(main())
