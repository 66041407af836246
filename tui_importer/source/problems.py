"""The kinds of findings and their sentences. In the scan's folder a finding is row, line, column, kind and a detail."""

from __future__ import annotations

from dataclasses import dataclass

from tui_importer.source.models import Problem, Severity
from tui_importer.text import safe

DETAIL_LENGTH = 80
"""Characters of a cell that are kept to show what is wrong with it; never of a secret."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding: the sentence has `{detail}` where its detail goes, the suggestion says what to do."""

    name: str
    sentence: str
    suggestion: str
    severity: Severity = "error"


KINDS = (
    Kind(
        "quotes_broken",
        "The row cannot be read: {detail}.",
        "Correct the quotes of this row in the file: a quote inside a value is written twice.",
    ),
    Kind(
        "row_too_short",
        "The row has {detail}; a separator is missing or the row is cut off.",
        "Add the missing separators or values to the row.",
    ),
    Kind(
        "row_too_long",
        "The row has {detail}; a value with a separator in it is not quoted.",
        "Put quotes around the value that has the separator in it.",
    ),
    Kind(
        "rows_swallowed",
        "A value contains what looks like whole rows: two stray quotes around them hide {detail}.",
        "Remove the stray quotes; the rows between them are then read.",
    ),
    Kind(
        "bytes_invalid",
        "The value has bytes that are no text in the file's encoding, or U+FFFD, which stands for lost ones.",
        "Correct the value; if many rows are concerned, choose the file's encoding.",
    ),
    Kind(
        "control_character",
        "The value has a control character, {detail}.",
        "Remove it from the file, or switch the auto-fix control_characters on, which makes blanks of them.",
    ),
    Kind(
        "value_too_long",
        "The value has {detail} bytes, more than 64 KiB; a quote may be missing.",
        "Look for a missing quote at the beginning of the value, or shorten it.",
    ),
    Kind(
        "value_untrimmed",
        "There are blanks or invisible characters around the value.",
        "Remove them, or switch the auto-fix trim on.",
    ),
    Kind("email_missing", "The e-mail address is missing.", "Give the address: a user is created by it."),
    Kind(
        "email_malformed",
        "“{detail}” is not an e-mail address.",
        "Correct the address; one cell holds one address, without a name or brackets.",
    ),
    Kind(
        "email_capitals",
        "“{detail}” has capital letters; WorkOS keeps addresses in lower case.",
        "Write it in lower case, or switch the auto-fix lower_case on.",
    ),
    Kind(
        "email_verified_invalid",
        "“{detail}” is not a yes or no; write true or false.",
        "Write true or false, or leave the cell empty.",
    ),
    Kind(
        "not_active",
        "The export says that this person is “{detail}”, not active; only active ones are imported.",
        "To import everybody, leave the column out: --map COLUMN=-.",
    ),
    Kind(
        "external_id_invalid",
        "The external id “{detail}” must be ASCII and at most 128 characters long.",
        "Shorten it or write it in ASCII; dots alone cannot be looked up.",
    ),
    Kind(
        "metadata_invalid",
        "The metadata must be a JSON object of plain values, but {detail}.",
        "Write one JSON object whose values are texts, and nothing nested.",
    ),
    Kind(
        "metadata_limits",
        "The metadata is larger than the API allows: {detail}.",
        "Leave out or shorten what the new system does not need.",
    ),
    Kind(
        "value_masked",
        "Instead of a value there is a mask, as in an export of ours, which never holds secrets.",
        "Take the value from the original file, or retry the row in its job, which still has it.",
    ),
    Kind(
        "password_and_hash",
        "There are a password and a password hash; a user can have one of them.",
        "Leave one of them empty.",
    ),
    Kind(
        "hash_without_type",
        "There is a password hash but no password hash type.",
        "Give the type in password_hash_type; this hash does not say it.",
    ),
    Kind(
        "type_without_hash",
        "There is a password hash type but no password hash.",
        "Give the hash, or leave the type empty.",
    ),
    Kind(
        "hash_type_unknown",
        "“{detail}” is no type: the API knows bcrypt, firebase-scrypt, ssha, ssha256, scrypt, pbkdf2, argon2.",
        "Leave the hash out: these people set a new password.",
    ),
    Kind(
        "hash_malformed",
        "The password hash cannot be used: {detail}.",
        "Export it again in the form that WorkOS describes, or leave it out: these people set a new password.",
    ),
    Kind(
        "hash_limits",
        "The password hash is outside of what the API allows: {detail}.",
        "Ask WorkOS support, or leave the hash out: these people set a new password.",
    ),
    Kind(
        "org_id_invalid",
        "“{detail}” is no organization id of WorkOS: these begin with org_.",
        "If it is the id of your own system, map the column to org_external_id.",
    ),
    Kind(
        "organization_ambiguous",
        "The row names its organization by id and by external id; it must be one of them.",
        "Leave one of them empty.",
    ),
    Kind(
        "org_external_id_invalid",
        "The organization's external id “{detail}” must be ASCII and at most 128 characters long.",
        "Shorten it or write it in ASCII; dots alone cannot be looked up.",
    ),
    Kind(
        "roles_invalid",
        "The roles cannot be read: {detail}.",
        "Write the slugs with commas between them, or as a JSON array of texts.",
    ),
    Kind(
        "role_malformed",
        "“{detail}” cannot be the slug of a role: slugs are lower-case ASCII without blanks.",
        "Write the slug as WorkOS shows it, not the name of the role.",
    ),
    Kind(
        "external_id_conflict",
        "{detail} gives the same external id to another e-mail address.",
        "Find out whose it is; an external id belongs to one person.",
    ),
    Kind(
        "text_misread",
        "The value was read in a wrong encoding before: “{detail}”. It is imported as it stands.",
        "Correct it, or export the file again in one encoding, best UTF-8.",
        "warning",
    ),
    Kind(
        "person_blocked",
        "The export says “{detail}” here: the person may be blocked or gone. The user is created all the same.",
        "Take the rows of people who should have no account out of the file.",
        "warning",
    ),
    Kind(
        "metadata_doubtful",
        "The documentation allows 10 keys in ASCII; this metadata has more.",
        "Try one such user first; leave out what is not needed if it is refused.",
        "warning",
    ),
    Kind(
        "external_id_long",
        "External ids above 64 characters are not documented to work.",
        "Try one such user first.",
        "warning",
    ),
    Kind(
        "hash_doubtful",
        "The documentation does not promise that this password hash is taken: {detail}.",
        "Try one such user first, and ask WorkOS support if it is refused.",
        "warning",
    ),
    Kind(
        "role_doubtful",
        "The role “{detail}” is unusual: slugs have at most 48 letters, digits, “-” and “_”.",
        "Compare it with the slug that WorkOS shows.",
        "warning",
    ),
    Kind(
        "row_duplicate",
        "The row is the same as {detail} in every value; it adds nothing.",
        "Nothing needs to be done; the row is imported once.",
        "warning",
    ),
    Kind(
        "organization_name_shared",
        "Another organization has the same name, in {detail}; two of that name will exist.",
        "If they are one, give both the same id in the file.",
        "warning",
    ),
    Kind(
        "organization_similar",
        "The organization's name is nearly that in {detail}; they are two organizations all the same.",
        "If they are one, write the name in one way or give both the same id.",
        "warning",
    ),
    Kind(
        "organization_public",
        "“{detail}” is a public mail provider: people who have nothing in common would share an organization.",
        "Leave the organization empty for these people, unless it is really meant.",
        "warning",
    ),
    Kind(
        "organization_name_conflict",
        "The organization has another name in {detail}; that one is used.",
        "Write one name for the organization if another one is right.",
        "warning",
    ),
    Kind(
        "profile_conflict",
        "The user's rows differ: {detail}.",
        "Choose whether the first or the last row of a person gives the profile.",
        "warning",
    ),
)
"""All kinds, in the order in which the findings of one row are reported."""

BY_NAME = {kind.name: kind for kind in KINDS}
ERRORS = tuple(kind.name for kind in KINDS if kind.severity == "error")


def describe(row: int, line: int, column: str, kind: str, detail: str | None) -> Problem:
    """The finding with its sentence, harmless to show."""
    known = BY_NAME[kind]
    sentence = known.sentence.replace("{detail}", safe(detail or "", 2 * DETAIL_LENGTH))
    return Problem(row=row, line=line, column=column, kind=kind, message=sentence, severity=known.severity)
