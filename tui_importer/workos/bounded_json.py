"""Parsing of foreign JSON within bounds of depth, size and digits, so that no answer can do harm.

What is deeper than Python's stack makes every later walk over it fail, and a number of millions of digits takes hours.
"""

from __future__ import annotations

import json
from typing import Final

DEEPEST: Final = 64
"""Levels of objects and arrays."""
MOST_DIGITS: Final = 1_000
"""Characters of one number."""
LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a document."""


class OutOfBounds(ValueError):
    """JSON that is too deep, too large, or has too long a number; the text goes on with "the answer"."""


def parse(content: bytes | str) -> object:
    """The document that `content` is. Raises ValueError if it is none, OutOfBounds if it is not one to be read."""
    if len(content) > LARGEST:
        raise OutOfBounds("is too large")
    try:
        found = json.loads(content, parse_int=_integer, parse_float=_number)
    except RecursionError:
        raise OutOfBounds("is nested too deep") from None
    if _brackets(content) > DEEPEST and _is_deeper(found, DEEPEST):
        raise OutOfBounds("is nested too deep")
    return found


def _brackets(content: bytes | str) -> int:
    """Brackets that open; a document is not deeper than it has of them."""
    if isinstance(content, str):
        return content.count("[") + content.count("{")
    return content.count(b"[") + content.count(b"{")


def _is_deeper(value: object, levels: int) -> bool:
    """Whether `value` has more than so many levels; level by level, without recursion."""
    level: list[object] = [value]
    for _ in range(levels + 1):
        containers = [each for each in level if isinstance(each, dict | list)]
        if not containers:
            return False
        level = [inner for each in containers for inner in (each.values() if isinstance(each, dict) else each)]
    return True


def _integer(digits: str) -> int:
    return int(_short(digits))


def _number(digits: str) -> float:
    return float(_short(digits))


def _short(digits: str) -> str:
    if len(digits) > MOST_DIGITS:
        raise OutOfBounds("has a number that is too long")
    return digits
