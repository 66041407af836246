"""What a failure of ours means and what to do: kinds that the scan and the engine give; the rest is the API's."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tui_importer.source.problems import BY_NAME
from tui_importer.workos.explanations import Explanation, explain

_IMPORT_AGAIN = "Then import the file again with a new job: what exists already is recognised."

OWN: dict[str, Explanation] = {
    kind: Explanation(meaning, advice)
    for kind, (meaning, advice) in {
        # The engine
        "organization_failed": (
            "The row was blocked because its organization could not be resolved; nothing was sent for it.",
            "See the organization's own error and correct that first.",
        ),
        "organization_not_found": (
            "The file names an organization by its id, and this environment does not have it.",
            "Check the org_id and that the key belongs to the right environment.",
        ),
        "organization_name_missing": (
            "No organization has this external_id yet, and without an org_name it cannot be created.",
            "Create the organization with this external_id, then retry; or give org_name in the file, for a new job.",
        ),
        "organization_ambiguous": (
            "It is not clear which organization is meant.",
            "Give org_id or org_external_id instead of the name alone, and only one of both in a row.",
        ),
        "organization_not_visible": (
            "The API says that the external_id is assigned, and did not show the organization in time.",
            "Resume or import again a little later: the lookup lags behind.",
        ),
        "organization_gone": (
            "The organization was deleted in WorkOS again after it had been resolved a second time.",
            "Find out who deletes it; then retry the row, which resolves it again.",
        ),
        "user_gone": (
            "The user was deleted in WorkOS after the import, and the password of the file is kept no longer.",
            "If the person should have an account: import their rows from the file as a new job.",
        ),
        "internal_error": (
            "This program failed in an unforeseen way while it worked on the row; the others were not affected.",
            "Report it with the crash file that the message names; then retry the row.",
        ),
        "first_row_failed": (
            "This person's first row in the file failed before there was a user, so this row had none to work with.",
            "Correct the first row; the user's fields come from it.",
        ),
        "external_id_conflict": (
            "The external_id belongs to another person.",
            "Find out which of both is right; an external_id is unique in an environment.",
        ),
    }.items()
}

_SCAN: Final = {
    "quotes_broken": "A quote is out of place, so that it is not clear where the row's values end.",
    "row_too_short": "The row has fewer cells than the header.",
    "row_too_long": "The row has more cells than the header, often by a comma that is not quoted.",
    "rows_swallowed": "A quote that never closes swallowed the lines behind it.",
    "bytes_invalid": "Some bytes are no text in the encoding in which the file is read.",
    "control_character": "A character that no name or address has, often left by a bad copy.",
    "value_too_long": "A value is far longer than any field: often a quote that was not closed.",
    "value_untrimmed": "The value has blanks around it, and the auto-fix that leaves them out is switched off.",
    "email_missing": "A user needs an e-mail address.",
    "email_malformed": "This is not an e-mail address.",
    "email_capitals": "The address has capital letters, and the auto-fix that writes it in lower case is switched off.",
    "email_verified_invalid": "The value of email_verified is neither yes nor no.",
    "not_active": "The export says that this person is not active; only active people are imported.",
    "external_id_invalid": "An external_id is up to 128 ASCII characters, and not a mere dot or two.",
    "metadata_invalid": "Metadata is a JSON object whose values are text.",
    "metadata_limits": "Metadata has at most 50 keys of 40 characters and values of 600.",
    "password_and_hash": "A user gets a password or a hash, not both.",
    "value_masked": "A mask such as ••• is what stands in exports and on screens for a secret; it is never sent.",
    "hash_without_type": "A password hash needs its type.",
    "type_without_hash": "A hash type needs a hash.",
    "hash_type_unknown": "The API does not know this type of hash.",
    "hash_malformed": "The password hash does not have the form that the API takes for its type.",
    "hash_limits": "The hash was made with parameters that the API does not allow.",
    "org_id_invalid": "An org_id is one that WorkOS gave: it begins with org_.",
    "org_external_id_invalid": "An external_id is up to 128 ASCII characters, and not a mere dot or two.",
    "roles_invalid": "The roles could not be read.",
    "role_malformed": "No role can have this slug.",
}
"""What an error of the scan means; what to do is said where the kind is."""

OWN |= {kind: Explanation(words, f"{BY_NAME[kind].suggestion} {_IMPORT_AGAIN}") for kind, words in _SCAN.items()}


def explain_failure(kind: str, status: int | None) -> Explanation:
    """Our own explanation of a kind, else the API's by code, kind or status."""
    if kind in BY_NAME and kind not in OWN:
        return Explanation("The scan found something to check; the row is imported.", BY_NAME[kind].suggestion)
    found = OWN.get(kind) or explain(code=kind, kind=kind, status=status)
    if not found.other_value:
        return found
    # A job has frozen its rows: what is corrected in the file reaches no job that has read it.
    return replace(found, advice=f"{found.advice} {_IMPORT_AGAIN}")
