"""The real terminal around the console: its size changes, it goes away, it knows few colours or none."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.e2e.tmux import COLOUR, Tmux, alive, in_tmux
from tests.support import assert_exact, finish, open_job, person, write_source
from tui_importer.engine.job.listing import list_jobs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tui_importer.sandbox.server import Sandbox

pytest_plugins = ("tests.cli.conftest",)

ROWS = [person(number, number % 4) for number in range(120)]


def console_of(cli: Cli) -> dict[str, str]:
    return {"WORKOS_BASE_URL": cli.url, "WORKOS_API_KEY": cli.key, "TUI_IMPORTER_HOME": str(cli.home)}


def begin(console: Tmux) -> None:
    """From a new job to a running import, by the enter key alone."""
    console.wait_for("Nothing is written to the environment.")
    console.wait_for("Nothing has been written yet", key="Enter")
    console.wait_for("RUNNING", "▶ Users", key="Enter")


def lines_of(screen: str) -> list[str]:
    return [line.rstrip() for line in screen.rstrip("\n").split("\n")]


def test_a_terminal_of_any_size_is_drawn_anew_while_a_job_runs_and_its_end_pauses_the_job(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    cli.settings(writes_per_10s=0, workers=2)
    sandbox.update(latency=0.1)
    with in_tmux(tmp_path / "sizes", "open", source, environment=console_of(cli)) as console:
        begin(console)
        for columns, lines in ((80, 24), (200, 50)):
            console.resize(columns, lines)
            screen = console.wait_for("RUNNING", "q Leave", "1 Chunks")
            wait_until(partial(fits_now, console, columns, lines))
            assert "too small" not in screen
        console.resize(60, 15)
        console.wait_for("too small", "60")
        console.resize(120, 36)
        console.wait_for("RUNNING", "Organizations", "q Leave", without="too small")
        console.press("p")
        console.wait_for("PAUSED", "Paused by the operator")
        wait_until(partial(fits_now, console, 120, 36))
        rested = [line for line in lines_of(console.screen) if "█" not in line]
        console.resize(200, 50)
        wait_until(partial(fits_now, console, 200, 50))
        console.resize(120, 36)
        console.wait_for(*rested)
        console.press("p")
        console.wait_for("RUNNING")
        process = console.process
        console.kill_server()
        wait_until(lambda: not alive(process))
    (left,) = list_jobs(cli.home / "jobs")
    assert left.state == "paused"
    assert left.totals.failed == 0
    assert 0 < left.totals.pending < len(ROWS)
    sandbox.update(latency=0.0)
    done = cli("resume", left.job, "--json", code=0).document
    assert (done["state"], done["created"], done["failed"]) == ("finished", len(ROWS), 0)
    assert_exact(sandbox, ROWS)


def fits_now(console: Tmux, columns: int, lines: int) -> bool:
    """The first line reaches from edge to edge, the last one is the footer, and nothing is left over between."""
    found = lines_of(console.screen)
    return (
        found[0].startswith(" tui-importer › ")
        and columns - 3 <= len(found[0]) <= columns
        and len(found) in {lines, lines - 1}
        and "q Leave" in found[-1]
        and sum("q Leave" in line for line in found) == 1
        and sum("1 Chunks" in line for line in found) == 1
    )


@pytest.fixture
def finished_job(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> str:
    """A job with one failed row."""
    rows = [*ROWS[:20], person(20, 1, role_slug="superuser")]
    with open_job(cli.home, sandbox, write_source(tmp_path / "users.csv", rows)) as job:
        summary = finish(job)
    assert summary.totals.failed == 1
    return summary.job


def test_no_color_leaves_no_colour_and_nothing_was_said_by_colour_alone(
    tmp_path: Path, cli: Cli, finished_job: str
) -> None:
    environment = {**console_of(cli), "NO_COLOR": "1"}
    with in_tmux(tmp_path / "plain", "open", finished_job, environment=environment) as console:
        console.wait_for("! FINISHED", "q Leave")
        for tab, words in (("3", "invalid_role"), ("1", "✔ done"), ("5", "· info")):
            console.press(tab)
            console.wait_for("! FINISHED", words)
            assert not COLOUR.search(console.styled)
            assert re.search(r"\x1b\[(?:\d+;)*7m", console.styled), "the line under the cursor is reversed"
        console.press("q")
        assert console.end() == 0  # an operator who leaves is content; what failed is told by `run`'s exit code
        console.assert_given_back()


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("latin-1", ("tui-importer > ", "! FINISHED", "--------")),
        ("ascii", ("tui-importer > ", "! FINISHED", "v done")),
    ],
)
def test_a_terminal_with_few_characters_shows_simpler_ones(
    tmp_path: Path, cli: Cli, finished_job: str, encoding: str, words: tuple[str, ...]
) -> None:
    environment = {**console_of(cli), "PYTHONIOENCODING": encoding}
    with in_tmux(tmp_path / encoding, "open", finished_job, environment=environment, size=(80, 24)) as console:
        screen = console.wait_for("q Leave", *words)
        screen.encode("ascii")  # the middle dot of Latin-1 is no UTF-8, so that tmux shows a replacement: none is left
        lines = lines_of(screen)
        assert max(map(len, lines)) <= 80
        console.press("q")
        assert console.end() == 0


@pytest.mark.parametrize(("term", "theme"), [("screen-16color", "dark"), ("screen", "ansi-dark")])
def test_a_terminal_of_few_colours_shows_everything(
    tmp_path: Path, cli: Cli, finished_job: str, term: str, theme: str
) -> None:
    cli.settings(theme=theme)
    with in_tmux(
        tmp_path / term, "open", finished_job, environment=console_of(cli), term=term, size=(80, 24)
    ) as console:
        console.wait_for("! FINISHED", "20 created", "q Leave")
        console.press("3")
        console.wait_for("invalid_role")
        styled = console.styled
        assert COLOUR.search(styled)
        assert not re.search(r"[34]8[;:]2[;:]", styled), "these terminals have no colours of 24 bits"
        console.press("q")
        assert console.end() == 0
        console.assert_given_back()


def test_a_terminal_that_cannot_draw_is_told_so(tmp_path: Path, cli: Cli) -> None:
    with in_tmux(tmp_path / "dumb", environment=console_of(cli), term="dumb") as console:
        assert console.end() == 2
        console.wait_for("terminal")
        assert b"\x1b[?1049h" not in console.raw
        console.assert_given_back()
