"""Table of the commands. Each is a module of `commands` with that name, which has its click `command`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "The whole journey on a sandbox, without an account.",
    "scan": "Read a CSV file and name its problems; sends nothing.",
    "open": "Start the console at a CSV file or at a job.",
    "run": "Import a CSV file without a screen.",
    "resume": "Resume a job without a screen.",
    "jobs": "List the jobs on this machine.",
    "errors": "Export the failed rows of a job as CSV.",
    "retry": "Try the failed rows of a job again.",
    "purge": "Remove a job from this machine.",
    "sandbox": "Serve a stand-in for the WorkOS API.",
    "completion": "Print the completion script of a shell.",
    "help": "Show the help of a command.",
}
"""The line of each in the program's help, in the order of a journey, which is that of the help."""
