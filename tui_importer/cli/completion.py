"""Completion for bash, zsh and fish: the script that a shell reads, and what it is answered at every Tab.

It answers within a prompt, so that it imports little, waits for nothing and never says anything but suggestions.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from click.shell_completion import BashComplete, CompletionItem, add_completion_class, get_completion_class

from tui_importer.cli.output import put_bytes
from tui_importer.errors import ImporterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click

    from tui_importer.cli.requests import CompletionRequest

    Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]

PROGRAM: Final = "tui-importer"
VARIABLE: Final = "_TUI_IMPORTER_COMPLETE"
SHELLS: Final = ("bash", "zsh", "fish")

INSTALL: Final = (
    "# bash, version 4.4 or newer",
    "echo 'eval \"$(tui-importer completion bash)\"' >> ~/.bashrc",
    "# zsh, below the line with compinit",
    "echo 'eval \"$(tui-importer completion zsh)\"' >> ~/.zshrc",
    "# fish",
    "tui-importer completion fish \\",
    "    > ~/.config/fish/completions/tui-importer.fish",
)
"""What an operator types once."""

_HARMLESS = re.compile(r"[\w.@%+:,/=-]+", re.ASCII)
"""What no shell reads as anything but itself: suggestions end up on a command line without quotes."""

_BASH = r"""# bash 4.4 or newer; an older one (as on macOS) has no use for it.
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then
%(complete_func)s() {
    local IFS=$'\n' line files=
    COMPREPLY=()
    while read -r line; do
        case $line in
            plain,*) COMPREPLY+=("${line#plain,}") ;;
            file,*) files=yes ;;
        esac
    done < <(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD="$COMP_CWORD" %(complete_var)s=bash_complete "$1" 2>/dev/null)
    if [[ $files && ${#COMPREPLY[@]} -eq 0 ]]; then
        compopt -o default
    elif [[ $files ]]; then
        compopt -o filenames
        while read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
    fi
}
complete -o nosort -F %(complete_func)s %(prog_name)s
fi
"""


class _Bash(BashComplete):
    """click's, without its question to another bash, with names of jobs beside files and values behind `=`."""

    source_template = _BASH

    @staticmethod
    def _check_version() -> None:
        """The script asks the shell that reads it."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """As words that were typed: bash takes `--flag=value` apart at the sign."""
        arguments, incomplete = super().get_completion_args()
        if incomplete == "=" and arguments and arguments[-1].startswith("--"):
            return arguments, ""
        if len(arguments) >= 2 and arguments[-1] == "=" and arguments[-2].startswith("--"):
            return arguments[:-1], incomplete
        joined: list[str] = []
        for word in arguments:
            if joined and (word == "=" or (joined[-1].startswith("--") and joined[-1].endswith("="))):
                joined[-1] += word
            else:
                joined.append(word)
        return joined, incomplete


add_completion_class(_Bash)


def answer(instruction: str) -> int:
    """Answer a shell, which asks by the variable `VARIABLE`: `bash_source`, `bash_complete` and so on.

    Whatever is wrong (a config file, a home that cannot be read, a question that no shell asks) is an empty answer.
    """
    from tui_importer.cli.lazy_group import cli

    shell, _, what = instruction.partition("_")
    try:
        kind = get_completion_class(shell)
        if kind is None or what not in {"source", "complete"}:
            return 1
        completion = kind(cli, {}, PROGRAM, VARIABLE)
        put_bytes(f"{completion.source() if what == 'source' else completion.complete()}\n".encode())
    except (KeyboardInterrupt, SystemExit, Exception):  # noqa: BLE001 - anything said here would land in the prompt
        return 1
    return 0


def print_script(request: CompletionRequest) -> int:
    """The body of `completion`."""
    return answer(f"{request.shell}_source")


def values(words: Iterable[str]) -> Completer:
    """A completer of fixed words."""
    known = tuple(words)
    return lambda _context, _parameter, incomplete: _items(known, incomplete)


def jobs(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The names of the jobs, read from nothing but their folders' names, the newest first."""
    from tui_importer.config.paths import paths
    from tui_importer.engine.job.listing import is_job

    try:
        found = [(folder.stat().st_mtime, folder.name) for folder in paths().jobs.iterdir() if is_job(folder)]
    except OSError:  # there are none
        return []
    return _items((name for _, name in sorted(found, reverse=True)), incomplete)


def jobs_or_files(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The names of the jobs, and files."""
    return [*jobs(context, parameter, incomplete), CompletionItem(incomplete, type="file")]


def profiles(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The profiles of the config file."""
    from tui_importer.config import load

    return _items(load().profiles, incomplete)


def mappings(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The mappings of the config file."""
    from tui_importer.config import load

    return _items(load().mappings, incomplete)


def kinds(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The kinds of failures that the job has, the most frequent first."""
    from tui_importer.config.paths import paths
    from tui_importer.journal.journal import open_reader

    # With the flag still without its value, click leaves the job among what it has not taken.
    job = context.params.get("job") or next(iter(context.args), "")
    if not job or os.sep in job:
        return []
    try:
        with open_reader(paths().jobs / job) as reader:
            found = reader.retryable_kinds()
    except ImporterError:  # no such job, or one that cannot be read
        return []
    return _items(found, incomplete)


def _items(words: Iterable[str], incomplete: str) -> list[CompletionItem[str]]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete) and _HARMLESS.fullmatch(word)]
