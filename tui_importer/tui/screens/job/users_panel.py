"""Panel of the import: outcomes of all rows, speed against the permitted rate, and when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.content import Content

from tui_importer.text import plural
from tui_importer.tui.screens.job.speed_graph import WorkerSetting, speed_lines, worker_strip
from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.drawing import (
    FILLED,
    TRACK,
    Counter,
    Part,
    counter_line,
    counters,
    dotted,
    justified,
    progress,
    stacked_bar,
)
from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.style.text import clip, safe
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.snapshot.models import Eta, Phase, RequestStats, Snapshot, State, Totals

_FULL: Final = 7
"""Lines from which on the panel is more than its essentials."""
_WITH_WORKERS: Final = 11
"""Lines from which on the workers are shown."""
_BROAD: Final = 70
"""Cells from which on it is said in full what bounds the speed."""
_LONGEST_BOUND: Final = 40

Outcomes = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class UsersData:
    """Data of the panel.

    `disorder` says what does not add up, empty when all does; `answers_beside` that another panel shows the answers.
    `scanned` is the share of the source that is read, 0 to 1.
    """

    totals: Totals
    requests: RequestStats
    phase: Phase
    state: State
    eta: Eta | None
    bound: str
    workers_set: WorkerSetting
    workers: tuple[str, ...] = ()
    disorder: str = ""
    answers_beside: bool = False
    scanned: float = 0.0
    scanned_rows: int = 0
    organizations: int = 0
    is_active: bool = False

    @classmethod
    def of(cls, snapshot: Snapshot, disorder: str = "", *, answers_beside: bool = False) -> UsersData:
        """The panel's part of a snapshot."""
        return cls(
            totals=snapshot.totals,
            requests=snapshot.requests,
            phase=snapshot.phase,
            state=snapshot.state,
            is_active=snapshot.is_active,
            eta=snapshot.eta,
            bound=snapshot.bound,
            workers_set=WorkerSetting(snapshot.workers_wanted, snapshot.workers_automatic),
            workers=tuple(worker.state for worker in snapshot.workers),
            disorder=disorder,
            answers_beside=answers_beside,
            scanned=snapshot.scanned_share,
            scanned_rows=snapshot.scanned_rows,
            organizations=snapshot.organizations.total,
        )


def outcome_counters(totals: Totals) -> list[Counter]:
    """Outcomes that add up to all rows; `left` are the pending rows that are not blocked."""
    items = [
        Counter(totals.created, "created", "good", FILLED),
        Counter(totals.existing, "existing", "accent", "═"),
        Counter(totals.failed, "failed", "bad", "×"),
    ]
    if totals.skipped:
        items.append(Counter(totals.skipped, "skipped", "muted", "╌"))
    items.append(Counter(totals.blocked, "blocked", "warn", "┅"))
    items.append(Counter(totals.pending - totals.blocked, "left", "strong", TRACK))
    return items


def outcome_bar(totals: Totals, width: int) -> Content:
    """All rows as one bar of outcomes."""
    parts = [
        Part(totals.created, FILLED, "good"),
        Part(totals.existing, "═", "accent"),
        Part(totals.failed, "×", "bad"),
        Part(totals.skipped, "╌", "muted"),
        Part(totals.blocked, "┅", "warn"),
    ]
    return stacked_bar(parts, totals.rows, width)


class UsersPanel(Panel[UsersData]):
    """Bar, counters, graph, rates, the time left; with much room the workers, too."""

    def draw(self, data: UsersData) -> Sequence[Content]:
        """Draw for the room there is: four tight lines, or a full panel."""
        width, height = self.content_size
        if data.phase == "scan":
            return _reading(data, width, height)
        return _tight(data, width, height) if height < _FULL else _full(data, width, height)


def _reading(data: UsersData, width: int, height: int) -> list[Content]:
    """The scan, and the lookups of the plan after it: there are no users to speak of yet."""
    planning = data.totals.rows > 0
    title = "Plan" if planning else "Scan"
    rows = Content.assemble((fmt.number(data.scanned_rows), "bold"), (" rows", STYLES["muted"]))
    share = f"{fmt.percent(data.scanned, 1):>3} %"
    bar = Content.assemble(progress(data.scanned, 1.0, width - len(share) - 1), " ", share)
    words = "Every row is checked and frozen. Nothing is written yet."
    if planning:
        words = f"Looking {plural(data.organizations, 'organization')} up. Nothing is written yet."
    gap = [Content("")] if height >= _FULL else []
    return [justified(Content.styled(title, "bold"), rows, width), bar, *gap, Content.styled(words, STYLES["muted"])]


def _tight(data: UsersData, width: int, height: int) -> list[Content]:
    title = Content.styled("Users ", "bold")
    share = f"{fmt.percent(data.totals.done, data.totals.rows):>3} %"
    when = time_left(data, brief=width < _BROAD)
    bar_width = width - title.cell_length - len(share) - 1
    if when.cell_length:
        bar_width -= when.cell_length + 3
    bar = Content.assemble(title, outcome_bar(data.totals, max(8, bar_width)), " ", share)
    counted = counter_line(outcome_counters(data.totals), width)
    return [justified(bar, when, width), counted, *_speed(data, width, max(2, height - 2))]


def _full(data: UsersData, width: int, height: int) -> list[Content]:
    share = f"{fmt.percent(data.totals.done, data.totals.rows):>3} %"
    title = justified(Content.styled("Users", "bold"), time_left(data), width)
    bar = Content.assemble(outcome_bar(data.totals, width - len(share) - 1), " ", share)
    gap = [Content("")] if height > _FULL else []
    rows = [title, bar, *gap, *counters(outcome_counters(data.totals), width), *gap]
    tail = [Content(""), worker_strip(data.workers, width)] if height >= _WITH_WORKERS else []
    return [*rows, *_speed(data, width, max(2, height - len(rows) - len(tail))), *tail]


def _speed(data: UsersData, width: int, height: int) -> list[Content]:
    return speed_lines(data.requests, data.workers_set, width, height, answers_beside=data.answers_beside)


def time_left(data: UsersData, *, brief: bool = False) -> Content:
    """When the import ends and what limits its speed; instead of that what does not add up, if anything."""
    if data.disorder:
        return disorder_words(data.disorder)
    if not data.is_active:
        return Content("")
    bound = _bound(data.bound, brief=brief)
    if data.phase == "prewarm":
        return bound if bound.cell_length else Content.styled("after the organizations", STYLES["muted"])
    if data.state == "pausing":
        return Content.styled("the rows in flight end", STYLES["muted"])
    if data.eta is None:
        return dotted([Content.styled("ETA unknown", STYLES["muted"]), bound] if bound.cell_length else [])
    eta = Content.assemble(("ETA ", STYLES["muted"]), (fmt.time_range(data.eta.low, data.eta.high), "bold"))
    return dotted([eta, bound] if bound.cell_length else [eta])


def disorder_words(disorder: str) -> Content:
    """That the numbers shown cannot be right, and why."""
    return Content.styled(f"✖ does not add up: {disorder}", f"{STYLES['bad']} bold")


def _bound(words: str, *, brief: bool) -> Content:
    """What stops all workers stands out; what merely sets the pace does not."""
    shown = clip(safe(words), _LONGEST_BOUND)
    if shown.startswith("backing off"):
        return Content.styled(f"↻ {shown}", f"{STYLES['warn']} bold")
    if shown.startswith("paused"):
        return Content.styled(f"◷ {shown}", f"{STYLES['warn']} bold")
    return Content.styled(f"bound by {shown}" if shown and not brief else shown, STYLES["muted"])
