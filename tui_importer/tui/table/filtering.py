"""A table that looks at its rows as the operator wants: filtered, sorted, marked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual import work
from textual.message import Message

from tui_importer.text import plural
from tui_importer.tui.actions.keymap import Keymap, key_of
from tui_importer.tui.table.query import Fault, Look, Traits
from tui_importer.tui.table.viewport import RowView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.tui.table.columns import Column
    from tui_importer.tui.table.rows import Rows


def traits_of(columns: Sequence[Column], id_name: str, faults: Sequence[Fault]) -> Traits:
    """What the columns say of their rows."""
    searched = dict.fromkeys(name for column in columns for name in column.searched)
    orders = {column.sorts_by: column.order for column in columns if column.order}
    return Traits(id_name, tuple(searched), orders, tuple(faults))


class LookedTable(RowView):
    """Rows through a `Look`. `beyond` counts entries that are in the journal only.

    `finding` is whether a thread is at work on another look; until it ends, the rows stay as they are.
    """

    @dataclass
    class MarksChanged(Message, namespace="virtual_table"):
        """Other rows are marked than before."""

        table: LookedTable

        @property
        def control(self) -> LookedTable:
            """The table."""
            return self.table

    @dataclass
    class ViewChanged(Message, namespace="virtual_table"):
        """Other rows are shown, in another order, or others wait to be shown."""

        table: LookedTable

        @property
        def control(self) -> LookedTable:
            """The table."""
            return self.table

    def __init__(
        self, columns: Sequence[Column], traits: Traits, *, empty: Sequence[str], follow: bool, show_cursor: bool,
        growing: bool, id: str | None,  # noqa: A002 - Textual's own parameter name
    ) -> None:  # fmt: skip
        super().__init__(columns, traits, empty=empty, follow=follow, show_cursor=show_cursor, id=id)
        self.growing = growing
        self.finding = False
        self.beyond = 0
        self._conditions: tuple[object, ...] = ()

    # -- data ---------------------------------------------------------------------------------------------------

    @property
    def source(self) -> Rows:
        """All rows there are, shown or not."""
        return self.model.source

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns."""
        self.columns = tuple(columns)
        self.model.traits = traits_of(columns, self.model.traits.id_name, self.model.traits.faults)
        if self.current_column is None:
            self._column = ""
        self.reload()

    def set_rows(self, rows: Rows) -> None:
        """Show `rows` instead; the cursor stays on its row, and that row stays where it is in sight.

        A filtered or sorted table keeps the rows it shows, as they are now; others that belong to it wait.
        """
        before, cursor = self.visible_rows(), self.cursor
        marked, said = self.marked, self._said
        self.model.take(rows, follow=self.follow)
        self.shown_anew(cursor, before, keep_line=True)
        if self.model.to_compare and self.model.is_large:
            self._compare()
        if marked is not self.marked:
            self._marks_changed()
        if said != self._said:
            self._view_changed()

    def set_beyond(self, count: int) -> None:
        """Tell of entries that are in the journal only."""
        if count != self.beyond:
            self.beyond = count
            self._view_changed()

    @property
    def current_id(self) -> object:
        """The id of the row under the cursor, None in an empty table."""
        return self.model.current_id if len(self.rows) else None

    def shown_ids(self) -> list[object]:
        """The ids of all rows shown, in their order (20 ms for a million)."""
        return self.rows.ids(self.model.traits.id_name)

    # -- the look -----------------------------------------------------------------------------------------------

    @property
    def look(self) -> Look:
        """Filter, faults only, order."""
        return self.model.look

    @property
    def filter_text(self) -> str:
        """The filter as typed, empty when there is none."""
        return self.model.look.query.strip()

    def look_at(self, look: Look) -> None:
        """Show what a look wants, news included: at once when that is quick, else after it was found in a thread."""
        self.workers.cancel_group(self, "find")
        self.finding = False
        if look.sort:
            self.follow = False
        if look.is_plain or not self.model.is_large:
            self._put(look, self.model.find(look))
        else:
            self.finding = True
            self._find(look)
            self._view_changed()

    @work(exclusive=True, group="find")
    async def _find(self, look: Look) -> None:
        while not self._put(look, await asyncio.to_thread(self.model.find, look)):
            pass

    def _put(self, look: Look, found: Rows) -> bool:
        before, cursor = self.visible_rows(), self.cursor
        if not self.model.put(look, found):
            return False
        self.finding = False
        self.shown_anew(cursor, before, keep_line=False)
        self.refresh()
        self._view_changed()
        return True

    @work(exclusive=True, group="compare")
    async def _compare(self) -> None:
        target = await asyncio.to_thread(self.model.find, self.model.look)
        if self.model.to_compare:
            self.model.compare(target)
            self._view_changed()

    @property
    def _said(self) -> tuple[object, ...]:
        return self.model.news, self.model.outdated, len(self.rows), self.source.total

    def _view_changed(self) -> None:
        """Tell whoever shows counts; the keys are looked at anew when other ones may apply."""
        model = self.model
        conditions = (
            model.look, model.news > 0 or model.outdated, len(self.rows) > 0, self.source.total > 0, bool(self.marked)
        )  # fmt: skip
        if conditions != self._conditions:
            self._conditions = conditions
            self.refresh_bindings()
        self.tell(self.ViewChanged(self))

    def show_faults(self, *, only: bool = True) -> None:
        """Show the faulty rows only, or all again."""
        self.look_at(replace(self.look, faults=only))

    @property
    def is_worked(self) -> bool:
        """Whether the table is filtered, sorted or marked, which its pane tells."""
        return bool(self.marked) or not self.look.is_plain or self.beyond > 0

    @property
    def caption(self) -> str:
        """How many of how many are shown, and whether the newest is followed."""
        shown, total = len(self.rows), self.source.total
        following = "following · " if self.follow and self.growing else ""
        return f"{following}{shown:,} of {total:,}" if total else ""

    def words_of_empty(self) -> Sequence[str]:
        """Why nothing is shown: there is nothing, or the filter lets nothing through."""
        if not self.source.total:
            return self.empty
        what = "Nothing matches the filter" if self.filter_text else "No row has a fault"
        words = [f"{what}: {self.key_of('table.clear')} shows all rows."]
        if self.model.news:
            words.append(f"{plural(self.model.news, 'new row')} would match: {self.key_of('table.news')} shows them.")
        return words

    def key_of(self, action_id: str) -> str:
        """The key of an action, as the operator has it."""
        keymap = getattr(self.app, "keymap", None)
        return key_of(action_id, keymap.keys if isinstance(keymap, Keymap) else {})

    # -- marks --------------------------------------------------------------------------------------------------

    @property
    def marked(self) -> frozenset[object]:
        """The ids of the marked rows, shown or not."""
        return self.model.marked

    def marked_rows(self) -> Rows:
        """The marked rows, shown or not, in the order of the source."""
        return self.source.having(self.model.traits.id_name, self.marked)

    def unmark(self) -> None:
        """No marks at all."""
        if self.marked:
            self.model.unmark()
            self._marks_changed()

    def _marks_changed(self) -> None:
        self.refresh()
        self.refresh_bindings()
        self.tell(self.MarksChanged(self))
