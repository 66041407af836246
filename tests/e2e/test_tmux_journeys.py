"""Whole journeys in a real terminal, by the keyboard alone: the demo, and a job that survives being killed."""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING

from tests.cli.conftest import wait_until
from tests.cli.test_journeys_large import sandbox_process, state_of
from tests.e2e.tmux import SECONDS, Tmux, in_tmux
from tests.support import assert_exact, person, write_source
from tui_importer.engine.job.listing import list_jobs

if TYPE_CHECKING:
    from pathlib import Path


def test_the_demo_from_the_start_to_the_summary_its_errors_and_a_retry(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with in_tmux(tmp_path / "demo", "demo", environment={"TMPDIR": str(temporary)}) as demo:
        limit_rows(demo, 235)
        plan = demo.wait_for("Nothing has been written yet", "Users                234", key="Enter")
        assert "1 refused by the scan · email_malformed 1" in plan
        assert "2 existing · 38 to create · 0 in conflict" in plan
        demo.wait_for("RUNNING", "▶ Organizations", key="Enter")
        for tab, words in (("2", "latency"), ("4", "org-001"), ("5", "message"), ("1", "progress")):
            demo.press(tab)
            demo.wait_for(words)
        demo.wait_for("FINISHED", "Summary", "233 created     0 existing    2 failed", "✔ Done")
        wait_until(lambda: demo.title.startswith("finished acme-users-"))
        look_at_errors(demo)
        demo.press("q")
        assert demo.end() == 0
        demo.assert_given_back()
    assert list(temporary.iterdir()) == []


def limit_rows(console: Tmux, rows: int) -> None:
    """On the new-job screen: only the first rows of the file, then on to the button that makes the plan."""
    console.wait_for("Nothing is written to the environment.")
    walk(console, "BTab", "If existing")
    for _ in ("Max failed", "Canary", "Rows"):
        step(console, "BTab")
    console.press("C-u")
    console.wait_for("Rows", without="Rows         all")
    console.type(str(rows))
    console.wait_for(f"Rows         {rows} ")
    walk(console, "Tab", "Dry run")
    console.press("Tab")  # the button that makes the plan follows
    console.wait_for("q Leave")


def walk(console: Tmux, key: str, label: str) -> None:
    """From field to field until the choice with this label has the focus."""
    for _ in range(30):
        if console.has_bold(label):
            return
        step(console, key)
    raise AssertionError(f"{label} was never in focus:\n{console.screen}")


def step(console: Tmux, key: str) -> None:
    """One field further, seen to be drawn."""
    before = console.styled
    console.press(key)
    wait_until(partial(is_drawn_anew, console, before), SECONDS)


def is_drawn_anew(console: Tmux, before: str) -> bool:
    return console.styled != before


def look_at_errors(console: Tmux) -> None:
    """The error that can be tried again, by its group: in detail, in full, once more."""
    console.press("3")
    console.wait_for("email_malformed", "invalid_role", "2 of 2")
    console.press("g")
    console.wait_for("share", "g All errors")
    console.press("j")
    console.wait_for("r Retry")
    console.press("Enter")
    console.wait_for("Group invalid_role", "esc Groups")
    console.press("Enter")
    console.wait_for("What to do", "Attempts", "superuser")
    console.press("d")
    console.wait_for("d Summary", '"role_slug"')
    console.press("r")
    console.wait_for("FINISHED", "Group invalid_role", "1 of 1")  # it failed again, and is an error of its own
    console.press("5")
    console.wait_for("Trying 1 failed row again")


def test_a_job_made_paused_killed_and_opened_again_ends_exact(tmp_path: Path, home: Path) -> None:
    rows = [person(number, number % 5) for number in range(160)]
    source = write_source(tmp_path / "users.csv", rows)
    (home / "config.toml").write_text("writes_per_10s = 0\nworkers = 4\n", encoding="utf-8")
    unlimited = ("--writes-per-10s", "0", "--reads-per-10s", "0", "--latency-ms", "40")
    with sandbox_process(*unlimited) as server:
        url = server["url"]
        environment = {"WORKOS_BASE_URL": url, "WORKOS_API_KEY": server["key"]}

        def users_are(number: int) -> None:
            wait_until(lambda: len(state_of(url).state.users) >= number, pause=0.1)

        with in_tmux(tmp_path / "first", environment=environment) as console:
            console.wait_for("No jobs yet")
            console.press("n")
            console.wait_for("CSV file")
            console.type(str(source))
            console.wait_for("160 rows", "SANDBOX")
            console.wait_for("Nothing has been written yet", "160", key="Enter")
            console.wait_for("RUNNING", key="Enter")
            users_are(15)
            console.press("p")
            console.wait_for("PAUSED", "Paused by the operator")
            console.press("p")
            console.wait_for("RUNNING")
            users_are(70)
            console.kill(signal.SIGKILL)
            assert console.end() == 128 + signal.SIGKILL
        (left,) = list_jobs(home / "jobs")
        assert 0 < left.totals.pending < 160
        with in_tmux(tmp_path / "second", "open", left.job, environment=environment) as console:
            console.wait_for("PAUSED", "p goes on", f"{left.totals.created} ")
            console.press("p")
            console.wait_for("FINISHED", "160 created     0 existing    0 failed")
            console.press("q")
            assert console.end() == 0
            console.assert_given_back()
        assert_exact(state_of(url), rows)
    (done,) = list_jobs(home / "jobs")
    assert (done.state, done.totals.created, done.totals.failed, done.totals.pending) == ("finished", 160, 0, 0)
