"""Parse and complete paths as operators give them: typed, or pasted by drag and drop."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from textual.suggester import Suggester

SOURCE_SUFFIXES: Final = (".csv", ".tsv", ".txt")
"""Files offered by completion and picker; any other path can still be typed."""


def understood_path(text: str) -> Path | None:
    """The path meant by `text`, None for nothing.

    Terminals paste a dropped file as it is, in quotes, with backslashes before blanks, or as a `file://` address.
    A path that exists as written wins over any reading of it.
    """
    plain = text.strip()
    if not plain:
        return None
    for reading in (plain, _unquoted(plain), _unescaped(plain)):
        path = _expanded(reading)
        if _exists(path):
            return path
    return _expanded(_unescaped(_unquoted(plain)))


def _expanded(text: str) -> Path:
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:  # a user who has no home: the name is meant as it is
        return path


def _unquoted(text: str) -> str:
    for quote in ("'", '"'):
        if len(text) >= 2 and text[0] == text[-1] == quote:
            text = text[1:-1]
            break
    if text.startswith("file:"):
        parts = urlsplit(text)
        return unquote(parts.path) or text
    return text


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text) if "\\" in text and not text.startswith("file:") else _unquoted(text)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or a NUL byte: not a path
        return False


class PathSuggester(Suggester):
    """Suggester that completes the last part of a path with a folder or a source file, in a thread."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The first match in alphabetical order."""
        return await asyncio.to_thread(completed, value)


def completed(value: str) -> str | None:
    """`value` completed to the first folder or source file whose name begins so; None without a match."""
    if not value.rpartition("/")[2]:
        return None
    return next((found.text for found in completions(value) if found.text.startswith(value)), None)


@dataclass(frozen=True, slots=True)
class Completion:
    """A path that continues what was typed: as it goes into the field, and whether it is a folder."""

    text: str
    folder: bool


def completions(typed: str) -> list[Completion]:
    """What `typed` may become (blocks): source files, then folders, in alphabetical order.

    An opening quote, backslashes before blanks and `file://` are understood, `~` is kept; hidden names are offered
    once their dot is typed. Names that cannot be typed are left out.
    """
    plain = _opened(typed.strip())
    if plain in {"~", ".", ".."}:
        plain += "/"
    folder_text, separator, start = plain.rpartition("/")
    prefix = f"{folder_text}{separator}"
    found = []
    try:
        with os.scandir(_expanded(prefix or ".")) as entries:
            for entry in entries:
                name = entry.name
                fits = name.lower().startswith(start.lower()) and name.startswith(".") <= start.startswith(".")
                if fits and name.isprintable():
                    folder = entry.is_dir()
                    if folder or name.lower().endswith(SOURCE_SUFFIXES):
                        found.append(Completion(f"{prefix}{name}/" if folder else prefix + name, folder))
    except (OSError, ValueError):  # not a folder, or not ours to read: there is nothing to offer
        return []
    return sorted(found, key=lambda one: (not one.text.startswith(plain), one.folder, one.text.lower()))


def _opened(text: str) -> str:
    """`text` as far as it is typed, without an opening quote and without escapes."""
    if text[:1] in {"'", '"'}:
        return text[1:].removesuffix(text[0])
    return _unquoted(text) if text.startswith("file:") else _unescaped(text)
