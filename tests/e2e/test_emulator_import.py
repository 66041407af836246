"""Imports into the official emulator: a server that we did not write."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx

from tests.support import FAST, finish, open_job, person, write_source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.emulator import Emulator

pytest_plugins = ("tests.emulator",)


@dataclass(frozen=True)
class Environment:
    url: str
    key: str


def objects(emulator: Emulator, path: str, key: str) -> list[dict[str, str]]:
    """All objects of a list."""
    found: list[dict[str, str]] = []
    after: str | None = None
    with httpx.Client(base_url=emulator.url, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as client:
        while True:
            answer = client.get(path, params={"limit": "100", **({"after": after} if after else {})}).raise_for_status()
            found += answer.json()["data"]
            after = answer.json()["list_metadata"]["after"]
            if after is None:
                return found


def test_300_rows_arrive_exactly_and_a_second_import_finds_them(tmp_path: Path, emulator: Emulator) -> None:
    rows = [person(n, n % 15, role_slug="member") for n in range(280)]
    rows += [person(n, (n + 1) % 15, role_slug="member") for n in range(20)]
    source = write_source(tmp_path / "users.csv", rows)
    (tmp_path / "first").mkdir()
    with open_job(tmp_path / "first", Environment(emulator.url, emulator.fresh_key()), source) as job:
        summary = finish(job)
        assert job.snapshot().environment == "STAGING"
    assert (summary.totals.created, summary.totals.failed, summary.organizations.created) == (300, 0, 15)
    assert summary.cache_misses == 0

    key = emulator.fresh_key()
    users = {user["id"]: user["email"] for user in objects(emulator, "/user_management/users", key)}
    organizations = {o["id"]: o["external_id"] for o in objects(emulator, "/organizations", key)}
    memberships = objects(emulator, "/user_management/organization_memberships", key)
    assert sorted(users.values()) == sorted({row["email"] for row in rows})
    assert sorted(organizations.values()) == sorted({row["org_external_id"] for row in rows})
    pairs = Counter((users[m["user_id"]], organizations[m["organization_id"]]) for m in memberships)
    assert pairs == Counter((row["email"], row["org_external_id"]) for row in rows)

    (tmp_path / "second").mkdir()
    server = Environment(emulator.url, emulator.fresh_key())
    with open_job(tmp_path / "second", server, write_source(tmp_path / "again.csv", rows[:100])) as job:
        summary = finish(job)
    assert (summary.totals.created, summary.totals.existing, summary.totals.failed) == (0, 100, 0)
    assert (summary.organizations.resolved, summary.organizations.created) == (15, 0)


def test_its_limit_of_a_thousand_requests_a_minute_costs_time_and_no_row(tmp_path: Path, emulator: Emulator) -> None:
    rows = [person(n, n % 5) for n in range(1_000, 1_500)]
    server = Environment(emulator.url, emulator.fresh_key())
    options = replace(FAST, workers=8, max_failed=0)
    with open_job(tmp_path, server, write_source(tmp_path / "users.csv", rows), options) as job:
        summary = finish(job)
    assert summary.requests > 1_000
    assert summary.rate_limited > 0
    assert (summary.totals.created + summary.totals.existing, summary.totals.failed) == (500, 0)
    assert summary.users.created == 500
