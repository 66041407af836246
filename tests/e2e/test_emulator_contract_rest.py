"""Where our sandbox and the official emulator (0.14.0) are known to differ, whatever object is asked for."""

from __future__ import annotations

import pytest

from tests.e2e.two_servers import MEMBERSHIPS, ROLES, SEED, USERS, Side, address, body, unique
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.errors import KeyRejected, NotFound, RateLimited
from tui_importer.workos.rate_limiter import RateLimiter

pytest_plugins = ("tests.emulator", "tests.e2e.two_servers_fixtures")
pytestmark = pytest.mark.emulator

EMULATOR_SEED = SEED


class TestTheRestDiffers:
    def test_role_lists(self, live: Side, loose: Side) -> None:
        assert len(body(live.get("/authorization/roles"))["data"]) == len(ROLES)
        first_page = body(loose.get("/authorization/roles"))
        assert len(first_page["data"]) == 10
        assert first_page["list_metadata"]["after"]
        for side in (live, loose):
            assert {role.slug for role in side.client.list_roles()} == set(ROLES)
            own = {role.slug for role in side.client.list_organization_roles(side.organization())}
            assert own == (set(ROLES) if side.is_live else set())
        assert isinstance(live.refused(lambda client: client.list_organization_roles("org_unknown")), NotFound)
        assert loose.client.list_organization_roles("org_unknown") == []

    def test_delete(self, both: tuple[Side, Side]) -> None:
        for side in both:
            user, organization = side.user(), side.organization()
            member = side.client.create_membership(user, organization).id
            for path in (f"{MEMBERSHIPS}/{member}", f"{USERS}/{user}", f"/organizations/{organization}"):
                assert side.http.delete(path).status_code == (200 if side.is_live else 204)
                assert side.get(path).status_code == 404

    def test_bad_json(self, both: tuple[Side, Side]) -> None:
        for side in both:
            answer = side.http.post(USERS, content=b"{", headers={"Content-Type": "application/json"})
            assert answer.status_code == 400
            assert side.is_live or body(answer)["code"] == "invalid_request_body"

    def test_a_wrong_key(self, both: tuple[Side, Side]) -> None:
        for side in both:
            answer = side.http.get("/organizations", headers={"Authorization": "Bearer sk_test_wrong"})
            assert answer.status_code == 401
            assert side.is_live or body(answer) == {"message": "Unauthorized", "code": "unauthorized"}
            url = str(side.http.base_url)
            stranger = Connection(url, Secret("sk_test_wrong"), RateLimiter(writes_per_10s=0))
            with stranger.client() as client, pytest.raises(KeyRejected):
                client.list_organizations(limit=1)

    def test_limits_out_of_range(self, both: tuple[Side, Side]) -> None:
        for _ in range(12):
            for side in both:
                side.organization()
        for limit, shown in (("0", 10), ("none", 10), ("-5", 1)):
            for side in both:
                answer = side.get("/organizations", limit=limit)
                assert answer.status_code == (422 if side.is_live else 200)
                assert side.is_live or len(body(answer)["data"]) == shown

    def test_an_unknown_cursor(self, loose: Side) -> None:
        loose.organization()
        assert body(loose.get("/organizations", after="org_unknown", limit=1))["data"]

    def test_idempotency_keys_are_ignored(self, both: tuple[Side, Side]) -> None:
        for side in both:
            headers, fields = {"Idempotency-Key": unique("key")}, {"email": address()}
            assert side.http.post(USERS, json=fields, headers=headers).status_code == 201
            assert side.http.post(USERS, json=fields, headers=headers).status_code in {400, 409}

    def test_request_ids(self, both: tuple[Side, Side]) -> None:
        for side in both:
            answer = side.http.get("/organizations", headers={"X-Request-ID": "mine"})
            assert answer.headers["X-Request-ID"]
            assert (answer.headers["X-Request-ID"] == "mine") is not side.is_live

    def test_who_is_the_sandbox(self, live: Side, loose: Side) -> None:
        assert live.client.is_sandbox()
        assert not loose.client.is_sandbox()

    def test_the_emulators_rate_limit(self, loose: Side) -> None:
        while loose.get("/organizations", limit=1).status_code != 429:
            pass
        error = loose.refused(lambda client: client.list_organizations(limit=1))
        assert isinstance(error, RateLimited)
        assert error.code == "rate_limit_exceeded"
        assert error.retry_after is not None
        assert 0 < error.retry_after <= 60
