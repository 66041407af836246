"""The command line as an operator has it: processes, a terminal, a server that may be anything."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import pytest

from tests.support import UNLIMITED
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import DEFAULT_KEY

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-m", "tui_importer")
SECONDS = 120.0
"""How long a test waits for what should take a few seconds: the machine may be busy."""
FAST = ("--yes", "--writes-per-10s", "0")
"""Flags of a run that nobody watches, without our rate limit."""
BRIEF = (*FAST, "--look-up-users", "none")
"""The same with a plan that asks for nobody: for tests that count requests."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def wait_until(condition: Callable[[], object], seconds: float = SECONDS, pause: float = 0.01) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + seconds
    between = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        between.wait(pause)


@dataclass(frozen=True)
class Ended:
    """What a process left: its exit code and its two streams."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """The one document on stdout: one line of ASCII, nothing before and nothing after it."""
        (line,) = self.stdout.splitlines(keepends=True)
        assert line.endswith("\n"), self
        assert line.isascii(), self
        found = json.loads(line)
        assert isinstance(found, dict), self
        return found

    @property
    def refusal(self) -> dict[str, str]:
        """The error of the document; the same words are on stderr."""
        assert self.document.keys() == {"error"}, self
        error = self.document["error"]
        assert error.keys() == {"kind", "message", "next"}
        assert error["message"] in self.stderr
        return dict(error)


class Running:
    """A process under way. Its streams go to files, so that it never waits for a reader."""

    def __init__(self, command: Sequence[str | Path], environment: dict[str, str], folder: Path) -> None:
        number = sum(1 for _ in folder.glob("*.out"))
        self._out, self._err = folder / f"{number}.out", folder / f"{number}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    @property
    def stderr(self) -> str:
        """What it has said so far."""
        return self._err.read_text(encoding="utf-8")

    def wait_until(self, condition: Callable[[], object], pause: float = 0.01) -> None:
        """Poll until the condition holds; fail when the process ends before."""

        def met() -> bool:
            alive = self.alive
            if condition():
                return True
            assert alive, f"it ended early: {self.end()}"
            return False

        wait_until(met, pause=pause)

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def end(self, seconds: float = SECONDS) -> Ended:
        """Wait for its end. No traceback and no control character may have been shown."""
        code = self.process.wait(seconds)
        ended = Ended(code, self._out.read_text(encoding="utf-8"), self.stderr)
        assert "Traceback" not in ended.stderr, ended
        assert not _CONTROL.search(ended.stdout + ended.stderr), ended
        return ended


@dataclass
class Cli:
    """The command line with a home of its own; `at` changes where it leads."""

    home: Path
    folder: Path
    url: str = ""
    key: str = DEFAULT_KEY
    left: list[Running] = field(default_factory=list)

    def at(self, url: str | None = None, key: str | None = None) -> Cli:
        """The same home with another server or key ("" for none)."""
        return Cli(
            self.home,
            self.folder,
            self.url if url is None else url,
            self.key if key is None else key,
            self.left,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the operator has set."""
        given = {
            "TUI_IMPORTER_HOME": str(self.home),
            "WORKOS_BASE_URL": self.url,
            "WORKOS_API_KEY": self.key,
            "TMPDIR": str(self.folder),
        }
        return {**os.environ, **{name: value for name, value in given.items() if value}}

    def start(self, *arguments: str | Path) -> Running:
        """Start a command."""
        running = Running([*COMMAND, *arguments], self.environment, self.folder)
        self.left.append(running)
        return running

    def __call__(self, *arguments: str | Path, code: int | None = None) -> Ended:
        """Run a command to its end, and check its exit code when one is given."""
        ended = self.start(*arguments).end()
        assert code is None or ended.code == code, ended
        return ended

    def settings(self, **values: object) -> None:
        """Write the config file."""
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in values.items())
        (self.home / "config.toml").write_text("".join(lines), encoding="utf-8")

    def job_folder(self, name: str) -> Path:
        """Where a job is kept."""
        return self.home / "jobs" / name

    @property
    def jobs(self) -> list[str]:
        """Names of the jobs that left anything on this machine."""
        folder = self.home / "jobs"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


class Terminal:
    """A command on a pseudo terminal; with `stdout` its result goes to that file instead."""

    def __init__(
        self,
        cli: Cli,
        *arguments: str | Path,
        stdout: Path | None = None,
        columns: int = 120,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, columns))
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(stdout.open("wb")) if stdout is not None else theirs
            self.process = subprocess.Popen(
                [*command, *arguments],
                cwd=ROOT,
                env={**cli.environment, "TERM": "xterm"},
                stdin=theirs,
                stdout=out,
                stderr=theirs,
                start_new_session=True,
                preexec_fn=_take_terminal,  # noqa: PLW1509 - the child makes the pseudo terminal its own
            )
        os.close(theirs)
        cli.left.append(self)  # type: ignore[arg-type] # only its process is used
        self.seen = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    @property
    def modes(self) -> list[Any]:
        """The terminal's settings: echo, lines, signals, control characters."""
        return termios.tcgetattr(self._ours)

    def wait_for(self, text: str) -> None:
        """Read until `text` has come."""
        while text not in self.seen:
            assert self._read(), f"{text!r} never came: {self.seen!r}"

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self._ours, text.encode())

    def hang_up(self) -> int:
        """Close the terminal as a window is closed; the exit code."""
        os.close(self._ours)
        return self.process.wait(SECONDS)

    def read_to_end(self) -> None:
        """Read until the command has left the terminal, which stays open."""
        while self._read():
            pass

    def end(self) -> int:
        """Read to the end; the exit code."""
        self.read_to_end()
        return self.hang_up()

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], SECONDS)
        assert ready, f"silence after {self.seen!r}"
        try:
            data = os.read(self._ours, 4096)
        except OSError:  # the other side is closed
            return False
        self.seen += self._decoder.decode(data)
        return bool(data)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Veil:
    """A server before the sandbox that does not say what it is: everything but `/__sandbox` goes through."""

    def __init__(self, url: str) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Veiled, urlsplit(url).netloc))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Veiled(BaseHTTPRequestHandler):
    def __init__(self, behind: str, *arguments: Any) -> None:  # noqa: ANN401 - the server's own
        self._behind = behind
        super().__init__(*arguments)

    def do_GET(self) -> None:
        if self.path.startswith("/__sandbox"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        wanted = {name: self.headers[name] for name in ("Authorization", "Content-Type") if self.headers[name]}
        with contextlib.closing(HTTPConnection(self._behind, timeout=SECONDS)) as connection:
            connection.request(self.command, self.path, body, wanted)
            answer = connection.getresponse()
            content = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name not in {"Connection", "Content-Length"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def veil(sandbox: Sandbox) -> Iterator[Veil]:
    """The sandbox as a server that might be anybody's."""
    with Veil(sandbox.url) as running:
        yield running


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox of this test, without limits."""
    with Sandbox(UNLIMITED) as running:
        yield running


@pytest.fixture
def cli(home: Path, tmp_path: Path, sandbox: Sandbox) -> Iterator[Cli]:
    """The command line, leading to this test's sandbox; what is still running at the end is killed."""
    folder = tmp_path / "streams"
    folder.mkdir()
    made = Cli(home, folder, sandbox.url)
    yield made
    for running in made.left:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait(SECONDS)
