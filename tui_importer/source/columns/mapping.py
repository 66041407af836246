"""The operator's mapping of columns, matched to the header of a file."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from tui_importer.config.suggestions import suggestion
from tui_importer.source.cells import MAX_KEY
from tui_importer.source.columns.aliases import FIELD_OF, is_secret, normalise, quoted
from tui_importer.source.errors import SourceHeader
from tui_importer.source.models import FIELDS
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NO_MAPPING: Mapping[str, str] = {}
METADATA = "metadata"
"""As the target of a mapping: the column goes into the metadata under its own name."""
METADATA_OBJECT = "metadata_json"
"""As the target of a mapping: the column is a JSON object, all of the metadata."""
TARGETS = (*(field for field in FIELDS if field != METADATA), METADATA, METADATA_OBJECT, "")
"""What a column can be mapped to; nothing leaves it out."""

LEFT_OUT = "-"
"""How an operator writes that a column is left out."""

MAPPING_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
"""What a saved mapping may be called."""


def target_of(text: str) -> str:
    """The target of a column, from what an operator wrote. Raises ValueError with what is allowed."""
    plain = text.strip().lower()
    target = "" if plain == LEFT_OUT else plain.replace(LEFT_OUT, "_").replace(" ", "_")
    if target not in TARGETS:
        raise ValueError(suggestion(plain, [*filter(None, TARGETS), LEFT_OUT], what="Allowed"))
    return target


def resolved(names: Sequence[str], path: Path, line: int, mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping by headers as written. Raises SourceHeader for one that does not fit this file."""
    chosen: dict[str, str] = {}
    for key, target in mapping.items():
        found = [name for name in names if name.strip() == key.strip()]
        found = found or [name for name in names if normalise(name) == normalise(key)]
        if len(found) != 1 or target not in TARGETS:
            raise SourceHeader(path, *_unfit(key, target, names, len(found)), line=line)
        (name,) = found
        if chosen.get(name, target) != target:
            raise SourceHeader(path, f"the column {quoted([name])} is mapped twice.", "Map it to one field.", line=line)
        chosen[name] = target
    taken: dict[str, str] = {}
    for name, target in chosen.items():
        if is_added(name, chosen):
            _refuse_key(name, path, line)
            continue
        field = METADATA if target == METADATA_OBJECT else target
        if field and field in taken:
            raise SourceHeader(
                path,
                f"the columns {quoted([taken[field], name])} are both mapped to {field}.",
                "Map one of them.",
                line=line,
            )
        taken[field] = name
    return chosen


def _unfit(key: str, target: str, names: Sequence[str], found: int) -> tuple[str, str]:
    if target not in TARGETS:
        return (
            f"the column {quoted([key])} is mapped to {quoted([target])}, which is no field.",
            f"{suggestion(target, filter(None, TARGETS), what='Fields')}",
        )
    if found:
        return f"{found} columns could be meant by {quoted([key])} in the mapping.", "Write it as the file does."
    near = difflib.get_close_matches(normalise(key), [normalise(name) for name in names], n=1)
    hint = next((f" Is {quoted([name])} meant?" for name in names if near and normalise(name) == near[0]), "")
    return (
        f"there is no column {quoted([key])}, which is mapped{f' to {target}' if target else ''}.{hint}",
        f"Columns: {quoted(names)}.",
    )


def _refuse_key(name: str, path: Path, line: int) -> None:
    """Refuse a column as a part of the metadata that could not be one in any row."""
    if is_secret(name):
        raise SourceHeader(
            path,
            f"the column {quoted([name])} holds secrets by its name; metadata is no place for them.",
            f"Leave it out: --map {safe(name, 40)}=-.",
            line=line,
        )
    if len(name.strip()) > MAX_KEY:
        raise SourceHeader(
            path,
            f"the column {quoted([name])} cannot go into the metadata: a key has at most {MAX_KEY} characters, "
            f"its name has {len(name.strip())}.",
            "Rename the column, or leave it out.",
            line=line,
        )


def is_added(name: str, chosen: Mapping[str, str]) -> bool:
    """A column named metadata is the metadata, even when it is mapped so."""
    return chosen.get(name) == METADATA and FIELD_OF.get(normalise(name)) != METADATA
