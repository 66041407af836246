"""A job's run options, which an operator may change while it runs."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from tui_importer.config import RUN_RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.options import RunOptions
    from tui_importer.journal.journal import Journal
    from tui_importer.workos.rate_limiter import RateLimiter


class LiveOptions:
    """Kept in the journal, so that a resume has them; every change is logged with the value before.

    `now` are the options in force: an immutable value that is replaced as a whole. `kept` is what the journal has.
    """

    def __init__(
        self, options: RunOptions, kept: str, journal: Journal, limiter: RateLimiter, say: Callable[[str], None]
    ) -> None:
        self.now = options
        self._journal = journal
        self._limiter = limiter
        self._say = say
        self._lock = threading.Lock()
        limiter.set_share(options.share)
        if self._as_json() != kept:
            self._keep()

    def set_workers(self, workers: int | None) -> None:
        """Run with this many workers, None for as many as the limit needs. Raises ValueError, JournalUnwritable."""
        if workers is not None and not RUN_RULES["workers"].check(workers):
            raise ValueError("None, not 0, is for automatic")
        with self._lock:
            before = self.now.workers
            if workers == before:
                return
            self.now = replace(self.now, workers=workers)
            self._keep()
        self._say(f"Workers: {_workers(workers)}, before {_workers(before)}")

    def set_share(self, percent: int) -> None:
        """Use this share of the rate limit. Raises ValueError, JournalUnwritable."""
        RUN_RULES["share"].check(percent)
        with self._lock:
            before = self.now.share
            if percent == before:
                return
            self.now = replace(self.now, share=percent)
            self._limiter.set_share(percent)
            self._keep()
        self._say(f"Share of the rate limit: {percent} %, before {before} %")

    def _as_json(self) -> str:
        return json.dumps(asdict(self.now))

    def _keep(self) -> None:
        self._journal.update_job(run_options=self._as_json())


def _workers(workers: int | None) -> str:
    return "automatic" if workers is None else str(workers)
