"""Auto-fixes of values before they are sent, by name: chosen by the operator and counted, or else an error.

The values that checks and payload see are always the corrected ones. An auto-fix that is switched off makes an error
of each row it would have corrected, so that nothing is sent without the operator's consent. Only `control_characters`
changes the frozen cells themselves, which is why it must be asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui_importer.config.suggestions import suggestion
from tui_importer.source._polars import pl
from tui_importer.source.errors import SourceRepair
from tui_importer.source.options import REPAIRS, USUAL
from tui_importer.source.read.frames import FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tui_importer.source.checks.findings import Findings

_NO_DETAIL: Final = pl.lit(None, pl.String)


def chosen(names: Sequence[str] | None, path: Path) -> frozenset[str]:
    """The auto-fixes for the source at `path`, the usual ones for None. Raises SourceRepair for an unknown one."""
    known = [repair.name for repair in REPAIRS]
    for name in names or ():
        if name not in known:
            raise SourceRepair(path, "there is no such auto-fix.", suggestion(name, known, what="Auto-fixes"))
    return frozenset(USUAL if names is None else names)


class AutoFixes:
    """The corrected rows of a block: counted by auto-fix, or findings when the auto-fix is switched off."""

    def __init__(self, table: pl.DataFrame, findings: Findings, repairs: frozenset[str]) -> None:
        self._table = table
        self._findings = findings
        self._repairs = repairs
        self._conditions: dict[str, list[pl.Expr]] = {}
        self._rows: dict[str, set[int]] = {}

    def add(self, repair: str, kind: str, field: str | int, condition: pl.Expr, detail: pl.Expr = _NO_DETAIL) -> None:
        """Count `repair` wherever `condition` is true; switched off, find `kind` there."""
        if repair in self._repairs:
            self._conditions.setdefault(repair, []).append(condition)
        else:
            self._findings.add(kind, field, condition, detail)

    def add_one(self, repair: str, kind: str, column: int, at: int, detail: str) -> None:
        """Count `repair` in the row at index `at` of the block; switched off, find `kind` there."""
        if repair in self._repairs:
            self._rows.setdefault(repair, set()).add(at)
        else:
            self._findings.add_one(kind, column, at, detail)

    def counts(self, refused: pl.Series) -> dict[str, int]:
        """Rows that each auto-fix corrected, without those that are not sent anyway."""
        sent = ~refused
        if FIELDS in self._table.columns:
            sent &= self._table[FIELDS].is_null()
        names = sorted({*self._conditions, *self._rows})
        if not names:
            return {}
        flags = self._table.select(
            pl.any_horizontal(self._conditions.get(name, [pl.lit(value=False)])).fill_null(value=False).alias(name)
            if name in self._conditions
            else pl.repeat(value=False, n=self._table.height).alias(name)
            for name in names
        )
        found = {}
        for name in names:
            corrected = flags[name]
            if rows := self._rows.get(name):
                corrected = corrected.scatter(sorted(rows), values=True)
            found[name] = int((corrected & sent).sum())
        return {name: rows for name, rows in found.items() if rows}
