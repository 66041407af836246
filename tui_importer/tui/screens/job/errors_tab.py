"""Errors tab of a job: all errors, by cause, or those of one cause; retry, skip, export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, cast

import polars as pl
from textual import on
from textual.widgets import ContentSwitcher

from tui_importer.text import plural
from tui_importer.tui.actions.registry import When
from tui_importer.tui.job_tables import columns
from tui_importer.tui.job_tables.failure_groups import FailureGroups, GroupFailures, cause_of, failures_of
from tui_importer.tui.screens.base import unmasked
from tui_importer.tui.screens.job.error_detail import ErrorDetailScreen
from tui_importer.tui.screens.job.group_pane import GroupData, GroupFoot, GroupHead, GroupPane, GroupsPane
from tui_importer.tui.screens.job.retry_and_skip import Review
from tui_importer.tui.style.text import safe
from tui_importer.tui.table.export import new_csv
from tui_importer.tui.table.pane import TablePane
from tui_importer.tui.table.query import RowQuery
from tui_importer.tui.table.table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from textual.app import ComposeResult

    from tui_importer.engine.job.view import JobView
    from tui_importer.engine.snapshot.models import FailureView, Snapshot
    from tui_importer.tui.console_app import ConsoleApp
    from tui_importer.tui.job_tables.feeds import GrowingFeed
    from tui_importer.tui.table.polars_rows import FrameRows
    from tui_importer.tui.table.rows import Rows

ErrorsView = Literal["errors", "groups", "group"]
"""All errors, the groups, the errors of one group: each is the id of its table."""

VIEWS: Final[tuple[ErrorsView, ...]] = ("errors", "groups", "group")

CONDITIONS: Final = (
    When.ERRORS_ARE_LISTED, When.ERRORS_ARE_GROUPED, When.FAILURE_UNDER_CURSOR, When.GROUP_UNDER_CURSOR,
    When.GROUP_IS_OPEN, When.NO_GROUP_IS_OPEN, When.ERRORS_CAN_BE_TRIED, When.ERRORS_CAN_BE_SKIPPED,
    When.ANY_ERROR_CAN_BE_TRIED,
)  # fmt: skip

_LARGEST_FIRST: Final = RowQuery(sort="count", descending=True)
_EMPTY_GROUP: Final = (
    "✔ No error of this group is left.",
    "Its rows are tried again, went through, or were skipped.",
)


class ErrorsTab(ContentSwitcher):
    """Three views of a job's errors, and what can be done about those that are meant.

    `failures` are the errors read so far. The screen says when there are more (`show`), asks which conditions hold,
    and calls what its actions mean; `changed` is called when the job was changed from here.
    """

    DEFAULT_CSS = """
    ErrorsTab { height: 1fr; }
    """

    def __init__(
        self,
        view: JobView,
        failures: GrowingFeed[FailureView],
        changed: Callable[[], None],
        *,
        id: str,  # noqa: A002 - Textual's own parameter name
    ) -> None:
        super().__init__(id=id, initial="errors-pane")
        self.showing: ErrorsView = "errors"
        self._view, self._failures, self._changed = view, failures, changed
        self._job: Snapshot | None = None
        self._groups = FailureGroups()
        self._group: GroupFailures | None = None
        self._opened: Mapping[str, object] = {}
        self._review: Review | None = None
        self._conditions: tuple[bool, ...] = ()

    @property
    def console_app(self) -> ConsoleApp:
        """The app, with its type."""
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        """A pane for each view."""
        app = self.console_app
        rest = app.pace.typing
        errors = columns.failure_columns(app.privacy, app.zone)
        yield TablePane(
            VirtualTable(errors, id_name="sequence", id="errors", growing=True, empty=("✔ No failures.",)),
            rest=rest, id="errors-pane",
        )  # fmt: skip
        causes = columns.group_columns(app.privacy, app.zone)
        groups = VirtualTable(causes, id_name="id", id="groups", empty=("✔ No failures.",))
        yield GroupsPane(groups, rest=rest, id="groups-pane")
        mine = [column for column in errors if column.name not in {"step", "kind"}]  # the same in all rows
        group = VirtualTable(mine, id_name="sequence", id="group", growing=True, empty=_EMPTY_GROUP)
        yield GroupPane(group, rest=rest, id="group-pane")

    def on_mount(self) -> None:
        """The largest groups first; from then on they keep their places."""
        groups = self._table("groups")
        groups.set_rows(self._groups.rows)
        groups.search(_LARGEST_FIRST)

    @property
    def review(self) -> Review:
        """What asks and acts."""
        if self._review is None:
            self._review = Review(
                self.console_app, self._view, lambda: self._failures.rows.frame, self._failures_changed
            )
        return self._review

    # -- showing ------------------------------------------------------------------------------------------------

    def _table(self, view: ErrorsView) -> VirtualTable:
        return self.query_one(f"#{view}", VirtualTable)

    @property
    def table(self) -> VirtualTable:
        """The table of the view in sight."""
        return self._table(self.showing)

    def show(self, job: Snapshot) -> None:
        """Bring the view in sight up to the errors read so far; the table of all of them is filled by the screen."""
        self._job = job
        self._show_failures()

    def _show_failures(self) -> None:
        rows = self._failures.rows
        groups = self._table("groups")
        if self.display and self.showing == "groups" and self._groups.update(rows) is not groups.source:
            was_empty = not len(groups.rows)
            groups.set_rows(self._groups.rows)
            if was_empty:  # there is nothing that could move
                groups.action_show_news()
        if self._group is not None:
            group = self._table("group")
            self.query_one(GroupHead).show(self._group_data(self._opened))
            if self._group.update(rows) is not group.source:
                group.set_rows(self._group.rows)
        if self._job is not None:
            self._show_empty(words_without_errors(self._job))
        self._selection_changed()

    def _group_data(self, group: Mapping[str, object]) -> GroupData:
        cause = cause_of(group)
        return GroupData(cause.step, cause.kind, self.console_app.privacy.text(cause.shape), str(group["suggestion"]))

    def _show_empty(self, words: tuple[str, ...]) -> None:
        for table in (self._table("errors"), self._table("groups")):
            if table.empty != words:
                table.empty = words
                table.refresh()

    @on(VirtualTable.RowHighlighted, "#errors, #groups, #group")
    @on(VirtualTable.MarksChanged, "#errors, #groups, #group")
    def _selection_changed(self) -> None:
        """Other rows are meant: show the group under the cursor, and which keys apply."""
        current = self._table("groups").current
        self.query_one(GroupFoot).show(None if current is None else self._group_data(current))
        conditions = tuple(self.holds(when) for when in CONDITIONS)
        if conditions != self._conditions:
            self._conditions = conditions
            self.screen.refresh_bindings()

    def _show_view(self, view: ErrorsView) -> None:
        self.showing = view
        self.current = f"{view}-pane"
        self.table.focus()
        self._show_failures()
        self._changed()

    def failures_read(self) -> None:
        """The errors were read in a thread."""
        self._show_failures()
        if isinstance(self.app.screen, ErrorDetailScreen):
            self.app.screen.failures_changed()

    def _failures_changed(self) -> None:
        if not self.is_running:  # the job is being left
            return
        if self.screen.is_current:  # what was marked is done
            self.table.unmark()
        self._changed()
        if isinstance(self.app.screen, ErrorDetailScreen):
            self.app.screen.failures_changed()

    # -- what is meant ------------------------------------------------------------------------------------------

    def holds(self, when: When) -> bool:
        """Whether one of `CONDITIONS` holds."""
        shown = self.display
        table = self.table
        grouped = self.showing == "groups"
        if when is When.NO_GROUP_IS_OPEN:
            return not (shown and self.showing == "group")
        if when is When.ANY_ERROR_CAN_BE_TRIED:
            return self._can_change and self._failures.rows.total > 0
        if when in {When.ERRORS_CAN_BE_TRIED, When.ERRORS_CAN_BE_SKIPPED}:
            return shown and self._can_change and self._means_some(table, skip=when is When.ERRORS_CAN_BE_SKIPPED)
        held = {
            When.ERRORS_ARE_LISTED: not grouped,
            When.ERRORS_ARE_GROUPED: grouped,
            When.FAILURE_UNDER_CURSOR: not grouped and table.current is not None,
            When.GROUP_UNDER_CURSOR: grouped and table.current is not None,
            When.GROUP_IS_OPEN: self.showing == "group",
        }
        return shown and held[when]

    @property
    def _can_change(self) -> bool:
        return self._job is not None and self._job.state not in {"ready", "aborted"}

    def _means_some(self, table: VirtualTable, *, skip: bool) -> bool:
        """Whether the marked ones, or the one under the cursor, can be tried again (or skipped) at all."""
        current = table.current
        if table.marked or current is None:
            return bool(table.marked)
        of_organizations = current["first_row" if self.showing == "groups" else "row"] is None
        return not of_organizations if skip else of_organizations or bool(current["retryable"])

    def _picked(self) -> pl.DataFrame:
        """The marked errors or those of the marked groups, else what is under the cursor."""
        table = self.table
        ids = list(table.marked) or [table.current_id]
        if self.showing != "groups":
            return self.review.picked(ids)
        groups = self._groups.rows.frame.filter(pl.col("id").is_in(ids))
        return failures_of(self._failures.rows.frame, [cause_of(group) for group in groups.iter_rows(named=True)])

    # -- actions ------------------------------------------------------------------------------------------------

    def group(self) -> None:
        """Group the errors by cause; from one group back to all of them."""
        if self.showing == "group":
            self.leave_group()
        else:
            self._show_view("groups")
            self._table("groups").action_show_news()

    def ungroup(self) -> None:
        """Show all errors, one by one."""
        self._show_view("errors")

    @on(VirtualTable.RowSelected, "#groups")
    def open_group(self) -> None:
        """Show the errors of the group under the cursor."""
        current = self._table("groups").current
        if current is None:
            return
        self._opened = current
        self._group = GroupFailures(cause_of(current))
        table = self._table("group")
        table.unmark()
        table.search(RowQuery())
        table.set_rows(self._group.update(self._failures.rows))
        table.move_cursor(0)
        self._show_view("group")

    def leave_group(self) -> None:
        """Back to the groups."""
        self._group = None
        self._show_view("groups")

    def retry(self) -> None:
        """Try the marked errors again, or the one under the cursor."""
        self.review.retry(self._picked())

    def retry_all(self) -> None:
        """Try every error again that can be."""
        self.review.retry_all(self._failures.rows.frame.get_column("row").null_count())

    def skip(self) -> None:
        """Skip the marked errors, or the one under the cursor, for a reason."""
        self.review.skip(self._picked())

    @on(VirtualTable.RowSelected, "#errors, #group")
    def open_detail(self) -> None:
        """Show everything known of the error under the cursor."""
        table = self.table
        if table.current is not None:
            self.app.push_screen(ErrorDetailScreen(self._view, table, self.review))

    # -- export -------------------------------------------------------------------------------------------------

    def write_export(self, table: VirtualTable, rows: Rows, folder: Path) -> str:
        """Write errors as `tui-importer errors` does, those of groups for their rows, and say in words what was done.

        Where `folder` is not possible, the job's folder is. Called from a thread; raises ImporterError.
        """
        from tui_importer.report.failures import secrets_notice, write_failures

        shown = cast("FrameRows", rows)
        picked = shown.frame[shown.positions()]
        if table.id == "groups":
            picked = failures_of(self._failures.rows.frame, [cause_of(group) for group in picked.iter_rows(named=True)])
        job = self._view.snapshot().job
        job_folder = self.console_app.backend.folder_of(job)
        with new_csv((folder, job_folder), f"{job}-errors") as file:
            written = write_failures(job_folder, file.stream, set(picked["sequence"].to_list()))
        of_secrets = secrets_notice(job_folder)
        return (
            f"{written:,} of {plural(self._failures.rows.total, 'error')} written to {safe(file.path, 1_000)}"
            f"{unmasked(self.console_app)}{f'. {of_secrets}' if of_secrets else ''}"
        )


def words_without_errors(snapshot: Snapshot) -> tuple[str, ...]:
    """Why there is no error to be seen."""
    totals = snapshot.totals
    lines = ["✔ No error yet." if snapshot.is_active or totals.pending else "✔ No error: every row went through."]
    if snapshot.failures_gone:
        lines = ["✔ No error is left: all were tried again, went through, or were skipped."]
    if totals.skipped:
        lines.append(f"{totals.skipped:,} skipped: the log says why.")
    if totals.pending and snapshot.state == "paused":
        those = "it" if totals.pending == 1 else "them"
        pending = plural(totals.pending, "row is", "rows are")
        lines.append(f"{pending} pending: the job goes on with {those} when you say so.")
    return tuple(lines)
