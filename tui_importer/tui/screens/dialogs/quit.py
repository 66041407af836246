"""Dialog on leaving while a job runs: stay, let the rows in flight end, or stop now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tui_importer.text import plural
from tui_importer.tui.screens.dialogs.choice import Choice, ChoiceDialog
from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.text import safe

if TYPE_CHECKING:
    from tui_importer.engine.snapshot.models import Snapshot

Way = Literal["stay", "drain", "stop"]


class QuitDialog(ChoiceDialog[Way]):
    """The job and what is left of it, and three ways on; staying is the default."""

    def __init__(self, snapshot: Snapshot) -> None:
        totals = snapshot.totals
        flying = plural(snapshot.requests.in_flight, "request")
        is_done = "is done" if totals.done == 1 else "are done"
        done = f"{fmt.number(totals.done)} of {plural(totals.rows, 'row')} {is_done}"
        text = [
            f"{done}, {plural(totals.pending, 'is', 'are')} left; {flying} in flight.",
            "The job goes on later where it stands: nothing is lost either way.",
        ]
        choices: list[Choice[Way]] = [
            Choice("Stay", "the job goes on", "stay"),
            Choice("Pause, then leave", "the rows in flight end first: some seconds", "drain", "accent"),
            Choice("Stop now and leave", "rows in flight stay pending, checked on resume", "stop", "warn"),
        ]
        super().__init__(f"Leave {safe(snapshot.job, 50)} while it runs?", text, choices, tone="warn")
