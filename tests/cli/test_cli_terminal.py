"""What needs a person: the console's terminal, the masked prompt for the key."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tui_importer.cli.api_key import KeyMalformed, KeyMissing, key_from_environment, obtain_key
from tui_importer.cli.prompts import NoTerminal, require_terminal
from tui_importer.secret import Secret

ROOT = Path(__file__).parent.parent.parent
KEY = "sk_test_a1B2c3D4e5F6"

# The child makes the pseudo terminal its controlling one, as a shell's job has it; that is where a prompt goes.
ON_A_TERMINAL = "import fcntl, termios\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"


class Conversation:
    """A program on a pseudo terminal."""

    def __init__(self, program: str, term: str = "xterm") -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", ON_A_TERMINAL + program],
            cwd=ROOT,
            env={**os.environ, "TERM": term},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def wait_for(self, text: str) -> None:
        while text not in self.seen:
            assert self._read(), f"{text!r} never came: {self.seen!r}"

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return self._process.wait(60)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], 60)
        assert ready, f"silence after {self.seen!r}"
        try:
            data = os.read(self._ours, 4096)
        except OSError:  # the other side is closed
            return False
        self.seen += data.decode()
        return bool(data)


@pytest.fixture
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_importer.cli.api_key.can_ask", lambda: False)


def test_the_key_of_the_environment_comes_without_its_blanks() -> None:
    assert obtain_key("https://x", {"WORKOS_API_KEY": f" {KEY}\n"}) == Secret(KEY)
    assert key_from_environment({"WORKOS_API_KEY": "  "}) is None
    assert key_from_environment({}) is None


@pytest.mark.usefixtures("_no_terminal")
def test_without_a_key_and_a_person_it_is_refused_with_a_next_step() -> None:
    with pytest.raises(KeyMissing) as caught:
        obtain_key("https://x", {})
    assert caught.value.exit_code == 2
    assert "WORKOS_API_KEY" in caught.value.next


@pytest.mark.parametrize("text", ["sk_test_a b", "sk_test_\x1b[31m", "sk_test_é", "sk_test_a\nX-Evil: 1"])
def test_what_cannot_be_a_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(KeyMalformed) as caught:
        obtain_key("https://x", {"WORKOS_API_KEY": text})
    assert text not in str(caught.value)


ASK = """
from tui_importer.cli.api_key import obtain_key
print("hint", obtain_key("https://api.example", {}).hint)
"""


def test_the_prompt_names_the_address_and_shows_nothing_of_the_key() -> None:
    talk = Conversation(ASK)
    talk.wait_for("https://api.example: ")
    talk.type(KEY + "\n")
    assert talk.end() == 0
    assert "hint sk_test_" in talk.seen
    assert KEY not in talk.seen


NEEDS_SCREEN = """
from tui_importer.cli.prompts import require_terminal
require_terminal()
print("fine")
"""


def test_a_terminal_is_accepted() -> None:
    talk = Conversation(NEEDS_SCREEN)
    assert talk.end() == 0
    assert "fine" in talk.seen


def test_a_dumb_terminal_is_refused() -> None:
    talk = Conversation(NEEDS_SCREEN, term="dumb")
    assert talk.end() == 1
    assert "cannot" not in talk.seen
    assert "dumb" in talk.seen


def test_no_terminal_is_refused_with_another_way() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NEEDS_SCREEN], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert b"NoTerminal" in done.stderr
    assert b"\x1b" not in done.stderr + done.stdout


def test_the_refusal_names_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stderr__", None)
    with pytest.raises(NoTerminal) as caught:
        require_terminal()
    assert "tui-importer run" in caught.value.next
    assert caught.value.exit_code == 2
