"""Job screen: live while the job runs, a review of it afterwards."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.widgets import ContentSwitcher

from tui_importer.tui.actions.keymap import key_of
from tui_importer.tui.actions.registry import Place, When, bindings_of
from tui_importer.tui.job_tables import columns
from tui_importer.tui.job_tables.failure_groups import FailureKinds
from tui_importer.tui.job_tables.feeds import MOST_ROWS, Feed, OrganizationsFeed, failures_feed, log_feed
from tui_importer.tui.screens.base import COLUMNS_BREAKPOINTS, ConsoleScreen, styles
from tui_importer.tui.screens.dialogs.confirm_start import confirmed_start
from tui_importer.tui.screens.job.banner import Banner, banner_of
from tui_importer.tui.screens.job.errors_tab import CONDITIONS as OF_ERRORS
from tui_importer.tui.screens.job.errors_tab import VIEWS, ErrorsTab
from tui_importer.tui.screens.job.panels import JobPanels
from tui_importer.tui.screens.job.run_controls import CONDITIONS as OF_CONTROLS
from tui_importer.tui.screens.job.run_controls import RunControls
from tui_importer.tui.screens.job.stepper import Stepper
from tui_importer.tui.table.pane import TablePane
from tui_importer.tui.table.rows import SequenceRows
from tui_importer.tui.table.table import VirtualTable
from tui_importer.tui.widgets.header_line import header_of
from tui_importer.tui.widgets.tab_strip import Tab, TabsData, TabStrip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from textual.app import ComposeResult

    from tui_importer.engine.job.view import JobView
    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.tui.table.rows import Rows

TABS: Final = ("chunks", "workers", "errors", "organizations", "log")


_WHOLE: Final = {"organizations": "Organization", "log": "Log entry"}
"""Tabs whose rows hold texts that a line may cut, and what one of them is."""

_STATES = {When.JOB_RUNS: "running", When.JOB_IS_READY: "ready", When.JOB_IS_PAUSED: "paused"}


class JobScreen(ConsoleScreen[None]):
    """Screen over `view`, polled about four times a second; only what changed is drawn.

    Its errors tab is a widget of its own, and what changes a running job is in its `RunControls`.
    """

    CSS_PATH = styles("job")
    HORIZONTAL_BREAKPOINTS = [*COLUMNS_BREAKPOINTS, (190, "-vast")]  # noqa: RUF012 - Textual's own declaration
    BINDINGS = bindings_of(Place.JOB)
    AUTO_FOCUS = "#chunks"
    place: ClassVar[Place] = Place.JOB

    def __init__(self, view: JobView) -> None:
        super().__init__()
        self.view = view
        self.tab = "chunks"
        self._snapshot: Snapshot | None = None
        self._failures = failures_feed(view)
        self._log = log_feed(view)
        self._organizations = OrganizationsFeed(view)
        self._reading: set[str] = set()
        self._kinds = FailureKinds()
        self._errors = ErrorsTab(view, self._failures, self.job_changed, id="errors-tab")
        self._controls = RunControls(self, view)
        self._conditions: tuple[object, ...] = ()

    def body(self) -> ComposeResult:
        """Stepper, banner, panels, tabs and their tables."""
        yield Stepper(id="stepper")
        yield Banner(id="banner")
        yield JobPanels(id="panels")
        yield TabStrip(id="tabs")
        with ContentSwitcher(initial=f"{self.tab}-pane", id="tables"):
            for table in self._tables():
                yield TablePane(table, rest=self.console_app.pace.typing, id=f"{table.id}-pane")
            yield self._errors

    def _tables(self) -> Iterable[VirtualTable]:
        app = self.console_app
        return (
            VirtualTable(
                columns.chunk_columns(), id_name="chunk", id="chunks", faults=columns.CHUNK_FAULTS,
                empty=("The chunks are cut when the source is scanned.",),
            ),
            VirtualTable(
                columns.worker_columns(), id_name="worker", id="workers",
                faults=columns.WORKER_FAULTS,
                empty=("No worker runs. They start when every organization is resolved.",),
            ),
            VirtualTable(
                columns.organization_columns(app.privacy), id_name="key", id="organizations",
                faults=columns.ORGANIZATION_FAULTS,
                empty=("The organizations appear when the source is scanned.",),
            ),
            VirtualTable(
                columns.log_columns(app.privacy, app.zone), id_name="sequence", id="log", growing=True, follow=True,
                faults=columns.LOG_FAULTS, empty=("Nothing is logged yet.",),
            ),
        )  # fmt: skip

    def on_mount(self) -> None:
        """Show the job at once, then regularly."""
        self.refresh_snapshot()
        if (every := self.console_app.pace.snapshot) is not None:
            self.set_interval(every, self._tick)

    def job_changed(self) -> None:
        """Show it without waiting for the next refresh."""
        self.refresh_snapshot()

    def on_screen_resume(self) -> None:
        """Catch up with what happened meanwhile."""
        if self._snapshot is not None:
            self.refresh_snapshot()

    def _tick(self) -> None:
        if self.is_current and self.console_app.input_priority.may_refresh(time.monotonic()):
            self.refresh_snapshot()

    # -- showing ------------------------------------------------------------------------------------------------

    def refresh_snapshot(self) -> None:
        """Take a snapshot of the job and show what is different from the last one."""
        snapshot = self.view.snapshot()
        with self.app.batch_update():
            previous, self._snapshot = self._snapshot, snapshot
            self._controls.now = snapshot
            kinds = self._kinds.by_frequency
            self._show_tables(snapshot)
            if self._kinds.update(self._failures.rows) is not kinds or snapshot != previous:
                self._show_panels(snapshot)
            self._show_tabs(snapshot)
        held = (self.holds(when) for when in (When.ROW_UNDER_CURSOR, *OF_CONTROLS))
        conditions = (snapshot.state, *held)
        if conditions != self._conditions:
            self._conditions = conditions
            self.refresh_bindings()

    def _show_panels(self, snapshot: Snapshot) -> None:
        self.show_header(header_of(snapshot, masked=self.console_app.privacy.on))
        self.query_one(Stepper).show_snapshot(snapshot)
        self.query_one(Banner).show_banner(banner_of(snapshot, self._key_of), self.size.width - 2)
        plan = self.view.plan() if snapshot.state == "ready" else None
        self.query_one(JobPanels).show_job(snapshot, plan, self._kinds, self._key_of)

    def _key_of(self, action_id: str) -> str:
        return key_of(action_id, self.console_app.keymap.keys)

    def _show_tables(self, snapshot: Snapshot) -> None:
        """Tables that change as a whole take rows only while they are in sight; those that grow never fall behind."""
        table = self._table(self.tab)
        if self.tab == "chunks" and not _holds(table, snapshot.chunks):
            table.set_rows(SequenceRows(columns.CHUNK_NAMES, snapshot.chunks, columns.chunk_values))
        if self.tab == "workers" and not _holds(table, snapshot.workers):
            table.set_rows(SequenceRows(columns.WORKER_NAMES, snapshot.workers, columns.worker_values))
        changed = self._failures.pull(snapshot.failures, snapshot.failures_gone)
        self._show_feed("errors", self._failures, changed=changed)
        self._show_feed("log", self._log, changed=self._log.pull(snapshot.log_entries))
        held = self._failures.rows.total
        self._table("errors").set_beyond(max(0, snapshot.failures - held) if held >= MOST_ROWS else 0)
        self._errors.show(snapshot)
        settled = snapshot.phase in {"import", "done"} or not snapshot.is_active
        if self.tab == "organizations":
            changed = self._organizations.pull(snapshot.organizations, settled=settled)
            self._show_feed("organizations", self._organizations, changed=changed)

    def _show_feed(self, tab: str, feed: Feed, *, changed: bool) -> None:
        if changed:
            self._table(tab).set_rows(feed.rows)
        elif feed.behind and tab not in self._reading:
            self._reading.add(tab)
            self._read(tab, feed)

    @work
    async def _read(self, tab: str, feed: Feed) -> None:
        """Read on in a thread until nothing is missing."""
        try:
            while feed.behind:
                if await asyncio.to_thread(feed.read):
                    self._table(tab).set_rows(feed.rows)
                    if tab == "errors":
                        self._errors.failures_read()
        finally:
            self._reading.discard(tab)

    def _show_tabs(self, snapshot: Snapshot) -> None:
        counts = (
            Tab("chunks", "Chunks", len(snapshot.chunks)),
            Tab("workers", "Workers", len(snapshot.workers)),
            Tab("errors", "Errors", snapshot.failures, "bad" if snapshot.failures else "muted"),
            Tab("organizations", "Organizations", snapshot.organizations.total),
            Tab("log", "Log", snapshot.log_entries),
        )
        pane = next(node for node in self._shown.ancestors if isinstance(node, TablePane))
        caption = "" if pane.says_something else pane.table.caption
        self.query_one(TabStrip).show(TabsData(counts, self.tab, caption))

    def write_export(self, table: VirtualTable, rows: Rows, folder: Path) -> str:
        """Errors have an export of their own."""
        if table.id in VIEWS:
            return self._errors.write_export(table, rows, folder)
        return super().write_export(table, rows, folder)

    def export_name(self, table: VirtualTable) -> str:
        """The job and the tab."""
        return f"{self.view.snapshot().job}-{table.id}"

    def exported(self, words: str) -> None:
        """The log has it too."""
        super().exported(words)
        self.view.note(f"Exported: {words}")

    def _table(self, tab: str) -> VirtualTable:
        return self.query_one(f"#{tab}", VirtualTable)

    @property
    def _shown(self) -> VirtualTable:
        """The table in sight."""
        return self._errors.table if self.tab == "errors" else self._table(self.tab)

    def privacy_changed(self) -> None:
        """Draw all that may show a person."""
        for table in self.query(VirtualTable):
            table.reload()
        self._snapshot = None
        self.refresh_snapshot()

    # -- actions ------------------------------------------------------------------------------------------------

    def holds(self, when: When) -> bool:
        """Conditions of the actions here."""
        if when in _STATES:
            return self._snapshot is not None and self._snapshot.state == _STATES[when]
        if when is When.FINDINGS_ARE_THERE:
            return self._snapshot is not None and self._snapshot.totals.rows > 0
        if when in {When.GROUP_IS_OPEN, When.NO_GROUP_IS_OPEN} and self.has_class("-maximised"):
            return False  # one layer at a time, and the footer says which
        if when in OF_ERRORS:
            return self._errors.holds(when)
        held = {
            When.PANELS_ARE_SHOWN: not self.has_class("-maximised"),
            When.IS_MAXIMISED: self.has_class("-maximised"),
            When.ROW_UNDER_CURSOR: self.tab in _WHOLE and self._shown.current is not None,
        }
        if when in held:
            return held[when]
        return self._controls.holds(when) if when in OF_CONTROLS else super().holds(when)

    @on(VirtualTable.RowSelected, "#organizations, #log")
    def action_whole_row(self) -> None:
        """Show the row under the cursor with nothing cut."""
        from tui_importer.tui.screens.job.row_dialog import RowDialog

        table = self._shown
        if table.current is not None:
            self.app.push_screen(RowDialog(_WHOLE[self.tab], table.columns, table.current))

    def action_maximise(self) -> None:
        """Give the table all the room; header, banner and tabs stay."""
        self.add_class("-maximised")
        self.refresh_bindings()

    def action_restore(self) -> None:
        """Show the panels again."""
        self.remove_class("-maximised")
        self.refresh_bindings()

    def action_pause(self) -> None:
        """Let the rows in flight end, then rest."""
        self.console_app.job.pause()
        self.refresh_snapshot()

    def action_start(self) -> None:
        """Begin; a first start against production wants the job's name typed."""
        self.action_resume()

    def action_resume(self) -> None:
        """Go on, or begin after all when nothing was written before the job was paused."""
        if self._snapshot is not None:
            confirmed_start(self.console_app, self._snapshot, self._begin, plan=self.view.plan())

    def _begin(self) -> None:
        self.console_app.job.start()
        self.refresh_snapshot()

    def action_show_tab(self, tab: str) -> None:
        """Show a tab and focus its table."""
        self.tab = tab
        self.query_one("#tables", ContentSwitcher).current = f"{tab}-{'tab' if tab == 'errors' else 'pane'}"
        self._shown.focus()
        self.refresh_snapshot()
        self.refresh_bindings()

    def action_next_tab(self, by: int) -> None:
        """Show the tab `by` places to the right."""
        self.action_show_tab(TABS[(TABS.index(self.tab) + by) % len(TABS)])

    @on(TabStrip.TabClicked)
    def tab_clicked(self, message: TabStrip.TabClicked) -> None:
        """A click on a tab's title."""
        self.action_show_tab(message.tab)

    @on(VirtualTable.ViewChanged)
    @on(VirtualTable.MarksChanged)
    def table_changed(self) -> None:
        """The table's own line may say now what the tabs' caption said, or no longer."""
        if self._snapshot is not None:
            self._show_tabs(self._snapshot)

    def action_findings(self) -> None:
        """Show every finding of the scan."""
        from tui_importer.tui.screens.findings import FindingsScreen

        self.app.push_screen(FindingsScreen(self.view, environment=self.view.snapshot().environment))

    def action_back(self) -> None:
        """Back to the jobs."""
        self.console_app.leave_job_screen()

    # -- actions of the errors tab and of the controls: bindings find them on the screen -------------------------

    def action_group(self) -> None:
        """Group the errors by cause; from one group back to all of them."""
        self._errors.group()

    def action_ungroup(self) -> None:
        """Show all errors, one by one."""
        self._errors.ungroup()

    def action_open_group(self) -> None:
        """Show the errors of the group under the cursor."""
        self._errors.open_group()

    def action_leave_group(self) -> None:
        """Back to the groups."""
        self._errors.leave_group()

    def action_open_detail(self) -> None:
        """Show everything known of the error under the cursor."""
        self._errors.open_detail()

    def action_retry(self) -> None:
        """Try the marked errors again, or the one under the cursor."""
        self._errors.retry()

    def action_retry_all(self) -> None:
        """Try every error again that can be."""
        self._errors.retry_all()

    def action_skip(self) -> None:
        """Skip the marked errors, or the one under the cursor, for a reason."""
        self._errors.skip()

    def action_change_share(self, by: int) -> None:
        """Permit more or less of the rate limit."""
        self._controls.change_share(by)

    def action_change_workers(self, by: int) -> None:
        """One worker more or less."""
        self._controls.change_workers(by)

    def action_automatic_pace(self) -> None:
        """The settings' share, and as many workers as the limit needs."""
        self._controls.use_automatic_pace()

    def action_note(self) -> None:
        """Write a line into the job's log."""
        self._controls.write_note()

    def action_another_key(self) -> None:
        """Ask for another API key, and test it."""
        self._controls.ask_api_key()


def _holds(table: VirtualTable, items: Sequence[object]) -> bool:
    return isinstance(table.source, SequenceRows) and table.source.items == items
