"""What is found in the environment: which of several is taken, and what of it an import changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.engine.faulty import QUICK
from tests.support import COLUMNS, FAST, UNLIMITED, finish, open_job, person, write_source
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import Fault
from tui_importer.workos.client import WorkosClient
from tui_importer.workos.models import MembershipStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tui_importer.workos.models import Membership, User

SECRETS = {
    "a password": {"password": "correct horse battery staple"},
    "a hash": {"password_hash": "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
               "password_hash_type": "bcrypt"},
}  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS)
def test_an_update_sends_the_profile_and_nothing_else(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    """A user who is there may have proved an address, and changed a password, since the file was made."""
    row = person(0, email_verified="true", metadata='{"plan": "team"}') | SECRETS[secret]
    sandbox.seed_user(row["email"], first_name="Old", email_verified=False)
    sent: list[Mapping[str, object]] = []
    update_user = WorkosClient.update_user

    def noted(client: WorkosClient, user_id: str, payload: Mapping[str, object]) -> User:
        sent.append(payload)
        return update_user(client, user_id, payload)

    monkeypatch.setattr(WorkosClient, "update_user", noted)
    source = write_source(tmp_path / "users.csv", [row], (*COLUMNS, *SECRETS[secret]))
    with open_job(tmp_path, sandbox, source, on_existing="update") as job:
        assert finish(job).users.updated == 1
    (found,) = sandbox.state.users
    assert (found["first_name"], found["email_verified"]) == ("Ada", False)
    assert sent == [
        {"first_name": "Ada", "last_name": "Person 0", "external_id": "legacy-0", "metadata": {"plan": "team"}}
    ]


@pytest.mark.parametrize(("managed", "roles"), [(False, ["admin"]), (True, ["member"])])
def test_the_role_of_a_membership_that_a_directory_manages_is_not_changed(
    tmp_path: Path, sandbox: Sandbox, *, managed: bool, roles: list[str]
) -> None:
    organization = sandbox.seed_organization("Organization 0", external_id="org-0")
    user = sandbox.seed_user("user0@example.com")
    sandbox.seed_membership(str(user["id"]), str(organization["id"]), roles=("member",), directory_managed=managed)
    source = write_source(tmp_path / "users.csv", [person(0, 0, role_slug="admin")])
    with open_job(tmp_path, sandbox, source, on_existing="update") as job:
        summary = finish(job)
    assert (summary.totals.existing, summary.totals.failed) == (1, 0)
    (membership,) = sandbox.state.memberships
    assert [role["slug"] for role in membership["roles"]] == roles


def test_of_two_users_that_are_found_for_an_address_the_one_who_has_it_is_taken(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that searches for parts of addresses would answer so; the sandbox does not."""
    sandbox.seed_user("ada.user0@example.com")
    known = sandbox.seed_user("user0@example.com")
    list_users = WorkosClient.list_users

    def others_first(client: WorkosClient, *, email: str) -> list[User]:
        return [*list_users(client, email=f"ada.{email}"), *list_users(client, email=email)]

    monkeypatch.setattr(WorkosClient, "list_users", others_first)
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", [person(0, 0)])) as job:
        summary = finish(job)
    assert (summary.users.existing, summary.memberships.created) == (1, 1)
    assert [membership["user_id"] for membership in sandbox.state.memberships] == [known["id"]]


@pytest.mark.parametrize("order", [1, -1], ids=["active first", "inactive first"])
def test_of_two_memberships_of_a_pair_the_active_one_is_taken(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, order: int
) -> None:
    """A server that keeps deactivated ones beside those that came later would answer so; the sandbox does not."""
    organization = sandbox.seed_organization("Organization 0", external_id="org-0")
    user = sandbox.seed_user("user0@example.com")
    sandbox.seed_membership(str(user["id"]), str(organization["id"]))
    list_memberships = WorkosClient.list_memberships

    def with_an_older_one(client: WorkosClient, user_id: str, organization_id: str | None = None) -> list[Membership]:
        (found,) = list_memberships(client, user_id, organization_id)
        return [found, replace(found, id="om_older", status=MembershipStatus.INACTIVE)][::order]

    monkeypatch.setattr(WorkosClient, "list_memberships", with_an_older_one)
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", [person(0, 0)])) as job:
        summary = finish(job)
        assert job.failures_after(0) == []
    assert (summary.totals.existing, summary.memberships.existing) == (1, 1)


def test_what_is_looked_up_for_the_plan_is_not_lost_in_an_outage(tmp_path: Path) -> None:
    """Each thread is refused so often that it leaves its question for later, and all questions are answered then."""
    rows = [person(n, n % 5) for n in range(40)]
    with Sandbox(UNLIMITED) as sandbox:
        for n in range(5):
            sandbox.seed_organization(f"Organization {n}", external_id=f"org-{n}")
        for row in rows:
            sandbox.seed_user(row["email"])
        calls = {"list_users", "get_organization_by_external_id"}
        sandbox.update(faults={"503": Fault(1.0, calls=calls, times=60)})
        source = write_source(tmp_path / "users.csv", rows)
        with open_job(tmp_path, sandbox, source, replace(FAST, look_up_users="all"), patience=QUICK) as job:
            job.prepare()
            assert job.wait(60)
            plan = job.plan()
        assert sandbox.snapshot(objects=False).faults["503"] == 60
    assert plan is not None
    assert (plan.organizations.existing, plan.organizations.create, plan.organizations.unknown) == (5, 0, 0)
    assert (plan.people.looked_up, plan.people.existing) == (40, 40)
