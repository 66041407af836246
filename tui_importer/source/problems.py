"""The kinds of findings and their sentences. In the scan's folder a finding is row, line, column, kind and a detail."""

from __future__ import annotations

from dataclasses import dataclass

from tui_importer.source.models import Problem, Severity
from tui_importer.text import safe

DETAIL_LENGTH = 80
"""Characters of a cell that are kept to show what is wrong with it; never of a secret."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding: the sentence has `{detail}` where the finding's detail goes."""

    name: str
    sentence: str
    severity: Severity = "error"


KINDS = (
    Kind("quotes_broken", "The row cannot be read: {detail}."),
    Kind("row_too_short", "The row has {detail}; a separator is missing or the row is cut off."),
    Kind("row_too_long", "The row has {detail}; a value with a separator in it is not quoted."),
    Kind("rows_swallowed", "A value contains what looks like whole rows: two stray quotes around them hide {detail}."),
    Kind(
        "bytes_invalid",
        "The value has bytes that are no text in the file's encoding, or U+FFFD, which stands for lost ones.",
    ),
    Kind("control_character", "The value has a control character, {detail}."),
    Kind("value_too_long", "The value has {detail} bytes, more than 64 KiB; a quote may be missing."),
    Kind("email_missing", "The e-mail address is missing."),
    Kind("email_malformed", "“{detail}” is not an e-mail address."),
    Kind("email_verified_invalid", "“{detail}” is not a yes or no; write true or false."),
    Kind("not_active", "The export says that this person is “{detail}”, not active; only active ones are imported."),
    Kind("external_id_invalid", "The external id “{detail}” must be ASCII and at most 128 characters long."),
    Kind("metadata_invalid", "The metadata must be a JSON object of plain values, but {detail}."),
    Kind("metadata_limits", "The metadata is larger than the API allows: {detail}."),
    Kind("password_and_hash", "There are a password and a password hash; a user can have one of them."),
    Kind("hash_without_type", "There is a password hash but no password hash type."),
    Kind("type_without_hash", "There is a password hash type but no password hash."),
    Kind(
        "hash_type_unknown",
        "“{detail}” is no password hash type; the API knows bcrypt, firebase-scrypt, ssha, ssha256, scrypt, pbkdf2 and "
        "argon2.",
    ),
    Kind("organization_ambiguous", "The row names its organization by id and by external id; it must be one of them."),
    Kind(
        "org_external_id_invalid",
        "The organization's external id “{detail}” must be ASCII and at most 128 characters long.",
    ),
    Kind("roles_invalid", "The roles cannot be read: {detail}."),
    Kind("external_id_conflict", "{detail} gives the same external id to another e-mail address."),
    Kind("metadata_doubtful", "The documentation allows 10 keys in ASCII; this metadata has more.", "warning"),
    Kind("external_id_long", "External ids above 64 characters are not documented to work.", "warning"),
    Kind("row_duplicate", "The row is the same as {detail} in every value; it adds nothing.", "warning"),
    Kind(
        "organization_name_shared",
        "Another organization has the same name, in {detail}; two of that name will exist.",
        "warning",
    ),
    Kind(
        "organization_similar",
        "The organization's name is nearly that in {detail}; they are two organizations all the same.",
        "warning",
    ),
    Kind(
        "organization_public",
        "“{detail}” is a public mail provider: people who have nothing in common would share an organization.",
        "warning",
    ),
    Kind("organization_name_conflict", "The organization has another name in {detail}; that one is used.", "warning"),
    Kind("profile_conflict", "The user's rows differ: {detail}.", "warning"),
)
"""All kinds, in the order in which the findings of one row are reported."""

BY_NAME = {kind.name: kind for kind in KINDS}
ERRORS = tuple(kind.name for kind in KINDS if kind.severity == "error")


def describe(row: int, line: int, column: str, kind: str, detail: str | None) -> Problem:
    """The finding with its sentence, harmless to show."""
    known = BY_NAME[kind]
    sentence = known.sentence.replace("{detail}", safe(detail or "", 2 * DETAIL_LENGTH))
    return Problem(row=row, line=line, column=column, kind=kind, message=sentence, severity=known.severity)
