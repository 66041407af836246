"""Panels above the tables of a job, shown by its state and the room."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Container

from tui_importer.engine.snapshot.invariants import disorder
from tui_importer.tui.screens.job.answers_panel import AnswersData, AnswersPanel
from tui_importer.tui.screens.job.failures_panel import FailuresData, FailuresPanel
from tui_importer.tui.screens.job.organizations_panel import OrganizationsData, OrganizationsPanel
from tui_importer.tui.screens.job.summary_panel import SummaryData, SummaryPanel
from tui_importer.tui.screens.job.users_panel import UsersData, UsersPanel
from tui_importer.tui.screens.plan_panel import PlanData, PlanPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from tui_importer.engine.plan.plan import Plan
    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.tui.job_tables.failure_groups import FailureKinds


class JobPanels(Container):
    """Organizations; users, the plan or the summary; and where there is much room, answers and errors."""

    _again: Callable[[], None] | None = None

    def compose(self) -> ComposeResult:
        """All of them, shown or not."""
        yield OrganizationsPanel(id="organizations-panel")
        yield UsersPanel(id="users-panel")
        yield SummaryPanel(id="summary-panel")
        yield PlanPanel(id="plan-panel")
        yield AnswersPanel(id="answers-panel")
        yield FailuresPanel(id="failures-panel")

    def show_job(
        self, snapshot: Snapshot, plan: Plan | None, kinds: FailureKinds, key_of: Callable[[str], str]
    ) -> None:
        """Show a job, its plan before the start, and its errors by kind; `key_of` gives an action's key."""
        self._again = partial(self.show_job, snapshot, plan, kinds, key_of)
        over = snapshot.is_over
        planned = plan is not None and snapshot.state == "ready"
        self.set_class(over, "-over")
        self.set_class(planned, "-planned")
        wrong = next(disorder(snapshot), "")
        self.query_one(OrganizationsPanel).show(OrganizationsData.of(snapshot))
        if over:
            self.query_one(SummaryPanel).show(SummaryData.of(snapshot, key_of, wrong, retryable=kinds.retryable > 0))
        elif planned and plan is not None:
            self.query_one(PlanPanel).show(PlanData(plan, titled=True))
        else:
            answers = self.query_one(AnswersPanel)
            self.query_one(UsersPanel).show(UsersData.of(snapshot, wrong, answers_beside=answers.display))
        self.query_one(AnswersPanel).show(AnswersData.of(snapshot.requests))
        self.query_one(FailuresPanel).show(FailuresData(kinds.by_frequency))

    def on_resize(self) -> None:
        """Another width may show other panels."""
        if self._again is not None:
            self._again()
