"""Files of the size that migrations have, against a sandbox that is another process; the API's own limits."""

from __future__ import annotations

import csv
import json
import subprocess
import urllib.request
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.cli.conftest import COMMAND, FAST, ROOT, SECONDS
from tests.support import assert_exact, person, write_large_source, write_source
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Cli

BUSY = 280.0
"""Seconds that thousands of rows may take on a machine with other things to do."""


@contextmanager
def sandbox_process(*flags: str) -> Iterator[dict[str, str]]:
    """`tui-importer sandbox` as another process; its first line."""
    command = [*COMMAND, "sandbox", "--port", "0", "--json", *flags]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(SECONDS)


def state_of(url: str) -> Sandbox:
    """The truth of another process's sandbox, in the form that comparisons take."""
    with urllib.request.urlopen(f"{url}/__sandbox/state", timeout=SECONDS) as answer:
        return cast("Sandbox", SimpleNamespace(state=SimpleNamespace(**json.load(answer))))


def import_large(cli: Cli, source: Path, rows: list[dict[str, str]], *flags: str) -> dict[str, Any]:
    with sandbox_process("--writes-per-10s", "0", "--reads-per-10s", "0") as server:
        running = cli.at(server["url"], server["key"]).start("run", source, *FAST, "--json", *flags)
        ended = running.end(BUSY)
        assert ended.code == 0, ended
        truth = state_of(server["url"])
    document = ended.document
    organizations = len({row["org_external_id"] for row in rows})
    assert document["rows"] == document["created"] == len(rows)
    assert (document["existing"], document["failed"], document["skipped"], document["pending"]) == (0, 0, 0, 0)
    assert document["users"] == {"created": len(rows), "existing": 0, "updated": 0, "failed": 0}
    assert document["memberships"] == {"created": len(rows), "existing": 0}
    assert document["organizations"] == {"resolved": organizations, "created": organizations, "failed": 0}
    assert document["cache"] == {"hits": len(rows), "misses": 0}
    assert_exact(truth, rows)
    return document


@pytest.mark.parametrize("limit", [1_500, pytest.param(3_000, marks=pytest.mark.long)])
def test_the_first_rows_of_a_large_file_and_its_152_organizations(tmp_path: Path, cli: Cli, limit: int) -> None:
    source = write_large_source(tmp_path / "large.csv")
    assert source.stat().st_size > 18_800_000
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    scanned = json.loads(cli("scan", source, "--json", code=0).stdout)
    assert (scanned["rows"], scanned["organizations"], scanned["problems"]) == (14_997, 152, [])
    document = import_large(cli, source, rows[:limit], "--limit", str(limit))
    assert document["organizations"]["resolved"] == 152


@pytest.mark.long
@pytest.mark.timeout(900)
def test_all_of_a_large_file_and_its_152_organizations(tmp_path: Path, cli: Cli) -> None:
    source = write_large_source(tmp_path / "large.csv")
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    document = import_large(cli, source, rows)
    assert document["organizations"]["resolved"] == 152


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("limiter", [("--share", "100"), ("--writes-per-10s", "0")])
def test_no_row_fails_by_the_apis_own_limits(tmp_path: Path, cli: Cli, limiter: tuple[str, str]) -> None:
    rows = [person(n, n % 12) for n in range(700)]
    with Sandbox(SandboxSettings(latency=0.02)) as limited:
        source = write_source(tmp_path / "a.csv", rows)
        running = cli.at(limited.url).start("run", source, "--yes", *limiter, "--json")
        ended = running.end(BUSY)
        assert ended.code == 0, ended
        document = ended.document
        assert (document["created"], document["failed"]) == (700, 0)
        assert document["rate_limited"] == limited.snapshot(objects=False).rate_limited
        assert_exact(limited, rows)
        writes_in_any_ten_seconds(limited)
    if limiter[0] == "--share":
        assert document["rate_limited"] <= 5, "our limiter keeps below the API's"
        assert document["seconds"]["import"] < 1_400 / 50 * 2, "and uses it, even on a busy machine"
    else:
        assert document["rate_limited"] > 0, "the API's refusals are met and obeyed"


def writes_in_any_ten_seconds(limited: Sandbox) -> None:
    times = [
        asked.at
        for asked in limited.requests(last=100_000)
        if asked.applied and asked.call in {"create_user", "create_membership"}
    ]
    assert len(times) == 1_400
    assert all(late - early > 9.9 for early, late in zip(times, times[501:], strict=False))
