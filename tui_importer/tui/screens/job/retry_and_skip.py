"""Retry and skip failed rows: what is asked, in which numbers, and what is said afterwards."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from tui_importer.engine.job.retry import Selection
from tui_importer.errors import ImporterError
from tui_importer.text import by_frequency, plural
from tui_importer.tui.screens.dialogs.choice import Choice, ChoiceDialog
from tui_importer.tui.screens.dialogs.confirm_start import confirmed_start
from tui_importer.tui.screens.job.skip_dialog import SkipDialog
from tui_importer.tui.style.text import error_text, notify_safe, safe
from tui_importer.tui.system.threads import in_daemon

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Sequence

    from tui_importer.engine.job.retry import RetryPlan
    from tui_importer.engine.job.view import JobView
    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.tui.console_app import ConsoleApp

_KINDS: Final = 4
"""Kinds named in a dialog; the rest is summed up."""

_MISSING_STEP: Final = "Only the step that is missing is redone: a user that is there is not created again."
_NO_WAY_BACK: Final = "There is no way back: a skipped row is not tried again by this job."

Decision = Literal["", "now", "all", "later"]
"""Nothing; in the run that is going or a new one; when the job goes on."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Failures that are meant: `rows` with the number of each kind, and how many failed `organizations`."""

    rows: frozenset[int]
    kinds: tuple[tuple[str, int], ...] = ()
    organizations: int = 0

    @classmethod
    def of(cls, picked: pl.DataFrame) -> Chosen:
        """From failures as a frame."""
        rows = picked.filter(pl.col("row").is_not_null())
        kinds = Counter(rows["kind"].to_list())
        return cls(frozenset(rows["row"].to_list()), tuple(by_frequency(kinds)), picked.height - rows.height)


def with_held(picked: pl.DataFrame, failures: pl.DataFrame) -> pl.DataFrame:
    """Those picked of all failures, and with a failed organization the rows that failed only because it did."""
    organizations = picked.filter(pl.col("row").is_null())
    if not organizations.height:
        return picked
    blocked = failures.filter(pl.col("row").is_not_null(), step="organization")
    blocked = blocked.join(organizations, on="organization", how="semi")
    return pl.concat([picked, blocked]).unique("sequence", maintain_order=True)


class Review:
    """Retries and skips for the screens of one job, each asked for first.

    `failures` gives all failures as a frame, `changed` is called when they may be others.
    """

    def __init__(
        self, app: ConsoleApp, view: JobView, failures: Callable[[], pl.DataFrame], changed: Callable[[], None]
    ) -> None:
        self._app, self._view, self._failures, self._changed = app, view, failures, changed
        self._turn = asyncio.Lock()
        self._reason = ""

    def _in_thread(self, work: Coroutine[object, object, None]) -> None:
        self._app.run_worker(self._in_turn(work), group="review")

    async def _in_turn(self, work: Coroutine[object, object, None]) -> None:
        """One after the other: what a key meant is decided when the key before it was obeyed."""
        async with self._turn:
            try:
                await work
            except ImporterError as error:
                notify_safe(self._app, error_text(error), title="Not done, or not all of it", severity="error")
                self._tell_changed()

    @property
    def _is_open(self) -> bool:
        """Whether the console still has this job: what takes long may end after the job was left."""
        return self._app.job.view is self._view

    def _tell_changed(self) -> None:
        if self._is_open:
            self._changed()

    def picked(self, sequences: Collection[object]) -> pl.DataFrame:
        """Some failures as a frame."""
        return self._failures().filter(pl.col("sequence").is_in(list(sequences)))

    # -- trying again -------------------------------------------------------------------------------------------

    def retry(self, picked: pl.DataFrame) -> None:
        """Try failures again; asks unless that is one row and nothing else comes of it."""
        chosen = Chosen.of(with_held(picked, self._failures()))
        self._in_thread(self._plan(Selection(rows=chosen.rows), chosen.organizations))

    def retry_all(self, organizations: int) -> None:
        """Try again whatever can be; `organizations` is how many of them failed."""
        self._in_thread(self._plan(Selection(), organizations))

    async def _plan(self, selection: Selection, organizations: int) -> None:
        plan = await in_daemon(partial(self._view.plan_retry, selection))
        snapshot = self._view.snapshot()
        if not self._is_open:
            return
        if not plan.rows:
            self._without_rows(plan, organizations, snapshot)
        elif plan.rows == 1 and (snapshot.is_active or not snapshot.totals.pending):
            self._decided(selection, "later" if snapshot.state == "pausing" else "now")
        else:
            dialog = ChoiceDialog(
                f"Try {plural(plan.rows, 'row')} again?", retry_text(plan, snapshot), retry_choices(plan, snapshot)
            )
            self._app.push_screen(dialog, partial(self._decided, selection))

    def _without_rows(self, plan: RetryPlan, organizations: int, snapshot: Snapshot) -> None:
        if organizations and snapshot.state == "paused":
            self._resume_for_organizations(snapshot)
            return
        if plan.later or organizations:
            words = "Rows of failed organizations are tried again by the next run: pause the job, then resume it."
            if not snapshot.is_active:
                words = "No row is left to be tried again with its organization."
        else:
            words = (
                "The scan refused what is chosen, or the first row of the same person, and the job's rows are frozen: "
                "correct the file and import those rows with a new job."
            )
        notify_safe(self._app, words, title="Nothing to try again", severity="warning")

    def _resume_for_organizations(self, snapshot: Snapshot) -> None:
        """Failed organizations are resolved by a whole run: ask when it would import other rows, too."""

        def resume() -> None:
            confirmed_start(self._app, snapshot, self._go_on, plan=self._view.plan())

        def decided(yes: bool | None) -> None:  # noqa: FBT001 - the signature of a screen's callback
            if yes:
                resume()

        others = snapshot.totals.pending - snapshot.totals.blocked
        if others <= 0:
            resume()
            return
        text = ["Failed organizations are tried again when the job is resumed, before anything else."]
        choices = (
            Choice("No", "change nothing", False),
            Choice("Resume", f"{plural(others, 'other pending row')}, too", True, "accent"),
        )
        self._app.push_screen(ChoiceDialog("Resume the job?", text, choices), decided)

    def _decided(self, selection: Selection, decision: Decision | None) -> None:
        def go() -> None:
            self._in_thread(self._again(selection, decision or ""))

        snapshot = self._view.snapshot()
        if decision in {"now", "all"} and not snapshot.is_active:
            confirmed_start(self._app, snapshot, go, plan=self._view.plan())
        elif decision:
            go()

    async def _again(self, selection: Selection, decision: Decision) -> None:
        rows = await in_daemon(partial(self._view.retry, selection))
        if not self._is_open:
            return
        if rows and decision in {"now", "all"} and not self._view.snapshot().is_active:
            self._app.job.start(retried=decision == "now")
        self._changed()
        notify_safe(self._app, retry_words(selection, rows, decision))

    def _go_on(self) -> None:
        if self._is_open:
            self._app.job.start()
            self._changed()
            notify_safe(self._app, "The job is resumed: organizations that failed are tried first.")

    # -- skipping -----------------------------------------------------------------------------------------------

    def skip(self, picked: pl.DataFrame) -> None:
        """Ask for a reason, and for many rows once more, then skip."""
        chosen = Chosen.of(picked)
        if not chosen.rows:
            return
        rows = plural(len(chosen.rows), "row") if len(chosen.rows) != 1 else f"row {next(iter(chosen.rows)):,}"

        def given(reason: str | None) -> None:
            if not reason:
                return
            self._reason = reason
            if len(chosen.rows) == 1:
                self._in_thread(self._skip(chosen, reason))
                return
            text = [kinds_text(chosen.kinds), f"Reason: {safe(reason)}", _NO_WAY_BACK]
            choices = (
                Choice("No", "change nothing", False),
                Choice(f"Skip {rows}", "they end as skipped", True, "bad"),
            )
            self._app.push_screen(ChoiceDialog(f"Skip {rows} for good?", text, choices, tone="warn"), sure)

        def sure(yes: bool | None) -> None:  # noqa: FBT001 - the signature of a screen's callback
            if yes:
                self._in_thread(self._skip(chosen, self._reason))

        text = [_NO_WAY_BACK]
        if len(chosen.rows) > 1:
            text.insert(0, kinds_text(chosen.kinds))
        if chosen.organizations:
            text.append(f"{plural(chosen.organizations, 'failed organization')} cannot be skipped, only rows can.")
        self._app.push_screen(SkipDialog(f"Skip {rows}?", text, self._reason), given)

    async def _skip(self, chosen: Chosen, reason: str) -> None:
        count = await in_daemon(partial(self._view.skip, chosen.rows, reason))
        self._tell_changed()
        notify_safe(self._app, f"{plural(count, 'row')} skipped: {safe(reason, 80)}")


