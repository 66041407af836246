"""The findings of one block: which rows, which column, which kind, what detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.source._polars import pl
from tui_importer.source.problems import DETAIL_LENGTH, ERRORS, KINDS
from tui_importer.source.read.frames import FIELDS, cell
from tui_importer.text import OUTER

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = pl.Schema({"row": pl.UInt32, "line": pl.UInt32, "column": pl.Int16, "kind": pl.String, "detail": pl.String})
"""A finding as it is kept; `column` is the index of the column, -1 when it is about the row."""

_ORDER = {kind.name: order for order, kind in enumerate(KINDS)}
_ABOUT_RAGGED = [
    "row_too_short", "row_too_long", "quotes_broken", "rows_swallowed",
    "bytes_invalid", "control_character", "value_too_long",
]  # fmt: skip
_NO_DETAIL = pl.lit(None, pl.String)


class Findings:
    """The findings of a block of rows; `table` has `row`, `line` and what the conditions need."""

    def __init__(self, table: pl.DataFrame, positions: Mapping[str, int]) -> None:
        self._table = table
        self._positions = positions
        self._checks: list[tuple[str, int, pl.Expr, pl.Expr]] = []
        self._single: list[tuple[int, str, int, str]] = []

    def cell(self, field: str) -> pl.Expr:
        """The beginning of the cell of `field`, as a detail."""
        return pl.col(cell(self._positions[field])).str.strip_chars(OUTER).str.slice(0, DETAIL_LENGTH)

    def add(self, kind: str, field: str | int, condition: pl.Expr, detail: pl.Expr = _NO_DETAIL) -> None:
        """Find `kind` in the column of `field`, or at that place (empty: in the row), wherever `condition` is true."""
        column = field if isinstance(field, int) else self._positions[field] if field else -1
        self._checks.append((kind, column, condition, detail))

    def add_one(self, kind: str, column: int, at: int, detail: str) -> None:
        """Find `kind` in column `column` of the row at index `at` of the block."""
        self._single.append((at, kind, column, detail[: 2 * DETAIL_LENGTH]))

    def frame(self) -> pl.DataFrame:
        """All findings, by row and within a row in the order of `KINDS`."""
        parts = [*self._evaluate(), *self._listed()]
        if not parts:
            return pl.DataFrame(schema=SCHEMA)
        found = pl.concat(parts)
        # Cells of a ragged row have slid, and those of other rows are in one that swallowed them: nothing else about
        # it means anything, and the detail of another finding could show a secret.
        spoiled = [found.filter(pl.col("kind") == "rows_swallowed")["row"]]
        if FIELDS in self._table.columns:
            spoiled.append(self._table.filter(pl.col(FIELDS).is_not_null())["row"])
        rows = pl.concat(spoiled)
        if rows.len():
            found = found.filter(pl.col("kind").is_in(_ABOUT_RAGGED) | ~pl.col("row").is_in(rows.implode()))
        order = pl.col("kind").replace_strict(_ORDER, return_dtype=pl.UInt8)
        return found.sort("row", order, "column", maintain_order=True)

    def refused(self, found: pl.DataFrame) -> pl.Series:
        """Whether a row has an error among the findings `found`, for each row of the block."""
        errors = found.filter(pl.col("kind").is_in(ERRORS))["row"].implode()
        if not errors[0].len():
            return pl.repeat(value=False, n=self._table.height, eager=True)
        return self._table.select(pl.col("row").is_in(errors)).to_series()

    def _evaluate(self) -> list[pl.DataFrame]:
        """Evaluate all conditions at once; only those that are true somewhere cost more."""
        if not self._checks:
            return []
        conditions = [condition for _, _, condition, _ in self._checks]
        flags = self._table.select(
            condition.fill_null(value=False).alias(str(number)) for number, condition in enumerate(conditions)
        )
        parts = []
        for number, found in enumerate(flags.sum().row(0)):
            if found:
                kind, column, _, detail = self._checks[number]
                parts.append(_findings(self._table.filter(flags[str(number)]), kind, column, detail))
        return parts

    def _listed(self) -> list[pl.DataFrame]:
        if not self._single:
            return []
        at, kinds, columns, details = zip(*self._single, strict=True)
        places = self._table.select(pl.col("row", "line").gather(list(at)))
        return [
            places.with_columns(
                pl.Series("column", columns, pl.Int16),
                pl.Series("kind", kinds, pl.String),
                pl.Series("detail", details, pl.String),
            )
        ]


def _findings(rows: pl.DataFrame, kind: str, column: int, detail: pl.Expr) -> pl.DataFrame:
    return rows.select(
        "row", "line", pl.lit(column, pl.Int16).alias("column"), pl.lit(kind).alias("kind"), detail.alias("detail")
    )
