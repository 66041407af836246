"""Whatever a field holds, the sandbox answers as the API does and goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 10**40, "", " ", "\x00", "\ud800", "é" * 200, "x" * 5000, [], [None], [[]], [{}],
    ["\ud800"], {}, {"a": None}, {"a": {}}, {"\ud800": "\ud800"}, [{"domain": "a.b", "state": []}],
)  # fmt: skip
FIELDS = {
    "organization": ("name", "external_id", "metadata", "domain_data", "domains", "stripe_customer_id"),
    "user": (
        "email", "first_name", "email_verified", "external_id", "metadata", "locale", "password", "password_hash",
        "password_hash_type", "password_salt_position",
    ),
    "organization_membership": ("user_id", "organization_id", "role_slug", "role_slugs"),
}  # fmt: skip
PATHS = {
    "organization": "/organizations",
    "user": "/user_management/users",
    "organization_membership": "/user_management/organization_memberships",
}


@pytest.mark.parametrize("kind", FIELDS)
def test_an_odd_value_never_breaks_it(api: Api, kind: str) -> None:
    acme, ada = api.organization(), api.user()
    membership = api.join(ada["id"], acme["id"]).json()
    target = {"organization": acme, "user": ada, "organization_membership": membership}[kind]
    usual = {"name": "A", "email": "bob@example.com", "user_id": ada["id"], "organization_id": acme["id"]}
    for field in FIELDS[kind]:
        for value in ODD:
            raw = json.dumps({**usual, field: value})
            created = api.client.post(PATHS[kind], content=raw)
            changed = api.client.put(f"{PATHS[kind]}/{target['id']}", content=raw)
            statuses = {created.status_code, changed.status_code}
            assert statuses <= {200, 201, 400, 404, 409, 422}, (field, value)
    assert api.anonymous("/__sandbox/state").status_code == 200


@pytest.mark.parametrize("path", PATHS.values())
@pytest.mark.parametrize(
    "query",
    ["limit=%00", "email=%ff", "statuses=", "user_id=&organization_id=", "after=%F0", "before=z", "after=a&before=b",
     "limit=1&limit=2", "limit=%D9%A3", "&&=&", "search=%00"],
)  # fmt: skip
def test_odd_queries_are_answered(api: Api, path: str, query: str) -> None:
    assert api.client.get(f"{path}?{query}").status_code in {200, 400, 422}
