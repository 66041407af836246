"""Confirmation of another API key's environment, for a job without objects by which the key could be proved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_importer.tui.screens.dialogs.choice import Choice, ChoiceDialog, TypedNameDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from tui_importer.engine.job.key_change import TriedKey
    from tui_importer.engine.snapshot.models import Snapshot

_SHOWN = 3


def confirm_api_key(app: App[Any], tried: TriedKey, now: Snapshot, use: Callable[[], object]) -> None:
    """Show where the key leads and call `use` when that is meant; production wants the job's name typed."""
    environment = tried.environment
    names = ", ".join(environment.organizations[:_SHOWN])
    text = [
        f"The key {environment.key_hint} leads to {environment.name} at {environment.base_url}",
        f"with organizations like {names}." if names else "without any organization.",
        f"{now.job} has written nothing yet by which the key could be checked.",
    ]
    title = f"Write to {environment.name} with this key?"

    def decided(agreed: bool | None) -> None:  # noqa: FBT001 - the signature of a screen's callback
        if agreed:
            use()

    if environment.name in {"SANDBOX", "STAGING"}:
        stay = Choice("Keep the old key", "change nothing", result=False)
        take = Choice("Use it", f"write to {environment.name}", result=True)
        app.push_screen(ChoiceDialog(title, text, (stay, take)), decided)
    else:
        app.push_screen(TypedNameDialog(title, text, now.job), decided)
