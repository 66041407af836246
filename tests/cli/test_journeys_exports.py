"""An export of failed rows appears complete or not at all, and never blocks its own name."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import BRIEF, Running
from tests.cli.test_journeys_machine import WITH_LITTLE_ROOM, linux, started
from tests.support import COLUMNS, person, write_source
from tui_importer.report.new_file import new_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

ROWS = [person(n, n % 2, role_slug="pilot") | {"note": "n" * 5_000} for n in range(12)]
# The command comes to a rest when half of the rows are written.
HELD = """
import pathlib, sys, threading
from tui_importer.report import failures
reached, real, count = pathlib.Path(sys.argv.pop(1)), failures.cell, 0
def held(value):
    global count
    count += 1
    if count == 60:
        reached.touch()
        while True:
            threading.Event().wait(0.1)
    return real(value)
failures.cell = held
from tui_importer.cli.main import main
main(sys.argv[1:])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    made = tmp_path / "exports"
    made.mkdir()
    return made


@pytest.fixture
def exports(cli: Cli, tmp_path: Path, folder: Path) -> Path:
    """An empty folder for exports, beside a job `j` with failed rows."""
    source = write_source(tmp_path / "users.csv", ROWS, (*COLUMNS, "note"))
    cli("run", source, *BRIEF, "--max-failed", "off", "--job", "j", code=1)
    return folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_one_that_is_interrupted_leaves_its_name_free(
    cli: Cli, tmp_path: Path, exports: Path, number: signal.Signals
) -> None:
    output, reached = exports / "failed.csv", tmp_path / "reached"
    command: list[str | Path] = [sys.executable, "-c", HELD, reached, "errors", "j", "--output", output]
    running = Running(command, cli.environment, cli.folder)
    cli.left.append(running)
    running.wait_until(reached.exists)
    running.send(number)
    killed = number == signal.SIGKILL
    assert running.end().code == (-number if killed else 130)
    assert not output.exists()
    assert bool(list(exports.iterdir())) == killed
    cli("errors", "j", "--output", output, code=0)
    assert output.read_text(encoding="utf-8").count("\n") == len(ROWS) + 1
    assert list(exports.iterdir()) == [output], "what was left is tidied up"
    assert output.stat().st_mode & 0o777 == 0o600


@linux
def test_one_for_which_there_is_no_room_leaves_its_name_free(cli: Cli, exports: Path) -> None:
    output = exports / "failed.csv"
    running = started(cli, WITH_LITTLE_ROOM, "40000", "errors", "j", "--output", output)
    ended = running.end()
    assert (ended.code, f"{output} cannot be written: File too large." in ended.stderr) == (2, True), ended
    assert list(exports.iterdir()) == []
    cli("errors", "j", "--output", output, code=0)


def test_nothing_is_overwritten_even_if_it_came_meanwhile(folder: Path) -> None:
    first, second = folder / "a.csv", folder / "a-2.csv"
    with new_file(lambda: [first, second]) as file:
        file.stream.write("ours")
        first.write_text("theirs", encoding="utf-8")
    assert (file.path, second.read_text(encoding="utf-8")) == (second, "ours")
    assert first.read_text(encoding="utf-8") == "theirs"
    with pytest.raises(FileExistsError), new_file(lambda: [first, second]):
        pytest.fail("no name is free")
    assert sorted(folder.iterdir()) == [second, first]


def test_a_disk_without_hard_links_does_as_well(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with new_file(lambda: [folder / "a.csv"]) as file:
        file.stream.write("ours")
    assert [(path.name, path.read_text(encoding="utf-8")) for path in folder.iterdir()] == [("a.csv", "ours")]


def test_two_at_the_same_time_take_nothing_from_each_other(folder: Path) -> None:
    names = [folder / "a.csv", folder / "a-2.csv"]
    with new_file(lambda: names) as one, new_file(lambda: names) as other:
        one.stream.write("one")
        other.stream.write("other")
    found = {file.path.read_text(encoding="utf-8") for file in (one, other)}
    assert (found, len(list(folder.iterdir()))) == ({"one", "other"}, 2)
