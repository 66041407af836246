"""Coverage: what becomes of each column of a source, as plain data for a screen, a report, a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.source.columns.aliases import is_secret
from tui_importer.source.models import ColumnUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.source.columns.recognise import Columns


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
