"""Suggestions for a name that is not known."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from tui_importer.config.errors import ConfigError
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path


def suggestion(name: str, known: Iterable[str], *, what: str) -> str:
    """Return a sentence with the nearest known name, or with all of them when none is near."""
    names = list(known)
    plain = {candidate.lower().replace("-", "_"): candidate for candidate in names}
    near = difflib.get_close_matches(name.lower().replace("-", "_"), plain, n=1)
    if near:
        return f"Did you mean `{safe(plain[near[0]])}`?"
    return f"{what}: {', '.join(safe(candidate) for candidate in names)}."


def missing(kind: str, name: str, known: Collection[str], path: Path, *, otherwise: str) -> ConfigError:
    """Make the error of a name that a table of the config file has not; the next step is `otherwise` if it is empty."""
    return ConfigError(
        f"There is no {kind} `{safe(name)}` in {safe(path)}.",
        suggestion(name, known, what=f"{kind.capitalize()}s") if known else otherwise,
    )
