"""Clocks for the limiter that pass no real time."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class StepClock:
    """A clock for one thread: after a wait its time has passed."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.time = now
        self.during: Callable[[], None] | None = None

    def now(self) -> float:
        return self.time

    def wait(self, condition: threading.Condition, timeout: float | None) -> None:
        assert timeout is not None, "a single caller is always the first of its queue"
        self.time += timeout


class VirtualClock:
    """A clock for many threads: its time moves on to the next deadline whenever all of them wait.

    Each thread must run inside `run`, which starts them together and ends when they have returned.
    """

    def __init__(self) -> None:
        self._time = 1_000.0
        self._changed = threading.Condition()
        self._waits: dict[int, tuple[float | None, threading.Condition]] = {}
        self._numbers = itertools.count()
        self._running = 0
        self._errors: list[BaseException] = []

    def now(self) -> float:
        return self._time

    def wait(self, condition: threading.Condition, timeout: float | None) -> None:
        number = next(self._numbers)
        deadline = None if timeout is None else self._time + timeout
        with self._changed:
            self._waits[number] = (deadline, condition)
            self._changed.notify_all()
        condition.wait()
        with self._changed:
            del self._waits[number]

    def sleep(self, seconds: float) -> None:
        """What a request takes, or a worker's own work."""
        condition = threading.Condition()
        until = self._time + seconds
        with condition:
            while self._time < until:
                self.wait(condition, until - self._time)

    def run(self, *bodies: Callable[[], None]) -> None:
        self._running = len(bodies)
        threads = [threading.Thread(target=self._body, args=(body,), daemon=True) for body in bodies]
        for thread in threads:
            thread.start()
        while self._advance():
            pass
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def _body(self, body: Callable[[], None]) -> None:
        try:
            body()
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that runs the test
            self._errors.append(error)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _advance(self) -> bool:
        """Wait until every thread waits, then let the earliest deadline pass. False when all have returned."""
        with self._changed:
            while self._running and not self._all_wait():
                self._changed.wait(0.0001)
            if not self._running:
                return False
            deadlines = [deadline for deadline, _ in self._waits.values() if deadline is not None]
            assert deadlines, "all threads wait for each other"
            self._time = max(self._time, min(deadlines))
            due = [condition for deadline, condition in self._waits.values() if _due(deadline, self._time)]
        for condition in due:
            with condition:
                condition.notify_all()
        return True

    def _all_wait(self) -> bool:
        # A condition's own list of waiters loses a thread when it is notified, before the thread runs again.
        waiting = [condition for _, condition in self._waits.values() if condition._waiters]  # type: ignore[attr-defined]
        return len(waiting) == self._running == len(self._waits)


def _due(deadline: float | None, now: float) -> bool:
    return deadline is not None and deadline <= now
