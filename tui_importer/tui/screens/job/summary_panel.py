"""Summary of a finished job in aligned numbers, and what can be done next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.content import Content

from tui_importer.tui.screens.job.users_panel import disorder_words, outcome_bar
from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.drawing import dotted, justified
from tui_importer.tui.style.glyphs import STYLES, Tone
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui_importer.engine.snapshot.models import Snapshot


@dataclass(frozen=True, slots=True)
class SummaryData:
    """The finished job, and the keys with what they do for its errors.

    `disorder` says what does not add up, empty when all does.
    """

    snapshot: Snapshot
    keys: tuple[tuple[str, str], ...]
    disorder: str = ""

    @classmethod
    def of(
        cls, snapshot: Snapshot, key_of: Callable[[str], str], disorder: str = "", *, retryable: bool = True
    ) -> SummaryData:
        """The panel's part of a snapshot; `key_of` gives an action's key, `retryable` if a row can be retried."""
        actions = [("job.tab_errors", "shows the errors"), ("job.retry", "tries again"), ("table.export", "exports")]
        if not retryable:
            del actions[1]
        return cls(snapshot, tuple((key_of(action), words) for action, words in actions), disorder)


Cell = tuple[int, str, Tone]

_SHORT: Final = {"memberships": "members", "organizations": "orgs"}
_BROAD: Final = 70
"""Cells from which on labels are written out."""


class SummaryPanel(Panel[SummaryData]):
    """A small table of users, memberships and organizations, then requests, times and next steps."""

    def draw(self, data: SummaryData) -> Sequence[Content]:
        """Eight lines, with the bar nine; blank lines when there is much room."""
        width, height = self.content_size
        snapshot = data.snapshot
        totals = snapshot.totals
        right = disorder_words(data.disorder) if data.disorder else _speed(snapshot)
        title = justified(Content.styled("Summary", "bold"), right, width)
        bar = Content.assemble(outcome_bar(totals, width - 6), f" {fmt.percent(totals.done, totals.rows):>3} %")
        table = _table(_rows(snapshot), brief=width < _BROAD)
        tail = [_requests(snapshot, width), _times(snapshot, width), _next(data, width)]
        spare = height - len(table) - len(tail) - 2
        gap = [Content("")] if spare >= 2 else []
        return [title, *([bar] if spare >= 0 else []), *gap, *table, *gap, *tail]


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


def _table(rows: Sequence[tuple[str, list[Cell]]], *, brief: bool) -> list[Content]:
    width = max(len(fmt.number(value)) for _, cells in rows for value, _, _ in cells)
    lines = []
    for label, cells in rows:
        shown = _label(_SHORT.get(label, label) if brief else label, brief=brief)
        pieces: list[tuple[str, str]] = [(shown, STYLES["muted"])]
        for value, word, tone in cells:
            style = f"{STYLES[tone]} bold".strip() if value else STYLES["muted"]
            text = f" {word.ljust(9 if brief else 10)}"
            pieces += [(fmt.number(value).rjust(width), style), (text, STYLES["muted"])]
        lines.append(Content.assemble(*pieces).rstrip())
    return lines


def _label(text: str, *, brief: bool) -> str:
    return text.ljust(9 if brief else 14)


def _labelled(label: str, pieces: Sequence[Content], width: int) -> Content:
    start = (_label(label, brief=width < _BROAD), STYLES["muted"])
    return Content.assemble(start, dotted(pieces)).truncate(width, ellipsis=True)


def _speed(snapshot: Snapshot) -> Content:
    seconds = snapshot.seconds.import_
    if seconds <= 0:
        return Content("")
    requests = snapshot.requests
    permitted = "" if requests.permitted is None else f" of {fmt.tidy(requests.permitted)}"
    writes = Content.assemble(
        (fmt.rate(requests.import_writes / seconds), "bold"), (f"{permitted} writes/s reached", STYLES["muted"])
    )
    return dotted([writes, Content.styled(f"{fmt.rate(snapshot.totals.done / seconds)} rows/s", STYLES["muted"])])


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
    return Content.assemble((_label("requests", brief=width < _BROAD), muted), dotted(pieces)).truncate(
        width, ellipsis=True
    )


def _times(snapshot: Snapshot, width: int) -> Content:
    seconds = snapshot.seconds
    pieces = [
        Content.assemble((f"{name} ", STYLES["muted"]), fmt.short_clock(value))
        for name, value in (("scan", seconds.scan), ("organizations", seconds.prewarm), ("users", seconds.import_))
    ]
    return _labelled("time", pieces, width)


def _next(data: SummaryData, width: int) -> Content:
    snapshot = data.snapshot
    if snapshot.totals.failed or snapshot.organizations.failed:
        steps = [Content.assemble((key, "$accent bold"), f" {words}") for key, words in data.keys]
    else:
        steps = [Content("Everything is there: nothing to do.")]
    return _labelled("next", steps, width)
