"""Keys and signals at a real terminal: what is in flight ends, the terminal is left as it was, a resume is exact."""

from __future__ import annotations

import json
import pty
import signal
import sys
import termios
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import FAST, Terminal, wait_until
from tests.support import assert_exact, finish, person, reopen_job, write_source
from tui_importer.engine.job.listing import list_jobs
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tui_importer.sandbox.server import Sandbox

ROWS = [person(n, n % 5) for n in range(120)]
INTERRUPT = "\x03"
SUSPEND = "\x1a"
RUN = (*FAST, "--workers", "4", "--chunk-size", "5", "--job", "j")
ANY_INTERRUPT = pytest.mark.parametrize(
    "by",
    [
        pytest.param(None, id="key"),
        pytest.param(signal.SIGTERM, id="SIGTERM", marks=pytest.mark.long),
        pytest.param(signal.SIGHUP, id="SIGHUP", marks=pytest.mark.long),
    ],
)


def fresh_modes() -> list[Any]:
    """The settings that a terminal begins with."""
    ours, theirs = pty.openpty()
    with open(ours, "rb", 0), open(theirs, "rb", 0):  # noqa: PTH123 - descriptors
        return termios.tcgetattr(ours)


def asked(sandbox: Sandbox, call: str) -> int:
    return sandbox.snapshot(objects=False).asked(call)


def users(sandbox: Sandbox) -> int:
    return sandbox.snapshot(objects=False).counts["users"]


def end(terminal: Terminal) -> int:
    """Read to the end, look at what is left of the terminal; the exit code."""
    terminal.read_to_end()
    assert terminal.modes == fresh_modes()
    assert "\x1b" not in terminal.seen.replace("\x1b[1;31mtui-importer:\x1b[0m", "")
    assert "Traceback" not in terminal.seen
    return terminal.hang_up()


def interrupt(terminal: Terminal, by: signal.Signals | None) -> str:
    """Type ^C, or send a signal; its name."""
    if by is None:
        terminal.type(INTERRUPT)
        return "SIGINT"
    terminal.process.send_signal(by)
    return by.name


def assert_resumes(cli: Cli, sandbox: Sandbox, rows: Sequence[dict[str, str]]) -> None:
    """What is missing is done, once, as if nothing had happened."""
    sandbox.update(latency=0.0, faults={})
    with reopen_job(cli.home, sandbox, "j") as job:
        assert job.snapshot().state in {"paused", "ready"}
        summary = finish(job)
    assert (summary.totals.created, summary.users.created, summary.totals.failed) == (len(rows), len(rows), 0)
    assert summary.organizations.created == 5
    assert_exact(sandbox, rows)
    assert sandbox.snapshot(objects=False).conflicts == {}


@ANY_INTERRUPT
def test_interrupted_at_a_terminal_the_import_drains_and_says_how_to_go_on(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, by: signal.Signals | None
) -> None:
    sandbox.update(latency=0.01)
    terminal = Terminal(cli, "run", write_source(tmp_path / "users.csv", ROWS), *RUN)
    terminal.wait_for("users ")
    wait_until(lambda: users(sandbox) >= 10)
    name = interrupt(terminal, by)
    assert end(terminal) == 130
    assert f"{name}: finishing the rows in flight; once more stops at once." in terminal.seen
    assert f"j: paused (interrupted by {name})" in terminal.seen
    assert "Next: Resume to go on." in terminal.seen
    counts = sandbox.snapshot(objects=False).counts
    assert 10 <= counts["users"] == counts["memberships"] < 120
    assert_resumes(cli, sandbox, ROWS)
    assert asked(sandbox, "create_user") == asked(sandbox, "create_membership") == 120


