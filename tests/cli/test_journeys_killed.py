"""kill -9 at any moment: the resume reaches the state of an undisturbed run, and says so."""

from __future__ import annotations

import json
import os
import random
import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import FAST, wait_until
from tests.support import assert_exact, person, write_source
from tui_importer.journal.journal import open_reader
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.cli.conftest import Cli, Running
    from tui_importer.sandbox.server import Sandbox

SEED = 20_261_123


def killed(cli: Cli, running: Running, moment: Callable[[], object], pause: float = 0.002) -> None:
    """Kill the process at a moment; its job reads as interrupted."""
    running.wait_until(moment, pause=pause)
    running.send(signal.SIGKILL)
    assert running.end().code == -signal.SIGKILL
    (job,) = json.loads(cli("jobs", "--json", code=0).stdout)
    assert (job["state"], job["reason"]) == ("paused", "interrupted")
    assert job["rows"] == job["created"] + job["existing"] + job["failed"] + job["skipped"] + job["pending"]


def assert_undisturbed(cli: Cli, sandbox: Sandbox, rows: Sequence[dict[str, str]], *flags: str) -> None:
    """Resume, and find everything created exactly once, by this job."""
    document = cli("resume", *flags, "--json", code=0).document
    people = {row["email"] for row in rows}
    organizations = {row["org_external_id"] for row in rows if "org_external_id" in row}
    assert (document["created"], document["existing"], document["failed"]) == (len(rows), 0, 0)
    assert document["users"] == {"created": len(people), "existing": 0, "updated": 0, "failed": 0}
    assert document["memberships"]["existing"] == 0
    assert document["organizations"] == {
        "resolved": len(organizations),
        "created": len(organizations),
        "failed": 0,
    }
    assert document["cache"]["misses"] == 0
    assert_exact(sandbox, rows)


def test_killed_in_the_import_twice(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rng = random.Random(SEED)
    rows = [person(n, n % 6) for n in range(100)] + [person(n, (n + 1) % 6) for n in range(0, 100, 4)]
    source = write_source(tmp_path / "a.csv", rows)
    sandbox.update(latency=0.01)
    first, second = sorted(rng.sample(range(5, 90), 2))
    running = cli.start("run", source, *FAST, "--workers", "6", "--chunk-size", "10", "--job", "j")
    killed(cli, running, lambda: sandbox.snapshot(objects=False).counts["users"] >= first)
    source.unlink()
    running = cli.start("resume")
    killed(cli, running, lambda: sandbox.snapshot(objects=False).counts["users"] >= second)
    assert sandbox.snapshot(objects=False).counts["users"] < 100, "it was killed while it worked"
    sandbox.update(latency=0.0)
    assert_undisturbed(cli, sandbox, rows)


def test_killed_in_the_prewarm(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rng = random.Random(SEED + 1)
    rows = [person(n, n) for n in range(40)]
    moment = rng.randrange(3, 30)
    cli.settings(prewarm_concurrency=4)
    sandbox.update(latency=0.05)
    running = cli.start("run", write_source(tmp_path / "a.csv", rows), *FAST, "--job", "j")
    killed(cli, running, lambda: sandbox.snapshot(objects=False).counts["organizations"] >= moment)
    counts = sandbox.snapshot(objects=False).counts
    assert (counts["organizations"] < 40, counts["users"]) == (True, 0), "it was killed in the pre-warm"
    sandbox.update(latency=0.0)
    assert_undisturbed(cli, sandbox, rows)


def in_the_scan(cli: Cli, sandbox: Sandbox, source: Path) -> None:
    """Start a job and kill it in its scan; on a busy machine that may take some tries.

    Whatever comes too late finds it at its plan, whose first question is never answered: nothing is written.
    """
    sandbox.update(faults={"no_answer": Fault(1.0, calls={"get_organization_by_external_id"})})
    for _ in range(20):
        asked = sandbox.snapshot(objects=False).faults.get("no_answer", 0)
        running = cli.start("run", source, *FAST, "--job", "j")
        killed(cli, running, partial(scans_or_plans, cli, sandbox, asked), pause=0.001)
        with open_reader(cli.job_folder("j")) as reader:
            if reader.job().rows is None:
                sandbox.update(faults={})
                return
        cli("purge", "j", "--yes", code=0)
    pytest.fail("the scan was always over")


def scans_or_plans(cli: Cli, sandbox: Sandbox, asked: int) -> bool:
    """Whether the job has begun to write its rows, or has asked something for its plan since `asked` questions."""
    if any(cli.job_folder("j").glob(".scan-*")):
        return True
    return sandbox.snapshot(objects=False).faults.get("no_answer", 0) > asked


def test_killed_in_the_scan_and_the_file_may_not_have_changed_then(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rows = [person(n, n % 3) for n in range(30)]
    source = write_source(tmp_path / "a.csv", rows)
    before = source.stat()
    content = source.read_bytes()
    in_the_scan(cli, sandbox, source)
    assert sandbox.snapshot(objects=False).counts == {"organizations": 0, "users": 0, "memberships": 0}

    source.write_bytes(content.replace(b"user7@", b"user8@"))
    assert cli("resume", "--yes", "--json", code=2).refusal["kind"] == "source_changed"
    assert cli.jobs == ["j"]
    source.write_bytes(content)
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert_undisturbed(cli, sandbox, rows)
    assert list(cli.job_folder("j").glob(".scan-*")) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_killed_again_and_again(tmp_path: Path, cli: Cli, sandbox: Sandbox, seed: int) -> None:
    rng = random.Random(seed)
    rows = [person(n, n % 25) for n in range(150)] + [person(n, (n + 1) % 25) for n in range(0, 150, 5)]
    source = write_source(tmp_path / "a.csv", rows)
    sandbox.update(latency=0.01, visible_after=rng.choice([0.0, 1.0]))
    running = cli.start("run", source, *FAST, "--workers", "6", "--chunk-size", "10", "--job", "j")
    while running.alive:
        moment = sandbox.snapshot(objects=False).total + rng.randrange(5, 120)
        wait_until(partial(over_or_asked, running, sandbox, moment), pause=0.001)
        running.send(signal.SIGKILL)
        if running.end().code == 0:
            break
        running = cli.start("resume", "--yes")
    assert_undisturbed(cli, sandbox, rows, "j")


def over_or_asked(running: Running, sandbox: Sandbox, total: int) -> bool:
    return not running.alive or sandbox.snapshot(objects=False).total >= total
