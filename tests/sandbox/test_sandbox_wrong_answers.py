"""Answers as no correct server gives them: what a client sees under each, and what else happened."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import httpx
import pytest

from tui_importer.sandbox.settings import WRONG_ANSWERS, Fault
from tui_importer.sandbox.wrong_answers import DEPTH, HUGE, YEAR

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Api

USERS = "/user_management/users"
MEMBERSHIPS = "/user_management/organization_memberships"


def test_another_object_is_answered_about(start: Callable[..., Api]) -> None:
    api = start(faults={"other_object": Fault(1, calls={"create_user", "list_users"})})
    first = api.sandbox.seed_user("first@example.com")
    answer = api.post(USERS, email="ada@example.com")
    assert (answer.status_code, answer.json()["id"]) == (201, first["id"])
    assert {user["email"] for user in api.sandbox.state.users} == {"first@example.com", "ada@example.com"}
    found = api.get(USERS, email="ada@example.com").json()["data"]
    assert [user["email"] for user in found] == ["first@example.com"]


def test_somebody_is_invented_where_there_is_no_other(start: Callable[..., Api]) -> None:
    api = start(faults={"other_object": 1.0})
    assert api.post(USERS, email="ada@example.com").json()["email"] == "somebody.else@example.org"


def test_ids_collide(start: Callable[..., Api]) -> None:
    api = start(faults={"same_id": 1.0})
    first = api.sandbox.seed_organization("First", external_id="a")
    answer = api.post("/organizations", name="Second", external_id="b").json()
    assert (answer["id"], answer["name"], answer["external_id"]) == (first["id"], "Second", "b")


@pytest.mark.parametrize("path", [USERS, MEMBERSHIPS, "/organizations"])
def test_filters_are_ignored(start: Callable[..., Api], path: str) -> None:
    api = start(faults={"unfiltered": 1.0})
    organization = api.sandbox.seed_organization("First")
    for number in range(2):
        user = api.sandbox.seed_user(f"u{number}@example.com")
        api.sandbox.seed_membership(user["id"], organization["id"])
    asked = {"email": "nobody@example.com", "user_id": "user_none", "search": "nothing"}
    assert len(api.get(path, **asked).json()["data"]) == (1 if path == "/organizations" else 2)


def test_lookups_that_ignore_case(start: Callable[..., Api]) -> None:
    api = start()
    api.sandbox.seed_organization("First", external_id="Acme")
    assert api.get("/organizations/external_id/ACME").status_code == 404
    api.sandbox.update(lookups_ignore_case=True)
    assert api.get("/organizations/external_id/ACME").json()["external_id"] == "Acme"


def test_bodies_without_measure(start: Callable[..., Api]) -> None:
    api = start(faults={"deep": Fault(1, times=1)})
    assert api.post(USERS, email="ada@example.com").content.count(b"[") == DEPTH
    api.sandbox.update(faults={"huge": Fault(1, times=1)})
    assert len(api.post(USERS, email="ada@example.com").content) > HUGE
    api.sandbox.update(faults={"long_wait": Fault(1, times=1)})
    assert api.post(USERS, email="ada@example.com").headers["Retry-After"] == str(YEAR)
    assert api.sandbox.state.counts["users"] == 0


def test_secrets_come_back_in_disguises(start: Callable[..., Api]) -> None:
    api = start(faults={"echo": 1.0})
    answer = api.post(USERS, email="ada@example.com", password="hunter2-Hunter2")
    body = answer.json()
    assert body["code"] == "hunter2-Hunter2"
    assert base64.b64encode(b"hunter2-Hunter2").decode() in json.dumps(body)
    assert "hunter2-Hunter2" in answer.headers["Location"]
    assert {api.sandbox.key, api.sandbox.key.encode().hex()} <= {error["code"] for error in body["errors"]}


def test_a_head_that_drips(start: Callable[..., Api]) -> None:
    api = start(faults={"slow_head": 1.0}, slow_seconds=0.05)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{api.sandbox.url}{USERS}", headers={"Authorization": f"Bearer {api.sandbox.key}"}, timeout=0.01)


def test_a_colleague_acts_between_requests(start: Callable[..., Api]) -> None:
    api = start()
    seen: list[str] = []
    api.sandbox.colleague(lambda _, call: seen.append(call))
    api.post(USERS, email="ada@example.com")
    user = api.sandbox.change(lambda world: next(iter(world.users.values())))
    api.sandbox.change(lambda world: world.remove_user(user))
    assert api.get(f"{USERS}/{user.id}").status_code == 404
    assert seen == ["create_user", "get_user"]


def test_every_kind_is_named() -> None:
    assert len(set(WRONG_ANSWERS)) == 8
