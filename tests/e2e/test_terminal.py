"""The real program in a real (pseudo-)terminal: the demo's journey, and every way to leave it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.support import UNLIMITED, assert_exact, finish, person, reopen_job, write_source
from tui_importer.engine.job.listing import list_jobs
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ESCAPES = re.compile(rb"\x1b(?:\[[0-9;?<>=]*[ -/]*[@-~]|[()][0-9A-Za-z]|[=>])")
SECONDS = 60.0
INTERRUPT = "\x03"


class Terminal:
    """A process on a pseudo-terminal of 120x36; what it writes is kept without escape codes."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui_importer", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=_environment(environment),
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - one ioctl: a hang-up reaches whom the terminal controls
        )
        self.fresh_modes = termios.tcgetattr(slave)
        os.close(slave)
        self.raw = self.everything = b""

    def assert_given_back(self) -> None:
        """The terminal has its settings again, and every mode that was changed: screen, cursor, mouse, keys."""
        assert termios.tcgetattr(self.master) == self.fresh_modes
        modes = dict(re.findall(rb"\x1b\[\?(\d+)([hl])", self.everything))
        assert modes.pop(b"1049") == b"l"
        assert {modes.pop(on_by_default) for on_by_default in (b"7", b"25")} == {b"h"}
        assert set(modes.values()) == {b"l"}, modes
        assert len(re.findall(rb"\x1b\[>\d+u", self.everything)) == self.everything.count(b"\x1b[<u")
        assert b"Traceback" not in self.everything

    def read(self, seconds: float = 0.1) -> bool:
        """Read what there is; False when the terminal was closed."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            found = os.read(self.master, 65_536)
        except OSError:
            return False
        self.raw += found
        self.everything += found
        return bool(found)

    def wait_for(self, text: str, keys: str = "") -> None:
        """Read until `text` was drawn since the last call; press `keys` now and every two seconds until then."""
        deadline = time.monotonic() + SECONDS
        pressed = 0.0
        while text.encode() not in ESCAPES.sub(b"", self.raw):
            now = time.monotonic()
            assert now < deadline, f"{text!r} was not drawn: {ESCAPES.sub(b'', self.raw)[-3000:]!r}"
            if keys and now - pressed > 2:
                self.send(keys)
                pressed = now
            assert self.read(), f"the terminal was closed before {text!r}"
        self.raw = b""

    def send(self, keys: str) -> None:
        """Type."""
        os.write(self.master, keys.encode())

    def end(self) -> int:
        """Read until the process has ended; return its exit code."""
        deadline = time.monotonic() + SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "the process did not end"
            if not self.read():
                self.process.wait(max(0.1, deadline - time.monotonic()))
        while select.select([self.master], [], [], 0)[0] and self.read():
            pass
        return self.process.returncode


def _environment(changes: dict[str, str]) -> dict[str, str]:
    """This process's environment, without a size that would be believed instead of the terminal's."""
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    return kept | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | changes


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def terminal(arguments: list[str], environment: dict[str, str]) -> Iterator[Terminal]:
    opened = Terminal(arguments, environment)
    try:
        yield opened
    finally:
        if opened.process.poll() is None:
            opened.process.kill()
            opened.process.wait()
        if opened.master >= 0:
            os.close(opened.master)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def run_demo(demo: Terminal) -> None:
    """From the start to a running import, by the enter key alone."""
    demo.wait_for("Scan and plan")
    demo.wait_for("Nothing has been written yet", keys="\r")
    demo.wait_for("RUNNING", keys="\r")


def test_the_demo_runs_pauses_and_leaves_nothing_behind(temporary: Path) -> None:
    with terminal(["demo"], {"TMPDIR": str(temporary)}) as demo:
        run_demo(demo)
        demo.wait_for("writes/s")
        demo.send("p")
        demo.wait_for("PAUSED")
        demo.send("q")
        assert demo.end() == 0
        demo.assert_given_back()
    assert list(temporary.iterdir()) == []


def test_leaving_a_running_job_asks_and_drains(temporary: Path) -> None:
    with terminal(["demo"], {"TMPDIR": str(temporary)}) as demo:
        run_demo(demo)
        demo.send("q")
        demo.wait_for("Pause, then leave")
        demo.send("j\r")
        assert demo.end() == 0
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_drains_and_ends_with_130(temporary: Path, number: signal.Signals) -> None:
    with terminal(["demo"], {"TMPDIR": str(temporary)}) as demo:
        run_demo(demo)
        demo.process.send_signal(number)
        assert demo.end() == 130
        demo.assert_given_back()
    assert list(temporary.iterdir()) == []


def test_the_first_ctrl_c_drains_the_second_stops_at_once_and_the_third_leaves(
    temporary: Path, home: Path, tmp_path: Path
) -> None:
    rows = [person(n, n % 3) for n in range(60)]
    source = write_source(tmp_path / "users.csv", rows)
    with Sandbox(replace(UNLIMITED, latency=0.02)) as sandbox:
        variables = {
            "TMPDIR": str(temporary),
            "TUI_IMPORTER_HOME": str(home),
            "WORKOS_BASE_URL": sandbox.url,
            "WORKOS_API_KEY": sandbox.key,
        }
        with terminal(["open", str(source)], variables) as console:
            run_demo(console)
            wait_until(lambda: sandbox.snapshot(objects=False).counts["users"] >= 5)
            sandbox.update(faults={"slow": Fault(1, calls={"create_membership"})}, slow_seconds=60.0)
            wait_until(lambda: sandbox.snapshot(objects=False).faults.get("slow", 0) > 0)
            console.send(INTERRUPT)
            console.wait_for("the rows in flight end first")
            assert sandbox.snapshot(objects=False).in_flight > 0
            console.send(INTERRUPT)
            console.wait_for("PAUSED")
            console.send(INTERRUPT)
            assert console.end() == 0
            console.assert_given_back()
        (job,) = list_jobs(home / "jobs")
        assert (job.state, job.totals.failed) == ("paused", 0)
        sandbox.update(faults={}, latency=0.0)
        with reopen_job(home, sandbox, job.job) as again:
            assert finish(again).totals.created == 60
        assert_exact(sandbox, rows)


def test_a_closed_terminal_ends_the_program(temporary: Path) -> None:
    with terminal(["demo"], {"TMPDIR": str(temporary)}) as demo:
        run_demo(demo)
        os.close(demo.master)
        demo.master = -1
        assert demo.process.wait(SECONDS) == 130
    assert list(temporary.iterdir()) == []


def test_without_a_terminal_the_console_says_so_without_escape_codes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui_importer"], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 2
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"terminal" in done.stderr
