"""A thread's way to the API: every request passes the run's control, the service's gate and the retry rules."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from tui_importer.engine.control import Halt
from tui_importer.engine.errors import Interrupted
from tui_importer.workos.errors import Cancelled, KeyRejected, NotSent, PermissionDenied, RateLimited, ServiceFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.control import Control
    from tui_importer.engine.health import Health, Tries
    from tui_importer.engine.metrics import Metrics
    from tui_importer.engine.patience import Patience

T = TypeVar("T")


class Calls:
    """Reads are repeated until there is a definite answer; writes are never repeated after an ambiguous one."""

    def __init__(self, control: Control, health: Health, metrics: Metrics, patience: Patience) -> None:
        self.control = control
        self.health = health
        self._metrics = metrics
        self._patience = patience

    def read(self, send: Callable[[], T], tries: Tries) -> T:
        """Send until there is a definite answer. For reads, and for writes that may be repeated safely (PUT).

        Raises NotFound, Refused (definite), GaveUp, SetAside, Interrupted.
        """
        while True:
            try:
                return self.write(send, tries)
            except ServiceFailed as error:
                self.failed(error, tries)

    def write(self, send: Callable[[], T], tries: Tries) -> T:
        """Send until the request reached the server. Raises ServiceFailed when it may or may not have had its effect.

        429 and refused connections had none, so they are simply sent again.
        """
        while True:
            self.control.check()
            self.health.enter()
            try:
                return send()
            except RateLimited:
                self._metrics.count("retries")  # the limiter now holds everybody back
            except NotSent as error:
                self.failed(error, tries)
            except Cancelled as error:
                raise Interrupted from error
            except KeyRejected as error:
                self.control.cancel(
                    Halt(
                        "key", "key rejected", "The API answers 401: give a valid key for this environment and resume."
                    )
                )
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

    def failed(self, error: ServiceFailed | NotSent, tries: Tries) -> None:
        """Account for a transient failure and wait. Raises GaveUp, SetAside, Interrupted."""
        self._metrics.count("retries")
        self.health.failed(error, tries)

    def poll(self, look: Callable[[], T | None], seconds: float) -> T | None:
        """Look until something is found, at growing intervals, for at least `seconds`. Raises what `look` raises."""
        deadline = time.monotonic() + seconds
        pause = self._patience.first_poll
        while True:
            found = look()
            if found is not None or time.monotonic() >= deadline:
                return found
            self.control.sleep(pause)
            pause = min(pause * 1.6, self._patience.longest_poll)
