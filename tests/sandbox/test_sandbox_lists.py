"""Paging, as every list does it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api


@pytest.fixture
def ids(api: Api) -> list[str]:
    return [str(api.sandbox.seed_organization(f"Organization {number}")["id"]) for number in range(25)]


def walk(api: Api, **query: str | int) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        body = api.get("/organizations", **query, **cursor).json()
        pages.append([each["id"] for each in body["data"]])
        after = body["list_metadata"]["after"]
        if after is None:
            return pages
        cursor = {"after": after}


def test_newest_first_ten_at_a_time(api: Api, ids: list[str]) -> None:
    assert walk(api) == [ids[:14:-1], ids[14:4:-1], ids[4::-1]]


@pytest.mark.parametrize("order", ["asc", "normal"])
@pytest.mark.parametrize("limit", [1, 5, 25, 100])
def test_oldest_first(api: Api, ids: list[str], order: str, limit: int) -> None:
    pages = walk(api, order=order, limit=limit)
    assert list(chain.from_iterable(pages)) == ids
    assert all(len(page) <= limit for page in pages)


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_back_from_the_end(api: Api, ids: list[str], order: str) -> None:
    shown = ids if order == "asc" else ids[::-1]
    body = api.get("/organizations", order=order, limit=10, before=shown[24]).json()
    assert [each["id"] for each in body["data"]] == shown[14:24]
    assert body["list_metadata"] == {"before": shown[14], "after": shown[23]}
    first = api.get("/organizations", order=order, limit=10, before=shown[4]).json()
    assert [each["id"] for each in first["data"]] == shown[:4]
    assert first["list_metadata"] == {"before": None, "after": shown[3]}


def test_the_last_full_page_ends_the_walk(api: Api, ids: list[str]) -> None:
    body = api.get("/organizations", limit=5, after=ids[5]).json()
    assert len(body["data"]) == 5
    assert body["list_metadata"] == {"before": ids[4], "after": None}


def test_a_cursor_outlives_its_object(api: Api, ids: list[str]) -> None:
    assert api.delete(f"/organizations/{ids[10]}").status_code == 200
    body = api.get("/organizations", order="asc", limit=2, after=ids[10]).json()
    assert [each["id"] for each in body["data"]] == ids[11:13]


def test_an_empty_list(api: Api) -> None:
    body = api.get("/user_management/users").json()
    assert body == {"object": "list", "data": [], "list_metadata": {"before": None, "after": None}}


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "-1"}, {"limit": "x"}, {"order": "up"}])
def test_bad_parameters_are_422(api: Api, query: dict[str, str]) -> None:
    assert api.get("/organizations", **query).status_code == 422
    answer = api.get("/user_management/users", **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request_parameters")
