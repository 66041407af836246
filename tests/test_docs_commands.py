"""Every command that README and docs tell people to give works, and every document that they show is the program's."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support import UNLIMITED
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import DEFAULT_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
SECONDS: Final = 120
FENCE: Final = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def commands() -> dict[str, str]:
    """The lines of all shell blocks without their comments, and the page that has each first."""
    found: dict[str, str] = {}
    for page in sorted(PAGES):
        for block in FENCE.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                if command := " ".join(re.sub(r"\s#.*", "", line).split()):
                    found.setdefault(command, page.name)
    return found


COMMANDS: Final = commands()
OURS: Final = [line for line in COMMANDS if re.search(r"(^|[|(] ?|\.venv/bin/)tui-importer\b", line)]
ELSEWHERE: Final = {
    "python3 -m venv .venv && ": "`.ci/run` gives it (tests/test_ci.py); tests/e2e/test_installed.py runs the result",
    "export ": "an assignment",
    "pre-commit install": "writes a hook into the clone; tests/test_docs.py reads what it would run",
    "pip install 'polars[rtcompat]'": "docs/platforms.md says that it was tried",
    "docker run ": "docs/platforms.md says that it was tried",
    "cp -a ~/.local/share/tui-importer/jobs ": "docs/platforms.md: of the system, not of this program",
}
"""Beginnings of lines that are not run here, and why that is enough."""
OF_THE_PROJECT: Final = re.compile(r"\.venv/bin/(pytest|ruff|mypy|lint-imports|python)\b(.*)")

SHOWN: Final = re.compile(r"tui-importer( open \S+| demo)?$")
"""The console: tests/e2e start it in a real terminal, here it shows its help."""
ASKING: Final = re.compile(r"tui-importer run (?!.*(--yes|--dry-run))")
"""What asks at a terminal is given its yes here; tests/cli/test_journeys_asking.py answers the question."""
OF_A_JOB: Final = re.compile(r"tui-importer (resume|errors|retry|purge)\b")
"""What needs the job `acme`: paused after a canary of five rows, of which one failed for a role that is missing."""
FAILS: Final = (
    ("--canary", 3),
    ("--map", 0),
    ("||", 0),
    ("--mapping", 0),
    ("tui-importer retry", 3),
    ("tui-importer resume", 1),
    ("tui-importer run", 1),
)
"""Exit codes other than 0, by what is in the line, the first that fits: one row of the file has a missing role."""


@dataclass(frozen=True)
class Operator:
    """A folder with the operator's files, and a home with their config and perhaps a job."""

    folder: Path
    environment: dict[str, str]

    def give(self, line: str) -> subprocess.CompletedProcess[str]:
        """Give a shell a command."""
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(UNLIMITED) as running:
        yield running


