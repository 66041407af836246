"""The result of a command on its way out: one document, one exit code, and no signal that is missed."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from tests.cli.conftest import BRIEF, COMMAND, ROOT, SECONDS, Terminal, wait_until
from tests.cli.test_journeys_machine import linux
from tests.support import person, write_source
from tui_importer.engine.job.listing import list_jobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.cli.conftest import Cli
    from tui_importer.sandbox.server import Sandbox

ROWS = [person(n, n % 2) for n in range(6)]
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
# The signal goes to another thread than the main one, which waits in a system call that nothing ends then. So it is,
# too, when the signal comes a moment before the call begins, which no test could time.
ASIDE = """
import pathlib, signal, sys, threading
def send(wanted):
    with open(wanted) as fifo:
        fifo.read()
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    threading.Event().wait()
threading.Thread(target=send, args=(sys.argv.pop(1),), daemon=True).start()
from tui_importer.cli.main import main
main(sys.argv[1:])
"""


class Unread:
    """A command whose result goes into a pipe that has room for nothing until it is read."""

    def __init__(self, cli: Cli, *arguments: str | Path, program: Sequence[str | Path] = COMMAND) -> None:
        self._ours, theirs = os.pipe()
        self._filled = _fill(theirs)
        self.process = subprocess.Popen(
            [*program, *arguments],
            cwd=ROOT,
            env=cli.environment,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        os.close(theirs)
        cli.left.append(self)  # type: ignore[arg-type] # only its process is used

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._ours)
        self.process.communicate()

    def wait_until_it_writes(self) -> None:
        """Until the main thread waits for the reader."""
        call = Path(f"/proc/{self.process.pid}/syscall")
        wait_until(lambda: self.process.poll() is not None or _writes(call))

    def end(self) -> tuple[int, str]:
        """Its exit code and its stderr, without reading what it wrote."""
        assert self.process.stderr is not None
        said = self.process.stderr.read()
        return self.process.wait(SECONDS), said

    def read(self) -> str:
        """What it has written, to the end."""
        read = b""
        while chunk := os.read(self._ours, 65_536):
            read += chunk
        return read[self._filled :].decode()


def _fill(pipe: int) -> int:
    """Leave no room in a pipe; how many bytes it holds then."""
    os.set_blocking(pipe, False)
    filled = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            filled += os.write(pipe, b"." * 65_536)
    os.set_blocking(pipe, True)
    return filled


def _writes(call: Path) -> bool:
    """Whether the system call in which a process waits is one that writes to its stdout."""
    number, _, arguments = call.read_text(encoding="utf-8").partition(" ")
    write = "64" if platform.machine() == "aarch64" else "1"
    return number == write and arguments.startswith("0x1 ")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "users.csv", ROWS)


# -- a reader who takes nothing ---------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize("number", SIGNALS)
def test_a_finished_job_whose_summary_nobody_takes_is_not_called_interrupted(
    cli: Cli, source: Path, number: signal.Signals
) -> None:
    with Unread(cli, "run", source, *BRIEF, "--job", "j", "--json") as command:
        wait_until(lambda: [job.state for job in list_jobs(cli.home / "jobs")] == ["finished"])
        command.wait_until_it_writes()
        command.process.send_signal(number)
        code, said = command.end()
        assert (code, command.read()) == (69, "")
    assert "The job j is finished, but its summary could not be written" in said
    assert "Next: Show it again with: tui-importer resume j" in said
    assert cli("resume", "j", "--json", code=0).document["created"] == len(ROWS)


@linux
def test_a_summary_that_is_taken_after_the_signal_is_one_document(cli: Cli, source: Path) -> None:
    with Unread(cli, "run", source, *BRIEF, "--job", "j", "--json") as command:
        wait_until(lambda: [job.state for job in list_jobs(cli.home / "jobs")] == ["finished"])
        command.wait_until_it_writes()
        command.process.send_signal(signal.SIGINT)
        (line,) = command.read().splitlines()
        assert json.loads(line)["state"] == "finished"
        code, said = command.end()
    assert (code, "nterrupted" in said) == (0, False), said


@linux
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("command", ["scan", "jobs", "errors"])
def test_a_list_that_nobody_takes_is_interrupted_and_followed_by_no_second_document(
    cli: Cli, tmp_path: Path, source: Path, command: str, number: signal.Signals
) -> None:
    cli("run", source, *BRIEF, "--job", "j", code=0)
    bad = tmp_path / "bad.csv"
    bad.write_text("email\n" + "broken\n" * 200, encoding="utf-8")
    arguments: dict[str, list[str | Path]] = {"scan": [bad, "--json"], "jobs": ["--json"], "errors": ["j"]}
    with Unread(cli, command, *arguments[command]) as unread:
        unread.wait_until_it_writes()
        unread.process.send_signal(number)
        code, said = unread.end()
        assert (code, said, unread.read()) == (130, "tui-importer: Interrupted.\n", "")
    assert [path for path in cli.folder.iterdir() if path.is_dir()] == [], "the folder of the scan is gone"


@linux
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("command", ["scan", "run"])
def test_one_signal_is_enough_when_nobody_takes_the_document_that_tells_of_it(
    cli: Cli, tmp_path: Path, command: str, number: signal.Signals
) -> None:
    pipe = tmp_path / "users.csv"
    os.mkfifo(pipe)
    options = [*BRIEF, "--job", "j"] if command == "run" else []
    with Unread(cli, command, pipe, *options, "--json") as unread, pipe.open("w", encoding="utf-8"):
        unread.process.send_signal(number)  # while it reads: the other end of the pipe was opened
        code, said = unread.end()
    assert (code, "nterrupted" in said or "cancelled" in said) == (130, True), said


@linux
def test_a_refusal_that_nobody_takes_ends_with_its_own_code(cli: Cli) -> None:
    with Unread(cli, "resume", "nowhere", "--json") as command:
        command.wait_until_it_writes()
        command.process.send_signal(signal.SIGINT)
        code, said = command.end()
        assert (code, command.read()) == (2, "")
    assert said.startswith("tui-importer: There is no job named nowhere.")


# -- a place without room ---------------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize("form", [["--json"], []])
def test_a_finished_job_whose_summary_has_no_room_is_finished(cli: Cli, source: Path, form: list[str]) -> None:
    code, said = into_a_full_place(cli, "run", source, *BRIEF, "--job", "j", *form)
    assert code == 69
    words = "The job j is finished, but its summary could not be written: No space left on device."
    assert (words in said, "Next: Show it again with: tui-importer resume j" in said) == (True, True), said
    assert [job.state for job in list_jobs(cli.home / "jobs")] == ["finished"]


@linux
def test_whatever_has_no_room_for_its_result_says_so(cli: Cli, source: Path) -> None:
    commands: list[list[str | Path]] = [["scan", source], ["jobs", "--json"], ["--help"], ["run", source, "--dry-run"]]
    for command in commands:
        code, said = into_a_full_place(cli, *command)
        assert code == 69, (command, said)
        assert "The result could not be written: No space left on device." in said
    code, said = into_a_full_place(cli, "run", source, *BRIEF, "--canary", "2", "--job", "j")
    assert (code, "which is not finished, could not be written" in said) == (69, True), said


def into_a_full_place(cli: Cli, *arguments: str | Path) -> tuple[int, str]:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=cli.environment,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
            timeout=SECONDS,
        )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


# -- signals between the end of the work and the end of the process ---------------------------------------------

AT = """
import importlib, os, signal, sys
where, when = sys.argv.pop(1), sys.argv.pop(1)
module, _, name = where.partition(":")
owner, _, attribute = name.rpartition(".")
found = importlib.import_module(module)
found = getattr(found, owner) if owner else found
real = getattr(found, attribute)
def signalled(*arguments, **named):
    setattr(found, attribute, real)
    if when == "before":
        signal.raise_signal(signal.SIGINT)
    try:
        return real(*arguments, **named)
    finally:
        if when == "after":
            signal.raise_signal(signal.SIGINT)
