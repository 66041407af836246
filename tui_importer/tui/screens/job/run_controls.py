"""What an operator changes while a job is open: its share of the rate limit, its workers, its key; and notes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from textual import work

from tui_importer.config import RUN_RULES
from tui_importer.errors import ImporterError
from tui_importer.tui.actions.registry import When
from tui_importer.tui.screens.base import ConsoleScreen
from tui_importer.tui.style.text import error_text, notify_safe
from tui_importer.tui.system.daemon import in_daemon

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.job.key_change import TriedKey
    from tui_importer.engine.job.view import JobView
    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.secret import Secret

OVER: Final = frozenset({"finished", "aborted"})
"""States after which nothing goes on."""
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


class LiveControl(ConsoleScreen[None]):
    """The part of the job's screen that acts on a job without pausing it. Every change shows at once, and is logged."""

    view: JobView
    _snapshot: Snapshot | None

    def control_holds(self, when: When) -> bool:
        """Whether one of `CONDITIONS` holds."""
        now = self._snapshot
        if now is None or now.state in OVER:
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
        return self.console_app.preferences.settings.share

    def _change(self, change: Callable[[], None], done: Callable[[Snapshot], str]) -> None:
        """Change something, show it, and say so; a refusal changes nothing and says why."""
        try:
            change()
        except ImporterError as error:
            notify_safe(self.app, error_text(error), title="Nothing was changed", severity="error")
            return
        self.job_was_told()
        if self._snapshot is not None:
            notify_safe(self.app, done(self._snapshot), timeout=2.0)

    # -- actions ------------------------------------------------------------------------------------------------

    def action_change_share(self, by: int) -> None:
        """Permit more or less of the rate limit."""
        if self._snapshot is not None:
            before = self._snapshot.requests.share
            self._change(
                partial(self.view.set_share, next_share(before, by)),
                lambda now: f"Share of the rate limit: {now.requests.share} %, before {before} %.",
            )

    def action_change_workers(self, by: int) -> None:
        """One worker more or less."""
        if self._snapshot is None or not is_possible(self._snapshot.workers_wanted + by):
            return
        before = self._snapshot.workers_wanted
        automatic = " (automatic)" if self._snapshot.workers_automatic else ""
        self._change(
            partial(self.view.set_workers, before + by),
            lambda now: f"Workers: {now.workers_wanted}, before {before}{automatic}.",
        )

    def action_automatic_pace(self) -> None:
        """The settings' share, and as many workers as the limit needs."""

        def change() -> None:
            self.view.set_share(self._usual_share)
            self.view.set_workers(None)

        self._change(
            change, lambda now: f"Share of the rate limit: {now.requests.share} %. As many workers as it needs."
        )

    def action_note(self) -> None:
        """Write a line into the job's log."""
        from tui_importer.tui.screens.job.note_dialog import NoteDialog

        def given(text: str | None) -> None:
            if text:
                self._change(partial(self.view.note, f"Note: {text}"), lambda _: "Written into the job's log.")

        self.app.push_screen(NoteDialog(), given)

    # -- another key --------------------------------------------------------------------------------------------

    def action_another_key(self) -> None:
        """Ask for a key, and test it."""
        from tui_importer.tui.screens.dialogs.api_key import KeyDialog

        def given(key: Secret | None) -> None:
            if key is not None:
                self._try_key(key)

        if self._snapshot is not None:
            words = f"Another key for {self._snapshot.job}. It is tested before it is used, and never stored."
            self.app.push_screen(KeyDialog(self._snapshot.job, words), given)

    @work(exclusive=True, group="key")
    async def _try_key(self, key: Secret) -> None:
        try:
            tried = await in_daemon(partial(self.view.try_key, key))
        except ImporterError as error:
            notify_safe(self.app, error_text(error), title="The key is not used", severity="error")
            return
        if tried.proven:
            self._use_key(tried)
        elif self._snapshot is not None:
            self._ask_environment(tried, self._snapshot)

    def _ask_environment(self, tried: TriedKey, now: Snapshot) -> None:
        """The job has no objects yet by which the key could be proved: the operator looks where it leads."""
        from tui_importer.tui.screens.job.confirm_key import confirm_key

        confirm_key(self.app, tried, now, partial(self._use_key, tried))

    @work(exclusive=True, group="key")
    async def _use_key(self, tried: TriedKey) -> None:
        goes_on = tried.proven and self._snapshot is not None and self._snapshot.needs_key
        try:
            await in_daemon(partial(self.view.use_key, tried))
        except ImporterError as error:
            notify_safe(self.app, error_text(error), title="The key is not used", severity="error")
            return
        app = self.console_app
        app.backend.key, app.key_from = tried.key, "typed"
        self.job_was_told()
        if goes_on:
            app.job.start()
            self.job_was_told()
        notify_safe(app, f"The key {tried.key.hint} is used from now on.{' The job goes on.' if goes_on else ''}")
