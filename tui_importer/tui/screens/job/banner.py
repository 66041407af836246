"""Banner above the panels: why a job rests or waits, and the keys that resume it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.content import Content

from tui_importer.text import plural
from tui_importer.tui.style.glyphs import STYLES, Tone
from tui_importer.tui.style.text import safe
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui_importer.engine.snapshot.models import Snapshot

Key = tuple[str, str]
"""A key as shown and what it does."""

_INDENT: Final = "  "


@dataclass(frozen=True, slots=True)
class BannerData:
    """A sentence with its glyph and tone, the keys that go on, what to do next; `aside` is said below all of that."""

    glyph: str
    text: str
    next_step: str = ""
    keys: tuple[Key, ...] = ()
    tone: Tone = "warn"
    aside: str = ""


def banner_of(snapshot: Snapshot, key_of: Callable[[str], str]) -> BannerData | None:
    """What the operator must know before anything else, None when all is well. `key_of` gives an action's key."""
    aside = source_words(snapshot)
    state, next_step = snapshot.state, safe(snapshot.next_step)
    if state == "ready":
        starts = ((key_of("job.start"), "starts"),)
        return BannerData("○", f"Nothing has been written yet.{_pace(snapshot)}", next_step, starts, "accent", aside)
    if state == "paused":
        reason = safe(snapshot.reason) or "paused by you"
        tone: Tone = "bad" if snapshot.needs_key else "warn"
        return BannerData("‖", reason[:1].upper() + reason[1:], next_step, _ways_on(snapshot, key_of), tone, aside)
    if state == "pausing":
        flying = snapshot.requests.in_flight
        detail = f" {plural(flying, 'request')} in flight." if flying else ""
        stops = ((key_of("app.interrupt"), "stops now"),)
        return BannerData("‖", f"Pausing: the rows in flight end first.{detail}", "", stops, aside=aside)
    if state == "aborted":
        return BannerData("✖", f"Aborted: {safe(snapshot.reason) or 'by you'}", next_step, tone="muted", aside=aside)
    if snapshot.backing_off or snapshot.waiting:
        trouble = f"The service is in trouble: backing off {safe(snapshot.backing_off)}."
        wait = f"The rate limit is reached: {safe(snapshot.waiting)}."
        held = trouble if snapshot.backing_off else wait
        return BannerData("↻", held, "No row fails by it; the job goes on by itself.", aside=aside)
    return BannerData("!", aside, tone="muted") if aside else None


def source_words(snapshot: Snapshot) -> str:
    """What became of the source, while the job goes on without it."""
    if not snapshot.source_change or snapshot.is_over:
        return ""
    return f"Source {safe(snapshot.source_change)}: the job goes on with its frozen rows."


def _pace(snapshot: Snapshot) -> str:
    share = f" Share {snapshot.requests.share} %," if snapshot.requests.limit is not None else " No limit,"
    return f"{share} workers {'automatic' if snapshot.workers_automatic else snapshot.workers_wanted}."


def _ways_on(snapshot: Snapshot, key_of: Callable[[str], str]) -> tuple[Key, ...]:
    on = (key_of("job.resume"), "goes on")
    if snapshot.needs_key:
        return ((key_of("job.key"), "another key"), on)
    return (on, (key_of("job.tab_errors"), "shows the errors")) if snapshot.failures else (on,)


def banner_lines(data: BannerData, width: int) -> list[Content]:
    """The reason, the keys and the next step, and what is said aside; each in two lines when one is too short."""
    reason = Content.styled(f"{data.glyph} {data.text}", f"{STYLES[data.tone]} bold")
    aside = Content.styled(f"! {data.aside}" if data.aside else "", STYLES["muted"])
    keys = Content("   ").join([Content.assemble((key, "$accent bold"), f" {label}") for key, label in data.keys])
    if data.keys and not data.next_step and reason.cell_length + keys.cell_length + 3 <= width:
        return [Content.assemble(reason, "   ", keys), *_paragraph(aside, width)]
    between = "  ·  " if data.keys and data.next_step else ""
    step = Content.assemble("  ", keys, between, data.next_step) if data.keys or data.next_step else Content("")
    return [*_paragraph(reason, width), *_paragraph(step, width), *_paragraph(aside, width)]


def _paragraph(text: Content, width: int) -> list[Content]:
    """At most two lines, the second one indented; none for an empty text."""
    if not text.cell_length:
        return []
    if text.cell_length <= width:
        return [text]
    first = text.wrap(width)[0].rstrip()
    rest = text[len(first.plain) :]
    blank = len(rest.plain) - len(rest.plain.lstrip())
    return [first, Content.assemble(_INDENT, rest[blank:]).truncate(width, ellipsis=True)]


class Banner(Panel[BannerData]):
    """Hidden while there is nothing to say."""

    DEFAULT_CSS = """
    Banner { height: 2; display: none; padding: 0 1; background: $surface; }
    Banner.-shown { display: block; }
    """

    _width = 0

    def show_banner(self, data: BannerData | None, width: int) -> None:
        """Show `data` in `width` cells, or hide for None; lays out only when the height changes."""
        if (data, width) == (self.data, self._width):
            return
        self.set_class(data is not None, "-shown")
        self.data, self._width = data, width
        if data is not None:
            needed = len(banner_lines(data, max(20, width)))
            if self.styles.height is None or self.styles.height.value != needed:
                self.styles.height = needed
        self.refresh()

    def draw(self, data: BannerData) -> Sequence[Content]:
        """Draw it."""
        return banner_lines(data, self.content_size.width)
