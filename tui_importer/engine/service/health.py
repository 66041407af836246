"""Telling one bad row from a service in trouble.

A call that fails while other work succeeds is that row's misfortune; when nothing succeeds, it is the service, and
no row may fail by it. In trouble a gate lets one thread at a time through: its own call is the probe, so that the
probe tests what is really needed. The pause between probes doubles.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from tui_importer.engine.errors import GaveUp, Interrupted, SetAside
from tui_importer.engine.halt import Halt
from tui_importer.text import safe
from tui_importer.workos.errors import ProxyFailed, TlsFailed

if TYPE_CHECKING:
    from tui_importer.engine.service.stop import Control
    from tui_importer.engine.service.timeouts import Patience
    from tui_importer.workos.errors import WorkosError

LONGEST_CAUSE = 120
NOTHING_LOST = "Nothing was lost and no row failed by it: resume when the service answers again."
POLL = 0.5
"""Seconds between checks of the control while waiting at the gate."""


class Tries:
    """What one piece of work (a row's step, an organization) has suffered so far.

    `to_blame`: it was set aside again, and the service answered something else then (`Calls.judge`). `is_open`: a write
    may have been sent of which it is not known what came; `unforeseen` counts the errors of ours that left it so.
    """

    __slots__ = ("counted", "is_open", "probes", "progress", "set_aside", "to_blame", "total", "unforeseen")

    def __init__(self, progress: int) -> None:
        self.total = 0
        self.counted = 0
        self.probes = 0
        self.set_aside = 0
        self.progress = progress
        self.to_blame = False
        self.is_open = False
        self.unforeseen = 0

    def step_ended(self) -> None:
        """The next step begins with a clean account."""
        self.total = self.counted = self.probes = 0
        self.is_open = False


class Health:
    """Shared by all threads of a run. `progress` counts pieces of work that ended with a definite answer.

    `give_up_after` are the seconds of trouble after which the run pauses, `longest_wait` those of nothing but 429s; the
    same unless it is given.
    """

    def __init__(
        self, control: Control, patience: Patience, give_up_after: float, longest_wait: float | None = None
    ) -> None:
        self._control = control
        self._patience = patience
        self._give_up_after = give_up_after
        self._longest_wait = give_up_after if longest_wait is None else longest_wait
        self._condition = threading.Condition()
        self._consecutive = 0
        self._prober: int | None = None
        self._next_probe = 0.0
        self._pause = 0.0
        self._cause = ""
        self._cure = ""
        self.trouble_since: float | None = None
        self.waiting_since: float | None = None
        self.progress = 0
        self.threshold = 6

    @property
    def trouble(self) -> str:
        """What the service answers while in trouble, else empty."""
        with self._condition:
            return self._cause if self.trouble_since is not None else ""

    @property
    def backing_off(self) -> str:
        """`12 s: 503` while in trouble, else empty."""
        with self._condition:
            if self.trouble_since is None:
                return ""
            left = max(0.0, self._next_probe - time.monotonic())
            return f"{left:.0f} s: {self._cause}"

    def tries(self) -> Tries:
        """A fresh account for one piece of work."""
        return Tries(self.progress)

    def succeeded(self) -> None:
        """A piece of work ended with a definite answer: the service works."""
        with self._condition:
            self.progress += 1
            self._consecutive = 0
            self._prober = None
            if self.trouble_since is not None:
                self.trouble_since = None
                self._pause = 0.0
            self._condition.notify_all()

    def throttled(self) -> None:
        """A call was refused with a 429: until one is answered, the run does nothing but wait."""
        with self._condition:
            if self.waiting_since is None:
                self.waiting_since = time.monotonic()

    def answered(self) -> None:
        """A call was not refused with a 429."""
        if self.waiting_since is not None:
            with self._condition:
                self.waiting_since = None

    def check_patience(self, cause: str) -> None:
        """Pause the run when it has been waiting after 429s, or in trouble, for too long; call it now and then.

        `cause` is what the service says to those who wait.
        """
        with self._condition:
            now = time.monotonic()
            waits = self.waiting_since is not None and now - self.waiting_since >= self._longest_wait
            if self.trouble_since is not None and now - self.trouble_since >= self._give_up_after:
                self._give_up(self._cause, self._cure)
            elif waits:
                self._give_up(cause, "")

    def failed(self, error: WorkosError, tries: Tries) -> None:
        """Account for a transient failure and wait before the next try.

        Raises GaveUp when the work must fail, SetAside when other work should go first, Interrupted when the run
        stops.
        """
        in_trouble = self._account(error)
        tries.total += 1
        if self.progress > tries.progress:
            tries.counted += 1
            tries.progress = self.progress
        if tries.counted >= self._patience.tries:
            raise GaveUp(error)
        if not in_trouble:
            self._control.sleep(self._patience.backoff(tries.total))
            return
        tries.probes += 1
        if tries.probes >= self._patience.probes:
            tries.probes = 0
            tries.set_aside += 1
            if tries.to_blame:
                raise GaveUp(error)
            raise SetAside

    def _account(self, error: WorkosError) -> bool:
        now = time.monotonic()
        with self._condition:
            self._consecutive += 1
            self._cause = safe(str(error.status) if error.status else error.message, LONGEST_CAUSE)
            self._cure = error.next if isinstance(error, (TlsFailed, ProxyFailed)) else ""
            if self.trouble_since is None:
                if self._consecutive < self.threshold:
                    return False
                self.trouble_since = now
                self._pause = self._patience.first_backoff
            elif self._prober == threading.get_ident():
                self._prober = None
                self._pause = min(self._pause * 2, self._patience.probe_longest)
            else:
                return True  # sent before the gate closed
            self._next_probe = now + self._pause
            self._condition.notify_all()
            return True

    def enter(self) -> None:
        """Pass the gate: at once when all is well; in trouble one thread at a time, after the pause.

        Raises Interrupted when the run stops meanwhile.
        """
        me = threading.get_ident()
        with self._condition:
            while self.trouble_since is not None and self._prober != me:
                if self._control.draining.is_set():
                    raise Interrupted
                now = time.monotonic()
                if now - self.trouble_since >= self._give_up_after:
                    self._give_up(self._cause, self._cure)
                    raise Interrupted
                if self._prober is None and now >= self._next_probe:
                    self._prober = me
                    return
                self._condition.wait(min(POLL, max(0.01, self._next_probe - now)))

    def leave(self) -> None:
        """Hand the probe on when its holder ends without an answer (interrupted, set aside)."""
        with self._condition:
            if self._prober == threading.get_ident():
                self._prober = None
                self._condition.notify_all()

    def _give_up(self, cause: str, cure: str) -> None:
        self._control.cancel(Halt("service", f"service unavailable: {cause}", f"{cure} {NOTHING_LOST}".lstrip()))
