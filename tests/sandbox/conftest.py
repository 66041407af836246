"""A sandbox per test, with clients that speak to it over real HTTP."""

from __future__ import annotations

import ssl
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading certificates for each client takes longer than a test


class Api:
    """A sandbox and a client with its key."""

    def __init__(self, sandbox: Sandbox, client: httpx.Client) -> None:
        self.sandbox = sandbox
        self.client = client

    def anonymous(self, path: str, **headers: str) -> httpx.Response:
        """GET without the key, on a connection of its own."""
        return httpx.get(self.sandbox.url + path, headers=headers, trust_env=False, verify=_NO_TLS)

    def get(self, path: str, **query: str | int) -> httpx.Response:
        return self.client.get(path, params=query)

    def post(self, path: str, **body: object) -> httpx.Response:
        return self.client.post(path, json=body)

    def put(self, path: str, **body: object) -> httpx.Response:
        return self.client.put(path, json=body)

    def delete(self, path: str) -> httpx.Response:
        return self.client.delete(path)

    def organization(self, name: str = "Acme", **body: object) -> dict[str, Any]:
        answer = self.post("/organizations", name=name, **body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def user(self, email: str = "ada@example.com", **body: object) -> dict[str, Any]:
        answer = self.post("/user_management/users", email=email, **body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def join(self, user_id: str, organization_id: str, **body: object) -> httpx.Response:
        ids = {"user_id": user_id, "organization_id": organization_id}
        return self.post("/user_management/organization_memberships", **ids, **body)


@pytest.fixture
def start() -> Iterator[Callable[..., Api]]:
    """Start a sandbox with these settings."""
    with ExitStack() as stack:

        def begin(**settings: object) -> Api:
            sandbox = stack.enter_context(Sandbox(SandboxSettings(**cast("dict[str, Any]", settings))))
            headers = {"Authorization": f"Bearer {sandbox.key}"}
            client = httpx.Client(base_url=sandbox.url, headers=headers, timeout=30, trust_env=False, verify=_NO_TLS)
            return Api(sandbox, stack.enter_context(client))

        yield begin


@pytest.fixture
def api(start: Callable[..., Api]) -> Api:
    """A sandbox as it is by default, without limits."""
    return start(writes_per_10s=0, reads_per_10s=0, organization_deletes_per_60s=0)


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], None]:
    """Wait until a condition holds; fail after 20 seconds."""

    def wait(condition: Callable[[], Any]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, "the condition never came true"

    return wait
