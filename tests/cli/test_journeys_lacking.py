"""Too few open files or too little memory: the machine is named, not the job's folder, the rows or the network."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import BRIEF, Running
from tests.cli.test_journeys_machine import linux
from tests.support import person, write_source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Ended

ROWS = [person(n, n % 3) for n in range(40)]
# From the first call of a function on the process can open no more files.
WITHOUT_FILES_AFTER = """
import importlib, os, resource, sys
module, _, name = sys.argv.pop(1).partition(":")
owner, _, attribute = name.rpartition(".")
found = importlib.import_module(module)
found = getattr(found, owner) if owner else found
real = getattr(found, attribute)
def limited(*arguments, **named):
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    return real(*arguments, **named)
setattr(found, attribute, limited)
from tui_importer.cli.main import main
main(sys.argv[1:])
"""
WITHOUT_MEMORY_IN = """
import importlib, sys
module, _, name = sys.argv.pop(1).partition(":")
owner, _, attribute = name.rpartition(".")
found = importlib.import_module(module)
def fail(*_, **__):
    raise MemoryError
setattr(getattr(found, owner) if owner else found, attribute, fail)
from tui_importer.cli.main import main
main(sys.argv[1:])
"""
FILES = "the system lets this process open no more files"
MEMORY = "this machine has too little memory"


def lacking(cli: Cli, program: str, where: str, *arguments: str | Path) -> Ended:
    running = Running([sys.executable, "-c", program, where, *arguments], cli.environment, cli.folder)
    cli.left.append(running)
    return running.end()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "users.csv", ROWS)


@linux
@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("tui_importer.engine.job.store:Jobs.create", 2),
        ("tui_importer.engine.job.source:FrozenSource.ensure", 3),
        ("tui_importer.engine.run.run:Run.import_rows", 3),
        ("tui_importer.cli.new_import:read_environment", 2),
        ("tui_importer.cli.import_run:summary_of", 69),
    ],
)
def test_too_few_open_files_are_named_wherever_they_end(cli: Cli, source: Path, where: str, code: int) -> None:
    ended = lacking(cli, WITHOUT_FILES_AFTER, where, "run", source, *BRIEF, "--give-up-after", "0", "--job", "j")
    assert ended.code == code, ended
    assert FILES in (ended.stdout + ended.stderr).lower(), ended
    assert "ulimit -n" in ended.stdout + ended.stderr, ended
    assert "backup" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "where",
    [
        "tui_importer.engine.run.run:Run.import_rows",
        "tui_importer.engine.run.tally:Tally.unfinished",
        "tui_importer.engine.run.tally:Tally.row_ended",
        "tui_importer.engine.run.row_importer:RowImporter.run",
    ],
)
def test_too_little_memory_in_the_engine_halts_the_job_which_is_resumed(cli: Cli, source: Path, where: str) -> None:
    ended = lacking(cli, WITHOUT_MEMORY_IN, where, "run", source, *BRIEF, "--job", "j")
    assert (ended.code, f"j: paused ({MEMORY})" in ended.stdout) == (3, True), ended
    assert "Next: End other programs, then resume; nothing was lost." in ended.stdout
    assert cli("resume", "--json", code=0).document["created"] == len(ROWS)


@pytest.mark.parametrize(
    ("where", "command", "code"),
    [
        ("tui_importer.cli.import_run:plan_lines", ["run", "CSV", *BRIEF, "--job", "k", "--json"], 3),
        ("tui_importer.cli.import_run:wait_for", ["run", "CSV", *BRIEF, "--job", "k", "--json"], 3),
        ("tui_importer.cli.new_import:read_environment", ["run", "CSV", *BRIEF, "--job", "k", "--json"], 2),
        ("tui_importer.cli.import_run:summary_of", ["run", "CSV", *BRIEF, "--job", "k", "--json"], 69),
        ("tui_importer.cli.new_import:plan_document", ["run", "CSV", "--dry-run", "--json"], 2),
        ("tui_importer.cli.source_scan:_write_document", ["scan", "CSV", "--json"], 2),
        ("tui_importer.cli.commands.jobs:_document", ["jobs", "--json"], 2),
    ],
)
def test_too_little_memory_in_a_command_is_a_sentence(
    cli: Cli, source: Path, where: str, command: list[str], code: int
) -> None:
    cli("run", write_source(source.parent / "others.csv", ROWS[:2]), *BRIEF, "--job", "j", code=0)
    arguments = (source if word == "CSV" else word for word in command)
    ended = lacking(cli, WITHOUT_MEMORY_IN, where, *arguments)
    assert (ended.code, ended.refusal["message"].lower()) == (code, f"{MEMORY}."), ended
    assert ("resume" in ended.refusal["next"]) == (code == 3)
