"""The collaborators of one run, shared by its threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui_importer.engine.run.step_context import Tools
from tui_importer.engine.run.unforeseen_errors import UnforeseenErrors
from tui_importer.engine.service.api_calls import Calls
from tui_importer.engine.service.health import Health
from tui_importer.engine.service.stop import Control, unexpected

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.live_options import LiveOptions
    from tui_importer.engine.options import FrozenOptions, RunOptions
    from tui_importer.engine.run.scope import Scope
    from tui_importer.engine.run.tally import Tally
    from tui_importer.engine.run.unforeseen_errors import CrashFile
    from tui_importer.engine.service.metrics import Metrics
    from tui_importer.engine.service.timeouts import Patience
    from tui_importer.engine.snapshot.models import Level
    from tui_importer.journal.journal import Journal
    from tui_importer.source.models import RowStore
    from tui_importer.workos.client import WorkosClient
    from tui_importer.workos.connection import Connection

MOST_UNCERTAIN_LOGGED: Final = 20
"""Rows and organizations of one job that the log names as uncertain; the summary counts all of them."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What the coordinator, the pre-warm pool and the workers of one run share; it decides nothing itself.

    `live` are the run options, which an operator may change meanwhile; `say` writes into the job's log. `is_first`
    says that no earlier run of the job has begun a row.
    """

    journal: Journal
    connection: Connection
    store: RowStore
    scope: Scope
    tally: Tally
    metrics: Metrics
    frozen: FrozenOptions
    live: LiveOptions
    patience: Patience
    say: Callable[[Level, str], None]
    control: Control
    health: Health
    calls: Calls
    unforeseen: UnforeseenErrors
    is_first: bool

    @property
    def options(self) -> RunOptions:
        """The run options now in force."""
        return self.live.now

    def client(self) -> WorkosClient:
        """A client for one thread; its waits for the limiter end when the run is cancelled."""
        return self.connection.client(self.control.cancelled)

    def tools(self, client: WorkosClient, patience: Patience | None = None) -> Tools:
        """What the steps of one thread work with."""
        return Tools(
            client=client,
            calls=self.calls,
            journal=self.journal,
            server_clock=self.connection.server_clock,
            patience=patience or self.patience,
            update_existing=self.frozen.on_existing == "update",
        )

    def uncertain(self, what: str) -> None:
        """Log that nothing decides whose something is that was found after a lost answer."""
        self.metrics.count("uncertain")
        if self.metrics.value("uncertain") <= MOST_UNCERTAIN_LOGGED:
            self.say(
                "warning",
                f"{what}: an answer was lost, and the server's clocks do not show whether this job made what was "
                "found. It counts as existing, marked uncertain",
            )

    def crashed(self, error: Exception) -> None:
        """Stop the run for an unexpected error of ours, and report it."""
        self.control.cancel(unexpected(error, self.unforeseen.words(error, [self.connection.key])))


def run_context(
    *,
    journal: Journal,
    connection: Connection,
    store: RowStore,
    scope: Scope,
    tally: Tally,
    metrics: Metrics,
    frozen: FrozenOptions,
    live: LiveOptions,
    patience: Patience,
    say: Callable[[Level, str], None],
    crash_file: CrashFile | None = None,
) -> RunContext:
    """The context of a new run, with a control, a health and calls of its own; `crash_file` writes errors down."""
    control = Control()
    health = Health(control, patience, 60 * live.now.give_up_after)
    return RunContext(
        journal=journal,
        connection=connection,
        store=store,
        scope=scope,
        tally=tally,
        metrics=metrics,
        frozen=frozen,
        live=live,
        patience=patience,
        say=say,
        control=control,
        health=health,
        calls=Calls(control, health, metrics, patience),
        unforeseen=UnforeseenErrors(control, crash_file),
        is_first=not journal.has_begun(),
    )
