"""Completion for bash, zsh and fish: the script that a shell reads, and the answer to every Tab.

It answers within a prompt, so that it imports little, waits for nothing and never says anything but suggestions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from click.shell_completion import BashComplete, add_completion_class, get_completion_class

from tui_importer.cli.output import put_bytes

if TYPE_CHECKING:
    import click

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
    """Click's bash, without its question to another bash, with names of jobs beside files and values behind `=`."""

    source_template = _BASH

    @staticmethod
    def _check_version() -> None:
        """Leave it to the script, which asks the shell that reads it."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Join words as they were typed: bash takes `--flag=value` apart at the sign."""
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


def answer(instruction: str, program: click.Command) -> int:
    """Answer a shell, which asks by the variable `VARIABLE`: `bash_source`, `bash_complete` and so on.

    Whatever is wrong (a config file, a home that cannot be read, a question that no shell asks) is an empty answer.
    """
    shell, _, what = instruction.partition("_")
    try:
        kind = get_completion_class(shell)
        if kind is None or what not in {"source", "complete"}:
            return 1
        completion = kind(program, {}, PROGRAM, VARIABLE)
        put_bytes(f"{completion.source() if what == 'source' else completion.complete()}\n".encode())
    except (KeyboardInterrupt, SystemExit, Exception):  # noqa: BLE001 - anything said here would land in the prompt
        return 1
    return 0
