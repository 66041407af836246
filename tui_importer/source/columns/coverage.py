"""What becomes of each column of a source: plain data for a screen, a report, a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tui_importer.source.columns.aliases import is_secret

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tui_importer.source.columns.recognise import Columns

Use = Literal["field", "metadata", "derived", "unused"]


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """One column: its `header`, its `use`, the `fields` that come of it, `how` in words ("" when it is taken as it is).

    `filled` is the number of rows with something in it, None when nobody counted.
    """

    header: str
    use: Use
    fields: tuple[str, ...] = ()
    how: str = ""
    filled: int | None = None

    def document(self) -> Mapping[str, object]:
        """The same for a program."""
        return {"column": self.header, "use": self.use, "fields": self.fields, "how": self.how, "filled": self.filled}

    @property
    def words(self) -> str:
        """What it becomes, for a screen: “email”, “metadata, under its own name”, “not used”."""
        if self.use == "metadata":
            return f"metadata, under its own name{f' ({self.how})' if self.how else ''}"
        if self.use == "unused":
            return f"not used{f': {self.how}' if self.how else ''}"
        what = ", ".join(self.fields) or "a check"
        return f"{what} ({self.how})" if self.how else what


def coverage(columns: Columns, filled: Sequence[int] = ()) -> tuple[ColumnUse, ...]:
    """One entry a column, in the file's order; `filled` counts by column, if they were counted."""
    counts: Sequence[int | None] = filled or [None] * len(columns.names)
    return tuple(_use(columns, name, count) for name, count in zip(columns.names, counts, strict=True))


def _use(columns: Columns, name: str, filled: int | None) -> ColumnUse:
    derived = [it for it in columns.derived if name in it.sources]
    computed = {it.field for it in columns.derived}
    direct = [field for field, header in columns.fields.items() if header == name and field not in computed]
    # A column that only helps another one (the address that must be among others) is not what the field is made of.
    made = [it.field for it in derived if it.header == name]
    how = "; ".join(it.how for it in derived if it.header == name)
    if name == columns.active:
        how = "rows that are not active are refused"
    if name in columns.added:
        return ColumnUse(name, "metadata", (), how, filled)
    if direct or made:
        return ColumnUse(name, "derived" if made and not direct else "field", (*direct, *made), how, filled)
    if name == columns.active:
        return ColumnUse(name, "derived", (), how, filled)
    if derived:
        return ColumnUse(name, "derived", tuple(it.field for it in derived), derived[0].how, filled)
    return ColumnUse(name, "unused", (), "it holds secrets, which are not kept" if is_secret(name) else "", filled)
