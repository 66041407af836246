"""Panes of the groups of errors, and of the errors of one group: each with words about the cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content

from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.style.text import safe
from tui_importer.tui.table.pane import TablePane
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from tui_importer.tui.table.table import VirtualTable


@dataclass(frozen=True, slots=True)
class GroupData:
    """Cause of a group (`shape` as it may be shown), and what to do."""

    step: str
    kind: str
    shape: str
    suggestion: str


class GroupHead(Panel[GroupData]):
    """The open group; where there is a second line, what to do."""

    DEFAULT_CSS = """
    GroupHead { height: 1; background: $surface; padding: 0 1; }
    Screen.-tall GroupHead, Screen.-huge GroupHead { height: 2; }
    """

    def draw(self, data: GroupData) -> Sequence[Content]:
        """A line each."""
        muted = STYLES["muted"]
        which = Content.assemble(
            ("Group ", muted), (safe(data.kind, 60), f"{STYLES['bad']} bold"), (f" · {safe(data.step)} · ", muted),
            safe(data.shape),
        )  # fmt: skip
        width = self.content_size.width
        what = Content.assemble(("→ ", STYLES["accent"]), (safe(data.suggestion), muted))
        return [which.truncate(width, ellipsis=True), what.truncate(width, ellipsis=True)]


class GroupFoot(Panel["GroupData | None"]):
    """The group under the cursor: its message and what to do, in full."""

    DEFAULT_CSS = """
    GroupFoot { height: 2; background: $surface; padding: 0 1; }
    """

    def draw(self, data: GroupData | None) -> Sequence[Content]:
        """A line each."""
        if data is None:
            return []
        what = Content.assemble(("→ ", STYLES["accent"]), safe(data.suggestion))
        return [Content(safe(data.shape)), what.truncate(self.content_size.width, ellipsis=True)]


class GroupsPane(Vertical):
    """The table of groups, and below it more of the one under the cursor."""

    DEFAULT_CSS = """
    GroupsPane { height: 1fr; }
    """

    def __init__(self, table: VirtualTable, *, rest: float, id: str) -> None:  # noqa: A002 - Textual's own parameter name
        super().__init__(id=id)
        self._table, self._rest = table, rest

    def compose(self) -> ComposeResult:
        """The table, then the lines."""
        yield TablePane(self._table, rest=self._rest)
        yield GroupFoot()


class GroupPane(Vertical):
    """The line and the table."""

    DEFAULT_CSS = """
    GroupPane { height: 1fr; }
    """

    def __init__(self, table: VirtualTable, *, rest: float, id: str) -> None:  # noqa: A002 - Textual's own parameter name
        super().__init__(id=id)
        self._table, self._rest = table, rest

    def compose(self) -> ComposeResult:
        """The line, then the table."""
        yield GroupHead()
        yield TablePane(self._table, rest=self._rest)
