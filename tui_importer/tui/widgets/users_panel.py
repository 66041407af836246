"""The import at a glance: outcomes of all rows, speed against the permitted rate, and when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from tui_importer.tui import format as fmt
from tui_importer.tui.drawing import (
    FILLED,
    TRACK,
    Counter,
    Part,
    counter_line,
    counters,
    dotted,
    justified,
    sparkline,
    stacked_bar,
)
from tui_importer.tui.marks import STYLES
from tui_importer.tui.text import clip, safe
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.snapshot import Eta, Phase, RequestStats, Snapshot, State, Totals


@dataclass(frozen=True, slots=True)
class UsersData:
    """What the panel draws."""

    totals: Totals
    requests: RequestStats
    phase: Phase
    state: State
    eta: Eta | None

    @classmethod
    def of(cls, snapshot: Snapshot) -> UsersData:
        """The panel's part of a snapshot."""
        return cls(snapshot.totals, snapshot.requests, snapshot.phase, snapshot.state, snapshot.eta)


def outcome_counters(totals: Totals) -> list[Counter]:
    """Outcomes that add up to all rows; `left` are the pending rows that are not held."""
    items = [
        Counter(totals.created, "created", "good", FILLED),
        Counter(totals.existing, "existing", "accent", "═"),
        Counter(totals.failed, "failed", "bad", "×"),
    ]
    if totals.skipped:
        items.append(Counter(totals.skipped, "skipped", "muted", "╌"))
    items.append(Counter(totals.held, "held", "warn", "┅"))
    items.append(Counter(totals.pending - totals.held, "left", "strong", TRACK))
    return items


def outcome_bar(totals: Totals, width: int) -> Content:
    """All rows as one bar of outcomes."""
    parts = [
        Part(totals.created, FILLED, "good"),
        Part(totals.existing, "═", "accent"),
        Part(totals.failed, "×", "bad"),
        Part(totals.skipped, "╌", "muted"),
        Part(totals.held, "┅", "warn"),
    ]
    return stacked_bar(parts, totals.rows, width)


class UsersPanel(Panel[UsersData]):
    """Bar, counters, sparkline, rates, and the time left."""

    def draw(self, data: UsersData) -> Sequence[Content]:
        """Draw for the room there is: four tight lines, or a full panel from seven on."""
        width, height = self.content_size
        share = f"{fmt.percent(data.totals.done, data.totals.rows):>3} %"
        eta = _eta(data)
        if height < 7:
            title = Content.styled("Users ", "bold")
            room = width - title.cell_length - len(share) - eta.cell_length - 3
            bar = Content.assemble(title, outcome_bar(data.totals, max(8, room)), " ", share)
            first = justified(bar, eta, width)
            return [first, counter_line(outcome_counters(data.totals)), *_speed_lines(data, width, 2, compact=True)]
        title = justified(Content.styled("Users", "bold"), eta, width)
        bar = Content.assemble(outcome_bar(data.totals, width - len(share) - 1), " ", share)
        rows = [title, bar]
        rows += [Content("")] if height >= 8 else []
        rows += counters(outcome_counters(data.totals), width)
        rows += [Content("")] if height >= 8 else []
        return [*rows, *_speed_lines(data, width, height - len(rows), compact=False)]


def _speed_lines(data: UsersData, width: int, height: int, *, compact: bool) -> list[Content]:
    """The sparkline, and beside its first two lines the rate, then latency, 429s, retries."""
    requests = data.requests
    texts = [_rate(requests), _health(requests, compact=compact)]
    graph_width = min(60, width - max(text.cell_length for text in texts) - 3)
    if graph_width < 8:
        return texts
    top = max(requests.permitted or 0.0, *requests.history, 1.0) if requests.history else (requests.permitted or 1.0)
    graph = sparkline(requests.history, top, graph_width, height=max(2, height))
    texts += [Content("")] * (len(graph) - len(texts))
    return [Content.assemble(line, "   ", text) for line, text in zip(graph, texts, strict=True)]


def _rate(requests: RequestStats) -> Content:
    permitted = "no limit" if requests.permitted is None else f"of {fmt.tidy(round(requests.permitted, 1))} permitted"
    pieces = [
        Content.assemble((fmt.rate(requests.write_rate), "bold"), (f" writes/s {permitted}", STYLES["muted"])),
        Content.styled(f"{fmt.rate(requests.rate)} requests/s", STYLES["muted"]),
    ]
    return dotted(pieces)


def _health(requests: RequestStats, *, compact: bool) -> Content:
    latency = "–" if requests.p50 is None else f"{fmt.milliseconds(requests.p50)}/{fmt.milliseconds(requests.p95)}"
    if not compact and requests.p50 is not None:
        latency = f"p50 {fmt.milliseconds(requests.p50)} · p95 {fmt.milliseconds(requests.p95)}"
    elif requests.p50 is not None:
        latency = f"p50 {requests.p50:,.0f} p95 {fmt.milliseconds(requests.p95)}"
    limited = Content.styled(
        f"429: {fmt.number(requests.rate_limited)}", STYLES["warn" if requests.rate_limited else "muted"]
    )
    retries = Content.styled(f"retries: {fmt.number(requests.retries)}", STYLES["muted"])
    return dotted([Content.styled(latency, STYLES["muted"]), limited, retries])


def _eta(data: UsersData) -> Content:
    if data.phase in {"scan", "prewarm"}:
        return Content.styled("after the organizations", STYLES["muted"])
    if data.eta is None or data.state not in {"running", "pausing"}:
        return Content("")
    bound = clip(safe(data.eta.bound), 32)
    pieces = [Content.assemble(("ETA ", STYLES["muted"]), (fmt.time_range(data.eta.low, data.eta.high), "bold"))]
    return dotted([*pieces, Content.styled(bound, STYLES["muted"])] if bound else pieces)
