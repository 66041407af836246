"""Panel of the pre-warm: how many organization keys have an id, and how many failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from tui_importer.text import plural
from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.drawing import FILLED, Counter, Part, counter_line, counters, dotted, justified, stacked_bar
from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.snapshot.models import OrganizationTotals, Phase, Snapshot


@dataclass(frozen=True, slots=True)
class OrganizationsData:
    """Data of the panel."""

    totals: OrganizationTotals
    phase: Phase
    limit: float | None
    hits: int
    misses: int
    seconds: int
    awaited: int = 0
    blocked: int = 0

    @classmethod
    def of(cls, snapshot: Snapshot) -> OrganizationsData:
        """The panel's part of a snapshot."""
        return cls(
            totals=snapshot.organizations,
            phase=snapshot.phase,
            limit=snapshot.prewarm_limit,
            hits=snapshot.cache_hits,
            misses=snapshot.cache_misses,
            seconds=int(snapshot.seconds.prewarm),
            awaited=snapshot.awaited,
            blocked=snapshot.totals.blocked,
        )


class OrganizationsPanel(Panel[OrganizationsData]):
    """Bar, counters and one line: failures against the limit while it runs, the cache afterwards."""

    def draw(self, data: OrganizationsData) -> Sequence[Content]:
        """Draw for the room there is: two lines, or a full panel from five on."""
        width, height = self.content_size
        share = f"{fmt.percent(data.totals.resolved, data.totals.total):>3} %"
        if height < 5:
            return self._compact(data, width, share)
        time = fmt.short_clock(data.seconds) if data.seconds else ""
        title = justified(Content.styled("Organizations", "bold"), Content.styled(time, STYLES["muted"]), width)
        bar = Content.assemble(_bar(data, width - len(share) - 1), " ", share)
        rows = [title, bar, *counters(_counters(data), width), _note(data)]
        if data.blocked and height > len(rows):
            blocked = plural(data.blocked, "row")
            rows.append(Content.styled(f"{blocked} blocked", STYLES["warn"]))
        return _spread(rows, height, gaps=(2, 4))

    @staticmethod
    def _compact(data: OrganizationsData, width: int, share: str) -> list[Content]:
        numbers = counter_line(_counters(data))
        title = "Organizations "
        bar_width = width - len(title) - len(share) - numbers.cell_length - 4
        if bar_width < 8:
            bar = Content.assemble(_bar(data, width - len(title) - len(share) - 1), " ", share)
            return [Content.assemble((title, "bold"), bar), numbers]
        first = Content.assemble((title, "bold"), _bar(data, bar_width), " ", share, "   ", numbers)
        return [first, Content.assemble(" " * len(title), _note(data))]


def _bar(data: OrganizationsData, width: int) -> Content:
    totals = data.totals
    existing = totals.resolved - totals.created
    parts = [Part(totals.created, FILLED, "good"), Part(existing, "═", "accent"), Part(totals.failed, "×", "bad")]
    return stacked_bar(parts, totals.total, width)


def _counters(data: OrganizationsData) -> list[Counter]:
    totals = data.totals
    return [
        Counter(totals.resolved, "resolved", "strong"),
        Counter(totals.created, "created", "good", FILLED),
        Counter(totals.failed, "failed", "bad", "×"),
    ]


def _note(data: OrganizationsData) -> Content:
    totals = data.totals
    if data.phase == "prewarm" and data.awaited and data.awaited >= totals.total - totals.tried:
        # Nothing else moves: say why. An answer was lost, or the lookup lags behind.
        return Content.styled(f"looking for {fmt.number(data.awaited)} that may exist already", STYLES["warn"])
    if data.phase == "scan" or (data.phase == "prewarm" and not totals.tried):
        return Content.styled("resolved once, before the first user", STYLES["muted"])
    if data.phase == "prewarm":
        share = 100 * totals.failed / totals.tried if totals.tried else 0.0
        near = data.limit is not None and totals.tried > 0 and share > data.limit * 50
        tone = STYLES["bad"] if near else STYLES["muted"]
        limit = "no limit" if data.limit is None else f"limit {fmt.tidy(data.limit * 100)} %"
        rest = [Content.styled(words, STYLES["muted"]) for words in (limit, f"{fmt.number(totals.tried)} tried")]
        return dotted([Content.styled(f"failed {share:.1f} %", tone), *rest])
    misses = Content.styled(plural(data.misses, "miss", "misses"), STYLES["bad" if data.misses else "muted"])
    return dotted(
        [
            Content.styled(f"cache {fmt.number(totals.resolved)}", STYLES["muted"]),
            Content.styled(plural(data.hits, "hit"), STYLES["muted"]),
            misses,
        ]
    )


def _spread(rows: list[Content], height: int, gaps: Sequence[int]) -> list[Content]:
    """Insert blank lines before the rows at `gaps` while there is room for them."""
    spare = height - len(rows)
    result: list[Content] = []
    for index, row in enumerate(rows):
        if index in gaps and spare > 0:
            result.append(Content(""))
            spare -= 1
        result.append(row)
    return result
