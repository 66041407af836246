"""Exports that are known by their headers, and what their columns mean beyond the aliases.

Headers stand here in the form in which they are compared (`aliases.normalise`). A preset never calls an address
verified that the export does not: what is derived says how, and an operator's mapping wins over all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Rule(NamedTuple):
    """A `field` computed from the columns `sources`; `rule` is the name of the expression, `how` says it in words.

    What is found about the value is reported in the first of the columns.
    """

    field: str
    sources: tuple[str, ...]
    rule: str
    how: str


@dataclass(frozen=True, slots=True)
class Preset:
    """An export: recognised when all of `needs` are among the headers and, if `only` is not empty, no others.

    `fields` gives headers the field they stand for, "" for none; of several for one field the first one counts.
    `active` is a column that must say “active”, or the row is not imported.
    """

    name: str
    needs: frozenset[str]
    fields: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    only: frozenset[str] = frozenset()
    active: str = ""


class OtherFile(NamedTuple):
    """A file that goes with an export but has no users in it: its headers, what it is, what to do."""

    headers: frozenset[str]
    what: str
    next: str


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_IMPORTER_USERS = _names(
    "email password passwordhash passwordhashtype firstname lastname emailverified externalid metadata orgid "
    "orgexternalid orgname roleslugs"
)
_IMPORTER_MEMBERSHIPS = _names("email externalid userid orgid orgexternalid orgname roleslugs metadata")
_MANAGED_USERS = _names("userid email emailverified firstname lastname passwordhash")
_BY_PREFIX = "by the beginning of the hash"

PRESETS: Final = (
    Preset(
        "Auth0",
        _names("id email emailverified givenname familyname"),
        {"id": "external_id"},
    ),
    Preset(
        "Clerk",
        _names("id primaryemailaddress verifiedemailaddresses"),
        {"id": "external_id"},
        (
            Rule(
                "email_verified",
                ("verifiedemailaddresses", "primaryemailaddress"),
                "address_among",
                "true when the primary address is among them",
            ),
            Rule("password_hash_type", ("passwordhasher",), "clerk_hasher", "argon2i and argon2id are argon2"),
        ),
    ),
    Preset(
        "Cognito",
        _names("sub email emailverified"),
        {"sub": "external_id", "cognito:username": ""},
    ),
    Preset(
        "Cognito",
        _names("cognito:username email emailverified"),
        {"cognito:username": "external_id"},
    ),
    Preset(
        "Stytch",
        _names("memberid emailaddress status"),
        {"memberid": "external_id", "organizationid": "org_external_id", "organizationname": "org_name"},
        active="status",
    ),
    Preset(
        "Supabase",
        _names("id email emailconfirmedat"),
        {"id": "external_id", "role": "", "rawusermetadatafullname": "name"},
        (
            Rule("email_verified", ("emailconfirmedat",), "confirmed_at", "true when it is a date"),
            Rule("password_hash_type", ("encryptedpassword",), "gotrue_hash", "bcrypt, or argon2 " + _BY_PREFIX),
            Rule("name", ("rawusermetadata",), "full_name", "its full_name"),
        ),
    ),
    Preset(
        "Descope",
        _names("email givenname familyname verifiedemail"),
        {
            "verifiedemail": "email_verified", "userid": "external_id", "tenantid": "org_external_id",
            "tenantname": "org_name", "rolenames": "role_slugs",
        },
    ),
    Preset(
        "the official importer's users",
        _names("email roleslugs"),
        only=_IMPORTER_USERS,
    ),
    Preset(
        "the official importer's memberships",
        _names("email userid roleslugs"),
        # The metadata is that of the membership, the user id one of WorkOS: neither is the user's.
        {"userid": "", "metadata": ""},
        only=_IMPORTER_MEMBERSHIPS,
    ),
    Preset(
        "the managed import's users",
        _names("userid email emailverified firstname lastname"),
        {"userid": "external_id"},
        (Rule("password_hash_type", ("passwordhash",), "hash_prefix", _BY_PREFIX),),
        only=_MANAGED_USERS,
    ),
)  # fmt: skip
"""All that are known; of several that fit, the one that needs most headers."""

_JOINED = "Give the users file with a column for the organization; a user of several has a row for each."

OTHER_FILES: Final = (
    OtherFile(
        _names("orgid orgexternalid orgname domains metadata"), "the official importer's organizations", _JOINED
    ),
    OtherFile(
        _names("email totpsecret totpissuer totpuser"),
        "the official importer's TOTP secrets",
        "They cannot be imported here; give the users file.",
    ),
    OtherFile(_names("organizationid name"), "the managed import's organizations", _JOINED),
    OtherFile(
        _names("organizationid userid"),
        "the managed import's memberships, by ids alone",
        "Join it with the users file by user_id, so that each row has an e-mail address, and map organization_id.",
    ),
)  # fmt: skip


def preset_of(headers: frozenset[str]) -> Preset | None:
    """The preset that fits these headers, in the compared form."""
    fitting = [it for it in PRESETS if it.needs <= headers and (not it.only or headers <= it.only)]
    return max(fitting, key=lambda it: len(it.needs), default=None)


def other_file(headers: frozenset[str]) -> OtherFile | None:
    """The file without users that these headers are, in the compared form."""
    return next((it for it in OTHER_FILES if len(headers) > 1 and headers == it.headers), None)
