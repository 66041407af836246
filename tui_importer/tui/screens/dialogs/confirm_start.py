"""Confirmation of a start: a first start against production wants the job's name typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.text import plural
from tui_importer.tui.screens.dialogs.choice import TypedNameDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.engine.plan.plan import Plan
    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.tui.console_app import ConsoleApp


def confirmed_start(
    app: ConsoleApp, snapshot: Snapshot, start: Callable[[], None], *, environment: str = "", plan: Plan | None = None
) -> None:
    """Call `start`, after the dialog where one is due. `environment` overrules the snapshot's."""
    name = environment or snapshot.environment
    begun = snapshot.accepted or snapshot.totals.done > 0 or snapshot.organizations.tried > 0
    if name in {"SANDBOX", "STAGING"} or begun or snapshot.dry_run:
        start()
        return
    text = [f"{plural(snapshot.totals.rows, 'row')} of {snapshot.source} would be written to {name}."]
    if plan is not None:
        people = f"{plural(plan.users, 'user')}, {plural(plan.memberships, 'membership')}"
        text = [
            f"Writes {people}, {plural(plan.organizations.create, 'new organization')}",
            f"to {name} at {snapshot.base_url} with the key {snapshot.key_hint}.",
        ]

    def decided(typed: bool | None) -> None:  # noqa: FBT001 - the signature of a screen's callback
        if typed:
            start()

    app.push_screen(TypedNameDialog(f"Start {snapshot.job} against {name}?", text, snapshot.job), decided)
