"""Organizations of a source that may be one, or should be none: findings about their names, for the plan.

Nothing is joined or left out here: two keys stay two organizations unless the operator changes the file.
"""

from __future__ import annotations

from typing import Final

from tui_importer.source._polars import pl
from tui_importer.source.checks.findings import SCHEMA
from tui_importer.source.problems import DETAIL_LENGTH

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


def likeness(named: pl.DataFrame, position: int) -> pl.DataFrame:
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
    """Names that are alike but not the same: the same ones are told already."""
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
