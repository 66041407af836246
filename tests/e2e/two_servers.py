"""Our sandbox and the official emulator side by side, for the tests of the contract between them."""

from __future__ import annotations

import itertools
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.errors import WorkosError
from tui_importer.workos.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tui_importer.workos.client import WorkosClient

ROLES = ["member", "admin", *(f"role-{number}" for number in range(13))]
SEED = {"roles": [{"slug": slug, "name": slug, "type": "EnvironmentRole"} for slug in ROLES]}

USERS = "/user_management/users"
MEMBERSHIPS = "/user_management/organization_memberships"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
NUMBERS = itertools.count()


def unique(name: str) -> str:
    """The servers keep everything for all tests: a name of one's own."""
    return f"{name}-{next(NUMBERS)}"


def address() -> str:
    return f"{unique('ada')}@example.com"


@dataclass
class Side:
    """One of the two servers, asked by our client and, where that has no such call, by hand."""

    name: str
    client: WorkosClient
    http: httpx.Client

    @property
    def is_live(self) -> bool:
        return self.name == "sandbox"

    def refused(self, ask: Callable[[WorkosClient], object]) -> WorkosError:
        with pytest.raises(WorkosError) as caught:
            ask(self.client)
        return caught.value

    def refused_member(self, user_id: str, organization_id: str, roles: Sequence[str] = ()) -> WorkosError:
        return self.refused(lambda client: client.create_membership(user_id, organization_id, roles))

    def user(self, **fields: object) -> str:
        return self.client.create_user({"email": address(), **fields}).id

    def organization(self) -> str:
        return self.client.create_organization(unique("Acme")).id

    def get(self, path: str, **query: str | int) -> httpx.Response:
        return self.http.get(path, params=query)

    def post(self, path: str, **body: object) -> httpx.Response:
        return self.http.post(path, json=body)

    def put(self, path: str, **body: object) -> httpx.Response:
        return self.http.put(path, json=body)


def open_side(name: str, url: str, key: str) -> Iterator[Side]:
    connection = Connection(url, Secret(key), RateLimiter(writes_per_10s=0))
    headers = {"Authorization": f"Bearer {key}"}
    with (
        connection.client() as client,
        httpx.Client(base_url=url, headers=headers, trust_env=False, verify=NO_TLS, timeout=60.0) as http,
    ):
        yield Side(name, client, http)


def body(answer: httpx.Response) -> dict[str, Any]:
    decoded = answer.json()
    assert isinstance(decoded, dict)
    return decoded
