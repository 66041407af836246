"""Checks of one block of rows: findings, normalised e-mail and organization key, the rows to freeze.

Everything that needs only one row is decided here, as polars expressions over a block's strings; JSON cells are read by
the same functions that later build the payload. What needs the whole file (duplicates, conflicts) is in `whole_file`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_importer.source._polars import pl
from tui_importer.source.cells import MASK
from tui_importer.source.checks.auto_fixes import AutoFixes
from tui_importer.source.checks.derived import derive
from tui_importer.source.checks.expressions import clean
from tui_importer.source.checks.findings import Findings
from tui_importer.source.checks.metadata_columns import check_added
from tui_importer.source.checks.values import ValueChecker, values
from tui_importer.source.models import SECRET_FIELDS
from tui_importer.source.options import USUAL
from tui_importer.source.read.frames import BROKEN, BROKEN_AT, FIELDS, SURPLUS, cell
from tui_importer.source.read.mojibake import CANDIDATE, original_of
from tui_importer.text import plural

if TYPE_CHECKING:
    from tui_importer.source.columns.recognise import Columns

CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u0080-\u009f]"
"""Control characters, without those that stand for blanks and line ends."""

CONTROL_CHARACTER = re.compile(CONTROL)
MAX_VALUE = 1 << 16
_ADDRESS = re.compile(r"[^\s@,;|]+@[^\s@,;|]+\.[^\s@,;|]+")
_BRIEF = 40
_QUOTES = re.compile("[“”]")
"""A message puts the value between such quotes."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A block after its checks.

    `rows` are the frozen rows: `row`, `line`, `email` (trimmed, lower-cased), `organization_key`, `refused`, and the
    cells; a secret column is only true or null there. `findings` are sorted by row; `secrets` has `row` and the
    present secret fields of the rows that have any, hashes corrected. `repairs` counts rows by auto-fix.
    """

    rows: pl.DataFrame
    findings: pl.DataFrame
    secrets: pl.DataFrame
    repairs: dict[str, int]


class RowChecker:
    """A checker of the blocks of a source with the given columns."""

    def __init__(self, columns: Columns, delimiter: str = ",", repairs: frozenset[str] = frozenset(USUAL)) -> None:
        self._columns = columns
        self._repairs = repairs
        self._delimiter = delimiter
        self._width = len(columns.names)
        positions = columns.positions
        self._positions = positions
        self._places = columns.places
        self._hidden = frozenset(columns.secret)
        self._secrets = {field: positions[field] for field in SECRET_FIELDS if field in positions}

    def check(
        self, table: pl.DataFrame, first_row: int, *, line_breaks: bool, odd: bool = False, misread: bool = False
    ) -> Checked:
        """Check a block whose first row has number `first_row`.

        `line_breaks` says whether values may contain any, `odd` whether some have characters that none should have,
        `misread` whether some may have been read in a wrong encoding before.
        """
        blanked = None
        if odd and "control_characters" in self._repairs:
            table, blanked = self._blank_controls(table)
        table = derive(table, self._columns)
        table = table.select(
            pl.int_range(first_row, first_row + table.height, dtype=pl.UInt32).alias("row"),
            pl.all(),
            *values(self._positions),
        )
        findings = Findings(table, self._places)
        fixes = AutoFixes(table, findings, self._repairs)
        for at in () if blanked is None else blanked.arg_true():
            fixes.add_one("control_characters", "control_character", -1, at, "")
        ragged = FIELDS in table.columns and table[FIELDS].null_count() < table.height
        if ragged:
            self._check_width(findings)
        if BROKEN in table.columns:
            self._check_broken(table, findings)
        if odd:
            self._check_characters(table, findings)
        if misread:
            self._check_misread(table, findings)
        self._check_length(table, findings)
        if line_breaks:
            self._check_swallowed(table, findings)
        checker = ValueChecker(table, self._columns, findings, fixes)
        checker.check()
        check_added(table, self._columns, findings)
        found = findings.frame()
        refused = findings.refused(found)
        return Checked(
            rows=self._freeze(table, refused, self._hidden_from(table, found)),
            findings=found,
            secrets=self._keep_secrets(table, checker.hashes, ragged=ragged),
            repairs=fixes.counts(refused),
        )

    def _check_width(self, findings: Findings) -> None:
        width = self._width
        values = pl.when(pl.col(FIELDS) == 1).then(pl.lit("1 value")).otherwise(pl.format("{} values", FIELDS))
        values = pl.format(f"{{}} for {plural(width, 'column')}", values)
        findings.add("row_too_short", "", pl.col(FIELDS) < width, values)
        surplus = pl.col(SURPLUS).list.join("”, “").str.slice(0, 80)
        if not self._hidden:
            values = pl.format("{} (too much: “{}”)", values, surplus)
        findings.add("row_too_long", "", pl.col(FIELDS) > width, values)

    def _check_broken(self, table: pl.DataFrame, findings: Findings) -> None:
        """Find rows whose quotes are out of place: what is wrong, and in which column."""
        for at in table[BROKEN].is_not_null().arg_true():
            column = table[BROKEN_AT][at]
            findings.add_one("quotes_broken", column if column < self._width else -1, at, table[BROKEN][at])

    def _check_characters(self, table: pl.DataFrame, findings: Findings) -> None:
        """Find characters that a value should not have: a bad copy, a wrong encoding, or an attacker's payload."""
        for index in range(self._width):
            value = pl.col(cell(index))
            names = table.select(
                value.str.contains("\ufffd", literal=True).alias("damaged"),
                value.str.contains(CONTROL).alias("control"),
            ).fill_null(value=False)
            for at in names["damaged"].arg_true():
                findings.add_one("bytes_invalid", index, at, "")
            for at in names["control"].arg_true():
                text = table[cell(index)][at]
                first = next(character for character in text if CONTROL_CHARACTER.match(character))
                findings.add_one("control_character", index, at, f"U+{ord(first):04X}")

    def _check_misread(self, table: pl.DataFrame, findings: Findings) -> None:
        """Find values that were UTF-8 and read as something else: a file in two encodings, or a bad conversion."""
        for index in range(self._width):
            if index in self._hidden:
                continue
            column = table[cell(index)]
            for at in column.str.contains(CANDIDATE).fill_null(value=False).arg_true():
                if (was := original_of(column[at])) is not None:
                    now, then = (_QUOTES.sub('"', text.strip()[:_BRIEF]) for text in (column[at], was))
                    findings.add_one("text_misread", index, at, f"{now}” for “{then}")

    def _check_length(self, table: pl.DataFrame, findings: Findings) -> None:
        """Find values that no API takes: most often a quote is missing and the rest of the file is a value."""
        names = [cell(index) for index in range(self._width)]
        longest = table.select(pl.col(names).str.len_bytes().max()).row(0)
        for index, length in enumerate(longest):
            if length is not None and length > MAX_VALUE:
                size = pl.col(cell(index)).str.len_bytes()
                findings.add("value_too_long", index, size > MAX_VALUE, size.cast(pl.String))

    def _check_swallowed(self, table: pl.DataFrame, findings: Findings) -> None:
        """Find rows hidden in a value: two stray quotes in one column make one of the rows between them."""
        email = self._positions["email"]
        strict = {self._positions.get(field) for field in ("email", "email_verified", "metadata")}
        names = {cell(index): index for index in range(self._width) if index not in strict}
        values = pl.col(list(names))
        flags = table.select(values.str.contains("\n", literal=True) & values.str.contains("@", literal=True))
        for name, index in names.items():
            for at in flags[name].fill_null(value=False).arg_true():
                if hidden := _hidden_lines(table[name][at], index, self._width, email, self._delimiter):
                    findings.add_one("rows_swallowed", index, at, plural(hidden, "line"))

    def _hidden_from(self, table: pl.DataFrame, found: pl.DataFrame) -> pl.Expr | None:
        """The first place of each row whose cell may hold a secret that has slid out of its column, null for none.

        None when that is so for all rows. Surplus values push a secret to the right, missing ones pull it to the left;
        in a broken row, and in one that has swallowed others, it may be anywhere.
        """
        swallowed = found.filter(pl.col("kind") == "rows_swallowed")["row"]
        if not self._hidden or (FIELDS not in table.columns and swallowed.is_empty()):
            return None
        anywhere = pl.col("row").is_in(swallowed.implode())
        if BROKEN in table.columns:
            anywhere |= pl.col(BROKEN).is_not_null()
        place = pl.when(anywhere).then(0)
        if FIELDS in table.columns:
            missing = (self._width - pl.col(FIELDS).cast(pl.Int64)).clip(lower_bound=0)
            return place.otherwise((min(self._hidden) - missing).clip(lower_bound=0))
        return place.otherwise(None)

    def _freeze(self, table: pl.DataFrame, refused: pl.Series, hidden_from: pl.Expr | None) -> pl.DataFrame:
        """The rows as they are kept: secret cells as true, cells from `hidden_from` on masked.

        What a row has beyond the last column is kept in that one, so that an export of it lacks nothing.
        """
        email, key = pl.col("email"), pl.col("organization_key")
        if FIELDS in table.columns:
            key = pl.when(pl.col(FIELDS).is_null()).then(key).alias("organization_key")
        hides = pl.lit(value=False)
        if hidden_from is not None:
            table = table.with_columns(hidden_from.alias("hidden_from"))
            hides = pl.col("hidden_from").is_not_null()
            key = pl.when(~hides).then(key).alias("organization_key")
            seen = ~hides | (pl.col("hidden_from") > self._positions["email"])
            email = pl.when(seen).then(email).alias("email")
        if SURPLUS in table.columns:
            last, between = pl.col(cell(self._width - 1)), self._delimiter
            whole = pl.concat_str(last.fill_null(""), pl.col(SURPLUS).list.join(between), separator=between)
            beyond = pl.when(pl.col(SURPLUS).is_not_null()).then(whole).otherwise(last)
            table = table.with_columns(beyond.alias(cell(self._width - 1)))
        cells = []
        for index in range(len(self._columns.headers)):
            name = cell(index)
            if index in self._hidden:
                cells.append(pl.when(clean(name).is_not_null()).then(pl.lit(value=True)).alias(name))
            elif hidden_from is not None:
                slid = pl.col(name).is_not_null() & hides & (pl.col("hidden_from") <= index)
                cells.append(pl.when(slid).then(pl.lit(MASK)).otherwise(name).alias(name))
            else:
                cells.append(pl.col(name))
        return table.select("row", "line", email, key, refused.alias("refused"), *cells)

    def _blank_controls(self, table: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
        """The table with blanks for control characters, but in secrets, and which rows had any."""
        names = [cell(index) for index in range(self._width) if index not in self._hidden]
        had = table.select(pl.any_horizontal(pl.col(names).str.contains(CONTROL).fill_null(value=False))).to_series()
        return table.with_columns(pl.col(names).str.replace_all(CONTROL, " ")), had

    def _keep_secrets(self, table: pl.DataFrame, corrected: dict[int, str], *, ragged: bool) -> pl.DataFrame:
        """The secret cells as they are in the file (a password is never trimmed), but for corrected hashes."""
        if corrected:
            at = self._secrets["password_hash"]
            rows = sorted(corrected)
            hashes = table[cell(at)].scatter(rows, [corrected[row] for row in rows])
            table = table.with_columns(hashes.alias(cell(at)))
        present = [pl.col(field).is_not_null() for field in self._secrets]
        wanted = pl.any_horizontal(present) if present else pl.lit(value=False)
        if ragged:
            wanted = wanted & pl.col(FIELDS).is_null()
        cells = [
            pl.when(pl.col(field).is_not_null()).then(pl.col(cell(index))).alias(field)
            for field, index in self._secrets.items()
        ]
        return table.lazy().filter(wanted).select("row", *cells).collect()


def _hidden_lines(value: str, index: int, width: int, email: int, delimiter: str = ",") -> int:
    """Count the line ends in the value of column `index` that are ends of rows; 0 if all are part of the value.

    A stray quote in column `index` of one row and one in the same column of a later row make one strictly valid value:
    the rest of the first row, whole rows, and the beginning of the last. So its lines have just the right number of
    separators, and where column `email` would be stands an address; anywhere when it is computed from others.
    """
    begin, end = value.find("\n"), value.rfind("\n")
    first, last = value[:begin].strip("\r"), value[end + 1 :].strip("\r")
    if begin < 0 or first.count(delimiter) != width - 1 - index or last.count(delimiter) != index:
        return 0
    inner = value[begin + 1 : end].split("\n") if end > begin else []
    if any(line.count(delimiter) != width - 1 for line in inner):
        return 0
    cells = first.split(delimiter), last.split(delimiter)
    if email >= width:
        evidence = cells[0] + cells[1]
    else:
        evidence = [cells[1][email] if index > email else cells[0][email - index]]
    return len(inner) + 1 if any(_ADDRESS.fullmatch(it.strip()) for it in evidence) else 0
