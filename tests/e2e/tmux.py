"""The program in tmux: a real terminal whose screen, title, clipboard and raw output can be read."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cli.conftest import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SECONDS = 60.0
COMFORTABLE = (120, 36)
PROGRAM = (sys.executable, "-m", "tui_importer")
SETTINGS = """\
set -g status off
set -g escape-time 0
set -g set-clipboard on
set -g allow-passthrough on
set -g history-limit 2000
"""
COLOUR = re.compile(r"\x1b\[[0-9;:]*\b(?:[34]8[;:]|3[0-7]|4[0-7]|9[0-7]|10[0-7])")
"""An SGR sequence that sets a colour, of any kind."""


class Tmux:
    """One command in a tmux server of its own, then a shell in the same terminal.

    `size` is (columns, lines); `term` what the terminal is said to be; `program` another installation's. `raw` is
    every byte the terminal was sent.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str | Path,
        environment: Mapping[str, str],
        size: tuple[int, int] = COMFORTABLE,
        term: str = "tmux-256color",
        program: Sequence[str] = PROGRAM,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._socket = Path(tempfile.mkdtemp(prefix="tmux-")) / "s"  # a socket's path must be short
        self._environment = _environment(environment)
        script = self._write_script([*program, *map(str, arguments)], term)
        settings = folder / "tmux.conf"
        settings.write_text(SETTINGS, encoding="utf-8")
        columns, lines = map(str, size)
        self.do("-f", str(settings), "new-session", "-d", "-x", columns, "-y", lines, f"exec sh {shlex.quote(script)}")
        self._server = int(self.show("#{pid}"))
        self.do("pipe-pane", f"cat >{shlex.quote(str(folder / 'raw'))}")
        wait_until((folder / "raw").exists)
        self.do("wait-for", "-S", "begin")

    def _write_script(self, command: list[str], term: str) -> str:
        """The program begins when its output is being kept; its process id and its exit code are written down."""
        tmux = shlex.join(["tmux", "-S", str(self._socket)])
        folder = self._folder
        run = f"echo $$ >{shlex.quote(str(folder / 'pid'))}; export TERM={term}; exec {shlex.join(command)}"
        lines = [
            f"{tmux} wait-for begin",
            f"sh -c {shlex.quote(run)}",
            f"echo $? >{shlex.quote(str(folder / 'code'))}",
            "export PS1='shell$ ' ENV=",
            "exec sh -i",
        ]
        script = folder / "script"
        script.write_text("\n".join(lines), encoding="utf-8")
        return str(script)

    # -- tmux ---------------------------------------------------------------------------------------------------

    def do(self, *arguments: str) -> str:
        """A tmux command; its output."""
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *arguments],
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout.decode()

    def show(self, form: str) -> str:
        """What tmux knows of the terminal, in its own format language."""
        return self.do("display-message", "-p", form).rstrip("\n")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names (`Enter`, `Escape`, `C-c`, `q`)."""
        self.do("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type literal text."""
        self.do("send-keys", "-l", text)

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        self.do("resize-window", "-x", str(columns), "-y", str(lines))

    def kill_server(self) -> None:
        """The terminal goes away, as with a machine that is shut down."""
        self.do("kill-server")

    # -- what is seen -------------------------------------------------------------------------------------------

    @property
    def screen(self) -> str:
        """The text on the screen, a line each."""
        return self.do("capture-pane", "-p")

    @property
    def styled(self) -> str:
        """The same with colours and attributes."""
        return self.do("capture-pane", "-p", "-e")

    def has_bold(self, word: str) -> bool:
        """Whether a bold `word` is on the screen, as the label of a choice in focus is."""
        return re.search(rf"\x1b\[1m(?:\x1b\[[0-9;]*m)*{re.escape(word)}\b", self.styled) is not None

    @property
    def title(self) -> str:
        """The terminal's title."""
        return self.show("#{pane_title}")

    @property
    def buffers(self) -> list[str]:
        """What was copied to the clipboard, the newest first."""
        return self.do("list-buffers", "-F", "#{buffer_sample}").splitlines()

    @property
    def raw(self) -> bytes:
        """Everything that the terminal was sent."""
        return (self._folder / "raw").read_bytes()

    def wait_for(self, *texts: str, without: str = "", key: str = "") -> str:
        """Wait until all texts are on the screen (and `without` is not); the screen.

        With `key`, press it now and every three seconds until then: a key that comes too early is not kept.
        """
        seen: list[str] = [""]
        looks = [0]

        def there() -> bool:
            seen[0] = self.screen
            found = all(text in seen[0] for text in texts) and not (without and without in seen[0])
            if not found and key and looks[0] % 60 == 0:
                self.press(key)
            looks[0] += 1
            return found

        try:
            wait_until(there, SECONDS, pause=0.05)
        except AssertionError:
            raise AssertionError(f"{texts} (without {without!r}) never came:\n{seen[0]}") from None
        assert "Traceback" not in seen[0]
        return seen[0]

    # -- the program --------------------------------------------------------------------------------------------

    @property
    def process(self) -> int:
        """The program's process id."""
        wait_until((self._folder / "pid").exists)
        return int((self._folder / "pid").read_text(encoding="utf-8"))

    @property
    def ended(self) -> bool:
        """Whether the program has ended."""
        file = self._folder / "code"
        return file.exists() and bool(file.read_text(encoding="utf-8"))

    def kill(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        os.kill(self.process, number)

    def end(self) -> int:
        """Wait for the program's end; its exit code."""
        wait_until(lambda: self.ended, SECONDS, pause=0.05)
        return int((self._folder / "code").read_text(encoding="utf-8"))

    def assert_given_back(self) -> None:
        """The terminal is as it was: no other screen, a cursor, no mouse, and the shell takes a line and echoes it."""
        self.type("echo us''able")
        self.press("Enter")
        screen = self.wait_for("shell$ echo us''able", "\nusable")
        assert "Traceback" not in screen
        flags = "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag} #{keypad_flag} #{wrap_flag}"
        assert self.show(flags) == "0 1 0 0 0 1"

    def close(self) -> None:
        """End whatever is left."""
        if (self._folder / "pid").exists() and not self.ended:
            _kill(self.process)
        subprocess.run(
            ["tmux", "-S", str(self._socket), "kill-server"], env=self._environment, capture_output=True, check=False
        )
        wait_until(lambda: not alive(self._server), SECONDS)
        shutil.rmtree(self._socket.parent)


def alive(process: int) -> bool:
    """Whether a process (not of ours) runs; one that has ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def _environment(changes: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, without what would be believed instead of the terminal."""
    ours = {"COLUMNS", "LINES", "TMUX", "TMUX_PANE", "COLORTERM", "NO_COLOR"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"} | dict(changes)


@contextmanager
def in_tmux(
    folder: Path,
    *arguments: str | Path,
    environment: Mapping[str, str],
    size: tuple[int, int] = COMFORTABLE,
    term: str = "tmux-256color",
    program: Sequence[str] = PROGRAM,
) -> Iterator[Tmux]:
    """The program in a terminal of its own, which goes away at the end."""
    opened = Tmux(folder, *arguments, environment=environment, size=size, term=term, program=program)
    try:
        yield opened
    finally:
        opened.close()
