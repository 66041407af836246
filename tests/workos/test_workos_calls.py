"""Each call's request as it stands on the wire, and what is made of the answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workos.fake_api import KEY, MEMBERSHIP, ORGANIZATION, ROLE, USER, FakeApi, listing
from tui_importer.secret import Secret
from tui_importer.workos.errors import Refused, ServiceFailed
from tui_importer.workos.models import Membership, MembershipStatus, Organization, Role, User
from tui_importer.workos.rate_limiter import Budget, RateLimiter

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from tui_importer.workos.client import WorkosClient

BORN = datetime(2026, 1, 15, 12, tzinfo=UTC)
ACME = Organization("org_1", "Acme", "acme", BORN)
ADA = User("user_1", "ada@example.com", "u-1", BORN)
MEMBER = Membership("om_1", "user_1", "org_1", MembershipStatus.ACTIVE, ("admin", "member"), False, BORN)
ADMIN = Role("admin", "Admin", "EnvironmentRole", "organization")

READ: list[tuple[Callable[[WorkosClient], object], object, str, object]] = [
    (lambda c: c.get_organization("org_1"), ORGANIZATION, "/organizations/org_1", ACME),
    (lambda c: c.get_organization_by_external_id("acme"), ORGANIZATION, "/organizations/external_id/acme", ACME),
    (lambda c: c.list_organizations(limit=1).data, listing(ORGANIZATION), "/organizations?limit=1", (ACME,)),
    (
        lambda c: c.list_organizations(search="A & B", after="org_0").after,
        listing(ORGANIZATION, after="org_1"),
        "/organizations?limit=100&search=A%20%26%20B&after=org_0",
        "org_1",
    ),
    (lambda c: c.find_organizations("Acme"), listing(ORGANIZATION), "/organizations?limit=100&search=Acme", [ACME]),
    (
        lambda c: c.list_users(email="ada+x@example.com"),
        listing(USER | {"email": "Ada+x@example.com"}),
        "/user_management/users?email=ada%2Bx%40example.com",
        [replace(ADA, email="Ada+x@example.com")],
    ),
    (lambda c: c.get_user("user_1"), USER, "/user_management/users/user_1", ADA),
    (lambda c: c.get_user_by_external_id("u-1"), USER, "/user_management/users/external_id/u-1", ADA),
    (
        lambda c: c.list_memberships("user_1"),
        listing(MEMBERSHIP),
        "/user_management/organization_memberships?user_id=user_1&statuses=active%2Cinactive%2Cpending&limit=100",
        [MEMBER],
    ),
    (
        lambda c: c.list_memberships("user_1", "org_1", statuses=[MembershipStatus.PENDING]),
        listing(),
        "/user_management/organization_memberships?user_id=user_1&statuses=pending&limit=100&organization_id=org_1",
        [],
    ),
    (lambda c: c.list_roles(), {"object": "list", "data": [ROLE]}, "/authorization/roles", [ADMIN]),
    (lambda c: c.list_organization_roles("org_1"), listing(ROLE), "/authorization/organizations/org_1/roles", [ADMIN]),
]

WRITE: list[tuple[Callable[[WorkosClient], object], object, str, str, dict[str, object], object]] = [
    (
        lambda c: c.create_organization("Acme", "acme"), ORGANIZATION,
        "POST", "/organizations", {"name": "Acme", "external_id": "acme"}, ACME,
    ),
    (lambda c: c.create_organization("Acme"), ORGANIZATION, "POST", "/organizations", {"name": "Acme"}, ACME),
    (
        lambda c: c.create_user({"email": "ada@example.com", "metadata": {"ü": "☃"}}, {"password": Secret("p\"w☃")}),
        USER, "POST", "/user_management/users",
        {"email": "ada@example.com", "metadata": {"ü": "☃"}, "password": "p\"w☃"}, ADA,
    ),
    (
        lambda c: c.update_user("user_1", {"first_name": "Ada"}), USER,
        "PUT", "/user_management/users/user_1", {"first_name": "Ada"}, ADA,
    ),
    (
        lambda c: c.create_membership("user_1", "org_1"), MEMBERSHIP,
        "POST", "/user_management/organization_memberships", {"user_id": "user_1", "organization_id": "org_1"}, MEMBER,
    ),
    (
        lambda c: c.create_membership("user_1", "org_1", ["admin"]), MEMBERSHIP,
        "POST", "/user_management/organization_memberships",
        {"user_id": "user_1", "organization_id": "org_1", "role_slug": "admin"}, MEMBER,
    ),
    (
        lambda c: c.create_membership("user_1", "org_1", ("admin", "member")), MEMBERSHIP,
        "POST", "/user_management/organization_memberships",
        {"user_id": "user_1", "organization_id": "org_1", "role_slugs": ["admin", "member"]}, MEMBER,
    ),
    (
        lambda c: c.update_membership("om_1", ["admin"]), MEMBERSHIP,
        "PUT", "/user_management/organization_memberships/om_1", {"role_slug": "admin"}, MEMBER,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "answer", "target", "expected"), READ)
def test_reading(ask: Callable[[WorkosClient], object], answer: object, target: str, expected: object) -> None:
    api = FakeApi((200, answer))
    assert api.ask(ask) == expected
    assert [request.method for request in api.requests] == ["GET"]
    assert api.target == target
    assert api.requests[0].headers["Authorization"] == f"Bearer {KEY}"
    assert not api.requests[0].content


@pytest.mark.parametrize("case", WRITE)
def test_writing(case: tuple[Callable[[WorkosClient], object], object, str, str, dict[str, object], object]) -> None:
    ask, answer, method, target, body, expected = case
    api = FakeApi((201, answer))
    assert api.ask(ask) == expected
    assert [request.method for request in api.requests] == [method]
    assert api.target == target
    assert api.requests[0].headers["Content-Type"] == "application/json"
    assert api.body == body


class CountingLimiter(RateLimiter):
    def __init__(self) -> None:
        super().__init__(writes_per_10s=0)
        self.drawn: list[Budget] = []

    def acquire(self, budget: Budget, cancelled: threading.Event | None = None) -> float:
        self.drawn.append(budget)
        return super().acquire(budget, cancelled)


def test_each_call_draws_on_its_budget() -> None:
    for ask, answer, target, _ in READ:
        limiter = CountingLimiter()
        FakeApi((200, answer), limiter=limiter).ask(ask)
        assert limiter.drawn == [Budget.READS if target.startswith("/user_management/") else Budget.OTHER]
    for ask, answer, _, target, _, _ in WRITE:
        limiter = CountingLimiter()
        FakeApi((200, answer), limiter=limiter).ask(ask)
        assert limiter.drawn == [Budget.WRITES if target.startswith("/user_management/") else Budget.OTHER]


class TestSegments:
    @given(st.text(min_size=1).filter(lambda text: text not in {".", ".."}))
    def test_any_id_is_one_segment(self, value: str) -> None:
        api = FakeApi((200, ORGANIZATION | {"external_id": value}))
        try:
            api.ask(lambda client: client.get_organization_by_external_id(value))
        except Refused:
            assert any("\ud800" <= character <= "\udfff" for character in value)
            return
        prefix, _, last = api.target.rpartition("/")
        assert prefix == "/organizations/external_id"
        assert unquote(last) == value
        assert not set(last) & set("/?#&=+ ;:@")

    @pytest.mark.parametrize("value", ["", ".", ".."])
    def test_what_would_be_another_path_is_refused(self, value: str) -> None:
        api = FakeApi((200, ORGANIZATION))
        calls: list[Callable[[WorkosClient], object]] = [
            lambda c: c.get_organization(value),
            lambda c: c.get_organization_by_external_id(value),
            lambda c: c.get_user(value),
            lambda c: c.get_user_by_external_id(value),
            lambda c: c.update_user(value, {}),
            lambda c: c.update_membership(value, []),
            lambda c: c.list_organization_roles(value),
        ]
        for call in calls:
            with pytest.raises(Refused, match="An id cannot be"):
                api.ask(call)
        assert not api.requests
        assert not api.attempts

    def test_dots_within_an_id_are_fine(self) -> None:
        api = FakeApi((200, ORGANIZATION | {"external_id": "..."}))
        api.ask(lambda client: client.get_organization_by_external_id("..."))
        assert api.target == "/organizations/external_id/..."

    @pytest.mark.parametrize(
        "ask",
        [
            lambda c: c.get_user_by_external_id("\ud800"),
            lambda c: c.list_users(email="\ud800"),
            lambda c: c.list_organizations(search="x" * 100_000),
            lambda c: c.create_user({"n": float("nan")}),
        ],
    )
    def test_what_cannot_be_sent_is_refused_before_anything_is(self, ask: Callable[[WorkosClient], object]) -> None:
        api = FakeApi((200, listing()))
        with pytest.raises(Refused, match=r"cannot be sent|no text"):
            api.ask(ask)
        assert not api.requests


class TestPages:
    def test_they_are_followed_by_the_cursor_not_by_their_length(self) -> None:
        other = {**ORGANIZATION, "id": "org_2"}
        api = FakeApi((200, listing(ORGANIZATION, after="org_1")), (200, listing(after="org_x")), (200, listing(other)))
        assert [each.id for each in api.ask(lambda c: c.find_organizations("Acme"))] == ["org_1", "org_2"]
        assert [request.url.params.get("after") for request in api.requests] == [None, "org_1", "org_x"]
        assert len(api.attempts) == 3

    def test_memberships_and_roles_are_followed_too(self) -> None:
        api = FakeApi((200, listing(MEMBERSHIP, after="om_1")), (200, listing(MEMBERSHIP)))
        assert api.ask(lambda c: c.list_memberships("user_1", "org_1")) == [MEMBER, MEMBER]
        assert api.target.endswith("&organization_id=org_1&after=om_1")
        api = FakeApi((200, listing(ROLE, after="role_1")), (200, listing(ROLE)))
        assert api.ask(lambda c: c.list_roles()) == [ADMIN, ADMIN]
        assert api.target == "/authorization/roles?after=role_1"

    def test_a_search_without_an_end_is_refused_instead_of_half_read(self) -> None:
        api = FakeApi(*[(200, listing(ORGANIZATION, after=f"org_{number}")) for number in range(20)])
        with pytest.raises(Refused, match=r"more than 10 organizations for the name A.me") as caught:
            api.ask(lambda c: c.find_organizations("A\x1bme"))
        assert "org_external_id" in caught.value.next
        assert len(api.requests) == 10

    def test_a_cursor_that_does_not_move_is_a_failure_of_the_service(self) -> None:
        api = FakeApi((200, listing(ORGANIZATION, after="org_1")))
        with pytest.raises(ServiceFailed, match="does not get on"):
            api.ask(lambda c: c.find_organizations("Acme"))
        assert len(api.requests) == 2


class TestReading:
    def test_memberships_of_older_versions(self) -> None:
        old = {name: value for name, value in MEMBERSHIP.items() if name not in {"roles", "directory_managed"}}
        api = FakeApi((200, listing({**old, "status": "suspended"}, {**old, "role": None})))
        first, second = api.ask(lambda c: c.list_memberships("user_1"))
        assert first.status is MembershipStatus.UNKNOWN
        assert first.roles == ("admin",)
        assert second.roles == ()

    def test_a_role_without_a_resource_type_is_one_of_an_organization(self) -> None:
        role = {"object": "role", "slug": "admin"}
        assert FakeApi((200, listing(role))).ask(lambda c: c.list_roles()) == [Role("admin", "", "", "organization")]

    @pytest.mark.parametrize("created_at", [None, "", "yesterday", 17, "2026-13-01"])
    def test_an_unreadable_time_is_none(self, created_at: object) -> None:
        api = FakeApi((200, {**ORGANIZATION, "created_at": created_at, "external_id": None, "name": None}))
        assert api.ask(lambda c: c.get_organization("org_1")) == Organization("org_1", "", None, None)

    @pytest.mark.parametrize("created_at", ["2026-01-15T12:00:00Z", "2026-01-15T12:00:00", "2026-01-15T14:00:00+02:00"])
    def test_times_are_utc(self, created_at: str) -> None:
        api = FakeApi((200, {**ORGANIZATION, "created_at": created_at}))
        assert api.ask(lambda c: c.get_organization("org_1")).created_at == BORN

    def test_texts_are_storable(self) -> None:
        api = FakeApi(httpx.Response(200, content=json.dumps({**ORGANIZATION, "name": "A\ud800"})))
        assert api.ask(lambda c: c.get_organization("org_1")).name == "A?"


WRONG: list[Any] = [
    None, 17, "text", [], {}, {"id": ""}, {"id": 17}, {"id": "x", "object": "list"}, {"object": "organization"},
    {"status": "ok"}, {"object": "list", "data": {}}, {"object": "list"}, {"data": [17]}, {"data": [{"id": None}]},
]  # fmt: skip


@pytest.mark.parametrize("body", WRONG)
def test_a_success_that_is_not_what_was_asked_for_is_a_failure_of_the_service(body: object) -> None:
    for ask, _, _, _ in READ:
        with pytest.raises(ServiceFailed, match="cannot be used") as caught:
            FakeApi((200, body)).ask(ask)
        assert caught.value.status == 200
    for ask, *_ in WRITE:
        with pytest.raises(ServiceFailed):
            FakeApi((201, body)).ask(ask)
