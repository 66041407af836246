from __future__ import annotations

import pytest

from tui_importer.workos import explanations, refusals
from tui_importer.workos.errors import (
    Cancelled,
    KeyRejected,
    NotFound,
    NotSent,
    PermissionDenied,
    RateLimited,
    Refused,
    ServiceFailed,
    WorkosError,
)
from tui_importer.workos.explanations import CODES, KINDS, STATUSES, Explanation, explain

PREDICATES = {
    name: getattr(refusals, name)
    for name in (
        "email_taken", "external_id_taken",
        "membership_exists",
    )
}  # fmt: skip


KNOWN = {
    code for codes in vars(refusals).values() if isinstance(codes, frozenset) for code in codes if isinstance(code, str)
}
"""All codes that decide something."""


def refused(status: int, *codes: str, text: str = "") -> Refused:
    return Refused(text, status=status, codes=codes, text=text)


def true_of(error: WorkosError) -> set[str]:
    return {name for name, predicate in PREDICATES.items() if predicate(error)}


EMAIL, EXISTS = {"email_taken"}, {"membership_exists"}
EXTERNAL_ID = {"external_id_taken"}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        # Duplicate e-mail: live, legacy, emulator, words only
        (refused(400, "user_creation_error", "email_not_available"), EMAIL),
        (refused(400, "email_not_available"), EMAIL),
        (refused(409, "user_already_exists"), EMAIL | EXISTS),
        (refused(422, "user_already_exists"), EMAIL),
        (refused(400, text="This email is not available."), EMAIL),
        (refused(400, "user_creation_error", text="This e-mail has already been taken"), EMAIL | EXISTS),
        (refused(400, "something_new", text="A user with this email already exists"), EMAIL | EXISTS),
        # Not every refusal of a user is a duplicate
        (refused(400, "user_creation_error", text="Could not create user."), set()),
        (refused(400, "user_creation_error", "invalid_email", text="The email is not available."), set()),
        (refused(400, "email_already_verified", text="This email was already verified."), EXISTS),
        (refused(400, "password_strength_error", "password_pwned"), set()),
        (refused(422, "invalid_request_parameters", "email_required"), set()),
        # External ids: live code, live words, both envelopes
        (refused(400, "user_creation_error", "external_id_already_used"), EXTERNAL_ID),
        (refused(409, "external_id_already_used"), EXTERNAL_ID | EXISTS),
        (refused(422, "external_id_already_used"), EXTERNAL_ID),
        (
            refused(400, text="The external_id provided has already been assigned to another organization."),
            EXTERNAL_ID | EXISTS,
        ),
        (refused(400, "invalid_metadata", text="external_id already"), EXISTS),
        # Memberships
        (refused(409), EXISTS),
        (refused(409, "conflict", text="Membership already exists"), EXISTS),
        (refused(400, "organization_membership_already_exists"), EXISTS),
        (refused(422, "entity_already_exists"), EXISTS),
        (refused(400, "user_already_organization_member"), EXISTS),
        (refused(422, text="The user is Already a member."), EXISTS),
        (refused(400, "cannot_reactivate_pending_organization_membership", text="already"), set()),
        (refused(422, "invalid_role", text="Role 'x' is not a valid role."), set()),
        (refused(422, "multiple_roles_not_enabled"), set()),
        (refused(422, "sub_resource_scoped_role_not_allowed"), set()),
        (refused(422, "invalid_request_parameters"), set()),
    ],
)  # fmt: skip
def test_what_a_refusal_means(error: WorkosError, expected: set[str]) -> None:
    assert true_of(error) == expected


@pytest.mark.parametrize("status", [None, 200, 401, 403, 404, 408, 429, 500, 502])
def test_other_statuses_mean_none_of_it_whatever_they_say(status: int | None) -> None:
    text = "email external_id already exists, not available"
    assert true_of(WorkosError("", status=status, codes=tuple(KNOWN), text=text)) == set()


class TestExplanations:
    def test_every_code_the_client_knows_is_explained(self) -> None:
        assert CODES.keys() >= KNOWN

    def test_every_documented_code_is_explained(self) -> None:
        documented = """
            invalid_metadata external_id_already_used stripe_customer_id_already_used domain_already_exists
            user_creation_error email_not_available user_already_exists password_strength_error password_too_short
            password_too_weak password_pwned invalid_password_hash password_and_password_hash_provided
            password_and_password_hash_type_provided password_salt_position_requires_password_hash
            invalid_request_parameters metadata_required email_already_verified email_change_not_allowed invalid_email
            invalid_locale user_deletion_not_allowed cannot_reactivate_pending_organization_membership
            cannot_deactivate_pending_organization_membership invalid_role multiple_roles_not_enabled
            sub_resource_scoped_role_not_allowed organization_membership_already_exists entity_already_exists
            user_already_organization_member missing_user_id_or_organization_id role_slug_conflict
            rate_limit_exceeded daily_quota_exceeded not_found entity_not_found
            unauthorized forbidden conflict unprocessable_entity invalid_request_body server_error required
        """  # fmt: skip
        assert set(documented.split()) <= CODES.keys()

    @pytest.mark.parametrize(
        "kind",
        [
            *(error.kind for error in (
                Cancelled, NotSent, RateLimited, ServiceFailed, KeyRejected, PermissionDenied, NotFound, Refused,
            )),
            "membership_inactive", "membership_pending", "role_differs",
        ],
    )  # fmt: skip
    def test_every_kind_is_explained(self, kind: str) -> None:
        assert kind in KINDS

    def test_all_are_sentences(self) -> None:
        for explanation in (*CODES.values(), *KINDS.values(), *STATUSES.values()):
            for sentence in (explanation.meaning, explanation.advice):
                assert sentence[0].isupper()
                assert sentence.endswith(".")
                assert sentence.isprintable()

    def test_the_code_says_more_than_the_kind_and_the_kind_more_than_the_status(self) -> None:
        assert explain(code="invalid_role", kind="refused", status=422) is CODES["invalid_role"]
        assert explain(code="unheard_of", kind="membership_pending", status=400) is KINDS["membership_pending"]
        assert explain(code="unheard_of", status=422) is STATUSES[400]
        assert explain(status=503) is STATUSES[500]
        assert explain(status=302) is STATUSES[300]

    def test_there_is_always_an_answer(self) -> None:
        for status in (None, 0, 99, 200, 418, 599, 999):
            assert isinstance(explain(code="?", kind="?", status=status), Explanation)

    def test_the_module_says_each_thing_once(self) -> None:
        meanings = [explanation for explanation in vars(explanations).values() if isinstance(explanation, Explanation)]
        assert len(meanings) == len(set(meanings))
