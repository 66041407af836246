"""Colours of a stream: a terminal has them, a pipe or a file only when the operator says so.

JSON never is. Colour is never the only carrier: everything reads the same without it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

Style = Literal["heading", "error", "warning", "good", "active", "muted"]

_CODES: Final[dict[Style, str]] = {
    "heading": "1", "error": "1;31", "warning": "33", "good": "32", "active": "36", "muted": "2",
}  # fmt: skip


def is_coloured(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour what is written to `stream`.

    NO_COLOR wins (no-color.org), then FORCE_COLOR and CLICOLOR_FORCE ask for it everywhere, then CLICOLOR=0 and
    TERM=dumb decline; otherwise a terminal is coloured.
    """
    if environment.get("NO_COLOR"):
        return False
    if any(environment.get(name, "0") not in {"", "0", "false"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    if environment.get("CLICOLOR") == "0" or environment.get("TERM") == "dumb":
        return False
    return stream.isatty()


def coloured(text: str, style: Style, stream: TextIO) -> str:
    """Put `text`, which must be safe already, in `style` if `stream` is coloured."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if is_coloured(stream) else text
