"""One job: live while it runs, a review of it afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.containers import Container
from textual.widgets import ContentSwitcher

from tui_importer.tui import tables
from tui_importer.tui.actions import Place, When, bindings_of
from tui_importer.tui.feeds import OrganizationsFeed, failures_feed, log_feed
from tui_importer.tui.rows import SequenceRows
from tui_importer.tui.screens.base import ConsoleScreen
from tui_importer.tui.screens.confirm_start import confirmed_start
from tui_importer.tui.widgets.banner import Banner, banner_of
from tui_importer.tui.widgets.header_line import header_of
from tui_importer.tui.widgets.organizations_panel import OrganizationsData, OrganizationsPanel
from tui_importer.tui.widgets.plan_panel import PlanData, PlanPanel
from tui_importer.tui.widgets.stepper import Stepper
from tui_importer.tui.widgets.summary_panel import SummaryData, SummaryPanel
from tui_importer.tui.widgets.tab_strip import Tab, TabsData, TabStrip
from tui_importer.tui.widgets.users_panel import UsersData, UsersPanel
from tui_importer.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui_importer.engine.snapshot import JobView, Snapshot

TABS: Final = ("chunks", "workers", "errors", "organizations", "log")


class JobScreen(ConsoleScreen[None]):
    """Polls `view` about four times a second and shows what changed."""

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

    def body(self) -> ComposeResult:
        """Stepper, banner, two panels, tabs and their tables."""
        yield Stepper(id="stepper")
        yield Banner(id="banner")
        with Container(id="panels"):
            yield OrganizationsPanel(id="organizations-panel")
            yield UsersPanel(id="users-panel")
            yield SummaryPanel(id="summary-panel")
            yield PlanPanel(id="plan-panel")
        yield TabStrip(id="tabs")
        with ContentSwitcher(initial=self.tab, id="tables"):
            yield from self._tables()

    def _tables(self) -> ComposeResult:
        app = self.console_app
        made = (
            VirtualTable(
                tables.chunk_columns(), id_name="chunk", id="chunks",
                empty=("The chunks are cut when the source is scanned.",),
            ),
            VirtualTable(
                tables.worker_columns(), id_name="worker", id="workers",
                empty=("No worker runs. They start when every organization is resolved.",),
            ),
            VirtualTable(
                tables.failure_columns(app.privacy, app.zone), id_name="sequence", id="errors", growing=True,
                empty=("✔ No failures.",),
            ),
            VirtualTable(
                tables.organization_columns(app.privacy), id_name="key", id="organizations",
                empty=("The organizations appear when the source is scanned.",),
            ),
            VirtualTable(
                tables.log_columns(app.privacy, app.zone), id_name="sequence", id="log", growing=True, follow=True,
                empty=("Nothing is logged yet.",),
            ),
        )  # fmt: skip
        yield from made

    def on_mount(self) -> None:
        """Look at once, then regularly."""
        self.refresh_snapshot()
        if (every := self.console_app.pace.snapshot) is not None:
            self.set_interval(every, self._tick)

    def job_was_told(self) -> None:
        """Do not wait for the next look."""
        self.refresh_snapshot()

    def on_screen_resume(self) -> None:
        """Catch up with what happened meanwhile."""
        if self._snapshot is not None:
            self.refresh_snapshot()

    def _tick(self) -> None:
        if self.is_current:
            self.refresh_snapshot()

    # -- showing ------------------------------------------------------------------------------------------------

    def refresh_snapshot(self) -> None:
        """Take a picture of the job and show what is different from the last one."""
        snapshot = self.view.snapshot()
        with self.app.batch_update():
            previous, self._snapshot = self._snapshot, snapshot
            if snapshot != previous:
                self._show_panels(snapshot)
            self._show_tables(snapshot)
            self._show_tabs(snapshot)
        if previous is None or previous.state != snapshot.state:
            self.refresh_bindings()

    def _show_panels(self, snapshot: Snapshot) -> None:
        self.show_header(header_of(snapshot, masked=self.console_app.privacy.on))
        self.query_one(Stepper).show_snapshot(snapshot)
        self.query_one(Banner).show_banner(
            banner_of(snapshot, self._resume_key if snapshot.state in {"ready", "paused"} else ""), self.size.width - 2
        )
        over = snapshot.state in {"finished", "aborted"}
        plan = self.view.plan() if snapshot.state == "ready" else None
        self.query_one(OrganizationsPanel).show(OrganizationsData.of(snapshot))
        users, summary, planned = self.query_one(UsersPanel), self.query_one(SummaryPanel), self.query_one(PlanPanel)
        users.display, summary.display, planned.display = not over and plan is None, over, plan is not None
        self.query_one("#panels").set_class(over or plan is not None, "-many-lines")
        if over:
            summary.show(SummaryData(snapshot))
        elif plan is not None:
            planned.show(PlanData(plan, titled=True))
        else:
            users.show(UsersData.of(snapshot))

    @property
    def _resume_key(self) -> str:
        binding = next(
            (b.binding for b in self.active_bindings.values() if b.binding.id in {"job.start", "job.resume"}), None
        )
        return self.app.get_key_display(binding) if binding else "p"

    def _show_tables(self, snapshot: Snapshot) -> None:
        chunks, workers = self._table("chunks"), self._table("workers")
        if not isinstance(chunks.rows, SequenceRows) or chunks.rows.items != snapshot.chunks:
            chunks.set_rows(SequenceRows(tables.CHUNK_NAMES, snapshot.chunks, tables.chunk_values))
        if not isinstance(workers.rows, SequenceRows) or workers.rows.items != snapshot.workers:
            workers.set_rows(SequenceRows(tables.WORKER_NAMES, snapshot.workers, tables.worker_values))
        if self._failures.pull(snapshot.failures):
            self._table("errors").set_rows(self._failures.rows)
        if self._log.pull(snapshot.log_entries):
            self._table("log").set_rows(self._log.rows)
        settled = snapshot.phase in {"import", "done"} or snapshot.state not in {"running", "pausing"}
        if self.tab == "organizations" and self._organizations.pull(snapshot.organizations, settled=settled):
            self._table("organizations").set_rows(self._organizations.rows)

    def _show_tabs(self, snapshot: Snapshot) -> None:
        counts = (
            Tab("chunks", "Chunks", len(snapshot.chunks)),
            Tab("workers", "Workers", len(snapshot.workers)),
            Tab("errors", "Errors", snapshot.failures, "bad" if snapshot.failures else "muted"),
            Tab("organizations", "Organizations", snapshot.organizations.total),
            Tab("log", "Log", snapshot.log_entries),
        )
        self.query_one(TabStrip).show(TabsData(counts, self.tab, self._table(self.tab).caption))

    def _table(self, tab: str) -> VirtualTable:
        return self.query_one(f"#{tab}", VirtualTable)

    def privacy_changed(self) -> None:
        """Draw all that may show a person."""
        for tab in TABS:
            self._table(tab).reload()
        self._snapshot = None
        self.refresh_snapshot()

    # -- actions ------------------------------------------------------------------------------------------------

    def holds(self, when: When) -> bool:
        """Conditions of the actions here."""
        state = None if self._snapshot is None else self._snapshot.state
        if when is When.JOB_RUNS:
            return state == "running"
        if when is When.JOB_IS_READY:
            return state == "ready"
        if when is When.JOB_IS_PAUSED:
            return state == "paused"
        if when is When.FAILURE_UNDER_CURSOR:
            return self.tab == "errors" and len(self._failures.rows) > 0
        if when in {When.PANELS_ARE_SHOWN, When.IS_MAXIMISED}:
            return self.has_class("-maximised") is (when is When.IS_MAXIMISED)
        return super().holds(when)

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
        self.query_one("#tables", ContentSwitcher).current = tab
        self._table(tab).focus()
        self.refresh_snapshot()
        self.refresh_bindings()

    def action_next_tab(self, by: int) -> None:
        """Show the tab `by` places to the right."""
        self.action_show_tab(TABS[(TABS.index(self.tab) + by) % len(TABS)])

    @on(TabStrip.TabClicked)
    def tab_clicked(self, message: TabStrip.TabClicked) -> None:
        """A click on a tab's title."""
        self.action_show_tab(message.tab)

    @on(VirtualTable.RowSelected, "#errors")
    def failure_clicked(self) -> None:
        """A click on the marked error opens it."""
        self.action_open_detail()

    def action_open_detail(self) -> None:
        """Show everything known of the error under the cursor."""
        from tui_importer.tui.screens.error_detail import ErrorDetailScreen

        if len(self._failures.rows):
            self.app.push_screen(ErrorDetailScreen(self.view, self._table("errors")))

    def action_back(self) -> None:
        """Peel one layer: the maximised table first, then back to the jobs."""
        if self.has_class("-maximised"):
            self.action_restore()
            return
        self.console_app.leave_job_screen()