setattr(found, attribute, signalled)
from tui_importer.cli.main import main
main(sys.argv[1:])
"""
OF_A_RUN = [
    ("tui_importer.engine.job.job:Job.close", "before"),
    ("tui_importer.engine.job.job:Job.close", "after"),
    ("tui_importer.cli.new_import:print_summary", "before"),
    ("tui_importer.cli.import_run:summary_of", "after"),
    ("tui_importer.cli.import_run:write_json", "before"),
    ("tui_importer.cli.import_run:write_json", "after"),
    ("tui_importer.cli.output:flush_stdout", "after"),
    ("tui_importer.cli.output:settle", "after"),
    ("tui_importer.cli.new_import:print_summary", "after"),
    ("gc:freeze", "before"),
]


@pytest.mark.parametrize(("where", "when"), OF_A_RUN)
def test_once_the_job_is_finished_no_signal_changes_what_the_command_ends_with(
    cli: Cli, source: Path, where: str, when: str
) -> None:
    program = [sys.executable, "-c", AT, where, when]
    done = subprocess.run(
        [*program, "run", source, *BRIEF, "--job", "j", "--json"],
        cwd=ROOT,
        env=cli.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=SECONDS,
    )
    assert (done.returncode, "nterrupted" in done.stderr) == (0, False), done
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["created"] == len(ROWS)


# -- signals that end no system call ----------------------------------------------------------------------------


def aside(cli: Cli, tmp_path: Path, *arguments: str | Path) -> tuple[Terminal, Path]:
    """A command at a terminal, and the pipe that has a signal sent to it, when it is written to."""
    wanted = tmp_path / "wanted"
    os.mkfifo(wanted)
    return Terminal(cli, *arguments, command=(sys.executable, "-c", ASIDE, str(wanted))), wanted


def signal_aside(terminal: Terminal, wanted: Path) -> None:
    """Send the signal when the main thread waits for what is typed."""
    place = Path(f"/proc/{terminal.process.pid}/task/{terminal.process.pid}/stat")
    if place.exists():
        wait_until(lambda: place.read_text(encoding="utf-8").rpartition(") ")[2].startswith("S"))
    else:
        threading.Event().wait(0.5)
    wanted.write_text("now", encoding="utf-8")


def test_an_interrupt_that_comes_just_before_the_question_waits_is_not_lost(
    cli: Cli, sandbox: Sandbox, tmp_path: Path, source: Path
) -> None:
    terminal, wanted = aside(cli, tmp_path, "run", source, "--job", "j")
    terminal.wait_for("Begin the import? [y/N] ")
    signal_aside(terminal, wanted)
    assert terminal.end() == 130
    assert "Nothing was written: nobody said yes." in terminal.seen
    assert sandbox.snapshot(objects=False).counts["users"] == 0


def test_an_interrupt_that_comes_just_before_the_key_is_waited_for_is_not_lost(
    cli: Cli, tmp_path: Path, source: Path
) -> None:
    terminal, wanted = aside(cli.at(key=""), tmp_path, "run", source, *BRIEF)
    terminal.wait_for("WorkOS API key for ")
    signal_aside(terminal, wanted)
    assert terminal.end() == 130


@pytest.mark.parametrize("command", [("scan",), ("run", *BRIEF)])
def test_an_interrupt_that_comes_just_before_a_pipe_is_waited_for_is_not_lost(
    cli: Cli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    pipe = tmp_path / "users.csv"
    os.mkfifo(pipe)
    terminal, wanted = aside(cli, tmp_path, command[0], pipe, *command[1:])
    terminal.wait_for("Reading users.csv")
    signal_aside(terminal, wanted)
    assert terminal.end() == 130
    assert cli.jobs == []


def test_an_interrupt_that_comes_just_before_an_answer_is_waited_for_is_not_lost(
    cli: Cli, sandbox: Sandbox, tmp_path: Path, source: Path
) -> None:
    sandbox.update(latency=60.0)
    terminal, wanted = aside(cli, tmp_path, "run", source, *BRIEF)
    wait_until(lambda: sandbox.snapshot(objects=False).in_flight == 1)
    signal_aside(terminal, wanted)
    assert terminal.process.wait(30) == 130
    terminal.end()
