"""The meaning of one cell, in plain Python: for the scan's findings and for the payloads of frozen rows.

The limits are those of the OpenAPI specification v0.61.0; the prose documentation is stricter (10 keys, ASCII), which
is a warning only, as the sources disagree.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NoReturn

from tui_importer.text import OUTER

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "•••"
"""What is shown instead of a secret."""

MASKED = re.compile(r"^(?:•{3,}|●{3,}|\*{3,})(?: \([a-z0-9-]+\))?$")
"""What a cell is that was one: ours, with the type of a hash or without, or that of another program."""

NOTHING = ("null", "[null]", "(null)", "none", "nil", "nat", "n/a", "never", "undefined", "{}", "-", "\\n")
"""What exports write where there is nothing, in lower case."""

TRUE = ("true", "yes", "1", "t", "y", "on", "wahr", "ja", "vrai", "oui", "verdadero", "sí", "si", "vero", "verdadeiro")
FALSE = ("false", "no", "0", "f", "n", "off", "falsch", "nein", "faux", "non", "falso")
"""Ways to write yes and no, also those of spreadsheets in other languages; compared in lower case."""

HASH_TYPES = ("bcrypt", "firebase-scrypt", "ssha", "ssha256", "scrypt", "pbkdf2", "argon2")
"""`password_hash_type` as the API takes it (SPEC, POST /user_management/users)."""

HASH_TYPE_NAMES = {name: name for name in HASH_TYPES} | {
    "argon2i": "argon2", "argon2d": "argon2", "argon2id": "argon2", "firebase_scrypt": "firebase-scrypt",
    "pbkdf2-sha256": "pbkdf2", "pbkdf2_sha256": "pbkdf2", "pbkdf2-sha512": "pbkdf2", "pbkdf2_sha512": "pbkdf2",
}  # fmt: skip
"""Other names of these types, compared in lower case. What the hash says is checked all the same."""

MAX_KEYS, MAX_KEY, MAX_VALUE = 50, 40, 600
DOCUMENTED_KEYS = 10


class CellError(ValueError):
    """A cell that cannot be used: the `kind` of problem and a `detail` in words."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


def present(value: str | None) -> str | None:
    """`value` without outer blanks; None when nothing is left: a cell of only blanks is an absent value."""
    return (value.strip(OUTER) or None) if value else None


def parse_metadata(text: str) -> dict[str, str]:
    """The metadata in a cell: a JSON object; scalars become strings as written, nulls are left out.

    Line breaks and tabs inside strings are taken as they are: not valid, but unmistakable.

    Raises CellError: `metadata_invalid` (no JSON object, a nested value, a key twice, an unpaired surrogate),
    `metadata_limits` (beyond the specification's 50 keys, 40 characters a key, 600 a value).
    """
    return read_metadata(text)[0]


def read_metadata(text: str) -> tuple[dict[str, str], str | None]:
    """Parse as `parse_metadata`; also return the key of a value that was no string: a number, true or false, null."""
    try:
        members = _DECODER.decode(text)
    except CellError:
        raise
    except ValueError:
        raise CellError("metadata_invalid", "it is not valid JSON") from None
    except RecursionError:
        raise CellError("metadata_invalid", "it is nested too deeply") from None
    if type(members) is not dict:
        raise CellError("metadata_invalid", "it is not a JSON object")
    for key, value in members.items():
        if type(value) is not str:
            break
        if len(value) > MAX_VALUE or len(key) > MAX_KEY:
            break
    else:
        if len(members) <= DOCUMENTED_KEYS and "\\" not in text:
            return members, None
    return _checked(members), next((key for key, value in members.items() if type(value) is not str), None)


def documented(metadata: dict[str, str], text: str) -> bool:
    """Whether the metadata read from `text` also keeps to the prose documentation: 10 keys, ASCII."""
    if len(metadata) > DOCUMENTED_KEYS:
        return False
    if text.isascii() and "\\" not in text:
        return True
    return all(key.isascii() and value.isascii() for key, value in metadata.items())


def parse_roles(cells: Iterable[str | None]) -> tuple[str, ...]:
    """The role slugs in cells, each a slug, a comma list or a JSON array of strings, in order and without repetition.

    Raises CellError (`roles_invalid`) when a cell begins like a JSON array and is none of strings.
    """
    slugs: dict[str, None] = {}
    for cell in cells:
        text = present(cell)
        if text is None:
            continue
        for slug in _array(text) if text.startswith("[") else text.split(","):
            if plain := slug.strip(OUTER):
                slugs[plain] = None
    return tuple(slugs)


def _array(text: str) -> list[str]:
    try:
        slugs = json.loads(text)
    except (ValueError, RecursionError):
        slugs = None
    if not isinstance(slugs, list) or not all(isinstance(slug, str) and _encodable(slug) for slug in slugs):
        raise CellError("roles_invalid", "it is not a JSON array of role slugs")
    return slugs


def _checked(members: dict[str, object]) -> dict[str, str]:
    metadata: dict[str, str] = {}
    for key, value in members.items():
        if isinstance(value, bool):
            metadata[key] = "true" if value else "false"
        elif isinstance(value, str):  # numbers too, as they are written
            metadata[key] = str(value)
        elif value is not None:
            raise CellError("metadata_invalid", f"the value of “{key}” is nested; only plain values can be imported")
    if len(metadata) > MAX_KEYS:
        raise CellError("metadata_limits", f"{len(metadata)} keys, at most {MAX_KEYS} are allowed")
    for key, text in metadata.items():
        if not _encodable(key) or not _encodable(text):
            raise CellError("metadata_invalid", "it contains half of a surrogate pair")
        if len(key) > MAX_KEY:
            raise CellError(
                "metadata_limits", f"the key “{key}” has {len(key)} characters, at most {MAX_KEY} are allowed"
            )
        if len(text) > MAX_VALUE:
            raise CellError(
                "metadata_limits", f"the value of “{key}” has {len(text)} characters, at most {MAX_VALUE} are allowed"
            )
    return metadata


def _encodable(text: str) -> bool:
    """Whether `text` can be sent; JSON escapes can spell half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise CellError("metadata_invalid", "a key is in it twice")
    return members


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def _no_constant(_name: str) -> NoReturn:
    raise ValueError


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_Number, parse_float=_Number, parse_constant=_no_constant, strict=False
)
