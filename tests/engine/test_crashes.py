"""kill -9 at points chosen at random, in every phase, again and again: the end is that of an undisturbed run.

Every run of these tests uses the same points; another seed gives others: `SEED=n pytest tests/engine/test_crashes.py`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.engine.crash_child import CHUNK_SIZE, NAME, OPTIONS, PATIENCE
from tests.support import COLUMNS, UNLIMITED, finish, open_job, person, write_source
from tui_importer.journal.journal import Reader, open_reader
from tui_importer.report.summary import summary_of
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_importer.engine.snapshot.models import MembershipTotals, OrganizationTotals, Totals, UserTotals
    from tui_importer.sandbox.settings import SandboxSettings

ROOT = Path(__file__).parent.parent.parent
SEED = int(os.environ.get("SEED", "20261125"))
SECONDS = 120.0
SETTINGS = replace(UNLIMITED, latency=0.004, visible_after=0.2, seed=7)
FAULTY = replace(
    SETTINGS,
    faults={kind: Fault(0.02) for kind in ("500", "503", "html", "drop_before", "drop_after", "truncated")},
)


@dataclass(frozen=True)
class Scenario:
    """A server, and what is done with the users whom it has already."""

    settings: SandboxSettings
    on_existing: str = "keep"


SCENARIOS = {
    "plain": Scenario(SETTINGS),
    "update": Scenario(SETTINGS, "update"),
    "faulty": Scenario(FAULTY),
}


@dataclass(frozen=True)
class Ending:
    """All that must be the same, however a job came to its end."""

    users: dict[str, tuple[object, ...]]
    organizations: Counter[tuple[str | None, str]]
    memberships: Counter[tuple[str, str, str, str]]
    totals: Totals
    user_totals: UserTotals
    membership_totals: MembershipTotals
    organization_totals: OrganizationTotals
    failures: Counter[tuple[int | None, str, str]]
    secrets_left: tuple[int, ...]
    cache_misses: int


def seed_server(sandbox: Sandbox) -> str:
    """What was there before: returns the id of an organization that the source names by it."""
    by_id = str(sandbox.seed_organization("By id")["id"])
    sandbox.seed_organization("By name")
    for number in (0, 1):
        sandbox.seed_organization(f"Organization {number}", external_id=f"org-{number}")
    first = next(o for o in sandbox.state.organizations if o["external_id"] == "org-0")
    for number, status in enumerate(("active", "active", "inactive", "pending")):
        user = sandbox.seed_user(f"user{number}@example.com", first_name="Old")
        sandbox.seed_membership(str(user["id"]), str(first["id"]), status=status, roles=["admin"])
    for number in (4, 5):
        sandbox.seed_user(f"user{number}@example.com", first_name="Old")
    sandbox.seed_user("somebody@example.com", external_id="legacy-20")
    return by_id


def rows_for(by_id: str) -> list[dict[str, str]]:
    """Every way a row can go, several times, spread over the file."""
    rows = [person(n, 0, role_slug="member") for n in range(6)]
    rows += [person(n, n % 9, role_slug="admin" if n % 4 else "", password=f"a long secret {n}") for n in range(6, 70)]
    rows += [person(n, org_name=("By name", "New by name", "Newer by name")[n % 3]) for n in range(70, 88)]
    rows += [person(n, org_id=by_id) for n in range(88, 94)]
    rows += [person(n) for n in range(94, 100)]
    rows += [person(n, n % 9, role_slug="no-such-role", password="a long secret") for n in range(100, 103)]
    rows += [person(n, org_external_id="org-nameless") for n in range(103, 106)]
    rows += [person(106, 1, email="no address"), person(107, 1, metadata="[]")]
    rows += [person(n, (n + 1) % 9) for n in range(10, 70, 4)]  # second memberships
    rows += [person(n, n % 9) for n in range(30, 40)]  # repeated rows
    rows += [person(20, 3), person(101, 4), person(103, 5)]  # people whose first row fails in different ways
    random.Random(3).shuffle(rows)
    return rows


SOURCE_COLUMNS = (*COLUMNS, "org_id", "password")


def ending(sandbox: Sandbox, folder: Path) -> Ending:
    """The server's truth and the journal's."""
    state = sandbox.state
    emails = {user["id"]: str(user["email"]) for user in state.users}
    assert len(set(emails.values())) == len(state.users), "a user is there twice"
    labels = {o["id"]: str(o["external_id"] or o["name"]) for o in state.organizations}
    summary = summary_of(folder)
    assert summary.state == "finished", summary
    with open_reader(folder) as reader:
        failures = reader.failures(limit=10_000)
        assert_consistent(reader)
    fields = ("first_name", "last_name", "email_verified", "external_id")
    return Ending(
        users={str(user["email"]): tuple(user[name] for name in fields) for user in state.users},
        organizations=Counter((o["external_id"], str(o["name"])) for o in state.organizations),
        memberships=Counter(
            (emails[m["user_id"]], labels[m["organization_id"]], str(m["role"]["slug"]), str(m["status"]))
            for m in state.memberships
        ),
        totals=summary.totals,
        user_totals=summary.users,
        membership_totals=summary.memberships,
        organization_totals=summary.organizations,
        failures=Counter((failure.row, failure.step, failure.kind) for failure in failures),
        secrets_left=secrets_left(folder),
        cache_misses=summary.cache_misses,
    )


def assert_consistent(reader: Reader) -> None:
    """The running totals of the journal are those of its rows, and every failed row says why."""
    counted = Counter(record.outcome for record in reader.rows(1, 10_000).values())
    assert {outcome: rows for outcome, rows in reader.totals().items() if rows} == {
        outcome: rows for outcome, rows in counted.items() if outcome is not None
    }
    failed = {row for row, record in reader.rows(1, 10_000).items() if record.outcome == 3}
    assert failed == set(reader.failed_rows())


def secrets_left(folder: Path) -> tuple[int, ...]:
    import polars as pl

    path = folder / "secrets.parquet"
    return tuple(pl.read_parquet(path, glob=False)["row"]) if path.exists() else ()


@cache
def undisturbed(name: str) -> Ending:
    """How the scenario ends when nothing happens to it."""
    scenario = SCENARIOS[name]
    with TemporaryDirectory() as folder, Sandbox(replace(scenario.settings, faults={})) as sandbox:
        home = Path(folder)
        source = write_source(home / "users.csv", rows_for(seed_server(sandbox)), SOURCE_COLUMNS)
        with open_job(
            home,
            sandbox,
            source,
            OPTIONS,
            patience=PATIENCE,
            on_existing=scenario.on_existing,
            chunk_size=CHUNK_SIZE,
        ) as job:
            finish(job)
        return ending(sandbox, home / "jobs" / job.name)


class Harness:
    """One job, worked on by one process after another."""

    def __init__(self, folder: Path, sandbox: Sandbox, on_existing: str) -> None:
        self.source = write_source(folder / "users.csv", rows_for(seed_server(sandbox)), SOURCE_COLUMNS)
        self.folder = folder / "jobs"
        self.plans: list[str] = []
        self._sandbox = sandbox
        self._on_existing = on_existing

    def run(self, plan: str) -> int:
        """Start a process with this plan and return how it ended."""
        self.plans.append(plan)
        sandbox = self._sandbox
        command = [sys.executable, "-m", "tests.engine.crash_child", str(self.folder), sandbox.url, sandbox.key]
        ended = subprocess.run(
            [*command, str(self.source), self._on_existing, plan],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert ended.returncode in {0, 1, -signal.SIGKILL}, (self.plans, ended)
        assert "Traceback" not in ended.stderr, (self.plans, ended.stderr)
        return ended.returncode


def kill_points(rng: random.Random) -> Iterator[str]:
    """Points in creation and scan, in the pre-warm, then anywhere; each leaves time for some progress."""
    whens = {
        "file": ("before", "after"),
        "request": ("before", "sent", "after"),
        "commit": ("before", "untold", "after"),
        "finish": ("before", "after"),
    }

    def at(kind: str, first: int, last: int) -> str:
        return f"{kind}:{rng.randint(first, last)}:{rng.choice(whens[kind])}"

    yield at("file", 1, 12)
    yield at("request", 1, 40)
    yield at("commit", 8, 40)
    while True:
        yield rng.choice(
            [
                at("request", 5, 90),
                at("commit", 5, 60),
                at("finish", 1, 1),
                at("file", 1, 4),
                f"time:{rng.uniform(0.4, 1.2):.3f}",
            ]
        )


def kill_again_and_again(folder: Path, name: str, seed: int, kills: int) -> int:
    """Kill `kills` processes on one job, let the last one end, compare; returns how many were killed."""
    expected = undisturbed(name)
    scenario = SCENARIOS[name]
    points = kill_points(random.Random(seed))
    killed = 0
    with Sandbox(scenario.settings) as sandbox:
        harness = Harness(folder, sandbox, scenario.on_existing)
        done = False
        while killed < kills and not done:
            if harness.run(next(points)) == -signal.SIGKILL:
                killed += 1
            else:
                done = summary_of(harness.folder / NAME).state == "finished"
        harness.run("none")
        assert ending(sandbox, harness.folder / NAME) == expected, f"seed {seed}, {harness.plans}"
        with closing(Reader(harness.folder / NAME / "journal.sqlite")) as reader:
            assert not any(record.flags & 1 for record in reader.rows(1, 10_000).values()), "uncertain"
    return killed


def kill_in_rounds(folder: Path, name: str, seed: int, kills: int) -> int:
    """Kill so many processes; a job that ends early is followed by another."""
    killed = round_ = 0
    while killed < kills:
        (folder / str(round_)).mkdir()
        killed += kill_again_and_again(folder / str(round_), name, seed + round_, kills - killed)
        round_ += 1
    return killed


@pytest.mark.parametrize("name", SCENARIOS)
def test_five_kills_in_every_phase_change_nothing_about_the_end(tmp_path: Path, name: str) -> None:
    assert kill_in_rounds(tmp_path, name, SEED + list(SCENARIOS).index(name), 5) >= 5


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_while_the_job_finishes_changes_nothing_about_the_end(tmp_path: Path, when: str) -> None:
    expected = undisturbed("plain")
    with Sandbox(SETTINGS) as sandbox:
        harness = Harness(tmp_path, sandbox, "keep")
        assert harness.run(f"finish:1:{when}") == -signal.SIGKILL
        assert harness.run("none") == 1
        assert ending(sandbox, harness.folder / NAME) == expected


@pytest.mark.long
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("batch", range(50))
def test_a_thousand_kills_change_nothing_about_the_end(tmp_path: Path, batch: int) -> None:
    name = list(SCENARIOS)[batch % len(SCENARIOS)]
    assert kill_in_rounds(tmp_path, name, SEED + 1_000 * (batch + 1), 20) >= 20
