"""Mask personal data on the screens: e-mails as `a•••@example.com`, names by their first letter.

It serves screen sharing, not secrecy: names are recognised by their column or JSON key, and wherever such a value
appears again in the same text. Secrets never come this far (see `tui_importer.secret`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_EMAIL = re.compile(r"([^\s@\"'<>(){}\[\],;:=/\\|]+)(@|%40)([^\s@\"'<>(){}\[\],;/\\|&]+)")
_JSON_NAME = re.compile(
    r'("(?:first_?name|last_?name|full_?name|given_?name|family_?name)"\s*:\s*")((?:[^"\\]|\\.)*)', re.IGNORECASE
)
_EMAIL_HEADER = re.compile(r"mail", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"verif|domain", re.IGNORECASE)
_OF_ADDRESSES = frozenset({"email_malformed", "email_capitals"})
"""Kinds whose words quote an address, whatever its column is called."""

_QUOTED = re.compile("“([^”]*)”")
_NAME_HEADER = re.compile(r"name|surname|nick|person", re.IGNORECASE)
_NOT_PERSONAL = re.compile(r"org|company|tenant|account|file|user.?name.?space", re.IGNORECASE)


def is_name_column(header: str) -> bool:
    """Whether a column of the source seems to hold people's names."""
    return bool(_NAME_HEADER.search(header)) and not _NOT_PERSONAL.search(header)


def is_email_column(header: str) -> bool:
    """Whether a column of the source seems to hold e-mail addresses."""
    return bool(_EMAIL_HEADER.search(header)) and not _NO_ADDRESS.search(header)


def mask_address(value: str) -> str:
    """What stands for an e-mail address, right or wrong: its first letter, and what follows its last @."""
    name, at, domain = value.rpartition("@")
    return f"{name[:1]}•••{at}{domain}" if at else mask_name(value)


def mask_name(value: str) -> str:
    """A name as its first letter and three dots."""
    return f"{value[0]}•••" if value else value


def mask_emails(text: str) -> str:
    """`text` with every e-mail address cut to its first letter and its domain."""
    if "@" not in text and "%40" not in text:
        return text
    return _EMAIL.sub(lambda match: f"{match[1][0]}•••{match[2]}{match[3]}", text)


class Privacy:
    """Masking of personal data, on or off; one object for the whole console."""

    def __init__(self) -> None:
        self.on = False

    def text(self, value: str) -> str:
        """Any text: its e-mails are masked when masking is on."""
        return mask_emails(value) if self.on else value

    def name(self, value: str) -> str:
        """A person's name."""
        return mask_name(value) if self.on else value

    def address(self, value: str) -> str:
        """What stands where an e-mail address belongs."""
        return mask_address(value) if self.on else value

    def message(self, value: str, kind: str, header: str = "") -> str:
        """The words of a failure or finding of that kind; what they quote is a cell of the column `header`."""
        if not self.on:
            return value
        of = "email" if kind in _OF_ADDRESSES else header
        return self.text(_QUOTED.sub(lambda match: f"“{self.cell(of, match[1])}”", value) if of else value)

    def cell(self, header: str, value: str) -> str:
        """One cell of the source, by its column's header."""
        if is_email_column(header):
            return self.address(value)
        if self.on and is_name_column(header) and "@" not in value:
            return mask_name(value)
        return self.text(value)

    def body(self, value: str, names: Iterable[str] = ()) -> str:
        """A JSON body or message: e-mails, names by key, and the given names wherever they appear."""
        if not self.on:
            return value
        masked = _JSON_NAME.sub(lambda match: match[1] + mask_name(match[2]), mask_emails(value))
        for name in sorted({name for name in names if len(name) >= 3}, key=len, reverse=True):
            masked = masked.replace(name, mask_name(name))
        return masked
