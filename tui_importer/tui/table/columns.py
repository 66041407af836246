"""Typed columns of a table: how wide, how aligned, and how a value becomes cells of a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len

from tui_importer.tui.style.glyphs import Tone
from tui_importer.tui.style.text import clip, safe
from tui_importer.tui.table.query import Traits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tui_importer.tui.table.query import Fault

Piece = tuple[str, Tone]
"""Text in one tone."""

MOST_CELLS = 400
"""Characters of one value that are read; no terminal shows more in a line."""

MOST_COPIED = 16_384
"""Characters of one value that are copied."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `width` is the least it needs, `flex` its share of the room that remains.

    `cell` makes text of a row for a width; without it the value called `name` is shown as it is. `tone` colours
    the whole cell. A column of `priority` 0 stays; of the others the highest goes first when room is short.
    `value` names the value it sorts by and copies (its own name when empty), `order` the order of that value's
    words, `searched` the values that a filter searches.
    """

    name: str
    title: str
    width: int
    flex: int = 0
    align: Literal["left", "right"] = "left"
    priority: int = 0
    cell: Callable[[Mapping[str, object], int], str | Piece | Sequence[Piece]] | None = None
    tone: Callable[[Mapping[str, object]], Tone] | None = None
    most: int = 0
    value: str = ""
    order: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()

    @property
    def sorts_by(self) -> str:
        """The name of the value it sorts by and copies."""
        return self.value or self.name

    def pieces(self, row: Mapping[str, object], width: int) -> list[Piece]:
        """The cell as pieces of exactly `width` cells together."""
        return fitted(self._parts(row, width), width, self.align)

    def whole(self, row: Mapping[str, object]) -> str:
        """The cell as it is shown, but not cut."""
        return safe("".join(text for text, _ in self._parts(row, MOST_CELLS)), MOST_COPIED)

    def copied(self, row: Mapping[str, object]) -> str:
        """The cell for another program: texts as shown but not cut, numbers without commas, times in full."""
        value = row.get(self.sorts_by)
        if isinstance(value, datetime):
            return value.isoformat(timespec="seconds")
        if isinstance(value, (int, float)):
            return str(value)
        return self.whole(row)

    def _parts(self, row: Mapping[str, object], width: int) -> Sequence[Piece]:
        value = self.cell(row, width) if self.cell else _plain(row.get(self.name))
        if isinstance(value, str):
            return [(value, self.tone(row) if self.tone else "")]
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
            return [(str(value[0]), _as_tone(value[1]))]
        return [piece for piece in value if isinstance(piece, tuple)]


def _as_tone(value: object) -> Tone:
    return value if isinstance(value, str) else ""  # type: ignore[return-value]  # a piece's second half is a tone


def _plain(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def fitted(parts: Sequence[Piece], width: int, align: Literal["left", "right"] = "left") -> list[Piece]:
    """Sanitise `parts`, cut them to `width` cells and pad them to it."""
    result: list[Piece] = []
    room = width
    for text, tone in parts:
        if text.isascii() and text.isprintable():  # most are: one cell a character, and nothing to sanitise
            shown = text if len(text) <= room else f"{text[: max(0, room - 1)].rstrip()}…"[:room]
            taken = len(shown)
        else:
            shown = clip(safe(text, MOST_CELLS), room)
            taken = cell_len(shown)
        if shown:
            result.append((shown, tone))
            room -= taken
        if room <= 0:
            return result
    padding: Piece = (" " * room, "")
    return [padding, *result] if align == "right" else [*result, padding]


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns shown in a width, and how wide each is."""

    columns: tuple[Column, ...]
    widths: tuple[int, ...]
    gap: int

    @property
    def hidden(self) -> bool:
        """Whether nothing fits at all."""
        return not self.columns

    def at(self, x: int) -> Column | None:
        """The column at cell `x` from the left of the first one, None when there is none at all."""
        end = 0
        for column, room in zip(self.columns, self.widths, strict=True):
            end += room + self.gap
            if x < end:
                return column
        return self.columns[-1] if self.columns else None


def lay_out(columns: Sequence[Column], width: int, keep: str = "") -> Layout:
    """Fit `columns` into `width` cells: drop those of low priority, then share what remains among the flexible.

    The column named `keep` stays, whatever its priority.
    """
    gap = 2 if width >= 100 else 1
    shown = list(columns)

    def needed() -> int:
        return sum(column.width for column in shown) + gap * max(0, len(shown) - 1)

    while needed() > width and (mere := [column for column in shown if column.priority and column.name != keep]):
        worst = max(column.priority for column in mere)
        shown.remove(next(column for column in reversed(mere) if column.priority == worst))
    spare = max(0, width - needed())
    widths = [column.width for column in shown]
    growing = [index for index, column in enumerate(shown) if column.flex]
    while spare > 0 and growing:
        total = sum(shown[index].flex for index in growing)
        given = 0
        for index in list(growing):
            more = max(1, spare * shown[index].flex // total)
            more = min(more, spare - given)
            limit = shown[index].most
            if limit and widths[index] + more >= limit:
                more = limit - widths[index]
                growing.remove(index)
            widths[index] += more
            given += more
        spare -= given
    return Layout(tuple(shown), tuple(widths), gap)


def traits_of(columns: Sequence[Column], id_name: str, faults: Sequence[Fault]) -> Traits:
    """What the columns say of their rows."""
    searched = dict.fromkeys(name for column in columns for name in column.searched)
    orders = {column.sorts_by: column.order for column in columns if column.order}
    return Traits(id_name, tuple(searched), orders, tuple(faults))
