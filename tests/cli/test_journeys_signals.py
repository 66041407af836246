"""Signals in every phase: what is in flight ends, the exit code is 130, and a resume loses nothing."""

from __future__ import annotations

import signal
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import COMMAND, FAST, Running, Terminal, wait_until
from tests.support import assert_exact, open_job, person, write_source
from tui_importer.cli.progress import draining
from tui_importer.cli.signals import SIGNALS, handling
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from tests.cli.conftest import Cli
    from tui_importer.sandbox.server import Sandbox

ROWS = [person(n, n % 5) for n in range(180)]
# The signal comes when the command calls a function of its own.
AT = """
import importlib, signal, sys
number, where = int(sys.argv.pop(1)), sys.argv.pop(1)
module, _, name = where.partition(":")
owner, _, attribute = name.rpartition(".")
found = importlib.import_module(module)
found = getattr(found, owner) if owner else found
real = getattr(found, attribute)
def signalled(*arguments, **named):
    signal.raise_signal(number)
    return real(*arguments, **named)
setattr(found, attribute, signalled)
from tui_importer.cli.main import main
main(sys.argv[1:])
"""
OUTLIVING = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
"""Starts a command as `nohup` does."""


def users(sandbox: Sandbox) -> int:
    return sandbox.snapshot(objects=False).counts["users"]


def lookups(sandbox: Sandbox) -> int:
    return sandbox.snapshot(objects=False).asked("get_organization_by_external_id")


def more_lookups(sandbox: Sandbox, before: int) -> bool:
    return lookups(sandbox) > before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_drains_the_import_and_a_resume_sends_nothing_twice(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, number: signal.Signals
) -> None:
    sandbox.update(latency=0.005)
    # Chunks of one row: workers are in polars most of the time, which has ideas of its own about SIGINT.
    flags = ("--workers", "4", "--chunk-size", "1", "--job", "j", "--json")
    running = cli.start("run", write_source(tmp_path / "users.csv", ROWS), *FAST, *flags)
    running.wait_until(lambda: users(sandbox) >= 10)
    running.send(number)
    ended = running.end()
    assert ended.code == 130
    document = ended.document
    assert (document["state"], document["reason"]) == ("paused", f"interrupted by {number.name}")
    assert f"{number.name}: finishing the rows in flight" in ended.stderr
    assert document["failed"] == 0
    assert 10 <= document["created"] < 180
    assert document["created"] + document["pending"] == 180
    counts = sandbox.snapshot(objects=False).counts
    assert counts["users"] == counts["memberships"] == document["created"], "a row was left between its steps"

    running = cli.start("resume", "--json")
    running.wait_until(lambda: users(sandbox) >= document["created"] + 10)
    running.send(number)
    again = running.end()
    assert again.code == 130
    assert again.document["reason"] == f"interrupted by {number.name}"
    assert again.document["failed"] == 0

    sandbox.update(latency=0.0)
    document = cli("resume", "--json", code=0).document
    assert (document["created"], document["users"]["created"]) == (180, 180)
    assert_exact(sandbox, ROWS)
    assert sandbox.state.asked("create_user") == 180
    assert sandbox.state.asked("create_membership") == 180


