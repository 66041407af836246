"""Fields that an export does not have as such, computed from its columns before anything is checked.

They become columns behind those of the file, so that checks, duplicates and payload all see the same value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui_importer.source._polars import pl
from tui_importer.source.cells import NOTHING
from tui_importer.source.checks.expressions import clean
from tui_importer.source.checks.password_hashes import BEGINNINGS
from tui_importer.source.read.frames import FIELDS, cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.source.columns.recognise import Columns


def derive(table: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """`table` with a column of strings for each derived field; null in rows whose cells have slid."""
    if not columns.derived:
        return table
    width = len(columns.names)
    whole = pl.col(FIELDS).is_null() if FIELDS in table.columns else pl.lit(value=True)
    values = []
    for number, derived in enumerate(columns.derived):
        value = RULES[derived.rule](*(clean(cell(columns.names.index(name))) for name in derived.sources))
        values.append(pl.when(whole).then(value).alias(cell(width + number)))
    return table.with_columns(values)


def _address_among(several: pl.Expr, address: pl.Expr) -> pl.Expr:
    """Whether the address is one of several, which stand between vertical bars; null without an address."""
    listed = several.str.replace_all(r"\s+", "").str.to_lowercase()
    found = pl.format("|{}|", listed).str.contains(pl.format("|{}|", address.str.to_lowercase()), literal=True)
    return pl.when(address.is_not_null()).then(pl.when(found).then(pl.lit("true")).otherwise(pl.lit("false")))


def _confirmed_at(moment: pl.Expr) -> pl.Expr:
    """Confirmed when there is a date; what is no date and not empty stays as it is, for the checks to find."""
    nothing = moment.is_null() | moment.str.to_lowercase().is_in(NOTHING)
    date = moment.str.contains(r"^\d{4}-\d{2}-\d{2}")
    return pl.when(nothing).then(pl.lit("false")).when(date).then(pl.lit("true")).otherwise(moment)


def _hash_prefix(hashed: pl.Expr) -> pl.Expr:
    """The type that the hash itself begins with; null when it says none."""
    return pl.coalesce(pl.when(hashed.str.starts_with(start)).then(pl.lit(kind)) for start, kind in BEGINNINGS.items())


def _gotrue_hash(hashed: pl.Expr) -> pl.Expr:
    """Supabase keeps bcrypt, and argon2 of imported users. Another is called bcrypt and refused for its form."""
    argon2 = hashed.str.starts_with("$argon2")
    return pl.when(argon2).then(pl.lit("argon2")).when(hashed.is_not_null()).then(pl.lit("bcrypt"))


def _clerk_hasher(kind: pl.Expr) -> pl.Expr:
    plain = kind.str.to_lowercase()
    return pl.when(plain.is_in(["argon2i", "argon2id"])).then(pl.lit("argon2")).otherwise(kind)


def _full_name(document: pl.Expr) -> pl.Expr:
    """The member full_name of a JSON object, when it is a text."""
    name = document.str.json_path_match("$.full_name")
    return pl.when(~name.str.contains(r"^[\[{]") & (name != "null")).then(name)


RULES: Final[dict[str, Callable[..., pl.Expr]]] = {
    "address_among": _address_among,
    "confirmed_at": _confirmed_at,
    "hash_prefix": _hash_prefix,
    "gotrue_hash": _gotrue_hash,
    "clerk_hasher": _clerk_hasher,
    "full_name": _full_name,
}
"""Expressions over cells without outer blanks, by the rule's name in `presets`."""