def kinds_text(kinds: Sequence[tuple[str, int]]) -> str:
    """1,180 invalid_role · 20 server_error · 4 of other kinds."""
    named = [f"{count:,} {safe(kind, 40)}" for kind, count in kinds[:_KINDS]]
    rest = sum(count for _, count in kinds[_KINDS:])
    return " · ".join([*named, *([f"{rest:,} of other kinds"] if rest else [])])


def retry_text(plan: RetryPlan, snapshot: Snapshot) -> list[str]:
    """What the dialog says: the numbers, what is left out, and what will be done."""
    text = [kinds_text(plan.kinds)]
    if plan.along:
        along = plural(plan.along, "row of these comes", "rows of these come")
        text.append(f"{along} along: other rows of a person that is chosen.")
    if plan.refused:
        left = plural(plan.refused, "other row")
        text.append(f"{left} cannot be tried again: refused by the scan, and the job's rows are frozen.")
    if plan.later:
        text.append(f"{plural(plan.later, 'other row')} of failed organizations: the next run tries those.")
    text += ["", _MISSING_STEP, f"That takes {plural(plan.requests, 'request')} or more."]
    text.append(f"It writes to {snapshot.environment} at {snapshot.base_url}.")
    return text


def retry_choices(plan: RetryPlan, snapshot: Snapshot) -> tuple[Choice[Decision], ...]:
    """No comes first. With other rows pending, a job that rests need not go on at once."""
    no: Choice[Decision] = Choice("No", "change nothing", "")
    those = "it" if plan.rows == 1 else "them"
    others = snapshot.totals.pending
    if snapshot.state == "running":
        return no, Choice("Try again", "in the run that is going", "now", "accent")
    later: Choice[Decision] = Choice("Try again later", f"when the job is resumed, with {those}", "later")
    if snapshot.state == "pausing":
        return no, later
    if not others:
        return no, Choice("Try again", f"the job starts for {those}", "now", "accent")
    rest = plural(others, "other row stays", "other rows stay")
    only: Choice[Decision] = Choice("Try again", f"{rest} pending", "now", "accent")
    return no, only, Choice("Try again and resume", f"{plural(others, 'pending row')}, too", "all"), later


def retry_words(selection: Selection, rows: int, decision: Decision) -> str:
    """What was done, for a toast."""
    if rows == 1 and selection.rows is not None and len(selection.rows) == 1:
        which = f"Row {next(iter(selection.rows)):,} is"
    else:
        which = plural(rows, "row is", "rows are")
    if decision == "later":
        return f"{which} pending and tried again when the job is resumed."
    return f"{which} tried again; only the step that is missing is redone."