def test_a_second_signal_stops_at_once_although_the_server_never_answers(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    rows = ROWS[:60]
    flags = ("--workers", "4", "--chunk-size", "5", "--job", "j", "--json")
    sandbox.update(latency=0.01)
    running = cli.start("run", write_source(tmp_path / "users.csv", rows), *FAST, *flags)
    running.wait_until(lambda: users(sandbox) >= 10)
    sandbox.update(faults={"no_answer": Fault(1)})
    running.wait_until(lambda: sandbox.snapshot(objects=False).in_flight == 4)
    running.send(signal.SIGINT)
    running.wait_until(lambda: "SIGINT: finishing the rows in flight" in running.stderr)
    assert running.alive, "rows in flight may still get their answer"
    running.send(signal.SIGINT)
    ended = running.end(seconds=45)  # answers would be waited for 60 s
    assert ended.code == 130
    document = ended.document
    assert (document["state"], document["reason"], document["failed"]) == ("paused", "interrupted by SIGINT", 0)

    sandbox.update(faults={}, latency=0.0)
    assert cli("resume", "--json", code=0).document["created"] == 60
    assert_exact(sandbox, rows)


def test_after_a_second_signal_nothing_more_is_sent(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    rows = ROWS[:60]
    flags = ("--workers", "4", "--chunk-size", "5", "--job", "j", "--json")
    sandbox.update(latency=0.01)
    running = cli.start("run", write_source(tmp_path / "users.csv", rows), *FAST, *flags)
    running.wait_until(lambda: users(sandbox) >= 10)
    sandbox.update(faults={"slow": Fault(1, calls={"create_user"})}, slow_seconds=3.0)
    running.wait_until(lambda: sandbox.snapshot(objects=False).in_flight == 4)
    running.send(signal.SIGINT)
    running.wait_until(lambda: "SIGINT: finishing the rows in flight" in running.stderr)
    running.send(signal.SIGINT)
    ended = running.end()
    assert (ended.code, ended.document["reason"], ended.document["failed"]) == (130, "interrupted by SIGINT", 0)
    counts = sandbox.snapshot(objects=False).counts
    assert counts["users"] == counts["memberships"] + 4, "rows in flight went on to their next step"

    sandbox.update(faults={}, latency=0.0)
    assert cli("resume", "--json", code=0).document["created"] == 60
    assert_exact(sandbox, rows)


def test_a_signal_while_the_plan_is_made_writes_nothing_and_keeps_the_job(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    rows = [person(n, n) for n in range(120)]
    source = write_source(tmp_path / "users.csv", rows)
    cli.settings(prewarm_concurrency=1)
    sandbox.update(latency=0.1)
    for command in (("run", source, "--dry-run", "--json"), ("run", source, *FAST, "--job", "j", "--json")):
        before = lookups(sandbox)
        running = cli.start(*command)
        running.wait_until(partial(more_lookups, sandbox, before))
        running.send(signal.SIGTERM)
        ended = running.end()
        assert ended.code == 130
        if "--dry-run" in command:
            assert "interrupted by SIGTERM" in ended.refusal["message"]
            assert cli.jobs == []
        else:
            assert (ended.document["state"], ended.document["rows"]) == ("paused", 120)
            assert ended.document["reason"] == "interrupted by SIGTERM"
    assert lookups(sandbox) < 120, "it looked all of them up"
    assert sandbox.snapshot(objects=False).counts == {"organizations": 0, "users": 0, "memberships": 0}
    assert [path.name for path in cli.folder.iterdir() if path.is_dir()] == [], "a dry run left its folder"

    sandbox.update(latency=0.0)
    assert cli("resume", "--json", code=0).document["created"] == 120, "it was agreed to with --yes"
    assert_exact(sandbox, rows)


def test_a_signal_before_there_is_a_job_leaves_none(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    sandbox.update(latency=60.0)
    running = cli.start("run", write_source(tmp_path / "users.csv", ROWS), *FAST, "--json")
    running.wait_until(lambda: sandbox.snapshot(objects=False).in_flight == 1)
    running.send(signal.SIGTERM)
    ended = running.end(seconds=45)
    assert (ended.code, ended.refusal["kind"]) == (130, "interrupted")
    assert cli.jobs == []


def test_progress_fits_a_narrow_terminal_and_follows_the_phases(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    sandbox.update(latency=0.05)
    rows = [person(n, n % 30) for n in range(60)]
    cli.settings(prewarm_concurrency=2)
    terminal = Terminal(cli, "run", write_source(tmp_path / "users.csv", rows), *FAST, "--workers", "4", columns=50)
    assert terminal.end() == 0
    drawn = [line for part in terminal.seen.split("\r\n") for line in part.split("\r")[1:]]
    assert all(len(line) < 50 for line in drawn), drawn
    phases = list(dict.fromkeys(line.split(" ")[0] for line in drawn if line))
    assert [phase for phase in phases if phase in {"plan:", "organizations", "users"}] == phases[-3:]
    assert "users 60/60: 60 created" in terminal.seen


def test_a_closed_window_pauses_the_import_like_any_signal(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    sandbox.update(latency=0.02)
    source = write_source(tmp_path / "users.csv", ROWS)
    result = tmp_path / "result.json"
    terminal = Terminal(cli, "run", source, *FAST, "--workers", "4", "--job", "j", "--json", stdout=result)
    terminal.wait_for("users ")
    wait_until(lambda: users(sandbox) >= 10)
    assert terminal.hang_up() == 130
    assert '"reason": "interrupted by SIGHUP"' in result.read_text(encoding="utf-8")
    sandbox.update(latency=0.0)
    cli("resume", code=0)
    assert_exact(sandbox, ROWS)


def test_a_handler_needs_no_lock_that_its_own_thread_may_hold(tmp_path: Path, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "users.csv", ROWS[:5])
    with open_job(tmp_path, sandbox, source) as job, draining(job) as drain:
        job.prepare()
        with job.connection.limiter._lock:
            signal.raise_signal(signal.SIGTERM)
        noted = drain.pending
        drain.forward()
        assert (noted, drain.pending) == (True, False)
        assert job.wait(60)
        assert (job.exit_code, job.snapshot().reason) == (130, "interrupted by SIGTERM")


@pytest.mark.parametrize("stays", [True, False])
def test_handlers_are_afterwards_as_before_unless_they_stay(*, stays: bool) -> None:
    noted: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        noted.append(number)

    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        with handling(note, stays=lambda: stays):
            signal.raise_signal(signal.SIGTERM)
        after = {number: signal.getsignal(number) for number in SIGNALS}
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert noted == [signal.SIGTERM]
    assert [handler is note for handler in after.values()] == [stays] * len(SIGNALS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("where", "command"),
    [
        ("tui_importer.engine.job.listing:list_jobs", ("jobs",)),
        ("tui_importer.engine.job.store:Jobs.reader_folder", ("errors", "j")),
        ("tui_importer.engine.job.store:Jobs.options_of", ("purge", "j", "--yes")),
        ("tui_importer.cli.source_scan:scratch_folder", ("scan", "CSV")),
        ("tui_importer.engine.job.store:Jobs.options_of", ("resume", "j")),
        ("tui_importer.cli.commands.completion:answer", ("completion", "bash")),
        ("tui_importer.cli.group:write_overview", ("--help",)),
    ],
)
def test_every_signal_ends_every_command_in_the_same_way(
    tmp_path: Path, cli: Cli, where: str, command: tuple[str, ...], number: signal.Signals
) -> None:
    source = write_source(tmp_path / "users.csv", ROWS[:5])
    words = [str(source) if word == "CSV" else word for word in command]
    running = Running([sys.executable, "-c", AT, str(int(number)), where, *words], cli.environment, cli.folder)
    cli.left.append(running)
    ended = running.end()
    said = "The scan was cancelled." if command[0] == "scan" else "Interrupted."
    assert (ended.code, ended.stdout, ended.stderr.splitlines()[0]) == (130, "", f"tui-importer: {said}")


def test_a_signal_at_the_question_of_purge_removes_nothing_and_says_so(tmp_path: Path, cli: Cli) -> None:
    cli("run", write_source(tmp_path / "users.csv", ROWS[:5]), *FAST, "--job", "j", code=0)
    for number in (signal.SIGTERM, signal.SIGHUP):
        terminal = Terminal(cli, "purge", "j")
        terminal.wait_for("[y/N] ")
        terminal.process.send_signal(number)
        assert terminal.end() == 130
        assert "Interrupted." in terminal.seen
    assert cli.jobs == ["j"]


def test_a_job_that_was_started_to_outlive_its_terminal_does(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    sandbox.update(latency=0.005)
    source = write_source(tmp_path / "users.csv", ROWS)
    command = [*COMMAND, "run", str(source), *FAST, "--workers", "4", "--json"]
    running = Running([sys.executable, "-c", OUTLIVING, *command], cli.environment, cli.folder)
    cli.left.append(running)
    running.wait_until(lambda: users(sandbox) >= 10)
    running.send(signal.SIGHUP)
    ended = running.end()
    assert (ended.code, ended.document["created"]) == (0, 180)
