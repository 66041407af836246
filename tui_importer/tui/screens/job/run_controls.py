"""Controls of an open job: share of the rate limit, workers, API key, notes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from tui_importer.config import RUN_RULES
from tui_importer.errors import ImporterError
from tui_importer.tui.actions.registry import When
from tui_importer.tui.style.text import error_text, notify_safe
from tui_importer.tui.system.threads import in_daemon

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tui_importer.engine.job.key_change import TriedKey
    from tui_importer.engine.job.view import JobView
    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.secret import Secret
    from tui_importer.tui.console_app import ConsoleApp
    from tui_importer.tui.screens.base import ConsoleScreen

CONDITIONS: Final = (
    When.JOB_IS_UNFINISHED, When.SHARE_CAN_RISE, When.SHARE_CAN_FALL, When.WORKERS_CAN_GROW, When.WORKERS_CAN_SHRINK,
    When.PACE_WAS_SET,
)  # fmt: skip

_STEP: Final = 10
"""Percent of the rate limit."""


def next_share(share: int, by: int) -> int:
    """The next ten percent above or below `share`, within 1 and 100."""
    tens = share // _STEP + 1 if by > 0 else -(-share // _STEP) - 1
    return max(1, min(100, tens * _STEP))


def is_possible(workers: int) -> bool:
    """Whether there may be so many workers; 0 would be automatic."""
    try:
        RUN_RULES["workers"].check(workers)
    except ValueError:
        return False
    return workers > 0


class RunControls:
    """Changes of a job that need no pause. Each is shown by `screen` at once, and logged.

    `now` is the snapshot that the screen shows, None before the first.
    """

    def __init__(self, screen: ConsoleScreen[None], view: JobView) -> None:
        self._screen, self._view = screen, view
        self.now: Snapshot | None = None

    @property
    def _app(self) -> ConsoleApp:
        return self._screen.console_app

    def holds(self, when: When) -> bool:
        """Whether one of `CONDITIONS` holds."""
        now = self.now
        if now is None or now.is_over:
            return False
        share = now.requests.share if now.requests.limit is not None else None
        workers = now.workers_wanted
        held = {
            When.SHARE_CAN_RISE: share is not None and share < 100,
            When.SHARE_CAN_FALL: share is not None and share > 1,
            When.WORKERS_CAN_GROW: workers > 0 and is_possible(workers + 1),
            When.WORKERS_CAN_SHRINK: is_possible(workers - 1),
            When.PACE_WAS_SET: not now.workers_automatic or share not in {None, self._usual_share},
        }
        return held.get(when, True)

    @property
    def _usual_share(self) -> int:
        return self._app.preferences.settings.share

    def _change(self, change: Callable[[], None], done: Callable[[Snapshot], str]) -> None:
        """Change something, show it, and say so; a refusal changes nothing and says why."""
        try:
            change()
        except ImporterError as error:
            notify_safe(self._app, error_text(error), title="Nothing was changed", severity="error")
            return
        self._screen.job_changed()
        if self.now is not None:
            notify_safe(self._app, done(self.now), timeout=2.0)

    def change_share(self, by: int) -> None:
        """Permit more or less of the rate limit."""
        if self.now is not None:
            before = self.now.requests.share
            self._change(
                partial(self._view.set_share, next_share(before, by)),
                lambda now: f"Share of the rate limit: {now.requests.share} %, before {before} %.",
            )

    def change_workers(self, by: int) -> None:
        """One worker more or less."""
        if self.now is None or not is_possible(self.now.workers_wanted + by):
            return
        before = self.now.workers_wanted
        automatic = " (automatic)" if self.now.workers_automatic else ""
        self._change(
            partial(self._view.set_workers, before + by),
            lambda now: f"Workers: {now.workers_wanted}, before {before}{automatic}.",
        )

    def use_automatic_pace(self) -> None:
        """The settings' share, and as many workers as the limit needs."""

        def change() -> None:
            self._view.set_share(self._usual_share)
            self._view.set_workers(None)

        self._change(
            change, lambda now: f"Share of the rate limit: {now.requests.share} %. As many workers as it needs."
        )

    def write_note(self) -> None:
        """Write a line into the job's log."""
        from tui_importer.tui.screens.job.note_dialog import NoteDialog

        def given(text: str | None) -> None:
            if text:
                self._change(partial(self._view.note, f"Note: {text}"), lambda _: "Written into the job's log.")

        self._app.push_screen(NoteDialog(), given)

    # -- another key --------------------------------------------------------------------------------------------

    def ask_api_key(self) -> None:
        """Ask for a key, and test it."""
        from tui_importer.tui.screens.dialogs.api_key import ApiKeyDialog

        def given(key: Secret | None) -> None:
            if key is not None:
                self._run(self._try_api_key(key))

        if self.now is not None:
            words = f"Another key for {self.now.job}. It is tested before it is used, and never stored."
            self._app.push_screen(ApiKeyDialog(self.now.job, words), given)

    def _run(self, work: Coroutine[object, object, None]) -> None:
        self._screen.run_worker(work, group="key", exclusive=True)

    async def _try_api_key(self, key: Secret) -> None:
        try:
            tried = await in_daemon(partial(self._view.try_key, key))
        except ImporterError as error:
            notify_safe(self._app, error_text(error), title="The key is not used", severity="error")
            return
        if tried.proven:
            self._run(self._use_api_key(tried))
        elif self.now is not None:
            self._ask_environment(tried, self.now)

    def _ask_environment(self, tried: TriedKey, now: Snapshot) -> None:
        """The job has no objects yet by which the key could be proved: the operator checks where it leads."""
        from tui_importer.tui.screens.job.confirm_api_key import confirm_api_key

        confirm_api_key(self._app, tried, now, lambda: self._run(self._use_api_key(tried)))

    async def _use_api_key(self, tried: TriedKey) -> None:
        goes_on = tried.proven and self.now is not None and self.now.needs_key
        try:
            await in_daemon(partial(self._view.use_key, tried))
        except ImporterError as error:
            notify_safe(self._app, error_text(error), title="The key is not used", severity="error")
            return
        app = self._app
        app.backend.key, app.api_key_source = tried.key, "typed"
        self._screen.job_changed()
        if goes_on:
            app.job.start()
            self._screen.job_changed()
        notify_safe(app, f"The key {tried.key.hint} is used from now on.{' The job goes on.' if goes_on else ''}")
