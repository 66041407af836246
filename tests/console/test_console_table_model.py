"""What a table shows, against a naive model in plain Python: any order of looks, marks, moves and new data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import polars as pl
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tui_importer.tui.job_tables.columns import (
    FAILURES_SEARCHED,
    LOG_SEARCHED,
    ORGANIZATIONS_SEARCHED,
    failure_columns,
    log_columns,
    organization_columns,
)
from tui_importer.tui.style.masking import Privacy
from tui_importer.tui.table.columns import traits_of
from tui_importer.tui.table.model import TableModel
from tui_importer.tui.table.polars_rows import HAYSTACK, FrameRows, with_haystack
from tui_importer.tui.table.query import Fault, RowQuery, Traits
from tui_importer.tui.table.rows import SequenceRows

if TYPE_CHECKING:
    from tui_importer.tui.table.rows import Rows

NAMES = ("id", "text", "note", "number", "share", "state", "time")
ORDER = ("waiting", "running", "done")
TRAITS = Traits("id", ("text", "note", "state"), {"state": ORDER}, (Fault("number"), Fault("state", ("running",))))
START = datetime(2026, 11, 23, tzinfo=UTC)
Values = tuple[int, str, str | None, int | None, float, str, datetime]

LETTERS = "aAbÄä.*[(\\é ,1"
TEXTS = st.text(LETTERS, max_size=6)
QUERIES = st.text(LETTERS, max_size=4) | st.sampled_from(["1,0", "unn", "done a"])
SORTS = st.sampled_from(["", "text", "note", "number", "share", "state", "time", "id"])
PARTS = st.tuples(
    TEXTS, st.none() | TEXTS, st.none() | st.integers(0, 3), st.sampled_from([0.0, 0.5, 1.5]),
    st.sampled_from([*ORDER, "unheard of"]), st.integers(0, 3),
)  # fmt: skip
BATCHES = st.lists(PARTS, max_size=5)


def naive_words(query: str) -> list[set[str]]:
    words = []
    for word in query.lower().split():
        digits = word.replace(",", "")
        words.append({word, digits} if digits.isascii() and digits.isdigit() else {word})
    return words


def wanted(row: Values, look: RowQuery) -> bool:
    texts = [text.lower() for text in (row[1], row[2], row[5]) if text is not None]
    if look.faults and not ((row[3] or 0) > 0 or row[5] == "running"):
        return False
    return all(any(word in text for word in words for text in texts) for words in naive_words(look.text))


def naive(rows: list[Values], look: RowQuery) -> list[int]:
    found = [row for row in rows if wanted(row, look)]
    if look.sort:
        at = NAMES.index(look.sort)

        def key(row: Values) -> object:
            value = row[at]
            if look.sort == "state":
                return ORDER.index(str(value)) if value in ORDER else None
            return value.lower() if isinstance(value, str) else value

        known = [row for row in found if key(row) is not None]
        known.sort(key=key, reverse=look.descending)  # type: ignore[arg-type]  # values of one column compare
        found = known + [row for row in found if key(row) is None]
    return [row[0] for row in found]


class TableMachine(RuleBasedStateMachine):
    """Drives a `TableModel` and a list of rows side by side."""

    framed: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.model = TableModel(TRAITS)
        self.rows: list[Values] = []
        self.shown: list[int] = []
        self.look = RowQuery()
        self.marks: set[int] = set()
        self.selected: int | None = None
        self.next_id = 1

    # -- data -----------------------------------------------------------------------------------------------

    def made(self, batch: list[tuple[str, str | None, int | None, float, str, int]]) -> list[Values]:
        made = []
        for text, note, number, share, state, seconds in batch:
            made.append((self.next_id, text, note, number, share, state, START + timedelta(seconds=seconds)))
            self.next_id += 1
        return made

    def frame(self, rows: list[Values]) -> pl.DataFrame:
        schema: dict[str, pl.DataType | type[pl.DataType]] = {
            "id": pl.Int64, "text": pl.String, "note": pl.String, "number": pl.Int64, "share": pl.Float64,
            "state": pl.String, "time": pl.Datetime("us", "UTC"),
        }  # fmt: skip
        return with_haystack(pl.DataFrame(rows, schema=schema, orient="row"), TRAITS.searched)

    def source(self) -> Rows:
        if self.framed:
            return FrameRows(self.frame(self.rows))
        return SequenceRows(NAMES, tuple(self.rows), lambda row: row)

    def took(self, *, follow: bool) -> None:
        target = naive(self.rows, self.look)
        if self.look.is_plain or (follow and not self.look.sort):
            self.shown = target
        else:
            there = {row[0] for row in self.rows}
            self.shown = [known for known in self.shown if known in there]
        self.marks &= {row[0] for row in self.rows}

    @initialize(batch=BATCHES)
    def begin(self, batch: list[tuple[str, str | None, int | None, float, str, int]]) -> None:
        self.rows = self.made(batch)
        self.model.take(self.source(), follow=False)
        self.took(follow=False)

    @rule(batch=BATCHES)
    def append(self, batch: list[tuple[str, str | None, int | None, float, str, int]]) -> None:
        more = self.made(batch)
        self.rows = [*self.rows, *more]
        source = self.model.source
        self.model.take(
            source.appended(self.frame(more)) if isinstance(source, FrameRows) else self.source(), follow=False
        )
        self.took(follow=False)

    @rule(batch=BATCHES, lost=st.sets(st.integers(0, 12)), front=st.booleans())
    def replace(
        self,
        batch: list[tuple[str, str | None, int | None, float, str, int]],
        lost: set[int],
        front: bool,  # noqa: FBT001
    ) -> None:
        """Some rows are gone, the others say something else, and there are new ones at an end."""
        kept = [row for at, row in enumerate(self.rows) if at not in lost]
        kept = [(*row[:3], row[3], row[4], "done", row[6]) for row in kept]
        self.rows = [*self.made(batch), *kept] if front else [*kept, *self.made(batch)]
        self.model.take(self.source(), follow=False)
        self.took(follow=False)

    # -- looks ----------------------------------------------------------------------------------------------

    def put(self, look: RowQuery) -> None:
        assert self.model.put(look, self.model.find(look)), "nothing came between"
        self.look, self.shown = look, naive(self.rows, look)

    @rule(query=QUERIES)
    def type_filter(self, query: str) -> None:
        self.put(RowQuery(query, self.look.faults, self.look.sort, self.look.descending))

    @rule(more=st.text(LETTERS, min_size=1, max_size=2))
    def type_on(self, more: str) -> None:
        self.put(RowQuery(self.look.text + more, self.look.faults, self.look.sort, self.look.descending))

    @rule(name=SORTS, descending=st.booleans())
    def sort(self, name: str, descending: bool) -> None:  # noqa: FBT001
        self.put(self.look.sorted_by(name, descending=descending))

    @rule()
    def faults_only(self) -> None:
        self.put(RowQuery(self.look.text, not self.look.faults, self.look.sort, self.look.descending))

    @rule()
    def show_news(self) -> None:
        self.put(self.look)

    @rule(query=QUERIES, batch=BATCHES)
    def look_found_before_rows_came(
        self, query: str, batch: list[tuple[str, str | None, int | None, float, str, int]]
    ) -> None:
        look = RowQuery(query, self.look.faults, self.look.sort, self.look.descending)
        found = self.model.find(look)
        found_then = naive(self.rows, look)
        self.append(batch)
        if self.model.put(look, found):
            self.look = look
            self.shown = found_then if look.sort and batch else naive(self.rows, look)
        else:
            assert not self.framed
            self.put(look)

    # -- marks and selection --------------------------------------------------------------------------------

    @rule(position=st.integers(-2, 15))
    def move(self, position: int) -> None:
        self.model.move(position)
        if self.shown:
            self.selected = self.shown[max(0, min(position, len(self.shown) - 1))]
            assert self.model.current_id == self.selected

    @rule()
    def mark(self) -> None:
        self.model.toggle_mark()
        if self.shown:
            self.marks ^= {self.shown[self.model.cursor]}

    @rule()
    def mark_all(self) -> None:
        self.model.toggle_all()
        shown = set(self.shown)
        self.marks = self.marks - shown if shown <= self.marks else self.marks | shown

    @rule()
    def unmark(self) -> None:
        self.model.unmark()
        self.marks = set()

    # -- what always holds ----------------------------------------------------------------------------------

    @invariant()
    def view_and_counts_are_right(self) -> None:
        model = self.model
        assert model.shown.ids("id") == self.shown
        assert [row[0] for row in model.shown.window(0, 1_000)] == self.shown
        assert (len(model.shown), model.source.total) == (len(self.shown), len(self.rows))
        assert model.news == len(set(naive(self.rows, self.look)) - set(self.shown))

    @invariant()
    def rows_shown_are_as_they_are_now(self) -> None:
        now = {row[0]: row for row in self.rows}
        assert all(row == now[row[0]] for row in self.model.shown.window(0, 1_000))  # type: ignore[index]  # an id

    @invariant()
    def marks_are_right(self) -> None:
        assert self.model.marked == self.marks
        assert self.model.hidden_marks == len(self.marks - set(self.shown))

    @invariant()
    def the_selection_stays_on_its_row(self) -> None:
        model = self.model
        if not self.shown:
            return
        assert model.current_id == self.shown[model.cursor]
        if self.selected in self.shown:
            assert model.current_id == self.selected
        self.selected = int(str(model.current_id))


class FramedMachine(TableMachine):
    """The same over polars frames."""

    framed = True


SHORT = settings(max_examples=25, stateful_step_count=25, deadline=None)
LONG = settings(max_examples=200, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("machine", [TableMachine, FramedMachine])
def test_the_view_is_that_of_the_naive_model(machine: type[TableMachine]) -> None:
    run_state_machine_as_test(machine, settings=SHORT)


@pytest.mark.long
@pytest.mark.parametrize("machine", [TableMachine, FramedMachine])
def test_the_view_is_that_of_the_naive_model_at_length(machine: type[TableMachine]) -> None:
    run_state_machine_as_test(machine, settings=LONG)


def test_frames_are_searched_where_their_columns_say() -> None:
    privacy = Privacy()
    for columns, searched in (
        (failure_columns(privacy, UTC), FAILURES_SEARCHED),
        (organization_columns(privacy), ORGANIZATIONS_SEARCHED),
        (log_columns(privacy, UTC), LOG_SEARCHED),
    ):
        assert set(traits_of(columns, "id", ()).searched) == set(searched)


def test_a_frame_without_a_haystack_gets_one_when_it_is_searched() -> None:
    rows = FrameRows(pl.DataFrame({"id": [1, 2], "text": ["Ärger", "none"], "note": ["", None], "state": ["", ""]}))
    assert rows.matching(RowQuery("ÄRG"), TRAITS).ids("id") == [1]
    assert HAYSTACK not in rows.names
    assert rows.matching(RowQuery("none"), TRAITS).window(0, 5) == [(2, "none", None, "")]


@pytest.mark.parametrize(("descending", "ids"), [(False, [3, 1, 2]), (True, [1, 3, 2])])
def test_absent_values_are_last_either_way(*, descending: bool, ids: list[int]) -> None:
    rows = FrameRows(pl.DataFrame({"id": [1, 2, 3], "number": [7, None, 5]}))
    assert rows.matching(RowQuery(sort="number", descending=descending), Traits("id", ())).ids("id") == ids


def test_a_look_that_narrows_another_is_known_as_such() -> None:
    assert RowQuery("ab c").within(RowQuery("b"))
    assert RowQuery("ab", faults=True).within(RowQuery("A"))
    assert not RowQuery("ab").within(RowQuery("ab", faults=True))
    assert not RowQuery("a").within(RowQuery("ab"))
