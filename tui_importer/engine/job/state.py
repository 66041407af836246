"""Where a job stands: state, phase, reason and the seconds of each phase, in memory and in the journal alike."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from tui_importer.engine.halt import Halt, key_rejected
from tui_importer.journal.errors import JournalError
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.snapshot.models import Level, Phase, PhaseSeconds, State
    from tui_importer.journal.journal import Journal
    from tui_importer.journal.records import JobRecord


OLD_AFTER = 3_600.0
"""Seconds of rest after which colleagues may well have changed the environment."""


class Lifecycle:
    """Read by screens, changed by the coordinator; a job found `running` was interrupted."""

    def __init__(self, journal: Journal, record: JobRecord) -> None:
        self._journal = journal
        self._lock = threading.RLock()
        interrupted = record.state in {"running", "pausing"}
        self.state: State = "paused" if interrupted else record.state  # type: ignore[assignment]
        self.phase: Phase = record.phase  # type: ignore[assignment]
        self.reason = "interrupted" if interrupted else record.reason
        self.next_step = "Resume to go on: rows in flight are looked up." if interrupted else record.next_step
        self.halt: Halt | None = None
        self._rested: tuple[str, float] = (journal.rested(), record.updated_at)
        self.log_entries = journal.last_log()
        self._seconds = {
            "scan": record.seconds_scan,
            "prewarm": record.seconds_prewarm,
            "import": record.seconds_import,
        }
        self._timing: tuple[str, float] | None = None

    @property
    def organizations_are_old(self) -> bool:
        """Whether the ids of organizations are to be checked: after a canary, or after more than an hour of rest."""
        kind, moment = self._rested
        return kind == "canary" or time.time() - moment > OLD_AFTER

    def begin(self) -> None:
        """A run begins."""
        with self._lock:
            self.halt = None
            self.reason = self.next_step = ""
            self.enter("running")

    def ask_to_stop(self, halt: Halt) -> bool:
        """Note why a running job shall stop; False when it does not run."""
        with self._lock:
            if self.state not in {"running", "pausing"}:
                return False
            self.state = "pausing"
            self.halt = self.halt or halt
            return True

    def enter(self, state: State) -> None:
        """Change the state."""
        with self._lock:
            self.state = state
            self._journal.update_job(state=state, phase=self.phase, reason=self.reason, next_step=self.next_step)

    def reopen(self, reason: str, next_step: str) -> None:
        """A finished job has something to do again."""
        with self._lock:
            self.halt = None
            self.phase = "import"
            self.reason, self.next_step = reason, next_step
            self.enter("paused")

    def rest(self, halt: Halt) -> None:
        """Pause for a reason. A journal that cannot be written says `running`, which a resume reads as interrupted."""
        with self._lock:
            self.halt = halt
            self.reason, self.next_step = halt.reason, halt.next_step
            self.state = "paused"
            self._rested = (halt.kind, time.time())
        try:
            self._journal.update_job(
                state="paused", reason=halt.reason, next_step=halt.next_step, rested=halt.kind
            ).wait()
            self.say("info" if halt.kind in {"operator", "signal"} else "warning", f"Paused: {halt.reason}")
        except JournalError as error:
            self.reason, self.next_step = error.message, error.next

    def as_before(self) -> Halt:
        """The halt by which a job that rests comes to rest again, with the reason that it has now."""
        with self._lock:
            return Halt("canary" if self._rested[0] == "canary" else "retried", self.reason, self.next_step)

    def trouble(self, halt: Halt) -> None:
        """Say why a job that rests could not go on now; in memory only, as the journal may be what is in trouble."""
        with self._lock:
            if self.state in {"ready", "paused"}:
                self.reason, self.next_step = halt.reason, halt.next_step

    def timed(self, phase: Phase, work: Callable[[], None]) -> None:
        """Do a phase's work and count its seconds."""
        with self._lock:
            self.phase = phase
            self._timing = (phase, time.monotonic())
        self._journal.update_job(phase=phase)
        try:
            work()
        finally:
            with self._lock:
                self._seconds = self.seconds
                self._timing = None
            self._journal.update_job(**self.seconds_columns())

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of each phase up to now, over all runs."""
        seconds = dict(self._seconds)
        timing = self._timing
        if timing is not None:
            seconds[timing[0]] += time.monotonic() - timing[1]
        return seconds

    @property
    def needs_key(self) -> bool:
        """Whether the job rests because of its key."""
        rejected = self.halt.kind == "key" if self.halt is not None else self.reason == key_rejected().reason
        return rejected and self.state == "paused"

    def seconds_columns(self) -> dict[str, float]:
        """The same as the journal's columns."""
        return {f"seconds_{phase}": value for phase, value in self.seconds.items()}

    def phase_seconds(self) -> PhaseSeconds:
        """The same for a snapshot."""
        from tui_importer.engine.snapshot.models import PhaseSeconds

        return PhaseSeconds(*self.seconds.values())

    @property
    def elapsed(self) -> float:
        """Seconds of work over all runs."""
        with self._lock:
            return sum(self.seconds.values())

    def say(self, level: Level, message: str) -> None:
        """Write to the job's log."""
        with self._lock:
            self.log_entries += 1
        self._journal.log_entry(level, safe(message))
