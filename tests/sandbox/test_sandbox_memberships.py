"""/user_management/organization_memberships, roles and webhook endpoints over HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Api

MEMBERSHIPS = "/user_management/organization_memberships"


def test_a_created_membership_has_the_live_shape(api: Api) -> None:
    ada, acme = api.user(), api.organization()
    answer = api.join(ada["id"], acme["id"], role_slug="admin")
    assert answer.status_code == 201
    body = answer.json()
    assert re.fullmatch(r"om_01[0-9A-HJKMNP-TV-Z]{24}", body["id"])
    assert (body["object"], body["status"], body["directory_managed"]) == ("organization_membership", "active", False)
    assert (body["role"], body["roles"]) == ({"slug": "admin"}, [{"slug": "admin"}])
    assert (body["user_id"], body["user"], body["organization_name"]) == (ada["id"], ada, "Acme")
    assert api.get(f"{MEMBERSHIPS}/{body['id']}").json() == body
    assert api.get(f"{MEMBERSHIPS}/om_x").status_code == 404


def test_without_a_role_it_is_member(api: Api) -> None:
    assert api.join(api.user()["id"], api.organization()["id"]).json()["role"] == {"slug": "member"}


def test_an_active_pair_is_a_conflict(api: Api) -> None:
    ada, acme = api.user(), api.organization()
    api.join(ada["id"], acme["id"])
    answer = api.join(ada["id"], acme["id"], role_slug="admin")
    assert (answer.status_code, answer.json()["code"]) == (409, "organization_membership_already_exists")
    assert "already" in answer.json()["message"]
    assert api.sandbox.state.conflicts == {"membership": 1}
    assert api.sandbox.state.memberships[0]["role"] == {"slug": "member"}


def test_an_inactive_pair_becomes_active_again_with_the_given_role(api: Api) -> None:
    ada, acme = api.user(), api.organization()
    old = api.sandbox.seed_membership(ada["id"], acme["id"], status="inactive")
    body = api.join(ada["id"], acme["id"], role_slug="admin").json()
    assert (body["id"], body["status"], body["role"]) == (old["id"], "active", {"slug": "admin"})
    assert body["created_at"] == old["created_at"] < body["updated_at"]


def test_a_pending_pair_is_refused(api: Api) -> None:
    ada, acme = api.user(), api.organization()
    pending = api.sandbox.seed_membership(ada["id"], acme["id"], status="pending")
    code = "cannot_reactivate_pending_organization_membership"
    answer = api.join(ada["id"], acme["id"])
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    path = f"{MEMBERSHIPS}/{pending['id']}"
    assert api.put(f"{path}/reactivate").json()["code"] == code
    assert api.put(f"{path}/deactivate").json()["code"] == "cannot_deactivate_pending_organization_membership"


def test_unknown_ids_are_404_and_missing_ones_422(api: Api) -> None:
    ada, acme = api.user(), api.organization()
    assert api.join("user_x", acme["id"]).status_code == 404
    assert api.join(ada["id"], "org_x").status_code == 404
    for body in ({"user_id": ada["id"]}, {"organization_id": acme["id"]}, {"user_id": 1, "organization_id": 2}):
        answer = api.post(MEMBERSHIPS, **body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request_parameters")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"role_slug": "owner"}, "invalid_role"),
        ({"role_slugs": ["member", "admin"]}, "multiple_roles_not_enabled"),
        ({"role_slugs": ["member"]}, "multiple_roles_not_enabled"),
        ({"role_slugs": []}, "invalid_request_parameters"),
        ({"role_slugs": [["member"]]}, "invalid_request_parameters"),
        ({"role_slug": "member", "role_slugs": ["admin"]}, "invalid_request_parameters"),
        ({"role_slug": "viewer-of-documents"}, "sub_resource_scoped_role_not_allowed"),
    ],
)
def test_bad_roles_are_422_on_create_and_update(api: Api, body: dict[str, Any], code: str) -> None:
    api.sandbox.seed_role("viewer-of-documents", resource_type="document")
    ada, bob, acme = api.user(), api.user("bob@example.com"), api.organization()
    membership = api.join(bob["id"], acme["id"]).json()
    path = f"{MEMBERSHIPS}/{membership['id']}"
    for answer in (api.join(ada["id"], acme["id"], **body), api.put(path, **body)):
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert api.sandbox.state.counts["memberships"] == 1


def test_an_unknown_role_is_named(api: Api) -> None:
    answer = api.join(api.user()["id"], api.organization()["id"], role_slug="owner")
    assert answer.json()["message"] == "Role 'owner' is not a valid role."


def test_several_roles_where_they_are_enabled(start: Callable[..., Api]) -> None:
    api = start(multiple_roles=True)
    body = api.join(api.user()["id"], api.organization()["id"], role_slugs=["admin", "member"]).json()
    assert (body["role"], body["roles"]) == ({"slug": "admin"}, [{"slug": "admin"}, {"slug": "member"}])


def test_a_list_needs_a_scope(api: Api) -> None:
    answer = api.get(MEMBERSHIPS, statuses="active")
    assert (answer.status_code, answer.json()["code"]) == (400, "missing_user_id_or_organization_id")


def test_a_list_shows_active_ones_unless_statuses_are_named(api: Api) -> None:
    ada, acme, beta, cosy = api.user(), *(api.organization(name) for name in ("A", "B", "C"))
    active = api.join(ada["id"], acme["id"]).json()["id"]
    inactive = api.sandbox.seed_membership(ada["id"], beta["id"], status="inactive")["id"]
    pending = api.sandbox.seed_membership(ada["id"], cosy["id"], status="pending")["id"]

    def found(**query: str) -> list[str]:
        return [each["id"] for each in api.get(MEMBERSHIPS, order="asc", **query).json()["data"]]

    assert found(user_id=ada["id"]) == [active]
    assert found(user_id=ada["id"], statuses="active,inactive,pending") == [active, inactive, pending]
    assert found(organization_id=beta["id"]) == []
    assert found(organization_id=beta["id"], statuses="inactive") == [inactive]
    assert found(user_id=ada["id"], organization_id=cosy["id"], statuses="pending,active") == [pending]
    assert found(user_id="user_x") == []
    answer = api.get(MEMBERSHIPS, user_id=ada["id"], statuses="gone")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request_parameters")


def test_roles_change_and_status_switches(api: Api) -> None:
    membership = api.join(api.user()["id"], api.organization()["id"]).json()
    path = f"{MEMBERSHIPS}/{membership['id']}"
    assert api.put(path, role_slug="admin").json()["role"] == {"slug": "admin"}
    assert api.put(f"{path}/deactivate").json()["status"] == "inactive"
    assert api.put(f"{path}/deactivate").status_code == 200
    assert api.put(f"{path}/reactivate").json()["status"] == "active"
    assert api.delete(path).status_code == 200
    assert api.put(path, role_slug="admin").status_code == 404
    assert api.sandbox.state.counts["memberships"] == 0


def test_environment_roles(start: Callable[..., Api]) -> None:
    api = start(roles=("member", "admin", "editor"))
    body = api.get("/authorization/roles").json()
    assert [each["slug"] for each in body["data"]] == ["member", "admin", "editor"]
    assert {(each["object"], each["type"], each["resource_type_slug"]) for each in body["data"]} == {
        ("role", "EnvironmentRole", "organization")
    }
    assert body["object"] == "list"
    assert "list_metadata" not in body


def test_organization_roles_add_the_organizations_own(api: Api) -> None:
    acme, beta = api.organization("A"), api.organization("B")
    api.sandbox.seed_role("org-owner", organization_id=acme["id"])

    def slugs(path: str) -> list[str]:
        return [each["slug"] for each in api.get(path).json()["data"]]

    assert slugs(f"/authorization/organizations/{acme['id']}/roles") == ["member", "admin", "org-owner"]
    assert slugs(f"/authorization/organizations/{beta['id']}/roles") == ["member", "admin"]
    assert slugs("/authorization/roles") == ["member", "admin"]
    assert api.get("/authorization/organizations/org_x/roles").status_code == 404
    ada = api.user()
    assert api.join(ada["id"], beta["id"], role_slug="org-owner").json()["code"] == "invalid_role"
    assert api.join(ada["id"], acme["id"], role_slug="org-owner").status_code == 201


def test_webhook_endpoints(api: Api) -> None:
    assert api.get("/webhook_endpoints").json()["data"] == []
    api.sandbox.update(webhook_endpoints=2)
    assert [each["status"] for each in api.get("/webhook_endpoints").json()["data"]] == ["enabled", "enabled"]
