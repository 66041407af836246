"""Reading options of a source: what the operator chose instead of what is recognised. A job keeps them for ever."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Wins = Literal["first", "last"]

DELIMITERS: Final = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
"""Characters that separate the values of a row, in words."""

ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 (little-endian)",
    "utf-16-be": "UTF-16 (big-endian)",
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
}
"""Python's names of the encodings that are read, and what they are called."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One auto-fix (`--repair`); `words` say what it does, `usual` whether it is on by default."""

    name: str
    words: str
    usual: bool = True


REPAIRS: Final = (
    Repair("trim", "Blanks and invisible characters around values are left out."),
    Repair("lower_case", "E-mail addresses are written in lower case, as WorkOS keeps them."),
    Repair("booleans", "yes, no, 1, 0 and the like become true and false."),
    Repair("metadata_scalars", "Numbers, true and false in the metadata become text; null is left out."),
    Repair("hash_type", "The type of a password hash is read from the hash, or written as the API names it."),
    Repair("base64", "URL-safe or wrongly padded base64 in password hashes is written as the API wants it."),
    Repair("control_characters", "Control characters become blanks.", usual=False),
)
"""All auto-fixes; the usual ones lose nothing."""

USUAL: Final = tuple(repair.name for repair in REPAIRS if repair.usual)


@dataclass(frozen=True, slots=True)
class Reading:
    """Choices for one source; what is empty is recognised.

    `delimiter` and `encoding` are keys of DELIMITERS and ENCODINGS. `mapping` gives headers (as written) the field they
    stand for, "metadata" to go there under their own name, "metadata_json" to be all of it as an object, or "" to be
    left out. `repairs` are the names of auto-fixes to apply, None for the ones that lose nothing. `wins` says which
    of a person's rows gives the profile.
    """

    delimiter: str = ""
    encoding: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    repairs: tuple[str, ...] | None = None
    wins: Wins = "first"


RECOGNISED: Final = Reading()
"""Nothing was chosen."""
