"""What came of a finished job, in aligned numbers, and what can be done next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from tui_importer.tui import format as fmt
from tui_importer.tui.drawing import dotted, justified
from tui_importer.tui.marks import STYLES, Tone
from tui_importer.tui.text import safe
from tui_importer.tui.widgets.panel import Panel
from tui_importer.tui.widgets.users_panel import outcome_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class SummaryData:
    """The finished job."""

    snapshot: Snapshot


Cell = tuple[int, str, Tone]


class SummaryPanel(Panel[SummaryData]):
    """A small table of users, memberships and organizations, then requests, times and next steps."""

    def draw(self, data: SummaryData) -> Sequence[Content]:
        """Eight lines when there is room; the bar is left out first."""
        width, height = self.content_size
        snapshot = data.snapshot
        totals = snapshot.totals
        title = justified(Content.styled("Summary", "bold"), _speed(snapshot), width)
        bar = Content.assemble(outcome_bar(totals, width - 6), f" {fmt.percent(totals.done, totals.rows):>3} %")
        table = _table(_rows(snapshot))
        tail = [_requests(snapshot, width), _times(snapshot), _next(snapshot, width)]
        if height >= len(table) + len(tail) + 2:
            return [title, bar, *table, *tail]
        return [title, *table, *tail]


def _rows(snapshot: Snapshot) -> list[tuple[str, list[Cell]]]:
    totals, users = snapshot.totals, snapshot.users
    organizations, memberships = snapshot.organizations, snapshot.memberships
    rows: list[Cell] = [
        (totals.created, "created", "good"),
        (totals.existing, "existing", ""),
        (totals.failed, "failed", "bad"),
    ]
    if totals.skipped:
        rows.append((totals.skipped, "skipped", ""))
    existing = organizations.resolved - organizations.created
    people: list[Cell] = [
        (users.created, "created", "good"),
        (users.existing, "existing", ""),
        (users.failed, "failed", "bad"),
    ]
    if users.updated:
        people.append((users.updated, "updated", ""))
    return [
        ("rows", rows),
        ("users", people),
        ("memberships", [(memberships.created, "created", "good"), (memberships.existing, "existing", "")]),
        (
            "organizations",
            [
                (organizations.created, "created", "good"),
                (existing, "existing", ""),
                (organizations.failed, "failed", "bad"),
            ],
        ),
    ]


def _table(rows: Sequence[tuple[str, list[Cell]]]) -> list[Content]:
    width = max(len(fmt.number(value)) for _, cells in rows for value, _, _ in cells)
    lines = []
    for label, cells in rows:
        pieces: list[tuple[str, str]] = [(f"{label:<14}", STYLES["muted"])]
        for value, word, tone in cells:
            style = f"{STYLES[tone]} bold".strip() if value else STYLES["muted"]
            pieces += [(fmt.number(value).rjust(width), style), (f" {word:<10}", STYLES["muted"])]
        lines.append(Content.assemble(*pieces))
    return lines


def _speed(snapshot: Snapshot) -> Content:
    seconds = snapshot.seconds.import_
    if seconds <= 0:
        return Content("")
    reached = f"{fmt.rate(snapshot.totals.done / seconds)} rows/s"
    permitted = snapshot.requests.permitted
    limit = "no limit" if permitted is None else f"{fmt.tidy(round(permitted, 1))} writes/s permitted"
    return dotted([Content.styled(reached, "bold"), Content.styled(limit, STYLES["muted"])])


def _requests(snapshot: Snapshot, width: int) -> Content:
    requests = snapshot.requests
    muted = STYLES["muted"]
    pieces = [
        Content(fmt.number(requests.requests)),
        Content.styled(f"retries {fmt.number(requests.retries)}", muted),
        Content.styled(f"429s {fmt.number(requests.rate_limited)}", STYLES["warn"] if requests.rate_limited else muted),
        Content.styled(f"cache hits {fmt.number(snapshot.cache_hits)}", muted),
        Content.styled(
            f"misses {fmt.number(snapshot.cache_misses)}", STYLES["bad"] if snapshot.cache_misses else muted
        ),
    ]
    return Content.assemble((f"{'requests':<14}", muted), dotted(pieces)).truncate(width, ellipsis=True)


def _times(snapshot: Snapshot) -> Content:
    seconds = snapshot.seconds
    pieces = [
        Content.assemble((f"{name} ", STYLES["muted"]), fmt.short_clock(value))
        for name, value in (("scan", seconds.scan), ("organizations", seconds.prewarm), ("users", seconds.import_))
    ]
    return Content.assemble((f"{'time':<14}", STYLES["muted"]), dotted(pieces))


def _next(snapshot: Snapshot, width: int) -> Content:
    job = safe(snapshot.job, 60)
    if snapshot.totals.failed or snapshot.organizations.failed:
        steps = [
            Content.assemble(("3", "$accent bold"), " shows the errors"),
            Content(f"tui-importer errors {job}"),
        ]
    else:
        steps = [Content("Everything is there: nothing to do.")]
    return Content.assemble((f"{'next':<14}", STYLES["muted"]), dotted(steps)).truncate(width, ellipsis=True)
