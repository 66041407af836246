"""Normalised values as polars expressions over the cells of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.source._polars import pl
from tui_importer.source.read.frames import cell
from tui_importer.text import OUTER

if TYPE_CHECKING:
    from collections.abc import Mapping


def clean(name: str) -> pl.Expr:
    """A column without outer blanks and invisible characters, null when nothing is left."""
    stripped = pl.col(name).str.strip_chars(OUTER)
    return pl.when(stripped != "").then(stripped)


def untrimmed(name: str) -> pl.Expr:
    """Whether a column has outer blanks or invisible characters around something."""
    stripped = pl.col(name).str.strip_chars(OUTER)
    return (stripped != "") & (stripped.str.len_bytes() != pl.col(name).str.len_bytes())


def normalised_name(name: pl.Expr) -> pl.Expr:
    """`text.normalised_name` as an expression; null if nothing is left."""
    plain = name.str.strip_chars(OUTER).str.replace_all(r"\s+", " ").str.normalize("NFC")
    return pl.when(plain != "").then(plain)


def organization_key(positions: Mapping[str, int]) -> pl.Expr:
    """`org_id`, else `org_external_id`, else the normalised `org_name`, with the kind as prefix; null without any."""
    keys: list[pl.Expr] = []
    nothing = pl.lit(value=True)
    for field, kind in (("org_id", "id"), ("org_external_id", "external_id")):
        if (index := positions.get(field)) is not None:
            value = clean(cell(index))
            keys.append(pl.lit(f"{kind}:") + value)
            nothing = nothing & value.is_null()
    if (index := positions.get("org_name")) is not None:
        # Normalising is the costliest expression of all, so only names that are keys go through it.
        keys.append(pl.lit("name:") + normalised_name(pl.when(nothing).then(pl.col(cell(index)))))
    return pl.coalesce(keys) if keys else pl.lit(None, pl.String)
