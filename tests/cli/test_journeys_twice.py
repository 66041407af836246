"""Two processes at the same moment: one imports, the other is refused before it has written anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import FAST
from tests.support import write_source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tui_importer.sandbox.server import Sandbox

ROWS = [{"email": f"user{number}@example.com", "org_name": f"Organization {number % 10}"} for number in range(60)]


@pytest.mark.parametrize("copied", [False, True], ids=["one file", "two copies"])
def test_of_two_runs_of_one_file_at_the_same_moment_one_is_refused(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, *, copied: bool
) -> None:
    source = write_source(tmp_path / "users.csv", ROWS, ("email", "org_name"))
    other = tmp_path / "copy.csv"
    other.write_bytes(source.read_bytes())
    sandbox.update(latency=0.01)
    sources = (source, other if copied else source)
    processes = [
        cli.start("run", each, *FAST, "--yes", "--json", "--job", f"job-{n}") for n, each in enumerate(sources)
    ]
    ended = [process.end() for process in processes]
    assert sorted(each.code for each in ended) == [0, 2]
    (refused,) = (each for each in ended if each.code == 2)
    assert refused.refusal["kind"] == "job_unfinished"
    assert len(cli.jobs) == 1, "the refused one has left nothing"
    assert len(sandbox.state.organizations) == 10
    assert len(sandbox.state.users) == len(ROWS)