def test_the_second_interrupt_stops_at_once_and_nothing_is_lost(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    sandbox.update(latency=0.01)
    terminal = Terminal(cli, "run", write_source(tmp_path / "users.csv", ROWS), *RUN)
    terminal.wait_for("users ")
    wait_until(lambda: users(sandbox) >= 10)
    sandbox.update(faults={"slow": Fault(1, calls={"create_membership"})}, slow_seconds=2.0)
    wait_until(lambda: sandbox.snapshot(objects=False).in_flight == 4)
    terminal.type(INTERRUPT)
    terminal.wait_for("SIGINT: finishing")
    terminal.process.send_signal(signal.SIGTERM)  # while it is pausing
    terminal.type(INTERRUPT)
    assert end(terminal) == 130
    assert "j: paused (interrupted by SIGINT)" in terminal.seen
    assert terminal.seen.count("finishing the rows") == 1
    assert_resumes(cli, sandbox, ROWS)


@ANY_INTERRUPT
def test_interrupted_in_the_prewarm_no_user_is_sent(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, by: signal.Signals | None
) -> None:
    cli.settings(prewarm_concurrency=1)
    sandbox.update(latency=0.2)
    rows = ROWS[:10]
    terminal = Terminal(cli, "run", write_source(tmp_path / "users.csv", rows), *RUN)
    wait_until(lambda: asked(sandbox, "create_organization") >= 1)
    name = interrupt(terminal, by)
    assert end(terminal) == 130
    assert f"j: paused (interrupted by {name})" in terminal.seen
    counts = sandbox.snapshot(objects=False).counts
    assert (counts["users"], counts["organizations"]) == (0, asked(sandbox, "create_organization"))
    assert 1 <= counts["organizations"] < 5
    assert_resumes(cli, sandbox, rows)


def write_wide_source(path: Path) -> list[dict[str, str]]:
    """Few rows and many bytes: a scan that takes a while, and an import that does not."""
    rows = [person(n, n % 5) for n in range(40)]
    notes = ["lorem ipsum " * 5_000] * 16
    names = [f"note {number}" for number in range(16)]
    lines = [",".join([*rows[0], *names]), *(",".join([*row.values(), *notes]) for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return rows


def test_interrupted_in_the_scan_the_job_is_kept_and_scans_again(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    source = tmp_path / "users.csv"
    rows = write_wide_source(source)
    terminal = Terminal(cli, "run", source, *RUN)
    wait_until(lambda: [job.state for job in list_jobs(cli.home / "jobs")] == ["running"], pause=0.002)
    terminal.type(INTERRUPT)
    assert end(terminal) == 130
    (job,) = list_jobs(cli.home / "jobs")
    assert (job.state, job.reason, job.totals.rows) == ("paused", "interrupted by SIGINT", 0)
    assert sandbox.snapshot(objects=False).counts == {"organizations": 0, "users": 0, "memberships": 0}
    assert_resumes(cli, sandbox, rows)


@ANY_INTERRUPT
def test_interrupted_at_the_question_nothing_is_written_and_the_job_is_kept(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, by: signal.Signals | None
) -> None:
    rows = ROWS[:10]
    terminal = Terminal(cli, "run", write_source(tmp_path / "users.csv", rows), *RUN[1:])
    terminal.wait_for("Begin the import? [y/N] ")
    interrupt(terminal, by)
    assert end(terminal) == 130
    assert "Nothing was written: nobody said yes." in terminal.seen
    assert "Next: Go on with: tui-importer resume j" in terminal.seen
    assert sandbox.snapshot(objects=False).counts == {"organizations": 0, "users": 0, "memberships": 0}
    assert_resumes(cli, sandbox, rows)


@pytest.mark.parametrize("by", [None, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_at_the_prompt_for_the_key_the_terminal_echoes_again(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, by: signal.Signals | None
) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    terminal = Terminal(cli.at(key=""), "run", source, *RUN)
    terminal.wait_for("WorkOS API key for ")
    wait_until(lambda: terminal.modes != fresh_modes())
    terminal.type("sk_test_half")
    interrupt(terminal, by)
    assert end(terminal) == 130
    assert "sk_test_half" not in terminal.seen
    assert cli.jobs == []
    assert sandbox.snapshot(objects=False).total == 0


def at_the_question(terminal: Terminal, _sandbox: Sandbox) -> None:
    terminal.wait_for("Begin the import? [y/N] ")


def in_the_prewarm(terminal: Terminal, sandbox: Sandbox) -> None:
    wait_until(lambda: asked(sandbox, "create_organization") >= 1)


def in_the_import(terminal: Terminal, sandbox: Sandbox) -> None:
    terminal.wait_for("users ")
    wait_until(lambda: users(sandbox) >= 5)


@pytest.mark.parametrize(
    ("moment", "form"),
    [
        (at_the_question, ()),
        (in_the_prewarm, ("--json",)),
        (in_the_import, ()),
        pytest.param(at_the_question, ("--json",), marks=pytest.mark.long),
        pytest.param(in_the_prewarm, (), marks=pytest.mark.long),
        pytest.param(in_the_import, ("--json",), marks=pytest.mark.long),
    ],
)
def test_a_terminal_that_is_closed_although_the_result_goes_to_it_only_interrupts(
    tmp_path: Path,
    cli: Cli,
    sandbox: Sandbox,
    moment: Callable[[Terminal, Sandbox], None],
    form: Sequence[str],
) -> None:
    rows = ROWS[:60]
    cli.settings(prewarm_concurrency=1)
    sandbox.update(latency=0.02)
    flags = RUN[1:] if moment is at_the_question else RUN
    terminal = Terminal(cli, "run", write_source(tmp_path / "users.csv", rows), *flags, *form)
    moment(terminal, sandbox)
    assert terminal.hang_up() == 130
    assert not (cli.home / "logs").exists(), "a crash was written down"
    assert_resumes(cli, sandbox, rows)


def test_a_stopped_run_sends_nothing_and_goes_on_in_the_foreground(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rows = ROWS[:60]
    sandbox.update(latency=0.01)
    source = write_source(tmp_path / "users.csv", rows)
    shell = Terminal(cli, command=("bash", "--norc", "--noprofile", "-i"))
    shell.type(f"{sys.executable} -m tui_importer run {source} {' '.join(RUN)}\n")
    shell.wait_for("users ")
    wait_until(lambda: users(sandbox) >= 5)
    shell.type(SUSPEND)
    shell.wait_for("Stopped")
    wait_until(lambda: sandbox.snapshot(objects=False).in_flight == 0)
    stopped = sandbox.snapshot(objects=False)
    shell.type("echo still $((40 + 2))\n")
    shell.wait_for("still 42")
    before = sandbox.snapshot(objects=False)
    assert (before.total, before.counts) == (stopped.total, stopped.counts)
    assert stopped.counts["users"] < 60
    shell.type("fg\n")
    shell.wait_for("j: finished")
    shell.type('echo "ended $?"\nexit\n')
    shell.read_to_end()
    assert "ended 0" in shell.seen
    shell.hang_up()
    assert_exact(sandbox, rows)
    assert asked(sandbox, "create_user") == asked(sandbox, "create_membership") == 60


OUTLIVING = """
import signal, sys, time
import tui_importer.source.scan as module
signal.signal(signal.SIGHUP, signal.SIG_IGN)
scan = module.scan
def outliving(*arguments, **named):
    sys.stderr.write("Scanning.")
    sys.stderr.flush()
    while sys.stderr.isatty():
        time.sleep(0.01)
    return scan(*arguments, **named)
module.scan = outliving
from tui_importer.cli.main import main
main(sys.argv[1:])
"""
"""The program as `nohup` starts it, with a scan that begins when the terminal is gone."""


def test_a_scan_that_outlives_its_terminal_has_its_result(cli: Cli, tmp_path: Path) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    report = tmp_path / "report"
    terminal = Terminal(cli, "scan", source, "--json", stdout=report, command=(sys.executable, "-c", OUTLIVING))
    terminal.wait_for("Scanning.")
    assert terminal.hang_up() == 0
    assert json.loads(report.read_text(encoding="utf-8"))["rows"] == len(ROWS)
