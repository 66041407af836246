"""Panel of the API's answers: all requests by status, as one bar and in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.drawing import FILLED, Part, justified, stacked_bar
from tui_importer.tui.style.glyphs import STYLES, Tone
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.snapshot.models import RequestStats


@dataclass(frozen=True, slots=True)
class AnswersData:
    """(status, count) of all requests; status 0 is no answer."""

    statuses: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, requests: RequestStats) -> AnswersData:
        """The panel's part of the requests."""
        return cls(requests.statuses)


@dataclass(frozen=True, slots=True)
class _Kind:
    label: str
    count: int
    character: str
    tone: Tone


def _kinds(data: AnswersData, lines: int) -> list[_Kind]:
    """Kinds of answers in at most `lines` lines: the 4xx by code as far as they fit, the most frequent first."""
    counts = dict(data.statuses)

    def of_class(number: int) -> int:
        return sum(count for status, count in counts.items() if status // 100 == number)

    first = [_Kind("2xx", of_class(2), FILLED, "good")]
    if redirects := of_class(3):
        first.append(_Kind("3xx", redirects, "╌", "muted"))
    last = [
        _Kind("429", counts.get(429, 0), "┅", "warn"),
        _Kind("5xx", of_class(5), "×", "warn"),
        _Kind("no answer", counts.get(0, 0), "?", "warn"),
    ]
    codes = sorted((s for s in counts if s // 100 == 4 and s != 429), key=lambda status: (-counts[status], status))
    room = max(1, lines - len(first) - len(last))
    shown, rest = (codes, []) if len(codes) <= room else (codes[: room - 1], codes[room - 1 :])
    middle = [_Kind(str(status), counts[status], "═", "accent") for status in shown]
    if rest:
        middle.append(_Kind("other 4xx" if shown else "4xx", sum(counts[status] for status in rest), "═", "accent"))
    return [*first, *middle, *last]


class AnswersPanel(Panel[AnswersData]):
    """Stacked bar, then a line for each kind of answer with its share."""

    def draw(self, data: AnswersData) -> Sequence[Content]:
        """Draw for the room there is."""
        width, height = self.content_size
        total = sum(count for _, count in data.statuses)
        title = justified(Content.styled("Answers", "bold"), Content.styled(fmt.number(total), STYLES["muted"]), width)
        gap = [Content("")] if height >= 9 else []
        head = [title, *gap] if height < 7 else [title, _bar(data, total, width), *gap]
        kinds = _kinds(data, height - len(head))
        return [*head, *(_line(kind, total, width) for kind in kinds)]


def _bar(data: AnswersData, total: int, width: int) -> Content:
    merged: dict[tuple[str, Tone], int] = {}
    for kind in _kinds(data, 99):
        merged[kind.character, kind.tone] = merged.get((kind.character, kind.tone), 0) + kind.count
    return stacked_bar([Part(count, character, tone) for (character, tone), count in merged.items()], total, width)


def _line(kind: _Kind, total: int, width: int) -> Content:
    quiet = STYLES["muted"]
    tone = STYLES[kind.tone] if kind.count else quiet
    share = fmt.share(kind.count, total) if kind.count else ""
    numbers = Content.assemble(
        (fmt.number(kind.count), f"{tone} bold" if kind.count else quiet), (f"{share:>9}", quiet)
    )
    return justified(Content.assemble((f"{kind.character} ", tone), (kind.label, quiet)), numbers, width)
