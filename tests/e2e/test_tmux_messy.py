"""A messy export in the real console: each problem with its line before the first write, then the rest is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.test_journeys_large import sandbox_process, state_of
from tests.cli.test_journeys_messy import messy
from tests.e2e.tmux import in_tmux
from tui_importer.engine.job.listing import list_jobs

if TYPE_CHECKING:
    from pathlib import Path


def test_a_messy_export_is_understood_shown_and_imported_without_its_broken_rows(tmp_path: Path, home: Path) -> None:
    source = tmp_path / "export.csv"
    right = messy(source)
    (home / "config.toml").write_text("writes_per_10s = 0\nmax_failed = 'off'\n", encoding="utf-8")
    with sandbox_process("--writes-per-10s", "0", "--reads-per-10s", "0", "--latency-ms", "5") as server:
        environment = {"WORKOS_BASE_URL": server["url"], "WORKOS_API_KEY": server["key"]}
        with in_tmux(tmp_path / "console", "open", source, environment=environment) as console:
            console.wait_for("132 rows", "Windows-1252, separated by a semicolon", "SANDBOX", "Jörg 1")
            console.wait_for("email ← Email", "org_name ← Organization Name", "first_name ← Given Name")
            plan = console.wait_for("Nothing has been written yet", "Users                117", key="Enter")
            assert "3 refused by the scan" in plan
            assert "0 existing · 9 to create" in plan
            assert "superadmin" in plan
            assert "row_duplicate 12" in plan
            assert not state_of(server["url"]).state.users

            console.press("v")
            console.wait_for("findings of the scan", "16 findings", "  31 ", "  61 ", "  91 ")
            console.wait_for("The row has 6 values for 7 columns")
            console.press("z")
            console.wait_for("3 of 16")
            console.press("Escape")
            console.wait_for("16 findings", without="3 of 16")
            console.press("Escape")
            console.wait_for("Nothing has been written yet")
            console.press("Enter")
            console.wait_for("FINISHED", "116 created", "12 existing", "4 failed")
            console.press("3")
            console.wait_for("row_too_short", "row_too_long", "invalid_role")
            console.press("q")
            assert console.end() == 0
        users = state_of(server["url"]).state.users
    assert {user["email"] for user in users} == {row["email"] for row in right}
    (job,) = list_jobs(home / "jobs")
    totals = job.totals
    assert (totals.created, totals.existing, totals.failed, totals.pending) == (116, 12, 4, 0)
