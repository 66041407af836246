"""What a job that is open in this process consists of; its commands and questions share it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui_importer.engine.snapshot.eta import Rates

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.engine.job.source import FrozenSource
    from tui_importer.engine.job.state import Lifecycle
    from tui_importer.engine.live_options import LiveOptions
    from tui_importer.engine.options import FrozenOptions
    from tui_importer.engine.run.run import Run
    from tui_importer.engine.service.metrics import Metrics
    from tui_importer.journal.journal import Journal
    from tui_importer.workos.connection import Connection


@dataclass(slots=True)
class JobContext:
    """What an open job consists of. `lock` guards which run there is and whether one begins.

    `reviewing` is held while failures become something else: counts are not read from the journal meanwhile.
    `environment` is what the key led to last, `accepted` the plan that was agreed to (`acceptance`), `failures_before`
    the failures of journals that did not count them yet.
    """

    folder: Path
    journal: Journal
    connection: Connection
    frozen: FrozenOptions
    lifecycle: Lifecycle
    source: FrozenSource
    live: LiveOptions
    metrics: Metrics
    environment: str
    accepted: str = ""
    failures_before: int = 0
    run: Run | None = None
    rates: Rates = field(default_factory=Rates)
    lock: threading.RLock = field(default_factory=threading.RLock)
    reviewing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.failures_before = self.journal.failure_count() - self.failures_counted

    @property
    def failures_counted(self) -> int:
        """Those recorded without those that are gone again, as the counters of all runs say."""
        return self.metrics.value("failures") - self.metrics.value("failures_gone")

    @property
    def moves(self) -> bool:
        """Whether a run is under way."""
        return self.lifecycle.state in {"running", "pausing"}

    def keep_secrets(self) -> None:
        """Those of failed rows only: nothing else is sent any more. Raises FrozenRowsError."""
        from tui_importer.source.frozen.reader import keep_secrets

        keep_secrets(self.folder, self.journal.failed_rows())
