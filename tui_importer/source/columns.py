"""Which header stands for which field.

Headers are compared without regard to case, blanks, dashes, underscores and dots: `First Name`, `first-name` and
`FIRST_NAME` are one. The aliases are those of the official importer's files and of the usual exports (Auth0, Clerk,
Cognito, Supabase, Descope). A plain `id` or `user_id` is no alias of anything: it may be the old system's or WorkOS's.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_importer.source.errors import SourceHeader
from tui_importer.source.models import FIELDS
from tui_importer.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

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

NO_MAPPING: Mapping[str, str] = {}
_IGNORED = re.compile(r"[\s\-_.‐‑–—]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """The recognised header: `names` as written, `fields` maps field -> header, `unknown` the other headers."""

    names: tuple[str, ...]
    fields: Mapping[str, str]
    unknown: tuple[str, ...]

    def position(self, field: str) -> int | None:
        """The index of the column that stands for `field`."""
        header = self.fields.get(field)
        return None if header is None else self.names.index(header)


def normalise(header: str) -> str:
    """The form in which headers are compared."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", header)).casefold()


_BY_NAME = {normalise(name): field for field in FIELDS for name in (field, *_ALIASES[field])}


def known_headers(names: Sequence[str]) -> int:
    """How many of the headers are recognised."""
    return sum(normalise(name) in _BY_NAME for name in names)


def recognise(names: Sequence[str], path: Path, line: int = 1, mapping: Mapping[str, str] = NO_MAPPING) -> Columns:
    """Match the headers of `path`, as written, to fields; `line` is where the header stands.

    Raises SourceHeader when a header is empty or used twice, when two headers stand for one field, when there is no
    column for e-mail addresses or no header at all.
    """
    matches = [(name, _field_of(name, mapping)) for name in names]
    found = [(name, field) for name, field in matches if field is not None]
    if not found:
        raise SourceHeader(
            path,
            f"no column name is recognised in {_quoted(names)}; the first line must name the columns.",
            "Add a first line with column names, email at least.",
            line=line,
        )
    _refuse_ambiguous(names, path, line)
    fields: dict[str, str] = {}
    for name, field in found:
        if field in fields:
            raise SourceHeader(
                path,
                f"the columns {_quoted([fields[field], name])} both stand for {field}.",
                "Rename or remove one of them.",
                line=line,
            )
        fields[field] = name
    if "email" not in fields:
        nearest = _nearest_to_email(names)
        hint = f" Is {_quoted([nearest])} meant?" if nearest else ""
        raise SourceHeader(path, f"there is no column for e-mail addresses.{hint}", "Name the column email.", line=line)
    return Columns(tuple(names), fields, tuple(name for name, field in matches if field is None))


def _field_of(name: str, mapping: Mapping[str, str]) -> str | None:
    if name in mapping:
        return mapping[name] if mapping[name] in FIELDS else None
    return _BY_NAME.get(normalise(name))


def _refuse_ambiguous(names: Sequence[str], path: Path, line: int) -> None:
    """Refuse empty headers and headers that are the same but for case and outer blanks.

    polars would rename the second one silently.
    """
    seen: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        plain = name.strip().casefold()
        if not plain:
            raise SourceHeader(
                path,
                f"column {position} of {len(names)} has no name.",
                "Name it, or remove the column (a separator at the end of the first line makes one).",
                line=line,
            )
        if plain in seen:
            raise SourceHeader(
                path,
                f"columns {seen[plain]} and {position} are both named {_quoted([name])}.",
                "Rename or remove one of them.",
                line=line,
            )
        seen[plain] = position


def _nearest_to_email(names: Sequence[str]) -> str | None:
    """The header that comes closest to a name of the e-mail column."""
    unknown = {normalise(name): name for name in names if normalise(name) not in _BY_NAME}
    wanted = [name for name, field in _BY_NAME.items() if field == "email"]

    def nearness(name: str) -> float:
        ratio = max(difflib.SequenceMatcher(None, name, known).ratio() for known in wanted)
        return max(ratio, 0.6) if "mail" in name else ratio

    best = max(unknown, key=nearness, default=None)
    return unknown[best] if best is not None and nearness(best) >= 0.6 else None


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{safe(name, 40)}”" for name in names[:8]) + (", …" if len(names) > 8 else "")
