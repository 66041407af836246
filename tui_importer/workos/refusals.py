"""The meaning of refusals for an import: by status, then codes, and only last by the API's words.

Sources: WorkOS OpenAPI specification v0.61.0, the official importer and SDKs, answers seen live; two dialects of the
same refusal (the live API's and the official emulator's) are both understood.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tui_importer.workos.explanations import CODES

if TYPE_CHECKING:
    from tui_importer.workos.errors import WorkosError

EMAIL_TAKEN = frozenset({"email_not_available", "user_already_exists"})
EXTERNAL_ID_TAKEN = frozenset({"external_id_already_used"})
MEMBERSHIP_EXISTS = frozenset(
    {"organization_membership_already_exists", "entity_already_exists", "user_already_organization_member"}
)
MEMBERSHIP_PENDING = frozenset(
    {"cannot_reactivate_pending_organization_membership", "cannot_deactivate_pending_organization_membership"}
)

GENERAL = frozenset(
    {
        "bad_request",
        "conflict",
        "invalid_request_parameters",
        "unprocessable_entity",
        "user_creation_error",
    }
)
"""Codes that say only that something was refused: the words decide, as they do with unknown codes."""

_STATUSES = frozenset({400, 409, 422})
_EMAIL_TEXT = re.compile(
    r"\be-?mail\b.*\b(already (exists|been|in use|used|taken)|not available|is taken)\b", re.IGNORECASE
)
_EXTERNAL_ID_TEXT = re.compile(r"\bexternal[_ -]?id\b.*\balready\b", re.IGNORECASE)


def email_taken(error: WorkosError) -> bool:
    """Whether a user with this e-mail exists. Other refusals of a user (`user_creation_error`) are none of it."""
    return _means(error, EMAIL_TAKEN, _EMAIL_TEXT)


def external_id_taken(error: WorkosError) -> bool:
    """Whether a user or an organization with this external id exists, visible in the lookup or not yet.

    Whether a user is the same person, only its e-mail can tell.
    """
    return _means(error, EXTERNAL_ID_TAKEN, _EXTERNAL_ID_TEXT)


def membership_exists(error: WorkosError) -> bool:
    """Whether the pair may have a membership already: list it and decide from what is found.

    Not when an invitation is still open: such a membership can neither be created nor activated.
    """
    if error.status not in _STATUSES or error.has(*MEMBERSHIP_PENDING):
        return False
    return error.status == 409 or error.has(*MEMBERSHIP_EXISTS) or "already" in error.text.lower()


def _means(error: WorkosError, codes: frozenset[str], text: re.Pattern[str]) -> bool:
    if error.status not in _STATUSES:
        return False
    if error.has(*codes):
        return True
    says_something_else = any(code in CODES and code not in GENERAL for code in error.codes)
    return not says_something_else and text.search(error.text) is not None
