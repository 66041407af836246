"""The API's rules for the values of a row, as polars expressions; the few unusual values are checked one by one.

Limits are those of the OpenAPI specification, and beyond them the row is not sent; where the documentation is stricter
it is a warning. Neither gives names of people and organizations a greatest length, and what passwords must be is a
setting of each environment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tui_importer.source._polars import pl
from tui_importer.source.cells import (
    FALSE,
    HASH_TYPE_NAMES,
    MASK,
    MASKED,
    NOTHING,
    TRUE,
    CellError,
    documented,
    parse_roles,
    read_metadata,
)
from tui_importer.source.checks import emails, password_hashes
from tui_importer.source.checks.expressions import clean, organization_key, untrimmed
from tui_importer.source.checks.fast_metadata import all_flat
from tui_importer.source.columns.aliases import standing
from tui_importer.source.models import SECRET_FIELDS
from tui_importer.source.problems import DETAIL_LENGTH
from tui_importer.source.read.frames import cell
from tui_importer.text import OUTER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.source.checks.auto_fixes import AutoFixes
    from tui_importer.source.checks.findings import Findings
    from tui_importer.source.columns.recognise import Columns

MAX_EXTERNAL_ID: Final = 128
DOCUMENTED_EXTERNAL_ID: Final = 64

_ORGANIZATION_ID: Final = r"^org_[0-9A-Za-z_]+$"
_ROLES: Final = r"^[a-z0-9_-]{1,48}(?:,[a-z0-9_-]{1,48})*$"
_NEVER: Final = r"^(?:0000-00-00|0001-01-01|1970-01-01)"
"""How a time begins that stands for none."""
_SLUG: Final = re.compile(r"[a-z0-9_-]{1,48}|org-[a-z0-9_-]+")
_NO_SLUG: Final = re.compile(r"[A-Z\s]|[^\x00-\x7f]")


def values(positions: Mapping[str, int]) -> list[pl.Expr]:
    """The normalised values that are checked, named by field."""
    fields = ("email", "email_verified", "external_id", *SECRET_FIELDS, "password_hash_type", "org_id")
    found = []
    for field in (*fields, "org_external_id"):
        index = positions.get(field)
        value = pl.lit(None, pl.String) if index is None else clean(cell(index))
        if field in {"email", "email_verified", "password_hash_type"}:
            value = value.str.to_lowercase()
        if field == "password_hash_type" and index is not None:
            value = value.replace(HASH_TYPE_NAMES)
        found.append(value.alias(field))
    found.append(organization_key(positions).alias("organization_key"))
    return found


class ValueChecker:
    """A checker of the values of one block; `hashes` are the corrected password hashes by index in the block."""

    def __init__(self, table: pl.DataFrame, columns: Columns, findings: Findings, fixes: AutoFixes) -> None:
        self._table = table
        self._columns = columns
        self._positions = columns.positions
        self._findings = findings
        self._fixes = fixes
        self.hashes: dict[int, str] = {}

    def check(self) -> None:
        """Check everything."""
        self._check_masks()
        self._check_ends()
        self._check_email()
        self._check_identity()
        self._check_password()
        self._check_hashes()
        self._check_organization()
        self._check_metadata()
        self._check_active()
        self._check_standing()
        self._check_roles()

    def _check_masks(self) -> None:
        """Find masks of an earlier export: a secret was there, or the cells of a row into which one had slid."""
        for field, index in self._columns.places.items():
            if index >= len(self._columns.names):
                continue
            if field in SECRET_FIELDS:
                self._findings.add("value_masked", index, pl.col(field).str.contains(MASKED.pattern))
            elif field != "email":
                self._findings.add("value_masked", index, pl.col(cell(index)) == MASK)

    def _check_ends(self) -> None:
        """Find blanks around values; a password may begin and end with some."""
        used = {place for field, place in self._columns.places.items() if field != "password"}
        for index in sorted(index for index in used if index < len(self._columns.names)):
            self._fixes.add("trim", "value_untrimmed", index, untrimmed(cell(index)))

    def _check_email(self) -> None:
        findings, email = self._findings, pl.col("email")
        findings.add("email_missing", "email", email.is_null())
        ordinary = (
            email.str.contains(emails.ORDINARY)
            & (email.str.len_bytes() <= emails.MAX_EMAIL)
            & ~email.str.contains("--", literal=True)
        )
        unusual = self._table.select((~ordinary).fill_null(value=False)).to_series()
        if unusual.any():
            index = self._positions["email"]
            for at in unusual.arg_true():
                text = self._table["email"][at]
                if len(text) > 4 * emails.MAX_EMAIL or not emails.is_address(text):
                    shown = (self._table[cell(index)][at] or "").strip(OUTER)
                    findings.add_one("email_malformed", index, at, shown[:DETAIL_LENGTH])
        written = clean(cell(self._positions["email"]))
        self._fixes.add("lower_case", "email_capitals", "email", written != email, findings.cell("email"))

    def _check_identity(self) -> None:
        findings = self._findings
        if (index := self._positions.get("email_verified")) is not None:
            verified, detail = pl.col("email_verified"), findings.cell("email_verified")
            known = verified.is_in((*TRUE, *FALSE))
            findings.add("email_verified_invalid", "email_verified", ~known, detail)
            other = known & ~clean(cell(index)).is_in(["true", "false"])
            self._fixes.add("booleans", "email_verified_invalid", "email_verified", other, detail)
        if "external_id" in self._positions:
            external_id = pl.col("external_id")
            invalid = _not_an_external_id(external_id)
            findings.add("external_id_invalid", "external_id", invalid, findings.cell("external_id"))
            long = external_id.str.len_bytes().is_between(DOCUMENTED_EXTERNAL_ID + 1, MAX_EXTERNAL_ID) & ~invalid
            findings.add("external_id_long", "external_id", long)

    def _check_password(self) -> None:
        findings = self._findings
        password, hashed = pl.col("password").is_not_null(), pl.col("password_hash").is_not_null()
        kind = pl.col("password_hash_type")
        if "password_hash" in self._positions:
            findings.add("password_and_hash", "password_hash", password & hashed)
        if (index := self._positions.get("password_hash_type")) is not None:
            findings.add("type_without_hash", "password_hash_type", ~hashed & kind.is_not_null())
            # There may be hashes in this column: only what looks like a name is shown.
            named = pl.col("password_hash_type").str.contains(r"^[a-z0-9_ -]{1,20}$")
            shown = pl.when(named).then(findings.cell("password_hash_type")).otherwise(pl.lit(MASK))
            known = kind.is_in(list(HASH_TYPE_NAMES))
            findings.add("hash_type_unknown", "password_hash_type", hashed & ~known, shown)
            other = hashed & known & (clean(cell(index)) != kind)
            self._fixes.add("hash_type", "hash_type_unknown", "password_hash_type", other, shown)

    def _check_hashes(self) -> None:
        """Check hashes by the rules of their type; without one the hash itself says which it is."""
        if (index := self._positions.get("password_hash")) is None:
            return
        hashed = self._table.select(
            pl.int_range(pl.len()).alias("at"), "password_hash", pl.col("password_hash_type").alias("kind")
        ).filter(~pl.col("password_hash").str.contains(MASKED.pattern))
        for (kind,), part in hashed.group_by("kind", maintain_order=True):
            if kind is None:
                self._check_untyped(part, index)
            elif kind in password_hashes.RULED:
                self._check_typed(str(kind), part, index)

    def _check_untyped(self, part: pl.DataFrame, index: int) -> None:
        kinds = [password_hashes.type_of(text) for text in part["password_hash"]]
        for at, kind in zip(part["at"], kinds, strict=True):
            if kind is None:
                self._findings.add_one("hash_without_type", index, at, "")
            else:
                self._fixes.add_one("hash_type", "hash_without_type", index, at, "")
        typed = part.with_columns(pl.Series("kind", kinds, pl.String)).drop_nulls("kind")
        for (kind,), rows in typed.group_by("kind", maintain_order=True):
            self._check_typed(str(kind), rows, index)

    def _check_typed(self, kind: str, part: pl.DataFrame, index: int) -> None:
        if (ordinary := password_hashes.ORDINARY.get(kind)) is not None:
            part = part.filter(~pl.col("password_hash").str.contains(ordinary))
        for at, text in part.select("at", "password_hash").iter_rows():
            found = password_hashes.fault(kind, text)
            if found is not None and found[0] == "hash_malformed":
                better = password_hashes.corrected(kind, text)
                after = password_hashes.fault(kind, better)
                if better != text and (after is None or after[0] != "hash_malformed"):
                    self._fixes.add_one("base64", "hash_malformed", index, at, found[1])
                    self.hashes[at] = better
                    found = after
            if found is not None:
                self._findings.add_one(found[0], index, at, found[1])

    def _check_organization(self) -> None:
        findings, org_id, external_id = self._findings, pl.col("org_id"), pl.col("org_external_id")
        if "org_id" in self._positions:
            foreign = ~org_id.str.contains(_ORGANIZATION_ID)
            findings.add("org_id_invalid", "org_id", foreign, findings.cell("org_id"))
        if "org_external_id" in self._positions:
            both = org_id.is_not_null() & external_id.is_not_null()
            findings.add("organization_ambiguous", "org_external_id", both)
            invalid = _not_an_external_id(external_id)
            findings.add("org_external_id_invalid", "org_external_id", invalid, findings.cell("org_external_id"))

    def _check_active(self) -> None:
        """Find people who have left or were only invited, whom some exports list: they are not imported."""
        if not (name := self._columns.active):
            return
        index = self._columns.names.index(name)
        status = clean(cell(index))
        shown = status.str.slice(0, DETAIL_LENGTH)
        self._findings.add("not_active", index, status.str.to_lowercase() != "active", shown)

    def _check_standing(self) -> None:
        """Find people whom other columns call blocked or gone: they are imported, but the operator is warned."""
        for name in self._columns.standing:
            index = self._columns.names.index(name)
            status = clean(cell(index))
            value = status.str.to_lowercase()
            match standing(name):
                case "out":
                    found = value.is_in(TRUE)
                case "in":
                    found = value.is_in(FALSE)
                case _:
                    found = ~(value.is_in([*FALSE, *NOTHING]) | value.str.contains(_NEVER))
            self._findings.add("person_blocked", index, found, status.str.slice(0, DETAIL_LENGTH))

    def _check_metadata(self) -> None:
        """Read each JSON cell as the payload will, unless all of them are of the ordinary kind."""
        index = self._positions.get("metadata")
        if index is None:
            return
        cells = self._table[cell(index)].str.strip_chars(OUTER)
        if all_flat(cells.filter(cells != "")):
            value = pl.col(cell(index)).str.strip_chars(OUTER)
            self._findings.add("metadata_doubtful", "metadata", value.str.len_bytes() != value.str.len_chars())
            return
        for at, text in enumerate(cells.to_list()):
            if text:
                try:
                    metadata, other = read_metadata(text)
                except CellError as error:
                    self._findings.add_one(error.kind, index, at, error.detail)
                    continue
                if not documented(metadata, text):
                    self._findings.add_one("metadata_doubtful", index, at, "")
                if other is not None:
                    words = f"the value of “{other}” is no text"
                    self._fixes.add_one("metadata_scalars", "metadata_invalid", index, at, words)

    def _check_roles(self) -> None:
        """Check roles: most cells are slugs by their form; each other one is parsed once, however often it comes."""
        for field in ("role_slug", "role_slugs"):
            if (index := self._positions.get(field)) is None:
                continue
            cells = self._table[cell(index)].str.strip_chars(OUTER)
            unusual = (cells != "") & ~cells.str.contains(_ROLES)
            if not unusual.any():
                continue
            faults = {text: _role_fault(text) for text in cells.filter(unusual).unique()}
            for at in unusual.fill_null(value=False).arg_true():
                if found := faults[cells[at]]:
                    self._findings.add_one(found[0], index, at, found[1])


def _not_an_external_id(value: pl.Expr) -> pl.Expr:
    """True for what is not ASCII, or longer than 128 characters (SPEC), or dots alone, which cannot be in a path."""
    bad = (value.str.len_bytes() != value.str.len_chars()) | (value.str.len_bytes() > MAX_EXTERNAL_ID)
    return bad | value.is_in([".", ".."])


def _role_fault(text: str) -> tuple[str, str] | None:
    """The fault of the roles in a cell: the first error, else the first doubt."""
    try:
        slugs = parse_roles([text])
    except CellError as error:
        return error.kind, error.detail
    for slug in slugs:
        if _NO_SLUG.search(slug):
            return "role_malformed", slug[:DETAIL_LENGTH]
    doubtful = next((slug for slug in slugs if not _SLUG.fullmatch(slug)), None)
    return None if doubtful is None else ("role_doubtful", doubtful[:DETAIL_LENGTH])
