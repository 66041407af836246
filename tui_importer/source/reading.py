"""How a source is to be read: what the operator chose instead of what is recognised. A job keeps it for ever."""

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
class Reading:
    """Choices for one source; what is empty is recognised.

    `delimiter` and `encoding` are keys of DELIMITERS and ENCODINGS. `mapping` gives headers (as written) the field they
    stand for, "metadata" to go there under their own name, "metadata_json" to be all of it as an object, or "" to be
    left out. `repairs` are the names of repairs to apply, None for the ones that lose nothing. `wins` says which of a
    person's rows gives the profile.
    """

    delimiter: str = ""
    encoding: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    repairs: tuple[str, ...] | None = None
    wins: Wins = "first"


RECOGNISED: Final = Reading()
"""Nothing was chosen."""
