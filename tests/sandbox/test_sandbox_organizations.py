"""/organizations over HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api

TAKEN = "The external_id provided has already been assigned to another organization."


def test_a_created_organization_has_the_live_shape(api: Api) -> None:
    answer = api.post(
        "/organizations",
        name="Acme, Inc.",
        external_id="acme-1",
        metadata={"tier": "gold"},
        domain_data=[{"domain": "Acme.com", "state": "pending"}],
    )
    assert answer.status_code == 201
    body = answer.json()
    assert re.fullmatch(r"org_01[0-9A-HJKMNP-TV-Z]{24}", body["id"])
    assert body["object"] == "organization"
    assert (body["name"], body["external_id"], body["metadata"]) == ("Acme, Inc.", "acme-1", {"tier": "gold"})
    assert [(each["domain"], each["state"]) for each in body["domains"]] == [("acme.com", "pending")]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["created_at"])
    for path in (f"/organizations/{body['id']}", "/organizations/external_id/acme-1"):
        assert api.get(path).json() == body


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": 5}, "name"),
        ({"name": "A", "external_id": ""}, "external_id"),
        ({"name": "A", "external_id": "x" * 129}, "external_id"),
        ({"name": "A", "external_id": "é"}, "external_id"),
        ({"name": "A", "metadata": {"n": 1}}, "metadata"),
        ({"name": "A", "metadata": {"n": None}}, "metadata"),
        ({"name": "A", "metadata": []}, "metadata"),
        ({"name": "A", "domain_data": [{"domain": "a.com"}]}, "domain_data"),
        ({"name": "A", "domain_data": [{"domain": "nodot", "state": "verified"}]}, "domain_data"),
        ({"name": "A", "domains": "a.com"}, "domain_data"),
    ],
)
def test_an_invalid_organization_is_422_without_a_code(api: Api, body: dict[str, Any], field: str) -> None:
    answer = api.post("/organizations", **body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert "code" not in answer.json()
    assert api.sandbox.state.counts["organizations"] == 0


@pytest.mark.parametrize(
    "metadata",
    [{str(n): "x" for n in range(51)}, {"k" * 41: "x"}, {"k": "x" * 601}, {"": "x"}],
)
def test_metadata_beyond_the_limits_is_invalid_metadata(api: Api, metadata: dict[str, str]) -> None:
    answer = api.post("/organizations", name="A", metadata=metadata)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_metadata")


def test_metadata_at_the_limits_is_accepted(api: Api) -> None:
    metadata = {f"{n:040d}": "x" * 600 for n in range(50)}
    assert api.organization(metadata=metadata)["metadata"] == metadata


def test_a_taken_external_id_is_refused_with_the_live_words(api: Api) -> None:
    api.organization(external_id="acme")
    answer = api.post("/organizations", name="Other", external_id="acme")
    assert answer.status_code == 400
    assert answer.json() == {"message": TAKEN, "code": "external_id_already_used"}
    assert api.sandbox.state.conflicts == {"organization_external_id": 1}


def test_names_need_not_be_unique(api: Api) -> None:
    assert api.organization("Acme")["id"] != api.organization("Acme")["id"]


def test_an_unknown_organization_is_404_with_a_message(api: Api) -> None:
    for path in ("/organizations/org_x", "/organizations/external_id/nobody"):
        answer = api.get(path)
        assert answer.status_code == 404
        assert answer.json()["code"] == "entity_not_found"
        assert "not found" in answer.json()["message"]


@pytest.mark.parametrize("external_id", ["a/b", "a b", "50%", "a?b#c", "..", "external_id", "a%2Fb", "+"])
def test_an_external_id_is_percent_decoded(api: Api, external_id: str) -> None:
    created = api.organization(external_id=external_id)
    quoted = "".join(f"%{byte:02X}" for byte in external_id.encode())
    assert api.get(f"/organizations/external_id/{quoted}").json()["id"] == created["id"]


def test_search_and_domains_filter_the_list(api: Api) -> None:
    acme = api.organization("Acme Corp", domains=["acme.com"])
    beta = api.organization("Beta", domains=["beta.com", "b.io"])

    def found(**query: str) -> list[str]:
        return [each["id"] for each in api.get("/organizations", **query).json()["data"]]

    assert found() == [beta["id"], acme["id"]]
    assert found(search="acme c") == [acme["id"]]
    assert found(search="zzz") == []
    assert found(domains="b.io,nothing.com") == [beta["id"]]
    assert found(domains="b.io,acme.com", order="asc") == [acme["id"], beta["id"]]


def test_an_update_changes_only_what_it_names(api: Api) -> None:
    created = api.organization(external_id="old", metadata={"a": "1", "b": "2"}, domains=["a.com"])
    path = f"/organizations/{created['id']}"
    changed = api.put(path, name="New", metadata={"a": None, "c": "3"}).json()
    assert (changed["name"], changed["metadata"], changed["external_id"]) == ("New", {"b": "2", "c": "3"}, "old")
    assert changed["domains"] == created["domains"]
    assert api.put(path, metadata={}).json()["metadata"] == {}
    moved = api.put(path, external_id="new", domain_data=[]).json()
    assert (moved["external_id"], moved["domains"]) == ("new", [])
    assert api.get("/organizations/external_id/old").status_code == 404
    assert api.put(path, external_id=None).json()["external_id"] is None
    assert api.get("/organizations/external_id/new").status_code == 404
    assert api.put(path, name="").status_code == 422


def test_an_update_cannot_take_what_another_has(api: Api) -> None:
    first, second = api.organization(external_id="one"), api.organization(external_id="two")
    api.put(f"/organizations/{first['id']}", stripe_customer_id="cus_1")
    path = f"/organizations/{second['id']}"
    assert api.put(path, external_id="one").json()["code"] == "external_id_already_used"
    assert api.put(path, stripe_customer_id="cus_1").json()["code"] == "stripe_customer_id_already_used"
    assert api.put(path, external_id="two").status_code == 200


def test_a_deleted_organization_takes_its_memberships_with_it(api: Api) -> None:
    organization, user = api.organization(external_id="acme"), api.user()
    api.join(user["id"], organization["id"])
    assert api.delete(f"/organizations/{organization['id']}").status_code == 200
    assert api.delete(f"/organizations/{organization['id']}").status_code == 404
    assert api.sandbox.state.counts == {"organizations": 0, "users": 1, "memberships": 0}
    assert api.organization(external_id="acme")["id"] != organization["id"]
