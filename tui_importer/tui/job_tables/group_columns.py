"""The columns of the errors' groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.tui.job_tables.columns import count_column, step_column, text_column, time_column
from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.drawing import FILLED, TRACK
from tui_importer.tui.table.columns import Column

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from tui_importer.tui.style.masking import Privacy
    from tui_importer.tui.table.columns import Piece

_PERCENT = 6
"""Cells of a percentage, with a blank before it."""


def _share(row: Mapping[str, object], width: int) -> list[Piece]:
    value = row.get("share")
    share = value if isinstance(value, float) else 0.0
    room = max(0, width - _PERCENT)
    filled = min(room, max(1, round(share * room))) if share else 0
    percent = f"{fmt.percent(share, 1)} %".rjust(_PERCENT)
    return [(FILLED * filled, "bad"), (TRACK * (room - filled), "faint"), (percent, "")]


def group_columns(privacy: Privacy, zone: tzinfo | None) -> list[Column]:
    """How many, of what kind, in which words, and what to do about it."""
    return [
        count_column("count", "errors", 7),
        Column("share", "share", 12, flex=1, priority=6, cell=_share, most=20),
        step_column(priority=4),
        text_column("kind", "kind", 17, tone="bad", most=30, flex=1),
        text_column("shape", "message", 18, flex=4, change=privacy.text),
        text_column("suggestion", "what to do", 40, flex=4, tone="muted", priority=8, most=80),
        count_column("first_row", "first row", 9, priority=5),
        time_column("newest", zone, title="newest", priority=7),
    ]
