"""Aliases of columns: how names are compared, which field they usually stand for, and which hold secrets.

Headers are compared without regard to case, blanks, dashes, underscores and dots: `First Name`, `first-name` and
`FIRST_NAME` are one. The aliases are those of the official importer's files and of the usual exports (Auth0, Clerk,
Cognito, Supabase, Descope). A plain `id` or `user_id` is no alias of anything: it may be the old system's or WorkOS's;
only in an export that is recognised as a whole (`presets`) it is known to be the old system's.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Literal

from tui_importer.source.models import FIELDS
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALIASES = {
    "email": ("emailaddress", "mail", "useremail", "primaryemail", "primaryemailaddress"),
    "first_name": ("givenname", "forename", "first", "fname"),
    "last_name": ("familyname", "surname", "last", "lname"),
    "name": ("fullname", "displayname"),
    "email_verified": ("verified", "emailconfirmed", "isemailverified", "emailaddressverified"),
    "external_id": ("externaluserid", "userexternalid"),
    "metadata": ("usermetadata",),
    "password": ("plaintextpassword",),
    "password_hash": ("hashedpassword", "encryptedpassword", "passworddigest"),
    "password_hash_type": ("hashtype", "passwordhasher", "passwordalgorithm", "hashalgorithm", "passwordhashalgorithm"),
    "org_id": ("organizationid", "organisationid", "workosorganizationid"),
    "org_external_id": ("organizationexternalid", "organisationexternalid", "externalorgid", "externalorganizationid"),
    "org_name": ("organizationname", "organisationname", "organization", "organisation", "org", "company"),
    "role_slug": ("role",),
    "role_slugs": ("roles",),
}  # fmt: skip

_IGNORED = re.compile(r"[\s\-_.‐‑–—]+")
_SECRET = re.compile(
    r"(?:(?:user|current|plain|plaintext|hashed|encrypted)?(?:password|passwd|pwd)(?:hash|digest|salt)?"
    r"|(?:totp|otp|mfa|2fa|twofactor)(?:secret|seed|key)|(?:recovery|backup)codes?|salt)"
)
"""Names of columns that hold secrets, whether they are used or not."""


def normalise(header: str) -> str:
    """The form in which headers are compared."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", header)).casefold()


def is_secret(header: str) -> bool:
    """Whether a column of that name holds secrets."""
    return _SECRET.fullmatch(normalise(header)) is not None


_OUT = re.compile(r"(?:is)?(?:blocked|banned|disabled|suspended|deactivated|deleted|archived)")
_OUT_SINCE = re.compile(r"(?:blocked|banned|disabled|suspended|deactivated|deleted|archived)(?:at|on|since|until)")
_IN = re.compile(r"(?:is)?(?:enabled|active)")

Standing = Literal["out", "out_since", "in"]
"""What a column tells of a person: true, or a time, when they are blocked or gone; or true while they are not."""


def standing(header: str) -> Standing | None:
    """The way in which a column of that name says that people are blocked or gone, None when it does not.

    Supabase has `banned_until` and `deleted_at`, Auth0 `blocked`, Firebase `disabled`, Cognito `Enabled`.
    """
    name = normalise(header)
    if _OUT_SINCE.fullmatch(name):
        return "out_since"
    return "out" if _OUT.fullmatch(name) else "in" if _IN.fullmatch(name) else None


FIELD_OF = {normalise(name): field for field in FIELDS for name in (field, *_ALIASES[field])}
"""Field by every name of it, in the compared form."""

OWN_NAMES = {normalise(field) for field in FIELDS}
"""The names of the fields themselves, in the compared form."""


def quoted(names: Sequence[str]) -> str:
    """Headers for a sentence."""
    return ", ".join(f"“{safe(name, 40)}”" for name in names[:8]) + (", …" if len(names) > 8 else "")
