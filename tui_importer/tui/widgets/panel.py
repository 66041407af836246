"""The base of panels: one widget that draws lines from the data it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from textual.content import Content
from textual.widget import Widget

from tui_importer.tui.drawing import lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

DataT = TypeVar("DataT")


class Panel(Widget, Generic[DataT]):
    """Shows `data`; redraws only when it changed, and never asks for a new layout.

    Subclasses implement `draw`, which returns lines for the given room and nothing else.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Panel { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, data: DataT | None = None, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own parameter name
        super().__init__(id=id, classes=classes)
        self.data = data

    def show(self, data: DataT) -> None:
        """Take new data; nothing happens when it equals the old."""
        if data != self.data:
            self.data = data
            self.refresh()

    def draw(self, data: DataT) -> Sequence[Content]:
        """Lines for `data` in the cells of `content_size`."""
        raise NotImplementedError

    def render(self) -> Content:
        """All lines as one content."""
        size = self.content_size
        if self.data is None or size.width < 1:
            return Content("")
        return lines(list(self.draw(self.data))[: max(1, size.height)])

    def on_resize(self, _event: events.Resize) -> None:
        """The lines depend on the room."""
        self.refresh()
