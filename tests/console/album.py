"""Pictures of the console, kept and compared: every cell with its colours, as a small SVG that any browser opens.

The SVG is written here from the cells and not taken from Textual's export, so that a release which only draws its SVG
differently, or cuts its segments elsewhere, changes no picture; what an operator would not see (the colour of a blank)
is not in it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html import escape, unescape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import textual
from rich.cells import cell_len
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.color import Color
    from rich.segment import Segment
    from textual.app import App

KEPT = Path(__file__).with_name("pictures")
OPTION = "--update-pictures"

_WIDTH, _HEIGHT, _BASE = 10, 20, 15
"""Of a cell, and from its top to the letters' base, in the SVG's units."""
_FONTS = "DejaVu Sans Mono,Menlo,Consolas,monospace"
_MADE_WITH = re.compile(r"<!-- Textual (\S+) -->\n")
_TEXT = re.compile(r"<text[^>]*>(.*)</text>")
_PIECE = re.compile(r'<tspan[^>]* x="(\d+)"[^>]*>(.*?)</tspan>')


class Cell(NamedTuple):
    """One character in its place; `look` are the letter's attributes, empty where nothing of it is seen."""

    x: int
    text: str
    look: str
    ground: str


def picture(app: App[Any]) -> str:
    """What the app shows now, toasts left out, as an SVG."""
    screen = app.screen
    update = screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    rows = [_cells(segment for strip in line for segment in strip) for line in update.strips]  # type: ignore[union-attr]  # it is full
    return drawn(rows, app.size.width)


def _cells(segments: Iterable[Segment]) -> list[Cell]:
    cells: list[Cell] = []
    x = 0
    for text, style, control in segments:
        if control:
            continue
        look, ground = _looks(style or Style.null())
        unseen = "decoration" not in look
        for character in text:
            width = cell_len(character)
            if width == 0 and cells:  # it is drawn upon the one before
                cells[-1] = cells[-1]._replace(text=cells[-1].text + character)
                continue
            cells.append(Cell(x, character, "" if unseen and character == " " else look, ground))
            x += width
    return cells


def _looks(style: Style) -> tuple[str, str]:
    """The attributes of letters in a style, and the colour of their ground."""
    ink, ground = _hex(style.color, letters=True), _hex(style.bgcolor, letters=False)
    if style.reverse:
        ink, ground = ground, ink
    lines = [word for word, on in (("underline", style.underline), ("line-through", style.strike)) if on]
    attributes = (
        f'fill="{ink}"',
        'font-weight="bold"' if style.bold else "",
        'font-style="italic"' if style.italic else "",
        'opacity=".6"' if style.dim else "",
        f'text-decoration="{" ".join(lines)}"' if lines else "",
    )
    return " ".join(filter(None, attributes)), ground


def _hex(color: Color | None, *, letters: bool) -> str:
    if color is None:
        plain = SVG_EXPORT_THEME.foreground_color if letters else SVG_EXPORT_THEME.background_color
        return plain.hex
    return color.get_truecolor(SVG_EXPORT_THEME, foreground=letters).hex


def drawn(rows: Sequence[Sequence[Cell]], width: int) -> str:
    """The SVG of some lines of cells: the grounds first, then a text element for each line."""
    paper = Counter(cell.ground for row in rows for cell in row).most_common(1)[0][0]
    letters = Counter(cell.look for row in rows for cell in row if cell.look).most_common(1)[0][0]
    size = f"{width * _WIDTH} {len(rows) * _HEIGHT}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" font-family="{_FONTS}" font-size="16.6">',
            f"<!-- Textual {textual.__version__} -->",
            f'<rect width="100%" height="100%" fill="{paper}"/>',
            *_grounds(rows, width, paper),
            f'<g xml:space="preserve" {letters}>',
            *(_line(row, y * _HEIGHT + _BASE, letters) for y, row in enumerate(rows)),
            "</g>",
            "</svg>",
            "",
        ]
    )


def _grounds(rows: Sequence[Sequence[Cell]], width: int, paper: str) -> list[str]:
    """A path for each colour, of boxes as high as the same stretch of lines has it."""
    open_boxes: dict[tuple[str, int, int], int] = {}
    paths: dict[str, list[str]] = {}
    for y, row in enumerate([*rows, ()]):
        found = {stretch: open_boxes.get(stretch, y) for stretch in _stretches(row, width) if stretch[0] != paper}
        for (ground, left, right), top in open_boxes.items():
            if (ground, left, right) not in found:
                box = f"M{left * _WIDTH} {top * _HEIGHT}H{right * _WIDTH}V{y * _HEIGHT}H{left * _WIDTH}z"
                paths.setdefault(ground, []).append(box)
        open_boxes = found
    return [f'<path fill="{ground}" d="{"".join(paths[ground])}"/>' for ground in sorted(paths)]


