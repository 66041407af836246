"""Paths as operators give them: typed, completed, or pasted by drag and drop."""

from __future__ import annotations

import asyncio
import os
import re
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
    """Completes the last part of a path with a folder or a source file, in a thread."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The first match in alphabetical order."""
        return await asyncio.to_thread(completed, value)


def completed(value: str) -> str | None:
    """`value` completed to the first folder or source file whose name begins so; None without a match."""
    folder_text, separator, start = value.rpartition("/")
    if not start:
        return None
    folder = _expanded(f"{folder_text}{separator}" or ".")
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                entry.name + ("/" if entry.is_dir() else "")
                for entry in entries
                if entry.name.startswith(start)
                and entry.name.isprintable()
                and (entry.is_dir() or entry.name.lower().endswith(SOURCE_SUFFIXES))
            )
    except (OSError, ValueError):
        return None
    return f"{folder_text}{separator}{names[0]}" if names else None
