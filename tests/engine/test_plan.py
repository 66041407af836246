"""The plan against the sandbox: what exists, who exists, what is wrong, with lines; and nothing is written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest

from tests.support import FAST, UNLIMITED, open_job, person, write_source
from tui_importer.sandbox.server import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.engine.plan.plan import Plan

Whom = Literal["none", "sample", "all"]


def planned(folder: Path, server: Sandbox, rows: list[dict[str, str]], whom: Whom = "sample") -> Plan:
    """The plan of these rows; nothing was written for it."""
    source = write_source(folder / "users.csv", rows)
    before = (len(server.state.users), len(server.state.organizations), len(server.state.memberships))
    with open_job(folder, server, source, replace(FAST, look_up_users=whom)) as job:
        job.prepare()
        job.wait()
        plan = job.plan()
        assert plan is not None, job.snapshot().reason
    assert (len(server.state.users), len(server.state.organizations), len(server.state.memberships)) == before
    return plan


@pytest.mark.parametrize(("whom", "looked_up"), [("none", 0), ("sample", 30), ("all", 30)])
def test_people_who_exist_already_are_counted(tmp_path: Path, sandbox: Sandbox, whom: Whom, looked_up: int) -> None:
    rows = [person(n, n % 3) for n in range(30)]
    for n in range(0, 30, 3):
        sandbox.seed_user(rows[n]["email"])
    plan = planned(tmp_path, sandbox, [*rows, rows[0]], whom)
    assert (plan.people.looked_up, plan.people.existing) == (looked_up, 10 if looked_up else 0)
    assert plan.requests == 3 + 3 + 30 + 30 + (20 if looked_up else 0) + 1, "the repeated row looks first"


def test_a_sample_is_spread_over_the_whole_file(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n) for n in range(450)]
    for row in rows[225:]:
        sandbox.seed_user(row["email"])
    plan = planned(tmp_path, sandbox, rows)
    assert plan.people.looked_up == 100
    assert 40 <= plan.people.existing <= 60


def test_findings_are_shown_by_kind_with_their_first_lines_errors_first(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 3) for n in range(20)]
    for n in (2, 5, 7, 11):
        rows[n]["email"] = f"broken {n}"
    rows += [rows[0]] * 6
    plan = planned(tmp_path, sandbox, rows)
    groups = [(group.kind, group.severity, group.count) for group in plan.groups]
    assert groups == [("email_malformed", "error", 4), ("row_duplicate", "warning", 6)]
    assert [example.line for example in plan.groups[0].examples] == [4, 7, 9]
    assert "broken 2" in plan.groups[0].examples[0].message
    assert plan.refused_rows == 4


def test_enabled_webhook_endpoints_are_counted_with_the_advice(tmp_path: Path) -> None:
    with Sandbox(replace(UNLIMITED, webhook_endpoints=2)) as server:
        plan = planned(tmp_path, server, [person(1)])
    assert plan.webhooks == 2
    assert any("2 webhook endpoints are enabled" in note and "disable" in note for note in plan.notes)


def test_the_plan_says_how_the_file_is_read(tmp_path: Path, sandbox: Sandbox) -> None:
    assert planned(tmp_path, sandbox, [person(1)]).dialect == "UTF-8, separated by a comma"
