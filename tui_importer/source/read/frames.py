"""Frames of strings from blocks of the source, one row a record, with polars where that is safe.

polars parses rectangular blocks (20 ms for 20 MB), and its number of records must be what the block's own count says.
Blocks with blank lines or ragged rows go through the csv module instead, because polars reads a blank line and a row
with missing values as a row of nulls that no option tells apart, and refuses a whole file for some surplus values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.source._polars import NOT_LITERAL, pl
from tui_importer.source.errors import SourceMiscounted
from tui_importer.source.read.csv_records import Record, split_records
from tui_importer.source.read.header import mistake_of
from tui_importer.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tui_importer.source.read.blocks import Block
    from tui_importer.source.read.broken_records import Part

FIELDS = "fields"
SURPLUS = "surplus"
BROKEN = "broken"
BROKEN_AT = "broken_at"


def cell(index: int) -> str:
    """The name of column `index` in frames: headers may be anything, these collide with nothing."""
    return f"c{index}"


def to_table(block: Block, width: int, path: Path) -> pl.DataFrame:
    """Return `line` (UInt32, physical line) and the cells `c0` … as strings, empty ones as null or empty strings.

    A block with ragged rows has two columns more, null in rows of the right width: `fields`, the number of fields
    found, and `surplus`, a list of the cells beyond the width. One with broken rows has two more: `broken`, what is
    wrong in words, and `broken_at`, the index of the column where, `width` behind the last; `fields` is `width` there.
    Raises SourceMiscounted when parser and count disagree.
    """
    table = None
    if block.recovered is not None:
        return _broken(block.recovered, width, block.separator.decode())
    if block.fields is None:
        table = _parse(block, width)
        if table is not None:
            lines = pl.int_range(block.line, block.line + block.records, dtype=pl.UInt32)
            return table.select(lines.alias("line"), pl.all())
    elif all(count == width for count in block.fields):
        table = _parse(block, width)
        if table is not None:
            breaks = 1 + pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0))
            lines = (block.line + breaks.cum_sum() - breaks).cast(pl.UInt32)
            return table.select(lines.alias("line"), pl.all())
    return _split(block, width, path)


def _parse(block: Block, width: int) -> pl.DataFrame | None:
    """Read a rectangular block with polars; None when polars fails or counts other records."""
    if block.data.startswith(NOT_LITERAL):
        return None
    schema = {cell(index): pl.String for index in range(width)}
    try:
        table = pl.scan_csv(block.data, has_header=False, schema=schema, separator=block.separator.decode()).collect(
            engine="streaming"
        )
    except pl.exceptions.PolarsError:
        return None
    return table if table.height == block.records else None


def _split(block: Block, width: int, path: Path) -> pl.DataFrame:
    """Read any strictly valid block with the csv module, dropping blank lines only."""
    found = split_records(block.data.decode(), block.line, block.separator.decode())
    records = [record for record in found if record.cells]
    if len(records) != block.records:
        raise SourceMiscounted(
            path,
            f"two readings of the next {plural(block.lines, 'line')} find {len(records):,} "
            f"and {plural(block.records, 'row')}.",
            "This is a defect of the importer; please report it with these lines.",
            line=block.line,
        )
    return _frame(records, width)


def _broken(recovered: Part, width: int, delimiter: str) -> pl.DataFrame:
    """Keep all that is in the line of a broken row, what is beyond the last column in that one."""
    records, broken = list(recovered.records or ()), recovered.broken
    for number in broken:
        line, cells = records[number]
        records[number] = Record(line, [*cells[: width - 1], delimiter.join(cells[width - 1 :])][:width])
    table = _frame(records, width)
    words = [mistake_of(broken[n]) if n in broken else None for n in range(table.height)]
    places = [min(broken[n].field, width) if n in broken else None for n in range(table.height)]
    return table.with_columns(
        pl.when(pl.Series(words, dtype=pl.String).is_not_null())
        .then(pl.lit(width, pl.UInt32))
        .otherwise(FIELDS)
        .alias(FIELDS),
        pl.Series(BROKEN, words, pl.String),
        pl.Series(BROKEN_AT, places, pl.Int16),
    )


def _frame(records: Sequence[Record], width: int) -> pl.DataFrame:
    padded = [[*record.cells[:width], *[None] * (width - len(record.cells))] for record in records]
    columns: dict[str, object] = {"line": [record.line for record in records]}
    values = list(zip(*padded, strict=True)) or [()] * width
    columns |= {cell(index): values[index] for index in range(width)}
    columns[FIELDS] = [len(record.cells) if len(record.cells) != width else None for record in records]
    columns[SURPLUS] = [record.cells[width:] or None for record in records]
    schema = {"line": pl.UInt32, **{cell(index): pl.String for index in range(width)}}
    return pl.DataFrame(columns, schema={**schema, FIELDS: pl.UInt32, SURPLUS: pl.List(pl.String)})
