"""Columns that go into the metadata, each under its own name: their checks, and how they join the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.source._polars import pl
from tui_importer.source.cells import DOCUMENTED_KEYS, MAX_KEYS, MAX_VALUE, CellError, parse_metadata, present
from tui_importer.source.checks.expressions import clean
from tui_importer.source.columns.recognise import ADDED
from tui_importer.source.read.frames import cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.source.checks.findings import Findings
    from tui_importer.source.columns.recognise import Columns


def check_added(table: pl.DataFrame, columns: Columns, findings: Findings) -> None:
    """Find what the API would refuse: a value too long, too many keys, a key that the JSON object has as well."""
    if not columns.added:
        return
    values = {name: clean(cell(columns.names.index(name))) for name in columns.added}
    ascii_only = pl.lit(value=True)
    for name, value in values.items():
        length = value.str.len_chars()
        detail = pl.format(f"the value has {{}} characters, at most {MAX_VALUE} are allowed", length)
        findings.add("metadata_limits", ADDED + name, length > MAX_VALUE, detail)
        plain = value.str.len_bytes() == length if name.isascii() else value.is_null()
        ascii_only = ascii_only & plain.fill_null(value=True)
    keys = pl.sum_horizontal(value.is_not_null() for value in values.values())
    over = pl.format(f"{{}} keys, at most {MAX_KEYS} are allowed", keys)
    findings.add("metadata_limits", "", keys > MAX_KEYS, over)
    doubtful = ~ascii_only | (keys > DOCUMENTED_KEYS)
    findings.add("metadata_doubtful", ADDED + columns.added[0], doubtful & (keys <= MAX_KEYS))
    if (index := columns.position("metadata")) is not None:
        _check_joined(table, columns, index, findings)


def _check_joined(table: pl.DataFrame, columns: Columns, index: int, findings: Findings) -> None:
    """Find rows that have both a JSON object and columns for the metadata."""
    places = [columns.names.index(name) for name in columns.added]
    cells = table.select(cell(index), *(cell(place) for place in places))
    for at, (text, *values) in enumerate(cells.iter_rows()):
        if (document := present(text)) is None:
            continue
        try:
            metadata = parse_metadata(document)
        except CellError:
            continue  # found already
        try:
            joined(metadata, dict(zip(columns.added, values, strict=True)))
        except CellError as error:
            findings.add_one(error.kind, index, at, error.detail)


def joined(metadata: Mapping[str, str], added: Mapping[str, str | None]) -> dict[str, str]:
    """`metadata` with the values of columns that have one, by their headers.

    Raises CellError for a key that both have with different values, and for more keys than are allowed.
    """
    result = dict(metadata)
    for name, text in added.items():
        key, value = name.strip(), present(text)
        if value is None:
            continue
        if result.setdefault(key, value) != value:
            raise CellError("metadata_invalid", f"“{key}” is also a column, with another value")
    if len(result) > MAX_KEYS:
        raise CellError("metadata_limits", f"{len(result)} keys, at most {MAX_KEYS} are allowed")
    return result
