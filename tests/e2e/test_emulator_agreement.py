"""What is not listed as a difference between our sandbox and the official emulator (0.14.0) must be the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.two_servers import MEMBERSHIPS, SEED, USERS, Side, address, body, unique
from tui_importer.workos.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tui_importer.workos.client import WorkosClient

pytest_plugins = ("tests.emulator", "tests.e2e.two_servers_fixtures")
pytestmark = pytest.mark.emulator

EMULATOR_SEED = SEED


def shape(value: object) -> object:
    """The structure of a JSON value: names and types, a list by its first item."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value).__name__


NOT_LIVE = {"metadata", "external_id"}
"""Fields of a membership that only the emulator has."""


class TestWhatIsNotListedAgrees:
    """Status and shape of create, get, list and 404; the sandbox may show more fields than the emulator."""

    def objects(self, side: Side) -> dict[str, httpx.Response]:
        """The answers to the creation of one of each."""
        organization = side.post(
            "/organizations",
            name=unique("Acme"),
            external_id=unique("ext"),
            metadata={"key": "value"},
            domain_data=[{"domain": f"{unique('acme')}.example", "state": "pending"}],
        )
        user = side.post(
            USERS,
            email=address(),
            first_name="Ada",
            last_name="Lovelace",
            email_verified=True,
            external_id=unique("ext"),
            metadata={"key": "value"},
        )
        ids = {"user_id": body(user)["id"], "organization_id": body(organization)["id"]}
        membership = side.post(MEMBERSHIPS, **ids, role_slug="admin")
        return {"/organizations": organization, USERS: user, MEMBERSHIPS: membership}

    def test_create_get_and_update(self, live: Side, loose: Side) -> None:
        created = {side.name: self.objects(side) for side in (live, loose)}
        for path in ("/organizations", USERS, MEMBERSHIPS):
            answers = {name: answer[path] for name, answer in created.items()}
            assert {answer.status_code for answer in answers.values()} == {201}
            ours, theirs = (body(answers[side.name]) for side in (live, loose))
            fields = theirs.keys() - (NOT_LIVE if path == MEMBERSHIPS else set())
            assert fields <= ours.keys()
            for name in fields - {"domains"}:
                assert shape(ours[name]) == shape(theirs[name]), name
            for side, expected in ((live, ours), (loose, theirs)):
                answer = side.get(f"{path}/{expected['id']}")
                assert answer.status_code == 200
                assert body(answer) | {"user": None} == expected | {"user": None}
                changed = side.put(f"{path}/{expected['id']}", role_slug="admin")
                assert changed.status_code == 200
                assert body(changed)["id"] == expected["id"]
                if path != MEMBERSHIPS:
                    answer = side.get(f"{path}/external_id/{expected['external_id']}")
                    assert (answer.status_code, body(answer)["id"]) == (200, expected["id"])

    def test_domains_of_an_organization(self, live: Side, loose: Side) -> None:
        ours, theirs = (body(self.objects(side)["/organizations"])["domains"][0] for side in (live, loose))
        common = {"object", "id", "organization_id", "domain", "state", "created_at", "updated_at"}
        assert common <= ours.keys() & theirs.keys()
        assert {name: shape(ours[name]) for name in common} == {name: shape(theirs[name]) for name in common}

    def test_ids_and_times(self, both: tuple[Side, Side]) -> None:
        prefixes = {"/organizations": "org_", USERS: "user_", MEMBERSHIPS: "om_"}
        for side in both:
            for path, answer in self.objects(side).items():
                fields = body(answer)
                assert fields["id"].startswith(prefixes[path])
                assert fields["created_at"].endswith("Z")
                assert fields["created_at"] <= fields["updated_at"]

    @pytest.mark.parametrize("path", ["/organizations", USERS])
    def test_pages(self, both: tuple[Side, Side], path: str) -> None:
        """Newest first, ten by default, the cursor an object's id, null at the end; the other order reversed."""
        for side in both:
            made = [body(self.objects(side)[path])["id"] for _ in range(11)]
            first = body(side.get(path))
            assert first["object"] == "list"
            assert len(first["data"]) == 10
            assert first["list_metadata"] == {"before": None, "after": first["data"][-1]["id"]}
            assert {each["id"] for each in first["data"]} <= set(made)
            second = body(side.get(path, limit=100, after=first["list_metadata"]["after"]))
            assert second["list_metadata"]["before"] == second["data"][0]["id"]
            seen = [each["id"] for each in first["data"] + second["data"]]
            assert len(seen) == len(set(seen))
            assert set(made) <= set(seen)
            oldest = body(side.get(path, order="asc", limit=1))["data"][0]["id"]
            if second["list_metadata"]["after"] is None:
                assert oldest == seen[-1]

    def test_users_by_email(self, both: tuple[Side, Side]) -> None:
        for side in both:
            email = f"{unique('ada+x')}@example.com"
            user = side.client.create_user({"email": email})
            assert side.client.list_users(email=email) == [user]
            assert side.client.list_users(email=address()) == []

    def test_memberships_of_a_pair(self, both: tuple[Side, Side]) -> None:
        for side in both:
            user, organizations = side.user(), [side.organization() for _ in range(12)]
            made = [side.client.create_membership(user, each, ["admin"]) for each in organizations]
            assert {each.id for each in side.client.list_memberships(user)} == {each.id for each in made}
            assert side.client.list_memberships(user, organizations[0]) == [made[0]]
            assert side.client.list_memberships(user, side.organization()) == []
            assert made[0].roles == ("admin",)

    def test_without_a_role_a_member(self, both: tuple[Side, Side]) -> None:
        for side in both:
            assert side.client.create_membership(side.user(), side.organization()).roles == ("member",)

    @pytest.mark.parametrize(
        "ask",
        [
            lambda c: c.get_organization("org_unknown"),
            lambda c: c.get_organization_by_external_id("unknown/id ?"),
            lambda c: c.get_user("user_unknown"),
            lambda c: c.get_user_by_external_id("unknown/id ?"),
            lambda c: c.update_user("user_unknown", {"first_name": "Ada"}),
            lambda c: c.update_membership("om_unknown", ["admin"]),
        ],
    )
    def test_404(self, both: tuple[Side, Side], ask: Callable[[WorkosClient], object]) -> None:
        for side in both:
            error = side.refused(ask)
            assert isinstance(error, NotFound)
            assert "not found" in error.text
            assert side.is_live or error.codes == ("not_found",)
            assert error.request_id

    def test_odd_external_ids(self, both: tuple[Side, Side]) -> None:
        for odd in ("a/b", "a?b#c", "a b", "a%2Fb", "a+b&c=d", "..a", "~._-", "a:b@c;d,e"):
            external_id = unique(odd)
            for side in both:
                organization = side.client.create_organization("Acme", external_id)
                assert side.client.get_organization_by_external_id(external_id) == organization
                assert organization.external_id == external_id

    def test_an_unknown_path(self, both: tuple[Side, Side]) -> None:
        for side in both:
            assert side.get("/nothing/here").status_code == 404
