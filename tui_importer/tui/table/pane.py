"""Table with its line below: the filter as it is typed, how many of how many are shown, marks, what is new."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from textual import on
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tui_importer.tui.actions.registry import Place, bindings_of
from tui_importer.tui.style.glyphs import STYLES, Tone
from tui_importer.tui.style.text import safe
from tui_importer.tui.table.table import VirtualTable
from tui_importer.tui.widgets.fields import SafeInput
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.timer import Timer

REST: Final = 0.06
"""Seconds that typing must rest before its rows are searched for."""

_LONGEST: Final = 200
"""Characters of a filter."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that the line says; of those with too little room the highest rank goes first."""

    text: str
    tone: Tone
    rank: int


@dataclass(frozen=True, slots=True)
class LineData:
    """The filter (empty while it is typed, when its field shows it) and the notes."""

    query: str
    notes: tuple[Note, ...]


class TableLine(Panel[LineData]):
    """The kept filter at the left, the notes at the right."""

    def draw(self, data: LineData) -> Sequence[Content]:
        """As many notes as fit, the most needed first."""
        width = self.content_size.width
        left = Content.assemble(("/ ", "$accent bold"), safe(data.query, _LONGEST)) if data.query else Content("")
        notes = list(data.notes)
        while notes and sum(len(note.text) + 3 for note in notes) + min(left.cell_length, 20) > width:
            notes.remove(max(notes, key=lambda note: note.rank))
        pieces = [Content.styled(note.text, STYLES[note.tone]) for note in notes]
        right = Content.styled(" · ", STYLES["muted"]).join(pieces)
        room = max(0, width - right.cell_length - 1)
        left = left.truncate(room, ellipsis=True)
        return [Content.assemble(left, " " * (width - left.cell_length - right.cell_length), right)]


class Sign(Static):
    """The slash before the field."""

    def __init__(self) -> None:
        super().__init__(Content("/"), classes="sign")


class FilterField(SafeInput):
    """The filter while it is typed."""

    BINDINGS = bindings_of(Place.FILTER)

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=False, max_length=_LONGEST, classes="filter")

    @property
    def pane(self) -> TablePane:
        """The pane it filters."""
        return next(node for node in self.ancestors if isinstance(node, TablePane))

    def action_keep(self) -> None:
        """Back to the table, filtered."""
        self.pane.close_filter(keep=True)

    def action_drop(self) -> None:
        """Back to the table, and to the row where it was."""
        self.pane.close_filter(keep=False)

    def action_move(self, by: int) -> None:
        """Move the table's cursor."""
        self.pane.table.move_cursor(self.pane.table.cursor + by)


class TablePane(Vertical):
    """A table and, when there is something to say of it, one line below: rows do not move when it comes or goes.

    `rest` are seconds that typing must rest before the filter takes effect, at most `REST`.
    """

    DEFAULT_CSS = """
    TablePane { height: 1fr; }
    TablePane > .line { display: none; height: 1; background: $surface; padding: 0 1; }
    TablePane .filter { display: none; width: 1fr; min-width: 16; background: $panel; padding: 0; }
    TablePane .sign { display: none; width: 2; color: $accent; text-style: bold; }
    TablePane TableLine { width: 3fr; }
    """

    def __init__(self, table: VirtualTable, *, rest: float = REST, id: str | None = None) -> None:  # noqa: A002 - Textual's own parameter name
        super().__init__(id=id)
        self.table = table
        self._rest = min(rest, REST)
        self._waiting: Timer | None = None
        self._typing = False
        self._line, self._notes = Horizontal(classes="line"), TableLine()
        table.filterable = True

    def compose(self) -> ComposeResult:
        """The table, then the line; the filter's field comes when it is wanted first: few tables are ever filtered."""
        yield self.table
        with self._line:
            yield self._notes

    @cached_property
    def field(self) -> FilterField:
        """The filter's field."""
        return FilterField()

    @cached_property
    def _sign(self) -> Sign:
        return Sign()

    @property
    def typing(self) -> bool:
        """Whether the filter is being typed."""
        return self._typing

    @property
    def says_something(self) -> bool:
        """Whether the line is shown."""
        return bool(self._line.display)

    def on_mount(self) -> None:
        """Nothing to say yet."""
        self.show_line()

    @on(VirtualTable.ViewChanged)
    @on(VirtualTable.MarksChanged)
    def show_line(self) -> None:
        """Say what the table shows now."""
        table = self.table
        query = "" if self.typing else table.filter_text
        self._notes.show(LineData(query, tuple(notes_of(table))))
        self._line.display = self.typing or table.is_worked

    # -- the filter ---------------------------------------------------------------------------------------------

    @on(VirtualTable.FilterWanted)
    def open_filter(self) -> None:
        """Type on where the filter ended."""
        field = self.field
        if not field.is_attached:
            self._line.mount(self._sign, field, before=self._notes)
        with field.prevent(Input.Changed):
            field.value = self.table.filter_text
        field.cursor_position = len(field.value)
        self.table.model.home = self.table.current_id
        self._show_field(typing=True)
        self.screen.set_focus(field)  # at once: what is typed on is for the filter, where letters are no keys

    def _show_field(self, *, typing: bool) -> None:
        """Show the field, or what it held. Displays and no classes: a class would have the table styled again."""
        self._typing = self._sign.display = self.field.display = typing
        self.show_line()

    @on(Input.Changed, ".filter")
    def typed(self) -> None:
        """Wait until typing rests, then filter."""
        self._stop_waiting()
        if self._rest > 0:
            self._waiting = self.set_timer(self._rest, self._search)
        else:
            self._search()

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None

    def _search(self) -> None:
        text = self.field.value
        if text.split() != self.table.row_query.text.split() or self.table.is_searching:
            self.table.search(replace(self.table.row_query, text=text))

    def close_filter(self, *, keep: bool) -> None:
        """Back to the table: with what was typed, or with all rows and the cursor where it was."""
        self._stop_waiting()
        model = self.table.model
        if not keep:
            with self.field.prevent(Input.Changed):
                self.field.value = ""
            model.current_id = model.current_id if model.home is None else model.home
        self._search()
        model.home = None
        self._show_field(typing=False)
        self.table.focus()


def notes_of(table: VirtualTable) -> list[Note]:
    """What there is to say of a table, in the order it is said."""
    model, query = table.model, table.row_query
    notes = []
    if model.news:
        notes.append(Note(f"+{model.news:,} new · press {table.key_of('table.news')} to show", "accent", 1))
    elif model.outdated:
        notes.append(Note(f"changed · press {table.key_of('table.news')} to show", "accent", 1))
    if marks := len(table.marked):
        hidden = f" ({model.hidden_marks:,} hidden)" if model.hidden_marks else ""
        notes.append(Note(f"{marks:,} marked{hidden}", "strong", 3))
    if query.faults:
        notes.append(Note("faults only", "warn", 4))
    if query.sort:
        titles = (column.title for column in table.columns if column.sorts_by == query.sort)
        arrow = "↓" if query.descending else "↑"
        notes.append(Note(f"by {safe(next(titles, query.sort), 30)} {arrow}", "muted", 5))
    if table.beyond:
        notes.append(Note(f"{table.beyond:,} more in the journal", "warn", 2))
    wait = "… " if table.is_searching else ""
    shown = " shown" if query.narrows else ""
    notes.append(Note(f"{wait}{len(table.rows):,} of {table.source.total:,}{shown}", "muted", 2))
    return notes
