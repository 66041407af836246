"""What a command ends with means the same everywhere, and a crash is never taken for failed rows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import BRIEF, ROOT, Running, Terminal
from tests.cli.test_journeys_machine import AS_ANYBODY, linux
from tests.support import person, write_source
from tui_importer.engine.halt import EXIT_CODES
from tui_importer.errors import ExitCode
from tui_importer.journal.journal import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Cli, Ended

ROWS = [person(n, n % 2) for n in range(6)]
WITH_A_DEFECT = """
import importlib, sys
module, name = sys.argv.pop(1).split(":")
def fail(*_, **__):
    raise KeyError("a defect")
owner, _, attribute = name.rpartition(".")
found = importlib.import_module(module)
setattr(getattr(found, owner) if owner else found, attribute, fail)
from tui_importer.cli.main import main
main(sys.argv[1:])
"""
CODES = {int(code): code.meaning for code in ExitCode}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "users.csv", ROWS)


def with_a_defect(cli: Cli, where: str, *arguments: str | Path) -> Ended:
    running = Running([sys.executable, "-c", WITH_A_DEFECT, where, *arguments], cli.environment, cli.folder)
    cli.left.append(running)
    return running.end()


def test_the_readme_has_the_codes_that_there_are() -> None:
    page = (ROOT / "docs" / "json-and-exit-codes.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^\| exit code \| meaning \|\n.*\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert {int(code): meaning for code, meaning in re.findall(r"^\| (\d+) \| (.*) \|$", table, re.MULTILINE)} == CODES


@pytest.mark.parametrize("command", ["run", "resume", "retry", "scan"])
def test_the_help_has_them_too(cli: Cli, command: str) -> None:
    shown = cli(command, "--help", code=0).stdout
    assert {int(code): meaning for code, meaning in re.findall(r"^ +(\d+)  +(.*)$", shown, re.MULTILINE)} == CODES


def test_whatever_stops_a_run_has_a_code_of_the_table() -> None:
    assert set(EXIT_CODES.values()) <= set(ExitCode) - {ExitCode.DONE, ExitCode.PROBLEMS}
    assert EXIT_CODES["internal"] == ExitCode.CRASHED


def test_a_defect_in_a_thread_of_the_engine_ends_with_70_and_the_job_is_resumed(cli: Cli, source: Path) -> None:
    where = "tui_importer.engine.run.run:Run.import_rows"
    ended = with_a_defect(cli, where, "run", source, *BRIEF, "--job", "j", "--json")
    assert ended.code == 70, ended
    assert "unexpected error: KeyError" in ended.document["reason"]
    assert cli("resume", "--yes", "--json", code=0).document["created"] == len(ROWS)


def test_a_defect_of_the_command_names_the_unfinished_job(cli: Cli, source: Path) -> None:
    ended = with_a_defect(cli, "tui_importer.cli.import_run:plan_lines", "run", source, *BRIEF, "--job", "j", "--json")
    assert (ended.code, ended.refusal["kind"]) == (70, "internal")
    assert "resume the job with: tui-importer resume j" in ended.refusal["next"]
    (report,) = (cli.home / "logs").iterdir()
    assert str(report) in ended.refusal["next"]
    assert "KeyError" in report.read_text(encoding="utf-8")
    assert cli("resume", "j", "--yes", "--json", code=0).document["created"] == len(ROWS)


@pytest.mark.parametrize(
    ("where", "command"),
    [
        ("tui_importer.cli.source_scan:_write_document", ["scan", "CSV", "--json"]),
        ("tui_importer.cli.new_import:plan_document", ["run", "CSV", "--dry-run", "--json"]),
        ("tui_importer.cli.import_run:summary_of", ["run", "CSV", *BRIEF, "--json"]),  # when the job is finished
        ("tui_importer.cli.commands.jobs:_document", ["jobs", "--json"]),
    ],
)
def test_a_defect_without_an_unfinished_job_speaks_of_no_resume(
    cli: Cli, source: Path, where: str, command: list[str]
) -> None:
    if command[0] == "jobs":
        cli("run", source, *BRIEF, code=0)
    ended = with_a_defect(cli, where, *(source if word == "CSV" else word for word in command))
    assert ended.code == 70, ended
    assert "resume" not in ended.stderr
    assert ended.refusal["kind"] == "internal"


@linux
def test_a_command_that_only_reads_is_refused_where_a_run_would_pause(cli: Cli, source: Path) -> None:
    cli("run", source, *BRIEF, "--job", "j", code=0)
    journal = cli.job_folder("j") / FILE
    journal.chmod(0)
    for command in (["errors", "j"], ["purge", "j"]):
        running = Running([sys.executable, "-c", AS_ANYBODY, *command], cli.environment, cli.folder)
        cli.left.append(running)
        ended = running.end()
        assert (ended.code, str(journal) in ended.stderr) == (2, True), ended


@pytest.fixture
def stranger() -> Iterator[str]:
    """A server that does not speak the API."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_what_is_no_server_of_the_api_is_refused_before_anything_begins(cli: Cli, source: Path, stranger: str) -> None:
    ended = cli.at(url=stranger)("run", source, *BRIEF, "--json")
    assert (ended.code, ended.refusal["kind"], cli.jobs) == (2, "not_found", [])


def test_a_crash_of_the_demo_ends_with_70_and_its_report_stays(cli: Cli) -> None:
    command = [sys.executable, "-c", WITH_A_DEFECT, "tui_importer.tui.app:ImporterApp.new_job"]
    demo = Terminal(cli, "demo", command=command, columns=300)
    demo.read_to_end()
    assert demo.process.wait(60) == 70
    (report,) = (cli.home / "logs").iterdir()
    assert "KeyError" in report.read_text(encoding="utf-8")
    assert report.name in demo.seen
    assert "This was the demo" in demo.seen
    assert "tui-importer resume" not in demo.seen
    assert list(cli.folder.glob("tui-importer-demo-*")) == []


def test_an_account_without_a_home_has_its_report_among_the_temporary_files(cli: Cli, source: Path) -> None:
    environment = {name: value for name, value in cli.environment.items() if name != "TUI_IMPORTER_HOME"}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            WITH_A_DEFECT,
            "tui_importer.cli.source_scan:_write_document",
            "scan",
            source,
            "--json",
        ],
        cwd=ROOT,
        env={**environment, "HOME": ""},
        capture_output=True,
        check=False,
        timeout=120,
    )
    (report,) = cli.folder.glob("crash-*")
    assert (done.returncode, str(report) in json.loads(done.stdout)["error"]["next"]) == (70, True)