@pytest.fixture(scope="module")
def template(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders: `empty`, and `acme` whose home has that job."""
    folder = tmp_path_factory.mktemp("operator")
    prepared(folder / "empty", sandbox)
    begun = prepared(folder / "acme", sandbox)
    done = begun.give("tui-importer run users.csv --yes --job acme --canary 5")
    assert done.returncode == 3, done.stderr
    return folder


def prepared(folder: Path, sandbox: Sandbox) -> Operator:
    """Make an operator's folder."""
    for name in ("bin", "home", ".config/fish/completions"):
        (folder / name).mkdir(parents=True)
    program = folder / "bin" / "tui-importer"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m tui_importer "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    people = [f"user{n}@example.com,User {n},{'Acme' if n % 2 else 'Globex'},member" for n in range(1, 13)]
    people[2] = "user3@example.com,User 3,Acme,no-such-role"
    users = "\n".join(["email,first_name,org_name,role_slug", *people, ""])
    (folder / "users.csv").write_text(users, encoding="utf-8")
    (folder / "users.csv.gz").write_bytes(gzip.compress(users.encode()))
    (folder / "broken.csv").write_text(f"{users}bad,Bad,Acme,member\n", encoding="utf-8")
    crm = "Work mail;Plan;Notes;Company\njörg@example.com;gold;-;Müller\nann@example.com;;;Müller\n"
    (folder / "crm.csv").write_text(crm.replace("jörg@", "joerg@"), encoding="cp1252")
    (folder / "home" / "config.toml").write_text(
        f'[profiles.live]\nbase_url = "{sandbox.url}"\n\n[mappings.crm]\n"Work mail" = "email"\n', encoding="utf-8"
    )
    return operator_of(folder, sandbox)


def operator_of(folder: Path, sandbox: Sandbox) -> Operator:
    given = {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "TUI_IMPORTER_HOME": str(folder / "home"),
        "WORKOS_API_KEY": DEFAULT_KEY,
        "WORKOS_BASE_URL": sandbox.url,
    }
    return Operator(folder, {**os.environ, **given})


@pytest.fixture
def operator(request: pytest.FixtureRequest, template: Path, sandbox: Sandbox, tmp_path: Path) -> Operator:
    kept = "acme" if OF_A_JOB.search(request.param) else "empty"
    shutil.copytree(template / kept, tmp_path / "operator")
    return operator_of(tmp_path / "operator", sandbox)


def test_there_are_many_commands_and_each_is_run_here_or_elsewhere() -> None:
    assert len(OURS) > 25
    rest = [line for line in COMMANDS if line not in OURS and not OF_THE_PROJECT.match(line)]
    assert [line for line in rest if not line.startswith(tuple(ELSEWHERE))] == []
    assert [start for start in ELSEWHERE if not any(line.startswith(start) for line in rest)] == []


@pytest.mark.parametrize("operator", OURS, ids=lambda line: f"{COMMANDS[line]}: {line}", indirect=True)
def test_a_command_does_what_the_page_says(operator: Operator, request: pytest.FixtureRequest) -> None:
    line: str = request.node.callspec.params["operator"]
    command = line.replace(".venv/bin/", "")
    if command.startswith("python3"):  # the README's first command: what it makes is shown as `demo` is
        command = command.rpartition("&& ")[2]
    if command.startswith("tui-importer sandbox"):
        serves(operator, command)
        return
    if SHOWN.fullmatch(command):
        command += " --help"
    elif ASKING.search(command):
        command = command.replace("tui-importer run", "tui-importer run --yes", 1)
    code = next((code for words, code in FAILS if words in command), 0)
    done = operator.give(command)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if target := re.search(r"(?:--output|[^>]>) (?!>)([\w./~-]+)$", command):
        path = operator.folder / target[1].replace("~/", "")
        assert path.read_text(encoding="utf-8"), path


def serves(operator: Operator, command: str) -> None:
    """The sandbox serves until Ctrl-C; here on a free port."""
    running = subprocess.Popen(
        [*shlex.split(command), "--port", "0"],
        cwd=operator.folder,
        env=operator.environment,
        executable=operator.folder / "bin" / "tui-importer",
        stdout=subprocess.PIPE,
        text=True,
    )
    with running:
        assert running.stdout is not None
        first = running.stdout.readline()
        running.send_signal(signal.SIGINT)
        running.wait(SECONDS)
    assert "http://127.0.0.1:" in first
    assert DEFAULT_KEY in first


@pytest.mark.parametrize("line", [line for line in COMMANDS if OF_THE_PROJECT.match(line)])
def test_what_a_command_of_the_project_names_is_there(line: str) -> None:
    found = OF_THE_PROJECT.match(line)
    assert found is not None
    for word in found[2].split():
        if "/" in word:
            assert (ROOT / word).exists(), word


# -- documents --------------------------------------------------------------------------------------------------------

FREE: Final = {"problems", "repairs"}
"""Objects whose keys are kinds."""
DOCUMENTS: Final = {
    "`run`, `resume`, `retry`": "tui-importer resume acme --json",
    "`run --dry-run`": "tui-importer run broken.csv --dry-run --json",
    "`scan`": "tui-importer scan broken.csv --json",
    "`jobs`": "tui-importer jobs --json",
    "A refusal": "tui-importer scan missing.csv --json",
}
"""The headings of the page of documents, and what prints each."""


def shape(value: object, name: str = "") -> object:
    """The keys of a document in their order, at any depth."""
    match value:
        case dict():
            return "by kind" if name in FREE else {key: shape(inner, key) for key, inner in value.items()}
        case [dict() as first, *_]:
            return [shape(first)]
        case list():
            return []
        case _:
            return "value"


@pytest.mark.parametrize("operator", ["tui-importer resume"], indirect=True)
@pytest.mark.parametrize("heading", DOCUMENTS)
def test_a_document_has_the_keys_that_the_page_shows(operator: Operator, heading: str) -> None:
    page = (ROOT / "docs" / "json-and-exit-codes.md").read_text(encoding="utf-8")
    _, _, section = page.partition(f"\n## {heading}\n")
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block is not None
    printed: Any = json.loads(operator.give(DOCUMENTS[heading]).stdout)
    assert json.dumps(shape(printed)) == json.dumps(shape(json.loads(block[1])))


def test_every_document_of_the_page_is_compared() -> None:
    page = (ROOT / "docs" / "json-and-exit-codes.md").read_text(encoding="utf-8")
    assert page.count("```json\n") == len(DOCUMENTS)
