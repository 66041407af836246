"""Lookups that lag behind writes: the race an importer must survive."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Api


def test_an_organization_is_taken_at_once_and_found_later(
    start: Callable[..., Api], eventually: Callable[..., None]
) -> None:
    api = start(visible_after=600, reads_per_10s=0, writes_per_10s=0)
    created = api.organization("Acme", external_id="acme")
    assert api.get("/organizations/external_id/acme").status_code == 404
    assert api.get("/organizations", search="Acme").json()["data"] == []
    assert api.post("/organizations", name="Acme", external_id="acme").json()["code"] == "external_id_already_used"
    assert api.get(f"/organizations/{created['id']}").json() == created
    assert api.join(api.user()["id"], created["id"]).status_code == 201
    api.sandbox.update(visible_after=0.3)
    eventually(lambda: api.get("/organizations/external_id/acme").status_code == 200)
    assert api.get("/organizations", search="Acme").json()["data"] == [created]


def test_users_and_memberships_lag_on_their_own(start: Callable[..., Api]) -> None:
    api = start(users_visible_after=600, memberships_visible_after=600)
    acme, ada = api.organization(external_id="acme"), api.user("ada@example.com", external_id="1")
    membership = api.join(ada["id"], acme["id"]).json()
    users, memberships = "/user_management/users", "/user_management/organization_memberships"
    assert api.get("/organizations/external_id/acme").status_code == 200
    assert api.get(users, email="ada@example.com").json()["data"] == []
    assert api.get(f"{users}/external_id/1").status_code == 404
    assert api.post(users, email="ada@example.com").json()["errors"][0]["code"] == "email_not_available"
    assert api.get(memberships, user_id=ada["id"]).json()["data"] == []
    assert api.join(ada["id"], acme["id"]).status_code == 409
    for path in (f"{users}/{ada['id']}", f"{memberships}/{membership['id']}"):
        assert api.get(path).status_code == 200
    api.sandbox.update(users_visible_after=0, memberships_visible_after=0)
    assert len(api.get(users, email="ada@example.com").json()["data"]) == 1
    assert len(api.get(memberships, user_id=ada["id"]).json()["data"]) == 1


def test_seeded_objects_are_old_and_visible(start: Callable[..., Api]) -> None:
    api = start(visible_after=600, users_visible_after=600, memberships_visible_after=600)
    sandbox = api.sandbox
    acme = sandbox.seed_organization("Acme", external_id="acme", metadata={"a": "b"})
    ada = sandbox.seed_user("Ada@example.com", first_name="Ada", created_at="2020-01-01T00:00:00.000Z")
    sandbox.seed_membership(ada["id"], acme["id"], roles=("admin",))
    found = api.get("/organizations/external_id/acme").json()
    assert found == acme
    assert found["created_at"] < api.organization("New")["created_at"]
    listed = api.get("/user_management/users", email="ada@example.com").json()["data"]
    assert [each["created_at"] for each in listed] == ["2020-01-01T00:00:00.000Z"]
    memberships = api.get("/user_management/organization_memberships", user_id=ada["id"]).json()["data"]
    assert [each["role"] for each in memberships] == [{"slug": "admin"}]


def test_of_many_at_once_exactly_one_creates(start: Callable[..., Api]) -> None:
    api = start(latency=0.02, visible_after=600)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: api.post("/organizations", name=f"A{n}", external_id="acme"), range(16)))
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 15
    assert api.sandbox.state.counts["organizations"] == 1
    assert api.sandbox.state.conflicts["organization_external_id"] == 15
