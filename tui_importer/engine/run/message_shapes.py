"""The shape of a message: what is left when everything that belongs to one row is folded.

"Role 'x' is not valid (user_01H…)" and "Role 'x' is not valid (user_01J…)" are one kind of trouble: thousands of
failures become a handful of groups.
"""

from __future__ import annotations

import re

_FOLDS = tuple(
    (re.compile(pattern), mark)
    for pattern, mark in (
        (r"[\w.+'%-]+@[\w-]+(?:\.[\w-]+)+", "‹e-mail›"),
        (r"“[^”]*”", "“…”"),
        (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "‹id›"),
        (r"\b[a-z][a-z_]{1,20}_(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{8,}\b", "‹id›"),
        (r"\bhttps?://\S+", "‹address›"),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b", "‹address›"),
        (r"\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{12,}\b", "‹id›"),
        (r"\d+(?:[.,]\d+)*", "‹n›"),
    )
)
"""In this order: what holds numbers goes before numbers. `“…”` quotes cells of the source in our own messages."""


def shape_of(message: str) -> str:
    """The message with e-mails, ids, addresses, numbers and quoted cells folded; folding it again changes nothing."""
    for pattern, mark in _FOLDS:
        message = pattern.sub(mark, message)
    return message
