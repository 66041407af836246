"""Graph of writes against the permitted rate, and beside it rates, latencies and answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.content import Content

from tui_importer.text import plural
from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.drawing import dotted, sparkline
from tui_importer.tui.style.glyphs import STYLES, WORKERS, Tone, glyph_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.snapshot.models import RequestStats

_LEAST_GRAPH: Final = 8
"""Cells below which a graph says nothing."""
_SECONDS: Final = 60
"""Seconds that the history has, a cell each."""
_GAP: Final = "   "
_ANSWERS: Final = ("2xx", "3xx", "4xx", "429", "5xx", "no answer")
_TRIED_AGAIN: Final = frozenset({"429", "5xx", "no answer"})


@dataclass(frozen=True, slots=True)
class WorkerSetting:
    """Number of workers wanted, and whether it follows the limit."""

    workers: int
    automatic: bool


def speed_lines(
    requests: RequestStats, setting: WorkerSetting, width: int, height: int, *, answers_beside: bool = False
) -> list[Content]:
    """`height` lines, at least two: the graph, and beside it as much in words as they hold.

    `answers_beside` leaves out what a panel beside this one shows.
    """
    full = height > 2
    texts = _texts(requests, setting, answers_beside=answers_beside) if full else _essentials(requests, setting, width)
    room = min(_SECONDS, width - max(text.cell_length for text in texts) - len(_GAP))
    if room < _LEAST_GRAPH:
        return texts
    highest = max(requests.history, default=0.0)
    permitted = requests.permitted or 0.0
    ceiling = full and permitted >= highest > 0
    graph = sparkline(requests.history, max(permitted, highest, 1.0), room, height, ceiling=ceiling)
    texts += [Content("")] * (height - len(texts))
    return [Content.assemble(line, _GAP, text) for line, text in zip(graph, texts, strict=True)]


def _essentials(requests: RequestStats, setting: WorkerSetting, width: int) -> list[Content]:
    trouble = [piece for piece in answer_pieces(requests) if piece.plain.startswith("5xx")]
    wanted = [_latency(requests), _limited(requests), *trouble, _retries(requests)]
    fitting = (wanted, [_latency(requests, tight=True), *wanted[1:]], wanted[:2], wanted[1:])
    second = next((line for line in map(dotted, fitting) if line.cell_length <= width), dotted(wanted[1:2]))
    return [dotted([_writes(requests), *_settings(requests, setting)]), second]


def _texts(requests: RequestStats, setting: WorkerSetting, *, answers_beside: bool) -> list[Content]:
    first = dotted([_writes(requests), *_settings(requests, setting)])
    if answers_beside:
        rate = _muted(f"{fmt.rate(requests.rate)} requests/s")
        flying = _muted(f"{requests.in_flight:,} in flight")
        return [first, _latency(requests), dotted([rate, flying, _retries(requests)])]
    return [first, dotted([_latency(requests), _retries(requests)]), dotted(answer_pieces(requests))]


def _muted(text: str) -> Content:
    return Content.styled(text, STYLES["muted"])


def _writes(requests: RequestStats) -> Content:
    permitted = "" if requests.permitted is None else f" of {fmt.tidy(requests.permitted)}"
    return Content.assemble((fmt.rate(requests.write_rate), "bold"), (f"{permitted} writes/s", STYLES["muted"]))


def _settings(requests: RequestStats, setting: WorkerSetting) -> list[Content]:
    share = "no limit" if requests.permitted is None else f"share {requests.share} %"
    workers = plural(setting.workers, "worker") if setting.workers else "workers"
    return [_muted(share), _muted(f"{workers} auto" if setting.automatic else workers)]


def _latency(requests: RequestStats, *, tight: bool = False) -> Content:
    measured = (("p50", requests.p50), ("p95", requests.p95), ("p99", requests.p99))
    known = [(name, f"{value:,.0f}") for name, value in measured if value is not None]
    if not known:
        return _muted("latency –")
    if tight:
        return _muted(f"p50/95/99 {'/'.join(value for _, value in known)} ms")
    return _muted(f"{' · '.join(f'{name} {value}' for name, value in known)} ms")


def _limited(requests: RequestStats) -> Content:
    tone: Tone = "warn" if requests.rate_limited else "muted"
    return Content.styled(f"429 {fmt.number(requests.rate_limited)}", STYLES[tone])


def _retries(requests: RequestStats) -> Content:
    return _muted(f"retries {fmt.number(requests.retries)}")


def answer_pieces(requests: RequestStats) -> list[Content]:
    """Answers by their kind in few words: 2xx, 429, and of the others those that came."""
    counts: Counter[str] = Counter()
    for status, count in requests.statuses:
        counts["429" if status == 429 else f"{status // 100}xx" if status else "no answer"] += count
    counts["429"] = max(counts["429"], requests.rate_limited)
    shown = [kind for kind in _ANSWERS if counts[kind] or kind in {"2xx", "429"}]
    return [_answer(kind, counts[kind]) for kind in shown]


def _answer(kind: str, count: int) -> Content:
    """What is tried again by itself stands out a little; it is no failure yet."""
    tone: Tone = "warn" if count and kind in _TRIED_AGAIN else "muted"
    return Content.styled(f"{kind} {fmt.number(count)}", STYLES[tone])


def worker_strip(states: Sequence[str], width: int) -> Content:
    """A glyph for each worker and how many there are in each state; only the latter when there is too little room."""
    if not states:
        return _muted("no worker runs")
    counted = dotted(
        [
            Content.assemble((shown.glyph, STYLES[shown.tone]), (f" {fmt.number(count)} {shown.word}", STYLES["muted"]))
            for shown, count in ((glyph_of(WORKERS, state), count) for state, count in Counter(states).most_common())
        ]
    )
    if len(states) + len(_GAP) + counted.cell_length > width:
        return counted
    glyphs = [(shown.glyph, STYLES[shown.tone]) for shown in (glyph_of(WORKERS, state) for state in states)]
    return Content.assemble(*glyphs, _GAP, counted)
