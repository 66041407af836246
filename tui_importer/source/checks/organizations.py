"""The unique organizations of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.source._polars import pl
from tui_importer.source.checks.expressions import normalised_name
from tui_importer.source.models import Organization

if TYPE_CHECKING:
    from tui_importer.source.models import OrganizationKind

_KINDS: tuple[OrganizationKind, ...] = ("id", "external_id", "name")


def distinct_names(groups: pl.DataFrame) -> pl.DataFrame:
    """Join groups of rows by `key` and `name` as written into groups by normalised name, ordered by first `row`.

    `rows` of groups are added up; of all other columns, as `row` and `line`, the least counts.
    """
    least = [column for column in groups.columns if column not in {"key", "name", "rows"}]
    return (
        groups.with_columns(normalised_name(pl.col("name")).alias("name"))
        .group_by("key", "name")
        .agg(pl.col("rows").sum(), pl.col(least).min())
        .sort("row")
    )


def unique_organizations(names: pl.DataFrame) -> pl.DataFrame:
    """From `distinct_names`, one line an organization, sorted by kind (id, external id, name) and value.

    Columns are those of Organization; its name is the first one in the file.
    """
    kind = pl.coalesce(pl.when(pl.col("key").str.starts_with(f"{k}:")).then(pl.lit(k)) for k in _KINDS)
    return (
        names.group_by("key")
        .agg(pl.col("name").drop_nulls().first(), pl.col("rows").sum(), pl.col("row").min().alias("first_row"))
        .with_columns(kind.alias("kind"))
        .with_columns(pl.col("key").str.slice(pl.col("kind").str.len_chars() + 1).alias("value"))
        .sort(pl.col("kind").cast(pl.Enum(_KINDS)), "value")
        .select("key", "kind", "value", "name", "rows", "first_row")
    )


def as_objects(organizations: pl.DataFrame) -> tuple[Organization, ...]:
    """The lines of `unique_organizations` as objects."""
    return tuple(Organization(**line) for line in organizations.iter_rows(named=True))
