"""A thread's way to the API: every request passes the run's control, the service's gate and the retry rules."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from tui_importer.engine.errors import GaveUp, Interrupted, SetAside
from tui_importer.engine.halt import Halt, key_rejected
from tui_importer.workos.errors import (
    Cancelled,
    KeyRejected,
    NotFound,
    NotSent,
    PermissionDenied,
    RateLimited,
    Refused,
    ServiceFailed,
    WorkosError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tui_importer.engine.service.health import Health, Tries
    from tui_importer.engine.service.metrics import Metrics
    from tui_importer.engine.service.stop import Control
    from tui_importer.engine.service.timeouts import Patience

T = TypeVar("T")


class Calls:
    """Reads are repeated until there is a definite answer; writes are never repeated after an ambiguous one."""

    def __init__(self, control: Control, health: Health, metrics: Metrics, patience: Patience) -> None:
        self.control = control
        self.health = health
        self._metrics = metrics
        self._patience = patience
        self._lock = threading.Lock()
        self._polling = 0

    @property
    def awaited(self) -> int:
        """How many objects are looked for again and again now: their answers were lost, or are not to be seen yet."""
        with self._lock:
            return self._polling

    def read(self, send: Callable[[], T], tries: Tries) -> T:
        """Send until there is a definite answer. For reads, and for writes that may be repeated safely (PUT).

        Raises NotFound, Refused (definite), GaveUp, SetAside, Interrupted.
        """
        before = tries.total, tries.counted
        while True:
            try:
                answer = self._sent(send, tries)
            except ServiceFailed as error:
                self.failed(error, tries)
            else:
                # A call that got through in the end is not held against the next one of the same row.
                tries.total, tries.counted = before
                return answer

    def write(self, send: Callable[[], T], tries: Tries) -> T:
        """Send until the request reached the server. Raises ServiceFailed when it may or may not have had its effect.

        429 and refused connections had none, so they are simply sent again.
        """
        try:
            answer = self._sent(send, tries)
        except ServiceFailed:
            tries.is_open = True
            raise
        except WorkosError:
            tries.is_open = False
            raise
        tries.is_open = False
        return answer

    def _sent(self, send: Callable[[], T], tries: Tries) -> T:
        while True:
            self.control.check()
            self.health.enter()
            try:
                answer = send()
            except RateLimited:
                self._metrics.count("retries")  # the limiter now holds everybody back
                self.health.throttled()
            except NotSent as error:
                self.failed(error, tries)
            except Cancelled as error:
                raise Interrupted from error
            except KeyRejected as error:
                self.control.cancel(key_rejected())
                raise Interrupted from error
            except PermissionDenied as error:
                call = error.attempt.call.replace("_", " ") if error.attempt else "a call"
                self.control.cancel(
                    Halt(
                        "key",
                        f"permission missing: {call}",
                        f"The API answers 403 ({error.text or error.message}). "
                        "Give the key this permission and resume.",
                    )
                )
                raise Interrupted from error
            except (Refused, NotFound):
                self.health.answered()
                raise
            else:
                self.health.answered()
                return answer

    def failed(self, error: ServiceFailed | NotSent, tries: Tries) -> None:
        """Account for a transient failure and wait. Raises GaveUp, SetAside, Interrupted."""
        self._metrics.count("retries")
        self.health.failed(error, tries)

    def judge(self, ask: Callable[[], object], tries: Tries) -> None:
        """Decide who is to blame when work is set aside again: the work itself, or the service.

        `ask` is a call that has nothing to do with the work. Only if it is answered may the work fail, when it comes
        round again: that others succeeded some time before says nothing about a service that is down now.
        Raises Interrupted.
        """
        if tries.set_aside < 2:
            return
        asking = self.health.tries()
        try:
            self.write(ask, asking)
        except ServiceFailed as error:
            with contextlib.suppress(GaveUp, SetAside):
                self.failed(error, asking)
            return
        except (GaveUp, SetAside):
            return  # no connection
        except WorkosError:
            pass  # refused, and so answered
        tries.to_blame = True
        self.health.succeeded()

    def poll(self, lookup: Callable[[], T | None], seconds: float) -> T | None:
        """Look up until something is found, at growing intervals; the last time after `seconds` at the earliest.

        Raises what `lookup` raises.
        """
        deadline = time.monotonic() + seconds
        pause = self._patience.first_poll
        with self._counted() if seconds else contextlib.nullcontext():
            while True:
                began = time.monotonic()  # an answer that comes late may show how things stood when it was asked for
                found = lookup()
                if found is not None or began >= deadline:
                    return found
                self.control.sleep(pause)
                pause = min(pause * 1.6, self._patience.longest_poll)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._polling += 1
        try:
            yield
        finally:
            with self._lock:
                self._polling -= 1
