"""Bars, sparklines, counters and justified lines as content: pure functions of data and width.

Outcomes differ in a bar by the kind of line as well as by colour, so that a screen without colour says the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from textual.content import Content

from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.glyphs import STYLES, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TRACK: Final = "─"
FILLED: Final = "━"
_SPARKS: Final = " ▁▂▃▄▅▆▇█"
_CEILING: Final = "▔"


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of a stacked bar: how many, drawn with which character in which tone."""

    count: int
    character: str
    tone: Tone


class Counter(NamedTuple):
    """One large number with its label; `glyph` is the character that stands for it in the bar."""

    value: int
    label: str
    tone: Tone = ""
    glyph: str = ""


def stacked_bar(parts: Sequence[Part], total: int, width: int) -> Content:
    """A bar of `width` cells; every part that is not zero has at least one cell, the rest is the track."""
    cells = _share_out([part.count for part in parts], total, width)
    pieces = [(part.character * count, STYLES[part.tone]) for part, count in zip(parts, cells, strict=True) if count]
    rest = width - sum(cells)
    return Content.assemble(*pieces, (TRACK * max(0, rest), STYLES["faint"]))


def _share_out(counts: Sequence[int], total: int, width: int) -> list[int]:
    """Cells for each count: rounded down, at least one when not zero, never more than `width` together."""
    if total <= 0 or width <= 0:
        return [0] * len(counts)
    cells = [max(1, count * width // total) if count else 0 for count in counts]
    if sum(counts) >= total:  # complete: no cell of the track may remain
        cells[counts.index(max(counts))] += max(0, width - sum(cells))
    while (over := sum(cells) - width) > 0:
        largest = cells.index(max(cells))
        cells[largest] -= min(over, max(1, cells[largest] - 1))
    return cells


def progress(done: float, total: float, width: int, tone: Tone = "accent") -> Content:
    """A plain progress bar of `width` cells; full only when all is done."""
    share = min(1.0, done / total) if total > 0 else 0.0
    filled = int(share * width)
    if done > 0 and filled == 0:
        filled = 1
    return Content.assemble((FILLED * filled, STYLES[tone]), (TRACK * (width - filled), STYLES["faint"]))


def sparkline(
    values: Sequence[float], top: float, width: int, height: int = 1, *, ceiling: bool = False
) -> list[Content]:
    """The last `width` values as bars of `height` lines against `top`; `ceiling` shows the top where no bar reaches."""
    shown = list(values[-width:])
    highest = max(top, 0.001)
    levels = [max(1 if value > 0 else 0, round(min(value / highest, 1.0) * height * 8)) for value in shown]
    rows = []
    for line in range(height - 1, -1, -1):
        bars = "".join(_SPARKS[max(0, min(8, level - line * 8))] for level in levels)
        text = " " * (width - len(shown)) + bars
        if ceiling and line == height - 1:
            rows.append(Content.assemble(*_with_ceiling(text)))
        else:
            rows.append(Content.styled(text, STYLES["graph"]))
    return rows


def _with_ceiling(text: str) -> Iterator[tuple[str, str]]:
    for is_free, run in groupby(text, key=" ".__eq__):
        cells = len(list(run))
        yield (_CEILING * cells, STYLES["faint"]) if is_free else (text[:cells], STYLES["graph"])
        text = text[cells:]


def scaled_bar(value: float, top: float, width: int, tone: Tone, character: str = FILLED) -> Content:
    """A bar for one of several values on a common scale; `top` fills `width` cells, any but zero has at least one."""
    cells = min(width, max(1, round(value * width / top))) if value > 0 and top > 0 else 0
    return Content.assemble((character * cells, STYLES[tone]), " " * (width - cells))


def justified(left: Content, right: Content, width: int) -> Content:
    """`left` and `right` at the two ends of a line; the left end is cut when both do not fit."""
    if not right.cell_length:
        return left.truncate(width, ellipsis=True)
    room = width - right.cell_length
    if room < 2:
        return right.truncate(width, ellipsis=True)
    cut = left.truncate(room - 1, ellipsis=True) if left.cell_length > room - 1 else left
    return Content.assemble(cut, " " * (room - cut.cell_length), right)


def counters(items: Sequence[Counter], width: int) -> list[Content]:
    """Two lines: numbers and their labels, right-aligned to each other in equal columns."""
    if not items:
        return [Content(""), Content("")]
    needed = max(len(fmt.number(item.value)) for item in items)
    column = max(needed, *(len(item.label) + 2 for item in items)) + 1
    column = min(max(column, width // max(len(items), 6)), width // len(items))
    numbers: list[tuple[str, str]] = []
    labels: list[tuple[str, str]] = []
    for item in items:
        tone = STYLES[item.tone] if item.value else STYLES["muted"]
        numbers.append((fmt.number(item.value).rjust(column), f"{tone} bold".strip()))
        glyph = f"{item.glyph} " if item.glyph else ""
        labels.append((" " * max(0, column - len(glyph) - len(item.label)), ""))
        labels.append((glyph, tone))
        labels.append((item.label, STYLES["muted"]))
    return [Content.assemble(*numbers), Content.assemble(*labels)]


def counter_line(items: Sequence[Counter], width: int = 0) -> Content:
    """The counters in one line: 9,301 created  12 existing  7 failed; tighter when `width` cells are too few."""
    for gap, space in (("  ", " "), (" ", " "), (" ", "")):
        pieces: list[str | tuple[str, str]] = []
        for item in items:
            tone = STYLES[item.tone] if item.value else STYLES["muted"]
            pieces += [gap if pieces else "", (fmt.number(item.value), f"{tone} bold".strip())]
            pieces.append((f"{space}{item.label if space else item.glyph}", STYLES["muted"]))
        line = Content.assemble(*pieces)
        if not width or line.cell_length <= width:
            break
    return line


def dotted(pieces: Sequence[Content]) -> Content:
    """Pieces with a middle dot between them."""
    return Content.styled(" · ", STYLES["muted"]).join(pieces)


def dotted_lines(pieces: Sequence[Content], width: int) -> list[Content]:
    """The same in lines of `width` cells; a piece is never parted, so one alone may be wider."""
    rows: list[list[Content]] = [[]]
    for piece in pieces:
        if rows[-1] and dotted([*rows[-1], piece]).cell_length > width:
            rows.append([])
        rows[-1].append(piece)
    return [dotted(row) for row in rows]


def lines(rows: Sequence[Content]) -> Content:
    """Rows below each other as one content."""
    return Content("\n").join(rows)
