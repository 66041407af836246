"""The open job: it runs on while other screens are shown, and is closed when the app ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tui_importer.engine.job.view import JobView
    from tui_importer.engine.snapshot.models import Snapshot

Interrupted = Literal["nothing runs", "pausing", "stopping"]


class OpenJob:
    """Holder of at most one `JobView`. Commands go through it, so that every screen sees the same job."""

    def __init__(self) -> None:
        self.view: JobView | None = None
        self.name = ""
        self._pause_asked = False

    def hold(self, name: str, view: JobView) -> None:
        """Take the job in. The caller has released the one before."""
        self.name, self.view = name, view
        self._pause_asked = False

    def let_go(self) -> JobView | None:
        """Hand the view back to be closed."""
        view, self.view, self.name = self.view, None, ""
        return view

    def snapshot(self) -> Snapshot | None:
        """A snapshot of the job, None when none is open."""
        return None if self.view is None else self.view.snapshot()

    @property
    def is_active(self) -> bool:
        """Whether a job is open and its threads are at work."""
        snapshot = self.snapshot()
        return snapshot is not None and snapshot.is_active

    def start(self, canary: int | None = None, *, retried: bool = False) -> None:
        """Begin or resume; with `canary` only with the first so many rows, with `retried` only rows to be retried."""
        if self.view is not None:
            self._pause_asked = False
            self.view.start(canary, retried=retried)

    def pause(self) -> None:
        """Let the rows in flight end."""
        if self.view is not None:
            self._pause_asked = True
            self.view.pause()

    def stop_now(self) -> None:
        """Send nothing more."""
        if self.view is not None:
            self._pause_asked = True
            self.view.stop_now()

    def interrupt(self) -> Interrupted:
        """The first call pauses what runs, the second stops it."""
        if not self.is_active:
            return "nothing runs"
        if self._pause_asked:
            self.stop_now()
            return "stopping"
        self.pause()
        return "pausing"
