"""The unique organizations of a source, and findings about names that may stand for one organization or for none.

Nothing is joined or left out here: two keys stay two organizations unless the operator changes the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui_importer.source._polars import pl
from tui_importer.source.checks.expressions import normalised_name
from tui_importer.source.checks.findings import SCHEMA
from tui_importer.source.models import Organization
from tui_importer.source.problems import DETAIL_LENGTH

if TYPE_CHECKING:
    from tui_importer.source.models import OrganizationKind

_KINDS: tuple[OrganizationKind, ...] = ("id", "external_id", "name")

PUBLIC_MAIL: Final = frozenset({
    "126.com", "163.com", "aol.com", "bk.ru", "comcast.net", "duck.com", "fastmail.com", "free.fr", "freenet.de",
    "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hey.com", "hotmail.co.uk",
    "hotmail.com", "hotmail.de", "hotmail.fr", "hotmail.it", "icloud.com", "inbox.ru", "laposte.net", "libero.it",
    "list.ru", "live.com", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "naver.com", "orange.fr",
    "outlook.com", "outlook.de", "outlook.fr", "pm.me", "posteo.de", "proton.me", "protonmail.com", "qq.com",
    "rediffmail.com", "rocketmail.com", "sbcglobal.net", "seznam.cz", "sina.com", "t-online.de", "tuta.io",
    "tutanota.com", "verizon.net", "web.de", "wp.pl", "yahoo.ca", "yahoo.co.in", "yahoo.co.jp", "yahoo.co.uk",
    "yahoo.com", "yahoo.com.br", "yahoo.de", "yahoo.fr", "yahoo.it", "yandex.com", "yandex.ru", "zoho.com",
})  # fmt: skip
"""Domains at which unrelated people have addresses. An organization of that name comes from grouping by domain."""


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
    """One line an organization, from `distinct_names`, sorted by kind (id, external id, name) and value.

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


def name_findings(named: pl.DataFrame, position: int) -> pl.DataFrame:
    """Findings about the organizations in `named` (`key`, `name`, `row`, `line`, ordered by row).

    One name on two keys, names that differ in case, blanks or punctuation only, and public mail domains; each at the
    first row of the later organization, in the column at `position`.
    """
    firsts = named.drop_nulls("name").unique("key", keep="first", maintain_order=True)
    if not firsts.height:
        return pl.DataFrame(schema=SCHEMA)
    plain = pl.col("name").str.to_lowercase().str.normalize("NFKC").str.replace_all(r"[^\p{L}\p{N}]+", "")
    known = firsts.with_columns(pl.when(plain != "").then(plain).alias("plain"), pl.col("name").alias("exact"))
    return pl.concat(
        [
            _again(known, "exact", "organization_name_shared", position),
            _similar(known, position),
            _public(known, position),
        ]
    ).sort("row")


def _again(known: pl.DataFrame, column: str, kind: str, position: int) -> pl.DataFrame:
    """Organizations whose `column` an earlier one has, with that one."""
    earlier = pl.col("row", "name").first().over(column).name.prefix("first_")
    later = known.drop_nulls(column).with_columns(earlier).filter(pl.col("row") != pl.col("first_row"))
    return _findings(later, position, kind, _other())


def _similar(known: pl.DataFrame, position: int) -> pl.DataFrame:
    """Names that are alike but not the same: `_again` has found the same ones."""
    earlier = pl.col("row", "name").first().over("plain").name.prefix("first_")
    alike = known.drop_nulls("plain").with_columns(earlier).filter(pl.col("name") != pl.col("first_name"))
    return _findings(alike, position, "organization_similar", _other())


def _public(known: pl.DataFrame, position: int) -> pl.DataFrame:
    domains = known.filter(pl.col("name").str.to_lowercase().str.strip_prefix("@").is_in(list(PUBLIC_MAIL)))
    return _findings(domains, position, "organization_public", pl.col("name"))


def _other() -> pl.Expr:
    return pl.format("row {} (“{}”)", "first_row", pl.col("first_name").str.slice(0, DETAIL_LENGTH))


def _findings(rows: pl.DataFrame, position: int, kind: str, detail: pl.Expr) -> pl.DataFrame:
    place = pl.lit(position, pl.Int16)
    return rows.select("row", "line", place.alias("column"), pl.lit(kind).alias("kind"), detail.alias("detail"))