def _stretches(row: Sequence[Cell], width: int) -> list[tuple[str, int, int]]:
    """Ground, first cell, and the cell after the last."""
    starts = [(ground, next(cells).x) for ground, cells in groupby(row, key=lambda cell: cell.ground)]
    ends = [x for _, x in starts[1:]] + [width]
    return [(ground, left, right) for (ground, left), right in zip(starts, ends, strict=False)]


def _line(row: Sequence[Cell], y: int, common: str) -> str:
    pieces: list[tuple[int, str, str]] = []
    for cell in row:
        if pieces and cell.look in {"", pieces[-1][1]}:
            x, look, text = pieces[-1]
            pieces[-1] = (x, look, text + cell.text)
        elif cell.look:
            pieces.append((cell.x, cell.look, cell.text))
    shown = "".join(
        f'<tspan{"" if look == common else f" {look}"} x="{x * _WIDTH}">{escape(text.rstrip(" "), quote=False)}</tspan>'
        for x, look, text in pieces
    )
    return f'<text y="{y}">{shown}</text>'


def words_of(svg: str) -> list[str]:
    """The lines of a picture as text."""
    lines = []
    for found in _TEXT.findall(svg):
        line = ""
        for x, text in _PIECE.findall(found):
            line += " " * (int(x) // _WIDTH - cell_len(line)) + unescape(text)
        lines.append(line)
    return lines


@dataclass
class Album:
    """The pictures of one walk through the console, kept in `folder`; those that differ are written to `new`."""

    folder: Path
    new: Path
    update: bool = False
    taken: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    makers: set[str] = field(default_factory=set)

    def take(self, app: App[Any], name: str) -> None:
        """Compare what is shown with the kept picture of that name, or keep it; `check` tells of all that differ."""
        self.put(name, picture(app))

    def put(self, name: str, now: str) -> None:
        """The same with a picture that was taken."""
        assert name not in self.taken, f"two pictures are called {name}"
        self.taken.add(name)
        kept = self.folder / f"{name}.svg"
        before = kept.read_text(encoding="utf-8") if kept.exists() else None
        if before is not None and _MADE_WITH.sub("", before) == _MADE_WITH.sub("", now):
            return
        if self.update:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(now, encoding="utf-8")
            return
        self.new.mkdir(parents=True, exist_ok=True)
        path = self.new / kept.name
        path.write_text(now, encoding="utf-8")
        if before is None:
            self.complaints.append(f"{kept}\n  there is no such picture\n  new:  {path}")
            return
        self.makers.update(_MADE_WITH.findall(before))
        self.complaints.append(f"{kept}\n{_difference(before, now)}\n  new:  {path}")

    def look_for_leftovers(self) -> None:
        """Complain of pictures that nobody took, or remove them."""
        for path in sorted(self.folder.glob("*.svg")):
            if path.stem not in self.taken:
                if self.update:
                    path.unlink()
                else:
                    self.complaints.append(f"{path}\n  no test takes this picture any more")


def check(*albums: Album) -> None:
    """Fail when a picture differed or had none to be compared with, or when one is kept that nobody took."""
    for album in albums:
        album.look_for_leftovers()
    complaints = [complaint for album in albums for complaint in album.complaints]
    makers = {maker for album in albums for maker in album.makers}
    assert not complaints, "\n".join(["these pictures are not as they were kept:", *complaints, *_advice(makers)])


def _advice(makers: set[str]) -> list[str]:
    advice = [f"Look at the new ones. To keep them: pytest tests/console/test_console_pictures.py {OPTION}"]
    others = sorted(makers - {textual.__version__})
    if others:
        made = f"They were made with Textual {', '.join(others)}, and {textual.__version__} is installed"
        advice.append(f"{made}: it may be Textual that draws them differently.")
    return advice


def _difference(before: str, now: str) -> str:
    """The first line that reads differently, if any does."""
    old, new = words_of(before), words_of(now)
    if len(old) != len(new):
        return f"  {len(old)} lines before, {len(new)} now"
    differing = [number for number, pair in enumerate(zip(old, new, strict=True), 1) if pair[0] != pair[1]]
    if not differing:
        return "  the same words in other colours"
    first = differing[0]
    how_many = "1 line differs," if len(differing) == 1 else f"{len(differing)} lines differ, the first is"
    return f"  {how_many} line {first}\n  kept: {old[first - 1]}\n  now:  {new[first - 1]}"
