"""Whether there is a person at a terminal."""

from __future__ import annotations

import os
import sys

from tui_importer.errors import ImporterError


class NoTerminal(ImporterError):
    """The console was asked for where no terminal is."""

    kind = "no_terminal"


def can_ask() -> bool:
    """Whether a question would reach a person: stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


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
