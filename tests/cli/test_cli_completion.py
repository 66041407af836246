"""Completion in real shells: at a Tab they are given commands, options, values, jobs and files, and never an error."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SECONDS, Cli, Terminal, wait_until
from tests.journal.filled import failure, record
from tests.test_import_hygiene import HEAVY, LOADED_BY_ARGUMENTS
from tui_importer.cli.completion import SHELLS
from tui_importer.journal import statements
from tui_importer.journal.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Mapping

INTERACTIVE = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "--no-config", "-i"),
}
INSTALL = {
    "bash": 'eval "$(tui-importer completion bash)"',
    "zsh": 'autoload -U compinit; compinit -u -D; eval "$(tui-importer completion zsh)"',
    "fish": "tui-importer completion fish | source",
}
INSTALLED = [shell for shell in SHELLS if shutil.which(shell)]


def complete(words: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """What bash's function is answered at the end of `words`."""
    typed = words.split(" ")
    return subprocess.run(
        [sys.executable, "-m", "tui_importer"],
        env={
            **os.environ,
            "_TUI_IMPORTER_COMPLETE": "bash_complete",
            "COMP_WORDS": "\n".join(typed),
            "COMP_CWORD": str(len(typed) - 1),
            **(environment or {}),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=SECONDS,
    )


def suggested(words: str) -> list[str]:
    done = complete(words)
    assert done.stderr == ""
    return [line.removeprefix("plain,") for line in done.stdout.splitlines() if line]


@pytest.fixture
def jobs(home: Path) -> list[str]:
    """Three jobs, the newest first; something else beside them."""
    names = ["acme-1", "beta-2", "acme-3"]
    (home / "jobs" / "no-job").mkdir(parents=True)
    (home / "jobs" / ".half.1").mkdir()
    for age, name in enumerate(names):
        folder = home / "jobs" / name
        folder.mkdir()
        (folder / "lock").touch()
        os.utime(folder, (1_000_000 - age, 1_000_000 - age))
    return names


@pytest.fixture
def typed(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `tui-importer` on the path that writes down what it was started with, if it was not only asked by a shell."""
    programs, written = tmp_path / "programs", tmp_path / "typed"
    programs.mkdir()
    program = programs / "tui-importer"
    python = f"exec {shlex.quote(sys.executable)} -m tui_importer"
    program.write_text(
        f'#!/bin/sh\n[ -n "$_TUI_IMPORTER_COMPLETE" ] || [ "$1" = completion ] && {python} "$@"\n'
        f'echo "$@" >> {shlex.quote(str(written))}\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent.parent))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return written


@pytest.mark.parametrize("shell", INSTALLED)
def test_a_tab_in_a_real_shell_completes_commands_jobs_values_and_files(
    shell: str, cli: Cli, jobs: list[str], typed: Path, tmp_path: Path
) -> None:
    (cli.home / "config.toml").write_text("[profiles.staging]\nshare = 10\n", encoding="utf-8")
    (tmp_path / "my-users.csv").touch()
    terminal = Terminal(cli, command=INTERACTIVE[shell])
    terminal.type(f"cd {shlex.quote(str(tmp_path))}\n{INSTALL[shell]}\necho RE''ADY\n")
    terminal.wait_for("READY")
    lines = {
        "tui-importer resu\tbet\t\n": "resume beta-2",
        "tui-importer run --prof\t-f\tla\t my-u\t\n": "run --profile-from last my-users.csv",
        "tui-importer run --profile sta\t\n": "run --profile staging",
        "tui-importer open my-u\t\n": "open my-users.csv",
        "tui-importer open bet\t\n": "open beta-2",
    }
    for number, (keys, wanted) in enumerate(lines.items(), 1):
        terminal.type(keys)
        wait_until(lambda count=number: typed.exists() and len(typed.read_text().splitlines()) == count)  # type: ignore[misc]
        assert typed.read_text().splitlines()[-1] == wanted, terminal.seen
    assert "Traceback" not in terminal.seen
    assert "rror" not in terminal.seen


def test_every_shell_is_tested_that_a_fresh_machine_has() -> None:
    assert "bash" in INSTALLED


def test_commands_options_and_their_values_are_suggested(home: Path, jobs: list[str]) -> None:
    (home / "config.toml").write_text(
        '[profiles.staging]\nshare = 10\n[profiles."rm -rf;"]\nshare = 10\n[mappings.crm]\n"Work mail" = "email"\n',
        encoding="utf-8",
    )
    assert suggested("tui-importer re") == ["resume", "retry"]
    assert suggested("tui-importer scan --no-rep") == ["--no-repair"]
    assert suggested("tui-importer run x.csv --on-existing ") == ["keep", "update"]
    assert suggested("tui-importer run --profile ") == ["staging"], "what a shell would run is not offered"
    assert suggested("tui-importer scan --mapping c") == ["crm"]
    assert suggested("tui-importer run --encoding win") == ["windows-1252"]
    assert suggested("tui-importer completion ") == list(SHELLS)
    assert suggested("tui-importer help com") == ["completion"]
    for command in ("resume", "retry", "errors", "purge"):
        assert suggested(f"tui-importer {command} ") == jobs
    assert suggested("tui-importer resume acme") == ["acme-1", "acme-3"]
    assert suggested("tui-importer open beta") == ["beta-2", "file,beta"]
    assert suggested("tui-importer scan us") == ["file,us"]
    assert suggested("tui-importer errors acme-1 --output f") == ["file,f"]


def test_values_behind_an_equals_sign_are_suggested_which_bash_takes_apart(home: Path) -> None:
    (home / "config.toml").write_text("[profiles.staging]\nshare = 10\n", encoding="utf-8")
    assert suggested("tui-importer run --profile = ") == ["staging"]
    assert suggested("tui-importer run --profile =") == ["staging"]
    assert suggested("tui-importer run --profile = st") == ["staging"]
    assert suggested("tui-importer run --profile = staging --on-existing = up") == ["update"]


def test_the_kinds_of_a_job_are_suggested_the_most_frequent_first(home: Path) -> None:
    folder = home / "jobs" / "acme-1"
    folder.mkdir(parents=True)
    Journal.create(folder, record("acme-1"))
    with closing(Journal(folder)) as journal:
        for row, kind in enumerate(["invalid_role", "server_error", "invalid_role"], 1):
            journal.submit(*statements.failed(replace(failure(row), kind=kind)))
        journal.submit(*statements.failed(replace(failure(9), step="row", kind="email_invalid")))
        journal.flush()
    assert suggested("tui-importer retry acme-1 --kind ") == ["invalid_role", "server_error"]
    assert suggested("tui-importer retry acme-1 --kind s") == ["server_error"]
    assert suggested("tui-importer retry another --kind ") == []


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        ("tui-importer run --profile ", {}),
        ("tui-importer resume ", {"TUI_IMPORTER_HOME": "/dev/null"}),
        ("tui-importer resume ", {"TUI_IMPORTER_HOME": "/nowhere"}),
        ("tui-importer resume ", {"TUI_IMPORTER_HOME": "~nobody-of-this-name/x"}),
        ("tui-importer retry ../.. --kind ", {}),
        ("tui-importer nonsense ", {}),
        ("tui-importer run --workers x --share ", {}),
        ("tui-importer re", {"COMP_CWORD": "x"}),
        ("tui-importer re", {"COMP_CWORD": ""}),
        ("tui-importer re", {"_TUI_IMPORTER_COMPLETE": "nonsense"}),
        ("tui-importer re", {"_TUI_IMPORTER_COMPLETE": "tcsh_source"}),
    ],
)
def test_whatever_is_wrong_nothing_is_said_into_the_prompt(home: Path, words: str, environment: dict[str, str]) -> None:
    (home / "config.toml").write_text("this = is = no TOML\n", encoding="utf-8")
    done = complete(words, environment)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_the_variable_and_the_command_print_the_same_script() -> None:
    for shell in SHELLS:
        scripts = [
            subprocess.run(
                [sys.executable, "-m", "tui_importer", *arguments],
                env={**os.environ, **environment},
                capture_output=True,
                encoding="utf-8",
                check=True,
                timeout=SECONDS,
            )
            for arguments, environment in (
                (("completion", shell), {}),
                ((), {"_TUI_IMPORTER_COMPLETE": f"{shell}_source"}),
            )
        ]
        assert scripts[0].stdout == scripts[1].stdout
        assert "_tui_importer_completion" in scripts[0].stdout
        assert scripts[0].stderr == ""


def test_a_tab_imports_nothing_heavy(jobs: list[str]) -> None:
    program = LOADED_BY_ARGUMENTS.replace("assert end.code == 0", "assert end.code in {0, None}")
    for words in ("tui-importer re", "tui-importer run --pro", "tui-importer resume "):
        typed = words.split(" ")
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={
                **os.environ,
                "_TUI_IMPORTER_COMPLETE": "bash_complete",
                "COMP_WORDS": "\n".join(typed),
                "COMP_CWORD": str(len(typed) - 1),
            },
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=SECONDS,
        )
        for name in HEAVY - {"sqlite3"}:
            assert f'"{name}"' not in done.stderr, name
