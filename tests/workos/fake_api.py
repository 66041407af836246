"""A fake API with the answers of a test, without a network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_importer.workos.client import WorkosClient
    from tui_importer.workos.errors import Attempt

T = TypeVar("T")

KEY = "sk_test_abcdefghijklmnopqrstuvwxyz0123"
URL = "https://api.example.com"

ORGANIZATION = {
    "object": "organization",
    "id": "org_1",
    "name": "Acme",
    "external_id": "acme",
    "domains": [],
    "metadata": {},
    "created_at": "2026-01-15T12:00:00.000Z",
    "updated_at": "2026-01-15T12:00:00.000Z",
}
USER = {
    "object": "user",
    "id": "user_1",
    "email": "ada@example.com",
    "email_verified": True,
    "first_name": "Ada",
    "external_id": "u-1",
    "created_at": "2026-01-15T12:00:00.000Z",
}
MEMBERSHIP = {
    "object": "organization_membership",
    "id": "om_1",
    "user_id": "user_1",
    "organization_id": "org_1",
    "status": "active",
    "directory_managed": False,
    "role": {"slug": "admin"},
    "roles": [{"slug": "admin"}, {"slug": "member"}],
    "created_at": "2026-01-15T12:00:00.000Z",
}
ROLE = {
    "object": "role",
    "id": "role_1",
    "slug": "admin",
    "name": "Admin",
    "type": "EnvironmentRole",
    "resource_type_slug": "organization",
}


def listing(*items: object, after: str | None = None) -> dict[str, object]:
    return {"object": "list", "data": list(items), "list_metadata": {"before": None, "after": after}}


Answer = tuple[int, Any] | httpx.Response | Exception


class FakeApi:
    """Answers in order; the last answer is repeated. Keeps all requests and attempts."""

    def __init__(self, *answers: Answer, key: str = KEY, url: str = URL, limiter: RateLimiter | None = None) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.attempts: list[Attempt] = []
        self.limiter = limiter or RateLimiter(writes_per_10s=0)
        self.connection = Connection(
            url,
            Secret(key),
            self.limiter,
            observe=self.attempts.append,
            transport=httpx.MockTransport(self._answer),
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        status, body = answer
        return httpx.Response(status, json=body)

    def ask(self, question: Callable[[WorkosClient], T]) -> T:
        """Ask one question with a client of its own."""
        with self.connection.client() as client:
            return question(client)

    @property
    def target(self) -> str:
        """The last request's path and query as it would stand on the wire."""
        return self.requests[-1].url.raw_path.decode()

    @property
    def body(self) -> dict[str, object]:
        """The last request's JSON."""
        body = json.loads(self.requests[-1].content)
        assert isinstance(body, dict)
        return body
