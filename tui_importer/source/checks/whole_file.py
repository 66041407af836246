"""Checks of the whole file: repeated users, conflicting external ids, organizations, roles.

All passes read a few columns of the frozen rows, streaming. Users are compared by 64-bit hashes first (8 bytes a row),
so that no set of a million addresses is ever built; the rows whose hash occurs again are then compared as strings, in
buckets of bounded size, so that a collision cannot make one user of two.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from tui_importer.source._polars import pl
from tui_importer.source.cells import TRUE, parse_roles
from tui_importer.source.checks.expressions import clean
from tui_importer.source.checks.findings import SCHEMA
from tui_importer.source.checks.organizations import distinct_names, name_findings, unique_organizations
from tui_importer.source.columns.recognise import ADDED
from tui_importer.source.models import SECRET_FIELDS
from tui_importer.source.problems import DETAIL_LENGTH
from tui_importer.source.read.frames import cell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BUCKET_ROWS = 250_000
"""Rows whose strings are compared at a time."""

PROFILE = ("first_name", "last_name", "name", "email_verified", "external_id", "metadata", "password_hash_type")
"""Fields of a user that the file may give differently in several rows, besides the secret ones."""

REPEATS = pl.Schema({"row": pl.UInt32, "first_row": pl.UInt32, "twin_row": pl.UInt32})


class Repeats(NamedTuple):
    """Rows of users who came before.

    `rows` has `row`, `first_row` (the user's first) and `twin_row` (the nearest earlier one with the same organization
    key, or none), sorted by row; `memberships` counts rows that repeat a membership; `findings` are profile conflicts.
    """

    rows: pl.DataFrame
    memberships: int
    findings: pl.DataFrame


class Roles(NamedTuple):
    """The rows by role slug, sorted by slug, and the number of rows that have more than one."""

    slugs: Mapping[str, int]
    rows: int


class WholeFile:
    """Passes over the frozen rows in `file`, with `positions` of the fields among the columns.

    `secrets` has a hash of each secret by `row`, None when there is none.
    Only rows that are not refused count: a refused row makes no user, owns no external id and names no organization.
    """

    def __init__(self, file: Path, secrets: pl.DataFrame | None, positions: Mapping[str, int]) -> None:
        self._positions = positions
        self._profile = (*PROFILE, *(field for field in positions if field.startswith(ADDED)))
        self._rows = pl.scan_parquet(file, glob=False).filter(~pl.col("refused"))
        self._secrets = secrets

    def refuse(self, rows: pl.Series) -> None:
        """Leave out these rows from now on: they were found to be in conflict."""
        if rows.len():
            self._rows = self._rows.join(rows.to_frame("row").lazy(), on="row", how="anti", maintain_order="left")

    def count(self) -> tuple[int, int]:
        """The number of rows, and of those that name an organization."""
        counts = self._rows.select(pl.len().alias("rows"), pl.col("organization_key").count())
        rows, named = counts.collect(engine="streaming").row(0)
        return rows, named

    def external_id_conflicts(self) -> pl.DataFrame:
        """Findings: one external id on two e-mail addresses. The later row is refused: the file's order decides."""
        if (position := self._positions.get("external_id")) is None:
            return pl.DataFrame(schema=SCHEMA)
        external_id = clean(cell(position)).alias("external_id")
        hashed = (
            self._rows.select("row", external_id, "email")
            .drop_nulls("external_id")
            .select("row", pl.col("external_id").hash(), pl.col("email").hash())
            .collect(engine="streaming")
        )
        again = hashed.filter(pl.col("external_id").is_duplicated())
        shared = again.filter(pl.col("email").n_unique().over("external_id") > 1)
        if not shared.height:
            return pl.DataFrame(schema=SCHEMA)
        first = pl.col("row", "email").first().over("external_id").name.prefix("first_")
        found = self._only(shared, "line", "email", external_id).with_columns(first)
        conflicts = found.filter(pl.col("email") != pl.col("first_email"))
        return _findings(conflicts, position, "external_id_conflict", pl.format("Row {}", "first_row"))

    def repeats(self) -> Repeats:
        """Find the rows of users who came before, and where they contradict the user's first row."""
        users = self._rows.select("row", pl.col("email").hash()).collect(engine="streaming")
        again = users.filter(pl.col("email").is_duplicated())
        buckets = -(-again.height // BUCKET_ROWS)
        rows, findings = [pl.DataFrame(schema=REPEATS)], [pl.DataFrame(schema=SCHEMA)]
        memberships = 0
        for bucket in range(buckets):
            found = self._profiles(again.filter(pl.col("email") % buckets == bucket))
            found = found.with_columns(
                pl.col("row").first().over("email").alias("first_row"),
                pl.col("row").shift(1).over("email", "organization_key").alias("twin_row"),
            )
            later = found.filter(pl.col("row") != pl.col("first_row"))
            rows.append(later.select(REPEATS.names()))
            twins = later.filter(pl.col("twin_row").is_not_null())
            memberships += twins.height - twins["organization_key"].null_count()
            findings += [self._contradictions(found), self._duplicates(found)]
        return Repeats(pl.concat(rows).sort("row"), memberships, pl.concat(findings).sort("row"))

    def organizations(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The organizations in their order (`key`, `kind`, `value`, `name`, `rows`, `first_row`), and findings."""
        position = self._positions.get("org_name")
        name = pl.lit(None, pl.String) if position is None else pl.col(cell(position))
        groups = (
            self._rows.select("row", "line", pl.col("organization_key").alias("key"), name.alias("name"))
            .drop_nulls("key")
            .group_by("key", "name")
            .agg(pl.len().alias("rows"), pl.col("row", "line").min())
        )
        named = distinct_names(groups.collect(engine="streaming"))
        organizations = unique_organizations(named)
        if position is None:
            return organizations, pl.DataFrame(schema=SCHEMA)
        first = pl.col("row", "name").first().over("key").name.prefix("first_")
        conflicts = named.drop_nulls("name").with_columns(first).filter(pl.col("name") != pl.col("first_name"))
        shown = pl.format("row {} (“{}”)", "first_row", pl.col("first_name").str.slice(0, DETAIL_LENGTH))
        renamed = _findings(conflicts, position, "organization_name_conflict", shown)
        return organizations, pl.concat([renamed, name_findings(named, position)]).sort("row")

    def roles(self) -> Roles:
        """The role slugs of all rows."""
        names = [cell(self._positions[field]) for field in ("role_slug", "role_slugs") if field in self._positions]
        if not names:
            return Roles({}, 0)
        counted = self._rows.group_by(names).agg(pl.len()).collect(engine="streaming")
        slugs: Counter[str] = Counter()
        several = 0
        for *cells, count in counted.iter_rows():
            roles = parse_roles(cells)
            slugs.update(dict.fromkeys(roles, count))
            several += count if len(roles) > 1 else 0
        return Roles(dict(sorted(slugs.items())), several)

    def _duplicates(self, found: pl.DataFrame) -> pl.DataFrame:
        """Findings for rows that are the same as an earlier one in every cell."""
        twins = found.filter(pl.struct("email", "organization_key").is_duplicated())
        if not twins.height:
            return pl.DataFrame(schema=SCHEMA)
        cells = self._rows.select("row", pl.struct(pl.col("^c[0-9]+$")).hash().alias("cells"))
        hashed = cells.join(twins.lazy().select("row"), on="row", how="semi").collect(engine="streaming")
        same = ["email", "organization_key", "cells", *(f for f in self._secret_fields() if f in twins.columns)]
        whole = twins.join(hashed, on="row", how="left", maintain_order="left")
        first = pl.col("row").first().over(same).alias("first_row")
        again = whole.with_columns(first).filter(pl.col("row") != pl.col("first_row"))
        return _findings(again, -1, "row_duplicate", pl.format("row {}", "first_row"))

    def _only(self, rows: pl.DataFrame, *columns: str | pl.Expr) -> pl.DataFrame:
        """Columns of some rows, sorted by row."""
        wanted = rows.lazy().select("row")
        chosen = self._rows.join(wanted, on="row", how="semi").select("row", *columns)
        return chosen.collect(engine="streaming").sort("row")

    def _profiles(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Profiles of some rows: `line`, `email`, `organization_key`, a hash of each field, null when absent."""
        fields = []
        for field in self._profile:
            if (position := self._positions.get(field)) is not None:
                value = clean(cell(position))
                if field == "email_verified":
                    value = value.str.to_lowercase().is_in(TRUE).cast(pl.String)
                fields.append(pl.when(value.is_not_null()).then(value.hash()).alias(field))
        found = self._only(rows, "line", "email", "organization_key", *fields)
        if self._secrets is None:
            return found
        return found.join(self._secrets, on="row", how="left", maintain_order="left")

    def _secret_fields(self) -> list[str]:
        return [field for field in SECRET_FIELDS if field in self._positions]

    def _contradictions(self, found: pl.DataFrame) -> pl.DataFrame:
        """Findings for later rows of a user with another value than the first row's, which is the one that is sent."""
        columns = []
        for field in (*self._profile, *self._secret_fields()):
            if field in found.columns:
                other = pl.col(field).is_not_null() & pl.col(field).ne_missing(pl.col(field).first().over("email"))
                columns.append(pl.when(other).then(pl.lit(self._positions[field], pl.Int16)))
        if not columns:
            return pl.DataFrame(schema=SCHEMA)
        conflicts = found.with_columns(pl.coalesce(columns).alias("column")).drop_nulls("column")
        return _findings(self._side_by_side(conflicts), "column", "profile_conflict", pl.col("both"))

    def _side_by_side(self, conflicts: pl.DataFrame) -> pl.DataFrame:
        """`conflicts` with `both`: the value of the first row and that of the row itself, unless they are secret."""
        secret = {self._positions[field] for field in self._secret_fields()}
        parts = []
        for column, rows in conflicts.group_by("column", maintain_order=True):
            index = int(str(column[0]))
            if index in secret:
                parts.append(rows.with_columns(pl.format("row {}", "first_row").alias("both")))
                continue
            wanted = pl.concat([rows["row"], rows["first_row"]]).unique().to_frame("row")
            values = self._only(wanted, clean(cell(index)).str.slice(0, DETAIL_LENGTH // 2).alias("value"))
            here = rows.join(values, on="row", how="left")
            both = here.join(values.rename({"row": "first_row", "value": "first_value"}), on="first_row", how="left")
            first = (
                pl.when(pl.col("first_value").is_null())
                .then(pl.lit("nothing"))
                .otherwise(pl.format("“{}”", "first_value"))
            )
            parts.append(
                both.with_columns(
                    pl.format("{} in row {}, “{}” here", first, "first_row", "value").alias("both")
                ).select(*rows.columns, "both")
            )
        empty = conflicts.clear().with_columns(pl.lit(None, pl.String).alias("both"))
        return pl.concat([empty, *parts])


def _findings(rows: pl.DataFrame, column: int | str, kind: str, detail: pl.Expr) -> pl.DataFrame:
    place = pl.col(column) if isinstance(column, str) else pl.lit(column, pl.Int16)
    found = rows.select("row", "line", place.alias("column"), pl.lit(kind).alias("kind"), detail.alias("detail"))
    return found.sort("row")
