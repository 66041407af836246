"""Faults: what the client sees, and whether the request took effect."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Api

USERS = "/user_management/users"


@pytest.mark.parametrize(("kind", "status"), [("500", 500), ("503", 503), ("html", 502)])
@pytest.mark.parametrize("applied", [True, False])
def test_error_pages_come_before_or_after_the_effect(
    start: Callable[..., Api], kind: str, status: int, *, applied: bool
) -> None:
    api = start(faults={kind: Fault(1, calls={"create_user"}, times=1, applied=applied)})
    answer = api.post(USERS, email="ada@example.com")
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html" if kind == "html" else "application/json")
    assert api.sandbox.state.counts["users"] == int(applied)
    assert api.sandbox.state.faults == {kind: 1}
    again = api.post(USERS, email="ada@example.com")
    assert again.status_code == (400 if applied else 201)


def test_half_of_the_error_pages_come_after_the_effect(start: Callable[..., Api]) -> None:
    api = start(faults={"500": 1.0}, writes_per_10s=0)
    for number in range(100):
        assert api.post(USERS, email=f"u{number}@example.com").status_code == 500
    assert 20 < api.sandbox.state.counts["users"] < 80


@pytest.mark.parametrize(("kind", "applied"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_connection(start: Callable[..., Api], kind: str, *, applied: bool) -> None:
    api = start(faults={kind: Fault(1, calls=["create_user"])})
    errors = set()
    for number in range(12):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)) as caught:
            api.post(USERS, email=f"u{number}@example.com")
        errors.add(caught.type)
    assert errors == {httpx.RemoteProtocolError, httpx.ReadError}, "closed at times, reset at others"
    state = api.sandbox.state
    assert state.counts["users"] == (12 if applied else 0)
    assert state.asked("create_user", kind) == 12
    assert {(asked.status, asked.fault, asked.applied) for asked in api.sandbox.requests()} == {(0, kind, applied)}


def test_an_answer_that_never_comes(start: Callable[..., Api], eventually: Callable[..., None]) -> None:
    api = start(faults={"no_answer": Fault(1, calls=["create_user"], times=1)})
    with pytest.raises(httpx.ReadTimeout):
        api.client.post(USERS, json={"email": "ada@example.com"}, timeout=httpx.Timeout(30, read=0.2))
    eventually(lambda: api.sandbox.state.in_flight == 0)
    assert api.sandbox.state.asked("create_user", "no_answer") == 1
    assert api.get(USERS, email="ada@example.com").json()["data"], "it took effect all the same"


def test_a_truncated_body(start: Callable[..., Api]) -> None:
    api = start(faults={"truncated": Fault(1, times=2)})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        api.post(USERS, email="ada@example.com")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        api.get("/organizations")
    assert api.sandbox.state.counts["users"] == 1
    user = api.get(USERS).json()["data"][0]
    api.sandbox.update(faults={"truncated": 1.0})
    with pytest.raises(httpx.RemoteProtocolError):
        api.delete(f"{USERS}/{user['id']}")
    assert api.sandbox.state.counts["users"] == 0


def test_a_slow_answer_takes_effect_first(start: Callable[..., Api], eventually: Callable[..., None]) -> None:
    api = start(faults={"slow": Fault(1, calls=["create_user"])}, slow_seconds=0.5)
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        answer = pool.submit(api.post, USERS, email="ada@example.com")
        eventually(lambda: api.sandbox.state.counts["users"] == 1)
        assert answer.result().status_code == 201
        assert time.monotonic() - began >= 0.5
    (asked,) = api.sandbox.requests()
    assert (asked.status, asked.fault) == (201, "slow")
    assert asked.seconds >= 0.5


def test_a_slow_answer_can_take_effect_last_even_when_the_client_has_left(
    start: Callable[..., Api], eventually: Callable[..., None]
) -> None:
    api = start(faults={"slow": Fault(1, times=1)}, slow_seconds=1.0, slow_applied="last")
    with pytest.raises(httpx.ReadTimeout):
        api.client.post(USERS, json={"email": "ada@example.com"}, timeout=httpx.Timeout(30, read=0.05))
    eventually(lambda: api.sandbox.state.counts["users"] == 1)


def test_faults_keep_to_their_calls(start: Callable[..., Api]) -> None:
    api = start(faults={"500": Fault(1, calls=["create_user", "list_users"])})
    assert api.post("/organizations", name="Acme").status_code == 201
    assert api.get(USERS).status_code == 500
    assert api.get("/authorization/roles").status_code == 200


def test_the_key_and_the_limits_come_before_faults(start: Callable[..., Api]) -> None:
    api = start(faults={"500": 1.0}, writes_per_10s=1)
    assert api.anonymous("/organizations").status_code == 401
    assert api.post(USERS, email="ada@example.com").status_code == 500
    assert api.post(USERS, email="bob@example.com").status_code == 429
    assert api.sandbox.state.faults == {"500": 1}


def test_a_seed_makes_faults_and_ids_repeatable(start: Callable[..., Api]) -> None:
    def outcomes(seed: int | None) -> tuple[list[int], list[str]]:
        api = start(faults={"500": 0.3, "html": 0.2}, seed=seed)
        statuses = [api.post(USERS, email=f"u{number}@example.com").status_code for number in range(40)]
        return statuses, [user["id"] for user in api.sandbox.state.users]

    first, again, other, unseeded, unseeded_again = (outcomes(seed) for seed in (7, 7, 8, None, None))
    assert first == again
    assert {201, 500, 502} == set(first[0])
    assert first[0] != other[0]
    assert unseeded[0] == unseeded_again[0]
    assert not set(unseeded[1]) & set(unseeded_again[1]), "another environment has other ids"


def test_probabilities_are_about_right(start: Callable[..., Api]) -> None:
    api = start(faults={"500": 0.1, "503": 0.2, "html": 0.0}, reads_per_10s=0, writes_per_10s=0)
    for _ in range(500):
        api.get("/authorization/roles")
    faults = api.sandbox.state.faults
    assert 20 < faults["500"] < 90
    assert 60 < faults["503"] < 150
    assert "html" not in faults
