"""Help, suggestions, colours and paging, as somebody meets them who starts the program for the first time."""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import click
import pytest

from tests.cli.conftest import COMMAND, ROOT, SECONDS, Cli, Terminal
from tui_importer.cli.colours import is_coloured
from tui_importer.cli.command_table import COMMANDS
from tui_importer.config.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

GROUPS = [
    "What everybody needs first", "What is imported", "Where to", "How fast", "What exists already",
    "Reading the file", "Safety", "Other", "Examples", "Environment", "Exit codes",
]  # fmt: skip
VARIABLES = [
    "WORKOS_API_KEY", "WORKOS_BASE_URL", "TUI_IMPORTER_HOME", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PAGER",
]  # fmt: skip


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=SECONDS,
    )


def section(text: str, heading: str) -> str:
    found = re.search(rf"^{heading}:\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_help_fits_80_columns_and_help_shows_the_same(command: str) -> None:
    arguments = [command] if command else []
    text = run(*arguments, "--help", COLUMNS="200").stdout
    assert max(len(line) for line in text.splitlines()) <= 80
    assert run("help", *arguments, COLUMNS="200").stdout == text
    assert run(*arguments, "-h", COLUMNS="200").stdout == text


def test_the_programs_help_says_all_that_a_newcomer_asks() -> None:
    text = run("--help").stdout
    assert re.findall(r"^  ([a-z]+) ", section(text, "Commands"), re.MULTILINE) == list(COMMANDS)
    assert "tui-importer demo" in section(text, "Examples")
    environment = section(text, "Environment")
    assert [name for name in VARIABLES if name not in environment] == []
    codes = re.findall(r"^  (\d+)  ", section(text, "Exit codes"), re.MULTILINE)
    page = (ROOT / "docs" / "json-and-exit-codes.md").read_text(encoding="utf-8")
    assert set(codes) == {"0", "1", "2", "3", "4", "69", "70", "130", "141"}
    assert set(re.findall(r"^\| (\d+) \| ", page, re.MULTILINE)) == set(codes)


def test_the_options_of_run_stand_in_groups_those_that_everybody_needs_first() -> None:
    text = run("run", "--help").stdout
    assert re.findall(r"^([A-Z][^:\n]*):$", text, re.MULTILINE) == GROUPS
    first = re.findall(r"^  (--[a-z-]+)", section(text, GROUPS[0]), re.MULTILINE)
    assert first == ["--dry-run", "--yes", "--profile", "--job"]
    assert re.findall(r"^  (-.*?)  ", section(text, "Other"), re.MULTILINE) == ["--json", "-h, --help"]


@pytest.mark.parametrize("name", ["run", "resume", "retry", "scan", "sandbox"])
def test_no_option_is_missing_and_none_stands_twice(name: str) -> None:
    command: click.Command = importlib.import_module(f"tui_importer.cli.commands.{name}").command
    text = run(name, "--help").stdout
    shown = re.findall(r"^  (?:-h, )?(--[a-z0-9-]+)", text, re.MULTILINE)
    assert sorted(shown) == sorted([*(it.opts[0] for it in command.params if isinstance(it, click.Option)), "--help"])


def test_defaults_are_shown_and_are_those_of_the_settings() -> None:
    text = " ".join(run("run", "--help").stdout.split())
    settings = Settings()
    for flag, default in (
        ("share", settings.share), ("writes-per-10s", settings.writes_per_10s), ("on-existing", settings.on_existing),
        ("max-failed", f"{settings.max_failed:g}"), ("give-up-after", f"{settings.give_up_after:g}"),
        ("look-up-users", settings.look_up_users), ("base-url", settings.base_url), ("workers", "automatic"),
        ("chunk-size", "automatic"), ("profile-from", "first"), ("encoding", "recognised"), ("limit", "all"),
    ):  # fmt: skip
        assert re.search(rf"--{flag} [^\[]*\[default: {default}\]", text), flag
    assert "[default:" not in run("resume", "--help").stdout, "a job that is resumed has its own"


def test_the_version_has_a_short_flag() -> None:
    assert run("-V").stdout == run("--version").stdout != ""


@pytest.mark.parametrize(
    ("arguments", "suggested"),
    [
        (["scna"], "`scan`"),
        (["resmue", "x"], "`resume`"),
        (["help", "jbos"], "`jobs`"),
        (["run", "x.csv", "--dryrun"], "--dry-run"),
        (["scan", "x.csv", "--delimeter", ";"], "--delimiter"),
    ],
)
def test_what_is_nearly_right_gets_a_suggestion(arguments: list[str], suggested: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    message, next_step = done.stderr.splitlines()
    assert "Did you mean" in message
    assert suggested in message
    assert "--help`" in next_step


def test_a_file_or_a_job_instead_of_a_command_says_what_to_type(home: Path, tmp_path: Path) -> None:
    source = tmp_path / "my users.csv"
    source.touch()
    done = run(str(source))
    assert done.returncode == 2
    assert f"tui-importer open '{source}'" in done.stderr
    assert f"tui-importer run '{source}'" in done.stderr
    (home / "jobs" / "acme-1").mkdir(parents=True)
    (home / "jobs" / "acme-1" / "lock").touch()
    done = run("acme-1", "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["kind"]) == (2, "usage")
    assert "tui-importer open acme-1" in error["next"]
    assert "no such file" in run("nothing.csv").stderr
    assert "tui-importer scan -" in run("-").stderr


@pytest.mark.parametrize(
    ("environment", "terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": ""}, False, False),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, True, True),
        ({"CLICOLOR": "0"}, True, False),
        ({"CLICOLOR": "1"}, False, False),
        ({"CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, False, True),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ],
)
def test_colours_follow_the_conventions(environment: dict[str, str], *, terminal: bool, wanted: bool) -> None:
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    assert is_coloured(Stream(), environment) is wanted


def test_a_terminal_has_colours_a_pipe_none_and_json_never(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(cli, "help", "jobs")
    assert terminal.end() == 0
    assert "\x1b[1mUsage:\x1b[0m" in terminal.seen
    terminal = Terminal(cli, "scna")
    assert terminal.end() == 2
    assert "\x1b[1;31mtui-importer:\x1b[0m There is no command" in terminal.seen
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal(cli, "scna")
    assert terminal.end() == 2
    assert "\x1b" not in terminal.seen
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b" not in run("help", "jobs").stdout + run("scna").stderr
    forced = run("help", "jobs", FORCE_COLOR="1").stdout
    assert "\x1b[1mUsage:\x1b[0m" in forced
    assert json.loads(run("scna", "--json", FORCE_COLOR="1").stdout)["error"]["message"].startswith("There is no")


def test_states_and_problems_are_coloured_where_colours_are_wanted(cli: Cli, tmp_path: Path) -> None:
    source = tmp_path / "users.csv"
    source.write_text("email,org_name\nnot-an-address,Acme\nada@x.com,Acme\n", encoding="utf-8")
    assert "\x1b[1;31m✗\x1b[0m row 1," in run("scan", str(source), FORCE_COLOR="1").stdout
    assert "\x1b" not in run("scan", str(source), "--json", FORCE_COLOR="1").stdout
    cli("run", source, "--yes", "--job", "j", "--max-failed", "off", code=1)
    assert "\x1b[32mfinished\x1b[0m" in run("jobs", FORCE_COLOR="1").stdout
    assert "\x1b" not in run("jobs", "--json", FORCE_COLOR="1").stdout + run("jobs").stdout


def test_long_help_goes_through_the_pager_on_a_terminal_only(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "sed -e s/^/PAGED/ -e s/x/x/g")
    terminal = Terminal(cli, "run", "--help")
    assert terminal.end() == 0
    assert "PAGED" in terminal.seen
    assert "--look-up-users" in terminal.seen
    terminal = Terminal(cli, "help", "help")
    assert terminal.end() == 0
    assert "Show the help of COMMAND" in terminal.seen
    assert "PAGED" not in terminal.seen, "it fits"
    assert "PAGED" not in run("run", "--help").stdout
    monkeypatch.setenv("PAGER", "no-such-pager-anywhere")
    terminal = Terminal(cli, "run", "--help")
    assert terminal.end() == 0
    assert "--look-up-users" in terminal.seen
