"""E-mail addresses by syntax: email-validator decides, a grammar for the ordinary ones spares asking it each time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_ATOM: Final = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"

ORDINARY: Final = rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?:[a-z]|[a-z0-9][a-z0-9-]{{0,61}}[a-z])$"
"""Lower-case ASCII addresses. Up to MAX_EMAIL characters and without two dashes in a row, the validator takes them."""

MAX_EMAIL: Final = 254

_SPECIAL_USE: Final = re.compile(r"\.(?:arpa|invalid|local|localhost|onion)$")
"""Domains that the validator refuses, whatever their syntax; test is the one it has a switch for."""


@lru_cache(4096)
def is_address(text: str) -> bool:
    """Whether `text`, in lower case, is an address by syntax: a dotted local part in any script, a domain with a dot.

    Nothing is looked up, and domains for tests are as good as others. Written otherwise than it is sent (full-width
    dots, composed characters) it is none.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(
            _SPECIAL_USE.sub(".test", text),
            check_deliverability=False,
            globally_deliverable=False,
            test_environment=True,
            allow_smtputf8=True,
        )
    except EmailNotValidError:
        return False
    if "." not in found.ascii_domain or not found.ascii_domain[-1].isalpha():
        return False
    written = {found.normalized.lower(), f"{found.local_part}@{found.ascii_domain}".lower()}
    return text.isascii() or _SPECIAL_USE.sub(".test", text) in written
