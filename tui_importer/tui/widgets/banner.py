"""Why a job rests or waits, and the key that goes on: at most two lines above the panels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from tui_importer.tui.marks import STYLES, Tone
from tui_importer.tui.text import safe
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class BannerData:
    """A sentence with its glyph and tone; `next_step` and `key` (a key and what it does) make the second line."""

    glyph: str
    text: str
    next_step: str = ""
    key: str = ""
    key_label: str = ""
    tone: Tone = "warn"


def banner_of(snapshot: Snapshot, resume_key: str) -> BannerData | None:
    """What the operator must know before anything else, None when all is well."""
    state, next_step = snapshot.state, safe(snapshot.next_step)
    if state == "ready":
        return BannerData("○", "Ready. Nothing has been written yet.", next_step, resume_key, "starts", "accent")
    if state == "paused":
        reason = safe(snapshot.reason) or "paused by you"
        tone: Tone = "bad" if "key" in reason and "reject" in reason else "warn"
        return BannerData("‖", reason[:1].upper() + reason[1:], next_step, resume_key, "goes on", tone)
    if state == "pausing":
        flying = snapshot.requests.in_flight
        detail = f" {flying:,} requests in flight." if flying else ""
        return BannerData("‖", f"Pausing: the rows in flight end first.{detail}", "", "ctrl+c", "stops now")
    if state == "aborted":
        return BannerData("✖", f"Aborted: {safe(snapshot.reason) or 'by you'}", next_step, tone="muted")
    if snapshot.backing_off:
        return BannerData("↻", safe(snapshot.backing_off))
    return None


def banner_lines(data: BannerData, width: int) -> list[Content]:
    """The reason in one line, or two when it is long; then next step and key."""
    reason = Content.assemble((f"{data.glyph} {data.text}", f"{STYLES[data.tone]} bold"))
    if data.key and not data.next_step:
        key = Content.assemble("   ", (data.key, "$accent bold"), f" {data.key_label}")
        if reason.cell_length + key.cell_length <= width:
            return [Content.assemble(reason, key)]
    wrapped = reason.fold(width) if reason.cell_length > width else [reason]
    rows = wrapped[:2]
    if len(wrapped) > 2:
        rows[1] = rows[1].truncate(width - 1).append("…")
    if data.next_step or data.key:
        pieces: list[str | tuple[str, str]] = ["  "]
        if data.key:
            pieces += [(data.key, "$accent bold"), f" {data.key_label}"]
        if data.next_step:
            pieces.append(("  ·  " if data.key else "") + data.next_step)
        rows.append(Content.assemble(*pieces).truncate(width, ellipsis=True))
    return rows


class Banner(Panel[BannerData]):
    """Hidden while there is nothing to say."""

    DEFAULT_CSS = """
    Banner { height: 2; display: none; padding: 0 1; background: $surface; }
    Banner.-shown { display: block; }
    """

    def show_banner(self, data: BannerData | None, width: int) -> None:
        """Show `data` in `width` cells, or hide for None; lays out only when the height changes."""
        self.set_class(data is not None, "-shown")
        if data is not None:
            needed = len(banner_lines(data, max(20, width)))
            if self.styles.height is None or self.styles.height.value != needed:
                self.styles.height = needed
            self.show(data)

    def draw(self, data: BannerData) -> Sequence[Content]:
        """Draw it."""
        return banner_lines(data, self.content_size.width)
