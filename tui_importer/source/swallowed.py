"""Rows hidden in a value: what two stray quotes leave behind when they happen to pair up."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[^\s@,]+@[^\s@,]+\.[^\s@,]+")


def hidden_lines(value: str, index: int, width: int, email: int) -> int:
    """How many line ends in the value of column `index` are ends of rows rather than part of the value; 0 if none.

    A stray quote in column `index` of one row and one in the same column of a later row make one strictly valid value:
    the rest of the first row, whole rows, and the beginning of the last. So its lines have just the right number of
    commas, and where column `email` would be stands an address.
    """
    first, *inner, last = (line.strip("\r") for line in value.split("\n"))
    if first.count(",") != width - 1 - index or last.count(",") != index:
        return 0
    if any(line.count(",") != width - 1 for line in inner):
        return 0
    evidence = last.split(",")[email] if index > email else first.split(",")[email - index]
    return len(inner) + 1 if _ADDRESS.fullmatch(evidence.strip()) else 0
