"""Rows hidden in a value: what two stray quotes leave behind when they happen to pair up."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[^\s@,;|]+@[^\s@,;|]+\.[^\s@,;|]+")


def hidden_lines(value: str, index: int, width: int, email: int, delimiter: str = ",") -> int:
    """How many line ends in the value of column `index` are ends of rows rather than part of the value; 0 if none.

    A stray quote in column `index` of one row and one in the same column of a later row make one strictly valid value:
    the rest of the first row, whole rows, and the beginning of the last. So its lines have just the right number of
    separators, and where column `email` would be stands an address; anywhere when it is computed from others.
    """
    begin, end = value.find("\n"), value.rfind("\n")
    first, last = value[:begin].strip("\r"), value[end + 1 :].strip("\r")
    if begin < 0 or first.count(delimiter) != width - 1 - index or last.count(delimiter) != index:
        return 0
    inner = value[begin + 1 : end].split("\n") if end > begin else []
    if any(line.count(delimiter) != width - 1 for line in inner):
        return 0
    cells = first.split(delimiter), last.split(delimiter)
    if email >= width:
        evidence = cells[0] + cells[1]
    else:
        evidence = [cells[1][email] if index > email else cells[0][email - index]]
    return len(inner) + 1 if any(_ADDRESS.fullmatch(it.strip()) for it in evidence) else 0
