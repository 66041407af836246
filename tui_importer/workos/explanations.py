"""Explanations of failures: meaning and advice, for every code, kind and status that the client knows.

The one place for these words: error screens, exports and the sentences of exceptions take them from here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """The meaning of a failure in plain words, and the next step; each a sentence or two.

    `other_value` tells that the advice is about a value that was given: the same request is refused again.
    """

    meaning: str
    advice: str
    other_value: bool = False

    @property
    def suggestion(self) -> str:
        """The first sentence of the advice, where there is one line for it."""
        first, stop, _ = self.advice.partition(". ")
        return f"{first}." if stop else self.advice


def explain(*, code: str = "", kind: str = "", status: int | None = None) -> Explanation:
    """The most specific explanation there is: by `code`, else by `kind`, else by `status`; never empty.

    `code` is the API's, `kind` that of an exception or an outcome (`server_error`, `membership_inactive`).
    """
    found = CODES.get(code) or KINDS.get(kind)
    if found is None and status is not None:
        found = STATUSES.get(status) or STATUSES.get(status // 100 * 100)
    return found or _UNKNOWN


_UNKNOWN = Explanation(
    "The request failed for a reason this program has no words for.",
    "Read the answer's own words; WorkOS support can find the request by its request id.",
)
_KEY_REJECTED = Explanation(
    "The API key is wrong or was revoked.",
    "Give a key of the same environment and resume.",
)
_FORBIDDEN = Explanation(
    "The API key lacks a permission.",
    "Give the key this permission in the WorkOS dashboard, or use another key of the same environment.",
)
_NOT_FOUND = Explanation(
    "The object does not exist in this environment.",
    "Check the id, and that the key belongs to the right environment.",
)
_VALUE = Explanation(
    "A value in the request is not accepted.",
    "Correct the value that the answer names.",
    other_value=True,
)
_EXISTS = Explanation(
    "Such an object exists already.",
    "Look at the existing object and decide which one is right.",
)
_RATE_LIMITED = Explanation(
    "The environment's rate limit was reached.",
    "Nothing needs to be done; a smaller share of the limit avoids it.",
)
_SERVICE_FAILED = Explanation(
    "The service failed.",
    "Nothing needs to be changed: retry the row later.",
)
_OUR_BUG = Explanation(
    "The service could not make sense of the request.",
    "Report this as a bug of the importer, with the request id.",
)
_EMAIL_TAKEN = Explanation(
    "A user with this e-mail exists or the address is reserved, but no user was found by it.",
    "Look for the address in the WorkOS dashboard, then retry the row.",
)
_MEMBER_ALREADY = Explanation(
    "The user is a member of this organization already.",
    "Compare the roles in the WorkOS dashboard.",
)
_INVITED = Explanation(
    "The user was invited to this organization and has not accepted.",
    "Let the user accept the invitation, or delete it; then retry the row.",
)


def _password(how: str) -> Explanation:
    return Explanation(
        f"The environment's password policy refuses the password{how}.",
        "Import the user without a password and let it be reset, or relax the policy for the import.",
    )


CODES: dict[str, Explanation] = {
    # Any call
    "unauthorized": _KEY_REJECTED,
    "forbidden": _FORBIDDEN,
    "not_found": _NOT_FOUND,
    "entity_not_found": _NOT_FOUND,
    "bad_request": _VALUE,
    "invalid_request_parameters": _VALUE,
    "unprocessable_entity": _VALUE,
    "conflict": _EXISTS,
    "required": Explanation(
        "A value that the API needs is missing.",
        "Give the value that the answer names.",
        other_value=True,
    ),
    "invalid_request_body": _OUR_BUG,
    "rate_limit_exceeded": _RATE_LIMITED,
    "daily_quota_exceeded": Explanation(
        "A daily quota of the environment is used up.",
        "Go on tomorrow, or ask WorkOS for a larger quota.",
    ),
    "server_error": _SERVICE_FAILED,
    # Organizations
    "external_id_already_used": Explanation(
        "Another object of this environment has this external_id.",
        "Check whether both mean the same; if not, give this one another external_id.",
        other_value=True,
    ),
    "stripe_customer_id_already_used": Explanation(
        "Another organization has this Stripe customer.",
        "Remove the customer from one of the two organizations.",
    ),
    "domain_already_exists": Explanation(
        "The organization has this domain already.",
        "Nothing needs to be done.",
    ),
    "invalid_metadata": Explanation(
        "The metadata is beyond a limit: 50 keys of up to 40 characters, values of up to 600.",
        "Shorten the metadata or leave some of it out.",
        other_value=True,
    ),
    "metadata_required": Explanation(
        "A metadata value has the wrong type; the API words it as if the metadata were missing.",
        "Make every value of the metadata a string.",
        other_value=True,
    ),
    # Users
    "user_creation_error": Explanation(
        "The user could not be created.",
        "Correct what the answer names; its details say more than its code.",
        other_value=True,
    ),
    "email_not_available": _EMAIL_TAKEN,
    "user_already_exists": _EMAIL_TAKEN,
    "invalid_email": Explanation(
        "The e-mail address is not accepted.",
        "Correct the address.",
        other_value=True,
    ),
    "email_already_verified": Explanation(
        "The e-mail address was verified already.",
        "Leave email_verified empty for this user.",
        other_value=True,
    ),
    "email_change_not_allowed": Explanation(
        "This user's e-mail cannot be changed.",
        "Keep the address the user has, or change it in the directory that owns it.",
        other_value=True,
    ),
    "invalid_locale": Explanation(
        "The locale is not accepted.",
        "Correct or remove the locale.",
        other_value=True,
    ),
    "user_deletion_not_allowed": Explanation(
        "This user cannot be deleted.",
        "Remove the user in the directory that owns it.",
    ),
    "password_strength_error": _password(""),
    "password_too_short": _password(": it is too short"),
    "password_too_weak": _password(": it is too easy to guess"),
    "password_pwned": _password(": it is known from a breach"),
    "invalid_password_hash": Explanation(
        "The password hash is malformed or its parameters are out of bounds.",
        "Check password_hash_type and the hash; try one user first, for a wrong hash is accepted silently.",
        other_value=True,
    ),
    "password_and_password_hash_provided": Explanation(
        "Both a password and a hash were given.",
        "Keep one of the two.",
        other_value=True,
    ),
    "password_and_password_hash_type_provided": Explanation(
        "A password came with the type of a hash.",
        "Remove password_hash_type, or give a hash instead of the password.",
        other_value=True,
    ),
    "password_salt_position_requires_password_hash": Explanation(
        "A salt position came without a hash.",
        "Remove password_salt_position.",
        other_value=True,
    ),
    # Memberships and roles
    "organization_membership_already_exists": _MEMBER_ALREADY,
    "user_already_organization_member": _MEMBER_ALREADY,
    "entity_already_exists": _EXISTS,
    "cannot_reactivate_pending_organization_membership": _INVITED,
    "cannot_deactivate_pending_organization_membership": _INVITED,
    "missing_user_id_or_organization_id": _OUR_BUG,
    "invalid_role": Explanation(
        "The role does not exist in this environment or organization.",
        "Create the role in the WorkOS dashboard, then retry the row; or correct role_slug in a new import.",
    ),
    "multiple_roles_not_enabled": Explanation(
        "This environment gives a member one role only.",
        "Keep one role a row, or have multiple roles enabled for the environment.",
        other_value=True,
    ),
    "sub_resource_scoped_role_not_allowed": Explanation(
        "The role belongs to a resource within organizations, not to their members.",
        "Use a role whose resource type is the organization.",
        other_value=True,
    ),
    "role_slug_conflict": Explanation(
        "A role with this slug exists already.",
        "Use the existing role.",
    ),
}

KINDS: dict[str, Explanation] = {
    "cancelled": Explanation(
        "The import was stopped before the request was sent.",
        "Resume the job.",
    ),
    "not_sent": Explanation(
        "No connection to the service could be made.",
        "Check the network and the base URL; behind a company's proxy, set HTTPS_PROXY.",
    ),
    "tls_failed": Explanation(
        "The server's certificate is not accepted, or no TLS was agreed on with it.",
        "Behind a company's proxy, add its CA to the system's trust store or name it in SSL_CERT_FILE; then resume.",
    ),
    "proxy_failed": Explanation(
        "The proxy cannot be reached, or it refuses.",
        "Check HTTPS_PROXY and what the proxy permits; then resume.",
    ),
    "rate_limited": _RATE_LIMITED,
    "server_error": Explanation(
        "The service or the network failed again and again.",
        "Nothing needs to be changed: retry the row later.",
    ),
    "answer_mismatch": Explanation(
        "The service answered about another object than the one asked for, again and again.",
        "Nothing of that answer was used: retry the row later, and report it to WorkOS with the request id.",
    ),
    "key_rejected": _KEY_REJECTED,
    "permission_denied": _FORBIDDEN,
    "not_found": _NOT_FOUND,
    "refused": _VALUE,
    "membership_inactive": Explanation(
        "The user's membership was deactivated; creating it would silently give access again.",
        "Reactivate it in the WorkOS dashboard if the person should have access, then retry the row.",
    ),
    "membership_pending": _INVITED,
    "role_differs": Explanation(
        "The existing membership has another role; it was kept.",
        "Change the role in the WorkOS dashboard if the file is right.",
    ),
}

STATUSES: dict[int, Explanation] = {
    300: Explanation(
        "The server sent the request elsewhere.",
        "Check the base URL; a proxy's sign-in page does this, too.",
    ),
    400: _VALUE,
    401: _KEY_REJECTED,
    403: _FORBIDDEN,
    404: _NOT_FOUND,
    407: Explanation(
        "A proxy between here and the service asks for credentials.",
        "Put them into the proxy's URL in HTTPS_PROXY.",
    ),
    409: _EXISTS,
    429: _RATE_LIMITED,
    500: _SERVICE_FAILED,
    501: Explanation(
        "The server does not know this call.",
        "Check the base URL.",
    ),
    505: Explanation(
        "The server does not speak this version of HTTP.",
        "Check the base URL and the proxy.",
    ),
}
