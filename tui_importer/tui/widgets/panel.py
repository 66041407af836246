"""Base of panels: one widget that draws lines from the data it was given."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from textual.geometry import Region
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

from tui_importer.tui.style.drawing import lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.content import Content
    from textual.geometry import Size

DataT = TypeVar("DataT")


@dataclass(slots=True)
class _Drawn:
    """Lines for a size, and those of them that were turned into cells."""

    size: Size
    lines: list[Content]
    strips: dict[int, Strip] = field(default_factory=dict)


class Panel(Widget, Generic[DataT]):
    """Widget over `data`; when that changes only lines that differ are drawn, without a new layout.

    Subclasses implement `draw`, which returns lines for the given room and nothing else.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Panel { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, data: DataT | None = None, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own parameter name
        super().__init__(id=id, classes=classes)
        self.data = data
        self._drawn: _Drawn | None = None

    @abstractmethod
    def draw(self, data: DataT) -> Sequence[Content]:
        """Lines for `data` in the cells of `content_size`."""

    def show(self, data: DataT) -> None:
        """Take new data; nothing happens when it equals the old."""
        if data == self.data:
            return
        self.data = data
        old = self._drawn
        if old is None:
            self.refresh()
            return
        new = self._draw_now()
        if old.size != new.size or len(old.lines) != len(new.lines):
            self.refresh()
            return
        changed = {
            y for y, (was, is_now) in enumerate(zip(old.lines, new.lines, strict=True)) if not was.is_same(is_now)
        }
        new.strips = {y: strip for y, strip in old.strips.items() if y not in changed}
        self._drawn = new
        if changed:
            super().refresh(*(Region(0, y, new.size.width, 1) for y in changed))

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw everything again, or only some regions as they are."""
        if repaint and not regions:
            self._drawn = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render(self) -> Content:
        """All lines as one content."""
        return lines(self._current().lines)

    def render_line(self, y: int) -> Strip:
        """One line, from memory when it is as it was."""
        drawn = self._current()
        self._dirty_regions.clear()
        width = drawn.size.width
        if y >= len(drawn.lines):
            return Strip.blank(width, self.visual_style.rich_style)
        if y not in drawn.strips:
            made = Visual.to_strips(self, drawn.lines[y], width, 1, self.visual_style, pad=True)
            drawn.strips[y] = made[0] if made else Strip.blank(width, self.visual_style.rich_style)
        return drawn.strips[y]

    def _current(self) -> _Drawn:
        if self._drawn is None or self._drawn.size != self.content_size:
            self._drawn = self._draw_now()
        return self._drawn

    def _draw_now(self) -> _Drawn:
        size = self.content_size
        if self.data is None or size.width < 1:
            return _Drawn(size, [])
        return _Drawn(size, list(self.draw(self.data))[: max(1, size.height)])

    def notify_style_update(self) -> None:
        """Colours changed: nothing that was drawn is right any more."""
        super().notify_style_update()
        self._drawn = None

    def on_resize(self, _event: events.Resize) -> None:
        """The lines depend on the room."""
        self.refresh()
