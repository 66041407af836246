"""What a failure of ours means and what to do: kinds that the scan and the engine give; the rest is the API's."""

from __future__ import annotations

from tui_importer.workos.explain import Explanation, explain

_MEND_ROW = "Mend the row in the file and import it again with a new job: what exists already is recognised."

OWN: dict[str, Explanation] = {
    kind: Explanation(meaning, advice)
    for kind, (meaning, advice) in {
        # The engine
        "organization_failed": (
            "The row was held because its organization could not be resolved; nothing was sent for it.",
            "Look at the organization's own error and mend that first.",
        ),
        "organization_not_found": (
            "The file names an organization by its id, and this environment does not have it.",
            "Check the org_id and that the key belongs to the right environment.",
        ),
        "organization_name_missing": (
            "No organization has this external_id yet, and without an org_name it cannot be created.",
            "Give org_name in the file, or create the organization with this external_id first.",
        ),
        "organization_ambiguous": (
            "It cannot be told which organization is meant.",
            "Give org_id or org_external_id instead of the name alone, and only one of both in a row.",
        ),
        "organization_not_visible": (
            "The API says that the external_id is assigned, and did not show the organization in time.",
            "Resume or import again a little later: the lookup lags behind.",
        ),
        "first_row_failed": (
            "This person's first row in the file failed before there was a user, so this row had none to work with.",
            "Mend the first row; the user's fields come from it.",
        ),
        "external_id_conflict": (
            "The external_id belongs to another person.",
            "Find out which of both is right; an external_id is unique in an environment.",
        ),
        # The scan
        "quotes_broken": ("A quote is out of place, so that the row's values cannot be told apart.", _MEND_ROW),
        "bytes_invalid": (
            "Some bytes are no text in the encoding in which the file is read.",
            "Correct the value; if many rows are concerned, start anew and name the file's encoding.",
        ),
        "control_character": ("A character that no name or address has, often left by a bad copy.", _MEND_ROW),
        "value_too_long": ("A value is far longer than any field: often a quote that was not closed.", _MEND_ROW),
        "not_active": (
            "The export says that this person is not active; only active people are imported.",
            "To import everybody, leave the column out: --map COLUMN=-.",
        ),
        "row_too_short": ("The row has fewer cells than the header.", _MEND_ROW),
        "row_too_long": ("The row has more cells than the header, often by a comma that is not quoted.", _MEND_ROW),
        "rows_swallowed": ("A quote that never closes swallowed the lines behind it.", _MEND_ROW),
        "email_missing": ("A user needs an e-mail address.", _MEND_ROW),
        "email_malformed": ("This is not an e-mail address.", _MEND_ROW),
        "email_verified_invalid": ("The value of email_verified is neither yes nor no.", _MEND_ROW),
        "external_id_invalid": ("An external_id is up to 128 ASCII characters.", _MEND_ROW),
        "org_external_id_invalid": ("An external_id is up to 128 ASCII characters.", _MEND_ROW),
        "metadata_invalid": ("Metadata is a JSON object whose values are text.", _MEND_ROW),
        "metadata_limits": ("Metadata has at most 50 keys of 40 characters and values of 600.", _MEND_ROW),
        "password_and_hash": ("A user gets a password or a hash, not both.", _MEND_ROW),
        "hash_without_type": ("A password hash needs its type.", _MEND_ROW),
        "type_without_hash": ("A hash type needs a hash.", _MEND_ROW),
        "hash_type_unknown": ("The API does not know this type of hash.", _MEND_ROW),
        "roles_invalid": ("The roles could not be read.", _MEND_ROW),
    }.items()
}


def explain_failure(kind: str, status: int | None) -> Explanation:
    """Our own explanation of a kind, else the API's by code, kind or status."""
    return OWN.get(kind) or explain(code=kind, kind=kind, status=status)
