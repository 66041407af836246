"""A job that another account made (with sudo, for example) is named with its problem, and stands in nobody's way."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import BRIEF, Running
from tests.cli.test_journeys_machine import AS_ANYBODY, linux
from tests.support import person, write_source
from tui_importer.engine.job.listing import list_jobs
from tui_importer.journal.errors import JobsUnreadable
from tui_importer.journal.journal import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Cli, Ended

ROWS = [person(n, n % 2) for n in range(6)]


def as_anybody(cli: Cli, *arguments: str | Path) -> Ended:
    """A command for whom permissions count, whoever runs the tests."""
    running = Running([sys.executable, "-c", AS_ANYBODY, *arguments], cli.environment, cli.folder)
    cli.left.append(running)
    return running.end()


@pytest.fixture
def closed(cli: Cli, tmp_path: Path) -> Iterator[Path]:
    """The folder of the job `theirs`, which is not finished and cannot be looked into."""
    source = write_source(tmp_path / "theirs.csv", [person(n, 3) for n in range(50, 54)])
    cli("run", source, *BRIEF, "--canary", "2", "--job", "theirs", code=3)
    folder = cli.job_folder("theirs")
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


@linux
def test_it_is_listed_with_its_problem_and_all_other_jobs_work(cli: Cli, tmp_path: Path, closed: Path) -> None:
    source = write_source(tmp_path / "ours.csv", ROWS)
    ended = as_anybody(cli, "run", source, *BRIEF, "--canary", "2", "--job", "ours", "--json")
    assert (ended.code, ended.document["created"]) == (3, 2), ended

    listed = {job["job"]: job for job in json.loads(as_anybody(cli, "jobs", "--json").stdout)}
    assert (listed["theirs"]["reason"], listed["ours"]["reason"] != "unreadable") == ("unreadable", True)
    assert f"The job's folder {closed} cannot be used: Permission denied" in listed["theirs"]["problem"]
    assert listed["ours"]["problem"] == ""
    shown = as_anybody(cli, "jobs")
    assert (shown.code, f"{closed} cannot be used: Permission denied" in shown.stdout) == (0, True), shown

    ended = as_anybody(cli, "resume", "--json")
    assert (ended.code, ended.document["job"], ended.document["created"]) == (0, "ours", len(ROWS)), ended


@linux
@pytest.mark.parametrize(
    ("command", "code"), [(("errors",), 2), (("purge", "--yes"), 2), (("purge",), 2), (("resume",), 3), (("retry",), 3)]
)
def test_what_is_asked_of_it_is_refused_with_its_own_folder(
    cli: Cli, closed: Path, command: tuple[str, ...], code: int
) -> None:
    ended = as_anybody(cli, command[0], "theirs", *command[1:])
    assert (ended.code, f"{closed} cannot be used: Permission denied" in ended.stderr) == (code, True), ended
    assert "permissions" in ended.stderr.splitlines()[-1]
    assert closed.exists()


@linux
def test_a_journal_that_is_another_accounts_is_a_problem_of_its_job_alone(cli: Cli, closed: Path) -> None:
    closed.chmod(0o700)
    (closed / FILE).chmod(0)
    ended = as_anybody(cli, "jobs", "--json")
    (listed,) = json.loads(ended.stdout)
    assert (listed["reason"], str(closed / FILE) in listed["problem"]) == ("unreadable", True)
    assert as_anybody(cli, "errors", "theirs").code == 2


def test_whose_it_is_is_said(cli: Cli, closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed.chmod(0o700)
    real = os.stat
    there = real(closed).st_uid

    def refuse(path: Path, **_: object) -> os.stat_result:
        if closed in path.parents:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("pathlib.Path.stat", refuse)
    monkeypatch.setattr("os.geteuid", lambda: there + 1)
    (job,) = list_jobs(cli.home / "jobs")
    owner = "root" if not there else f"user id {there}"
    assert f"cannot be used: Permission denied (it belongs to {owner})." in job.problem


def test_a_disk_that_gives_out_under_one_job_leaves_the_others_listed(
    cli: Cli, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed.chmod(0o700)
    (cli.home / "jobs" / "other").mkdir()
    (cli.home / "jobs" / "other" / FILE).touch()
    real = os.stat

    def fail(path: Path, **_: object) -> os.stat_result:
        if path == closed or closed in path.parents:
            raise OSError(5, "Input/output error")
        return real(path)

    monkeypatch.setattr("pathlib.Path.stat", fail)
    found = {job.job: job for job in list_jobs(cli.home / "jobs")}
    assert found.keys() == {"theirs", "other"}
    assert "Input/output error" in found["theirs"].problem


def test_the_folder_of_all_jobs_is_named_when_it_is_the_closed_one(
    cli: Cli, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed.chmod(0o700)

    def refuse(_path: Path, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.is_dir", lambda path: path == cli.home / "jobs" or refuse(path))
    monkeypatch.setattr("pathlib.Path.stat", refuse)
    with pytest.raises(JobsUnreadable, match=r"The folder of the jobs .*/jobs cannot"):
        list_jobs(cli.home / "jobs")
    monkeypatch.undo()
