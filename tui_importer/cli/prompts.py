"""Prompts to a person at a terminal."""

from __future__ import annotations

import os
import sys

from tui_importer.cli.output import put
from tui_importer.cli.signals import noticed
from tui_importer.errors import ImporterError


class NoTerminal(ImporterError):
    """Console without a terminal."""

    kind = "no_terminal"


def can_ask() -> bool:
    """Whether a question would reach a person: stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str) -> str:
    """Ask for the line that a person types after `question`, trimmed. Raises EOFError when the terminal has no more.

    The question is on stderr, and nothing at all reaches stdout, which belongs to the result.
    """
    put(question)
    with noticed():
        line = sys.stdin.readline()
    if not line:
        put("\n")
        raise EOFError
    return line.strip()


def confirmed(question: str) -> bool:
    """Ask for a yes or a no; Enter alone is no. Raises EOFError."""
    while True:
        answer = ask(f"{question} [y/N] ").lower()
        if answer in {"y", "yes"}:
            return True
        if answer in {"", "n", "no"}:
            return False


def require_terminal() -> None:
    """Refuse to start the console without a terminal that can draw it: it would only spray escape codes.

    The console reads stdin and draws on the process's own stderr.
    """
    screen = sys.__stderr__
    if not sys.stdin.isatty() or screen is None or not screen.isatty():
        raise NoTerminal(
            "The console needs a terminal for its input and its screen.",
            "Start it in a terminal, or use `tui-importer run`, which needs none.",
        )
    if os.environ.get("TERM") == "dumb":
        raise NoTerminal(
            "The console needs a terminal that can draw; TERM says `dumb`.",
            "Start it in another terminal, or use `tui-importer run`, which needs none.",
        )
