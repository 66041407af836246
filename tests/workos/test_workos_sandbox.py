"""The client against the sandbox, over real HTTP: what a row needs, and what goes wrong on its way."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.workos.clocks import StepClock
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import Fault, SandboxSettings
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.errors import (
    KeyRejected,
    NotFound,
    NotSent,
    PermissionDenied,
    RateLimited,
    Refused,
    ServiceFailed,
)
from tui_importer.workos.models import MembershipStatus
from tui_importer.workos.rate_limiter import RateLimiter
from tui_importer.workos.refusals import (
    email_taken,
    external_id_taken,
    membership_exists,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_importer.workos.client import WorkosClient
    from tui_importer.workos.errors import Attempt

HASH = "$pbkdf2$i=210000,d=sha512$c2FsdHNhbHRzYWx0c2FsdA$kjYW9Mj06GEdAPgmWXTx5H5yaQ5HosLr79ny7JdalkYAThGfe"
MINUTES = 60.0 * 5


def connect(sandbox: Sandbox, limiter: RateLimiter | None = None, answer_seconds: float = 30.0) -> Connection:
    limiter = limiter or RateLimiter(writes_per_10s=0)
    return Connection(sandbox.url, Secret(sandbox.key), limiter, answer_seconds=answer_seconds)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxSettings(writes_per_10s=0, reads_per_10s=0)) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[WorkosClient]:
    with connect(sandbox).client() as made:
        yield made


class TestOneRow:
    def test_its_organization(self, client: WorkosClient) -> None:
        assert client.is_sandbox()
        with pytest.raises(NotFound):
            client.get_organization_by_external_id("acme/1 ?")
        acme = client.create_organization("Acme", "acme/1 ?")
        assert client.get_organization(acme.id) == acme
        assert client.get_organization_by_external_id("acme/1 ?") == acme
        assert client.find_organizations("Acme") == [acme]
        with pytest.raises(Refused) as caught:
            client.create_organization("Other", "acme/1 ?")
        assert external_id_taken(caught.value)

    def test_its_user(self, client: WorkosClient) -> None:
        assert client.list_users(email="ada+1@example.com") == []
        ada = client.create_user(
            {"email": "ada+1@example.com", "external_id": "u/1", "first_name": "Ada", "metadata": {"team": "blue"}},
            {"password": Secret("correct horse battery staple")},
        )
        assert client.list_users(email="ada+1@example.com") == [ada]
        assert client.get_user_by_external_id("u/1") == ada
        with pytest.raises(Refused) as caught:
            client.create_user({"email": "Ada+1@example.com"})
        assert email_taken(caught.value)
        with pytest.raises(Refused) as caught:
            client.create_user({"email": "bob@example.com", "external_id": "u/1"})
        assert external_id_taken(caught.value)
        assert client.update_user(ada.id, {"external_id": "u/2"}).external_id == "u/2"

    def test_its_memberships(self, sandbox: Sandbox, client: WorkosClient) -> None:
        acme, other, third = (client.create_organization(name) for name in ("Acme", "Other", "Third"))
        ada = client.create_user({"email": "ada@example.com"})
        member = client.create_membership(ada.id, acme.id, ["admin"])
        assert member.roles == ("admin",)
        assert client.list_memberships(ada.id, acme.id) == [member]
        with pytest.raises(Refused) as caught:
            client.create_membership(ada.id, acme.id)
        assert membership_exists(caught.value)
        sandbox.seed_membership(ada.id, other.id, status="inactive")
        sandbox.seed_membership(ada.id, third.id, status="pending")
        assert {each.organization_id: each.status for each in client.list_memberships(ada.id)} == {
            acme.id: MembershipStatus.ACTIVE,
            other.id: MembershipStatus.INACTIVE,
            third.id: MembershipStatus.PENDING,
        }
        with pytest.raises(Refused) as caught:
            client.create_membership(ada.id, third.id)
        assert caught.value.code == "cannot_reactivate_pending_organization_membership"
        assert not membership_exists(caught.value)
        with pytest.raises(Refused) as caught:
            client.create_membership(ada.id, other.id, ["nobody"])
        assert caught.value.code == "invalid_role"
        with pytest.raises(Refused) as caught:
            client.create_membership(ada.id, other.id, ["admin", "member"])
        assert caught.value.code == "multiple_roles_not_enabled"
        assert client.update_membership(member.id, ["member"]).roles == ("member",)

    def test_roles(self, client: WorkosClient) -> None:
        acme = client.create_organization("Acme")
        assert {role.slug for role in client.list_roles()} == {"member", "admin"}
        assert {role.resource_type for role in client.list_organization_roles(acme.id)} == {"organization"}
        with pytest.raises(NotFound):
            client.list_organization_roles("org_unknown")


def test_more_than_a_page(sandbox: Sandbox, client: WorkosClient) -> None:
    for number in range(250):
        sandbox.seed_organization(f"Acme {number}")
    sandbox.seed_organization("Other")
    assert len({each.id for each in client.find_organizations("Acme")}) == 250


def test_a_rejected_password_is_nowhere(sandbox: Sandbox) -> None:
    attempts: list[Attempt] = []
    connection = Connection(sandbox.url, Secret(sandbox.key), RateLimiter(writes_per_10s=0), observe=attempts.append)
    with connection.client() as client:
        for secrets in ({"password": Secret("hunter22")}, {"password_hash": Secret(HASH[:-1])}):
            with pytest.raises(Refused):
                client.create_user({"email": "ada@example.com"}, secrets)
    assert [attempt.code for attempt in attempts] == ["password_too_short", "password_hash_type_required"]
    assert "hunter22" not in repr(attempts)
    assert HASH[:20] not in repr(attempts)


class TestFaults:
    @pytest.mark.parametrize("kind", ["500", "503", "html", "drop_before", "drop_after", "no_answer", "truncated"])
    def test_each_is_ambiguous_and_passes(self, sandbox: Sandbox, kind: str) -> None:
        sandbox.update(faults={kind: Fault(1.0, calls={"create_user"}, times=1)})
        patience = 0.5 if kind == "no_answer" else 30.0
        with connect(sandbox, answer_seconds=patience).client() as client, pytest.raises(ServiceFailed):
            client.create_user({"email": "ada@example.com"})
        with connect(sandbox).client() as client:
            if not client.list_users(email="ada@example.com"):
                client.create_user({"email": "ada@example.com"})
            assert len(client.list_users(email="ada@example.com")) == 1

    def test_a_server_that_is_gone(self, sandbox: Sandbox, client: WorkosClient) -> None:
        client.create_organization("Acme")
        sandbox.close()
        with pytest.raises((NotSent, ServiceFailed)):
            client.create_organization("Acme")
        with pytest.raises(NotSent):
            client.create_organization("Acme")
        sandbox.start()
        assert client.create_organization("Other").name == "Other"

    def test_keys(self, sandbox: Sandbox, client: WorkosClient) -> None:
        sandbox.update(forbidden=("list_roles",))
        with pytest.raises(PermissionDenied):
            client.list_roles()
        sandbox.revoke_key()
        with pytest.raises(KeyRejected):
            client.list_organizations(limit=1)
        assert client.is_sandbox()

    def test_an_organization_that_is_visible_late(self, sandbox: Sandbox, client: WorkosClient) -> None:
        sandbox.update(visible_after=MINUTES)
        acme = client.create_organization("Acme", "acme")
        with pytest.raises(NotFound):
            client.get_organization_by_external_id("acme")
        assert client.get_organization(acme.id) == acme


class TestRateLimit:
    @pytest.mark.parametrize(
        ("form", "least", "most"), [("seconds", 200, 300), ("date", 200, 300), ("none", None, None)]
    )
    def test_retry_after_in_each_form(self, form: str, least: float | None, most: float | None) -> None:
        with Sandbox(SandboxSettings(writes_per_10s=1, window_seconds=290.0, retry_after_form=form)) as sandbox:  # type: ignore[arg-type]
            limiter = RateLimiter(writes_per_10s=0)
            with connect(sandbox, limiter).client() as client:
                client.create_user({"email": "ada@example.com"})
                with pytest.raises(RateLimited) as caught:
                    client.create_user({"email": "bob@example.com"})
        if least is None or most is None:
            assert caught.value.retry_after is None
        else:
            assert caught.value.retry_after is not None
            assert least <= caught.value.retry_after <= most
        assert limiter.paused_for > 0 or form == "none"

    def test_writes_are_sent_at_the_limiters_pace(self, sandbox: Sandbox) -> None:
        clock = StepClock()
        began = clock.time
        with connect(sandbox, RateLimiter(share=100, clock=clock)).client() as client:
            for number in range(99):
                client.create_user({"email": f"user{number}@example.com"})
        assert clock.time - began == pytest.approx(98 / 49)


def test_the_servers_clock(sandbox: Sandbox) -> None:
    sandbox.update(clock_skew=3_600.0)
    connection = connect(sandbox)
    with connection.client() as client:
        assert connection.server_clock.now() is None
        before = time.time()
        organization = client.create_organization("Acme")
        now = connection.server_clock.now()
    assert now is not None
    assert organization.created_at is not None
    assert now >= datetime.fromtimestamp(before + 3_598.0, UTC)
    assert (now - organization.created_at).total_seconds() >= -2.0
