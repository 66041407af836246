"""Rate limits, the key, and what a key may not do."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from tui_importer.sandbox.limits import Limits
from tui_importer.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Api

USERS = "/user_management/users"


def users(api: Api, count: int, first: int = 0) -> list[int]:
    return [api.post(USERS, email=f"u{first + n}@example.com").status_code for n in range(count)]


def test_writes_beyond_the_limit_are_429_and_change_nothing(
    start: Callable[..., Api], eventually: Callable[..., None]
) -> None:
    api = start(writes_per_10s=3, window_seconds=60)
    assert users(api, 3) == [201, 201, 201]
    answer = api.post(USERS, email="late@example.com")
    assert answer.status_code == 429
    assert answer.json() == {"message": "Too many requests.", "code": "rate_limit_exceeded"}
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert api.sandbox.state.counts["users"] == 3
    assert api.sandbox.state.rate_limited == 1
    assert api.get(USERS).status_code == 200, "reads have a limit of their own"
    assert api.post("/organizations", name="Acme").status_code == 201, "organizations count overall only"
    api.sandbox.update(window_seconds=0.2)
    eventually(lambda: api.post(USERS, email="late@example.com").status_code == 201)


def test_reads_have_their_limit_and_so_has_everything(start: Callable[..., Api]) -> None:
    api = start(reads_per_10s=2, overall_per_60s=4, window_seconds=60)
    assert [api.get(USERS).status_code for _ in range(3)] == [200, 200, 429]
    assert users(api, 1) == [201]
    assert [api.get("/organizations").status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("lifted", ["writes_per_10s", "reads_per_10s"])
def test_zero_lifts_a_limit_and_the_overall_one(start: Callable[..., Api], lifted: str) -> None:
    api = start(**{"overall_per_60s": 1, lifted: 0})
    assert [api.get("/organizations").status_code for _ in range(3)] == [200, 200, 200]


def test_deleting_organizations_has_its_own_limit(start: Callable[..., Api]) -> None:
    api = start(organization_deletes_per_60s=2)
    assert [api.delete("/organizations/org_x").status_code for _ in range(3)] == [404, 404, 429]


@pytest.mark.parametrize("form", ["date", "none"])
def test_retry_after_comes_in_other_forms(start: Callable[..., Api], form: str) -> None:
    api = start(writes_per_10s=1, window_seconds=30, retry_after_form=form)
    users(api, 1)
    answer = api.post(USERS, email="late@example.com")
    assert answer.status_code == 429
    if form == "none":
        assert "Retry-After" not in answer.headers
        return
    until = parsedate_to_datetime(answer.headers["Retry-After"]) - parsedate_to_datetime(answer.headers["Date"])
    assert 0 < until.total_seconds() <= 32


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_sliding_window_never_has_more_than_its_limit_in_any_ten_seconds() -> None:
    clock = Clock()
    limits = Limits(SandboxSettings(writes_per_10s=2), clock)
    assert limits.admit(["writes"]) == 0
    clock.now = 104
    assert limits.admit(["writes"]) == 0
    assert limits.admit(["writes"]) == 6
    assert limits.admit(["writes"]) == 6, "a refused request does not count"
    clock.now = 110
    assert limits.admit(["writes"]) == 0
    assert limits.admit(["writes"]) == 4
    limits.configure(SandboxSettings(writes_per_10s=1))
    assert limits.admit(["writes"]) == 10


def test_a_fixed_window_starts_anew() -> None:
    clock = Clock()
    limits = Limits(SandboxSettings(writes_per_10s=2, window_kind="fixed"), clock)
    clock.now = 109
    assert [limits.admit(["writes"]) for _ in range(3)] == [0, 0, 1]
    clock.now = 110
    assert [limits.admit(["writes"]) for _ in range(3)] == [0, 0, 10]


def test_a_request_counts_in_all_its_classes_or_in_none() -> None:
    clock = Clock()
    limits = Limits(SandboxSettings(writes_per_10s=1, overall_per_60s=2), clock)
    assert limits.admit(["overall", "writes"]) == 0
    assert limits.admit(["overall", "writes"]) == 10
    assert limits.admit(["overall"]) == 0
    assert limits.admit(["overall"]) == 60


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer sk_test_other"}, {"Authorization": "sk_test_sandbox"}]
)
def test_without_the_key_everything_is_401(start: Callable[..., Api], headers: dict[str, str]) -> None:
    api = start()
    for path in ("/organizations", "/nowhere"):
        answer = api.anonymous(path, **headers)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert api.sandbox.state.unauthorized == 2


def test_a_key_stops_working_after_so_many_requests(start: Callable[..., Api]) -> None:
    api = start(revoke_after=3)
    assert users(api, 5) == [201, 201, 201, 401, 401]
    assert api.sandbox.state.key_revoked
    api.sandbox.set_key("sk_test_new")
    assert users(api, 1) == [401]
    api.client.headers["Authorization"] = "Bearer sk_test_new"
    assert users(api, 5, first=5) == [201] * 5
    assert api.sandbox.state.counts["users"] == 8


def test_a_key_can_be_revoked_at_once(api: Api) -> None:
    assert api.get("/organizations").status_code == 200
    api.sandbox.revoke_key()
    assert api.get("/organizations").status_code == 401
    api.sandbox.update(revoke_after=100)
    assert api.get("/organizations").status_code == 401
    api.sandbox.set_key(api.sandbox.key)
    assert api.get("/organizations").status_code == 200


def test_forbidden_calls_are_403(start: Callable[..., Api]) -> None:
    api = start(forbidden={"list_roles"})
    assert api.get("/authorization/roles").status_code == 403
    assert api.get("/organizations").status_code == 200
    api.sandbox.update(forbidden=["*"])
    assert api.post("/organizations", name="Acme").status_code == 403
    assert api.sandbox.state.counts["organizations"] == 0


def test_latency_and_jitter(start: Callable[..., Api]) -> None:
    api = start(latency=0.1)
    began = time.monotonic()
    api.get("/organizations")
    assert time.monotonic() - began >= 0.09
    api.sandbox.update(latency=0.05, jitter=0.05)
    for _ in range(5):
        api.get("/organizations")
    assert len({round(asked.seconds, 4) for asked in api.sandbox.requests(5)}) > 1
