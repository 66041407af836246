"""Jobs with failures of several causes, and looks at what the errors' tab shows of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.console.driving import console_at
from tests.console.fakes import FakeJobView
from tests.console.snapshots import failure, finished
from tui_importer.tui.screens.job.screen import JobScreen
from tui_importer.tui.table.table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.snapshot.models import FailureView, Snapshot
    from tui_importer.tui.app import ImporterApp


ROLE = "Role 'pilot' is not a valid role."


def role(sequence: int, **changes: object) -> FailureView:
    """A membership that failed, in words of its own row."""
    made = {"kind": "invalid_role", "step": "membership", "status": 422, "message": f"{ROLE} ({sequence})"}
    return failure(sequence, **{**made, **changes})


def refused(sequence: int) -> FailureView:
    message = f"“nobody {sequence}” is not an e-mail address."
    return failure(sequence, kind="email_malformed", step="row", status=None, message=message, request_id="")


def mixed() -> list[FailureView]:
    """Four of the service, two of roles, one that the scan refused."""
    return [failure(6), failure(13), failure(20), failure(27), role(28), role(29), refused(30)]


def at(snapshot: Snapshot, failures: Sequence[FailureView]) -> tuple[ImporterApp, FakeJobView]:
    totals = replace(snapshot.totals, failed=sum(view.row is not None for view in failures))
    return console_at(FakeJobView(replace(snapshot, totals=totals), failures=list(failures)))


def whole(failures: Sequence[FailureView]) -> tuple[ImporterApp, FakeJobView]:
    """A finished job: all rows have an outcome, these failed."""
    return at(finished(failed=sum(view.row is not None for view in failures)), failures)


def toasts(app: ImporterApp) -> list[str]:
    return [f"{toast.title}: {toast.message}" if toast.title else toast.message for toast in app._notifications]


def table(app: ImporterApp, name: str) -> VirtualTable:
    return app.screen.query_one(f"#{name}", VirtualTable)


def refresh(app: ImporterApp) -> None:
    assert isinstance(app.screen, JobScreen)
    app.screen.refresh_snapshot()


def kinds_shown(app: ImporterApp) -> list[object]:
    rows = table(app, "groups").rows
    return [row[rows.names.index("kind")] for row in rows.window(0, 100)]
