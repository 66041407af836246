"""The console is killed over its plan: no password stays on the disk, and what is left goes with the next start."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.cli.conftest import wait_until
from tests.cli.test_secrets_killed import SECRETS, secretive
from tests.e2e.test_tmux_journeys import walk
from tests.e2e.tmux import SECONDS, in_tmux
from tests.secret_search import found_in
from tests.support import UNLIMITED
from tui_importer.sandbox.server import Sandbox

if TYPE_CHECKING:
    from pathlib import Path


def test_a_console_that_is_killed_over_a_plan_without_a_job_leaves_no_password(tmp_path: Path, home: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    source = secretive(tmp_path / "users.csv")
    with Sandbox(UNLIMITED) as sandbox:
        environment = {
            "TUI_IMPORTER_HOME": str(home),
            "TMPDIR": str(temporary),
            "WORKOS_BASE_URL": sandbox.url,
            "WORKOS_API_KEY": sandbox.key,
        }
        with in_tmux(tmp_path / "first", "open", source, environment=environment) as console:
            console.wait_for("no organization in it yet")
            walk(console, "Tab", "Dry run")
            console.press("Right")
            console.wait_for("● yes, plan only")
            console.press("Tab")
            console.wait_for("Nothing is written to the environment.")
            sandbox.update(latency=0.3)
            enough = sandbox.snapshot(objects=False).total + 15
            console.press("Enter")
            wait_until(lambda: sandbox.snapshot(objects=False).total > enough, SECONDS)
            assert list(tmp_path.rglob("rows.parquet")), "the plan is under way"
            console.kill(signal.SIGKILL)
            assert console.end() == 128 + signal.SIGKILL
        assert found_in((home, temporary), SECRETS) == {}
        assert not [path for folder in (home, temporary) for path in folder.rglob("*secret*")]
        assert list((home / "scratch").glob("plan-*"))
        with in_tmux(tmp_path / "second", environment=environment) as console:
            console.wait_for("n New")
            assert not (home / "scratch").exists()
