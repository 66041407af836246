"""Pager of long texts for people: through the operator's own pager on a terminal, else as it is."""

from __future__ import annotations

import os
import shlex
import shutil
import sys

from tui_importer.cli.output import flush_stdout, write


def show(text: str) -> None:
    """Write lines to stdout; through PAGER if it is set, stdout is a terminal, and they do not fit on it.

    As with git, `less` gets the options FRX unless LESS says otherwise.
    """
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if not is_terminal or text.count("\n") + 1 < shutil.get_terminal_size().lines or not _has_pager():
        write(text)
        return
    import click

    os.environ.setdefault("LESS", "-FRX")
    flush_stdout()
    click.echo_via_pager(text)


def _has_pager() -> bool:
    """Whether PAGER names a program that is there."""
    try:
        command = shlex.split(os.environ.get("PAGER", ""))
    except ValueError:  # quotes that do not end
        return False
    return bool(command) and shutil.which(command[0]) is not None
