"""The machine gives out under the command line: disk, permissions, folder, clock, source. Nothing is lost."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import FAST, Running
from tests.support import COLUMNS, assert_exact, finish, open_job, person, reopen_job, write_source
from tui_importer.journal.journal import FILE, open_reader
from tui_importer.journal.lock import LOCK
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Cli, Ended
    from tui_importer.sandbox.server import Sandbox

ROWS = [person(n, n % 5) for n in range(90)]
WORKERS = 4
SLOWLY = (*FAST, "--workers", str(WORKERS), "--job", "j", "--json")

# What is before the command in a process of its own. Root passes all permissions by, unless it may not any more.
AS_ANYBODY = """
import ctypes, os, sys
if os.getuid() == 0:
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
            sys.exit("the bounding set cannot be changed")
os.execv(sys.executable, [sys.executable, "-m", "tui_importer", *sys.argv[1:]])
"""
WITH_LITTLE_ROOM = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
os.execv(sys.executable, [sys.executable, "-m", "tui_importer", *sys.argv[2:]])
"""
WITH_A_JUMPING_CLOCK = """
import datetime, pathlib, sys, time
jump, now = pathlib.Path(sys.argv.pop(1)), time.time
def ahead():
    return float(jump.read_text()) if jump.exists() else 0.0
class Jumping(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(now() + ahead(), tz)
time.time, datetime.datetime = lambda: now() + ahead(), Jumping
from tui_importer.cli.main import main
main()
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits and capabilities of a process are Linux's")


def started(cli: Cli, code: str, *arguments: str | Path) -> Running:
    """Start a command behind a piece of Python."""
    running = Running([sys.executable, "-c", code, *arguments], cli.environment, cli.folder)
    cli.left.append(running)
    return running


def users(sandbox: Sandbox) -> int:
    return sandbox.snapshot(objects=False).counts["users"]


def amid(cli: Cli, sandbox: Sandbox, source: Path) -> Running:
    """An import that is under way."""
    sandbox.update(latency=0.02)
    running = cli.start("run", source, *SLOWLY)
    running.wait_until(lambda: users(sandbox) >= 20)
    return running


def resumed(cli: Cli, sandbox: Sandbox) -> None:
    """Go on to the end: everything is there once, and created by this job."""
    sandbox.update(latency=0.0)
    with reopen_job(cli.home, sandbox, "j") as job:
        summary = finish(job)
    assert (summary.state, summary.totals.created, summary.totals.pending) == ("finished", len(ROWS), 0)
    assert (summary.users.created, summary.memberships.created) == (len(ROWS), len(ROWS))
    assert (summary.organizations.resolved, summary.organizations.created) == (5, 5)
    assert_exact(sandbox, ROWS)


def halted(running: Running, sandbox: Sandbox, *words: str) -> Ended:
    """It ends by itself, resumable, with these words; what is sent afterwards is what was in flight."""
    before = users(sandbox)
    ended = running.end()
    assert ended.code == 3, ended
    for word in words:
        assert word in ended.stderr + ended.stdout, ended
    assert users(sandbox) <= before + 2 * WORKERS
    return ended


# -- the job's folder -------------------------------------------------------------------------------------------


def test_a_folder_that_is_removed_halts_the_job_at_once(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "a.csv", ROWS)
    running = amid(cli, sandbox, source)
    shutil.rmtree(cli.job_folder("j"))
    ended = halted(running, sandbox, str(cli.job_folder("j")), "removed or replaced", "Put the folder back")
    assert ended.refusal["kind"] == "journal_unwritable"
    assert users(sandbox) < len(ROWS)
    assert cli.jobs == []
    sandbox.update(latency=0.0)
    with open_job(cli.home, sandbox, source) as job:
        summary = finish(job)
    assert (summary.totals.created + summary.totals.existing, summary.totals.failed) == (len(ROWS), 0)
    assert summary.users.existing >= 20, "a new job recognises what the lost one has made"
    assert_exact(sandbox, ROWS)


def test_without_its_wal_file_a_job_goes_on_from_an_older_state(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    running = amid(cli, sandbox, write_source(tmp_path / "a.csv", ROWS))
    running.send(signal.SIGKILL)
    running.end()
    (cli.job_folder("j") / f"{FILE}-wal").unlink()
    sandbox.update(latency=0.0)
    document = cli("resume", "--yes", "--json", code=0).document
    assert (document["created"] + document["existing"], document["failed"]) == (len(ROWS), 0)
    assert_exact(sandbox, ROWS)


def test_deleting_the_lock_file_of_a_running_job_stops_it_and_lets_no_second_one_in(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    running = amid(cli, sandbox, write_source(tmp_path / "a.csv", ROWS))
    running.send(signal.SIGSTOP)
    lock = cli.job_folder("j") / LOCK
    lock.unlink()
    assert cli("resume", "j", "--json", code=2).refusal["kind"] == "job_locked"
    running.send(signal.SIGCONT)
    halted(running, sandbox, f"{LOCK} in the job's folder", "removed or replaced")
    # What it says is only a message: this process lives, and has nothing to do with the job.
    lock.write_text(json.dumps({"host": "here", "pid": os.getpid()}))
    resumed(cli, sandbox)


# -- a full disk ------------------------------------------------------------------------------------------------


@linux
def test_a_disk_that_gets_full_in_the_import_pauses_it(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    running = amid(cli, sandbox, write_source(tmp_path / "a.csv", ROWS))
    written = (cli.job_folder("j") / f"{FILE}-wal").stat().st_size
    _, hard = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (written, hard))
    halted(running, sandbox, str(cli.job_folder("j") / FILE), "cannot be used", "is it full?", "then resume")
    (job,) = json.loads(cli("jobs", "--json", code=0).stdout)
    assert (job["state"], job["reason"]) == ("paused", "interrupted")
    resumed(cli, sandbox)


@linux
@pytest.mark.parametrize("room", [6_000, 150_000], ids=["for no journal", "for no rows"])
def test_a_disk_that_is_full_at_the_beginning_leaves_no_job(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, room: int
) -> None:
    noise = os.urandom(600_000).hex()
    rows = [row | {"metadata": json.dumps({"noise": noise[8_000 * n : 8_000 * (n + 1)]})} for n, row in enumerate(ROWS)]
    source = write_source(tmp_path / "a.csv", rows)
    ended = started(cli, WITH_LITTLE_ROOM, str(room), "run", source, *SLOWLY).end()
    assert ended.code == 2, ended
    assert ended.refusal["kind"] == ("journal_unwritable" if room < 10_000 else "frozen_rows")
    assert ended.refusal["next"]
    assert cli.jobs == []
    assert sandbox.snapshot(objects=False).counts == {"organizations": 0, "users": 0, "memberships": 0}


# -- permissions ------------------------------------------------------------------------------------------------


@pytest.fixture
def closed() -> Iterator[list[Path]]:
    """Folders whose permissions a test has taken away; they are given back."""
    folders: list[Path] = []
    yield folders
    for folder in folders:
        if folder.exists():
            set_writable(folder, writable=True)


def set_writable(folder: Path, *, writable: bool) -> None:
    for path in (folder, *folder.iterdir()):
        kept = 0o500 if path.is_dir() else 0o400
        path.chmod(kept | 0o200 if writable else kept)


@linux
def test_a_home_that_is_read_only_has_no_new_jobs_but_lists_the_old_ones(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, closed: list[Path]
) -> None:
    source = write_source(tmp_path / "a.csv", ROWS[:3])
    with open_job(cli.home, sandbox, source) as job:
        finish(job)
    closed += [cli.home, cli.home / "jobs", job._folder]
    for folder in closed:
        set_writable(folder, writable=False)
    ended = started(cli, AS_ANYBODY, "run", source, *FAST, "--json").end()
    assert (ended.code, "Permission denied" in ended.refusal["message"]) == (2, True)
    assert str(cli.home / "jobs") in ended.refusal["message"]
    (listed,) = json.loads(started(cli, AS_ANYBODY, "jobs", "--json").end().stdout)
    assert (listed["job"], listed["state"], listed["created"]) == (job.name, "finished", 3)
    ended = started(cli, AS_ANYBODY, "purge", job.name, "--yes").end()
    assert (ended.code, "Permission denied" in ended.stderr) == (2, True), ended
    assert cli.jobs == [job.name]


@linux
def test_a_job_that_becomes_read_only_is_told_so_and_goes_on_when_it_is_writable_again(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, closed: list[Path]
) -> None:
    rows = [row | {"password": f"correct-horse-{n}"} for n, row in enumerate(ROWS)]
    rows[7]["role_slug"] = "nobody"
    source = write_source(tmp_path / "a.csv", rows, (*COLUMNS, "password"))
    sandbox.update(latency=0.02)
    running = started(cli, AS_ANYBODY, "run", source, *SLOWLY)
    running.wait_until(lambda: users(sandbox) >= 20)
    folder = cli.job_folder("j")
    closed.append(folder)
    set_writable(folder, writable=False)
    ended = running.end()
    assert ended.code == 3, ended
    assert ended.document["pending"] > len(ROWS) / 2, "it stops at once, not at the end, which needs a new file"
    assert f"The job's folder {folder} cannot be used: Permission denied" in ended.document["reason"]
    counts = sandbox.snapshot(objects=False).counts
    assert ended.document["created"] + ended.document["failed"] <= counts["users"] < len(ROWS) / 2

    ended = started(cli, AS_ANYBODY, "resume", "--json").end()
    assert ended.code == 3, ended
    assert (ended.refusal["kind"], str(folder) in ended.refusal["message"]) == ("journal_unwritable", True)
    assert "permissions" in ended.refusal["next"]
    folder.chmod(0o700)
    (folder / LOCK).chmod(0o600)
    ended = started(cli, AS_ANYBODY, "resume", "--json").end()
    assert (ended.code, str(folder / FILE) in ended.refusal["message"]) == (3, True), ended
    assert "readonly" in ended.refusal["message"]
    set_writable(folder, writable=True)
    with reopen_job(cli.home, sandbox, "j") as job:
        summary = finish(job)
    assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", len(ROWS) - 1, 1)
    assert summary.users.created == len(ROWS)


# -- the clock --------------------------------------------------------------------------------------------------


def test_the_clock_of_this_machine_may_jump_forwards_and_back(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    jump = tmp_path / "jump"
    source = write_source(tmp_path / "a.csv", ROWS)
    lost = {"drop_after": Fault(0.05, calls={"create_user", "create_membership", "create_organization"})}
    sandbox.update(latency=0.02, faults=lost)
    running = started(cli, WITH_A_JUMPING_CLOCK, jump, "run", source, *SLOWLY)
    running.wait_until(lambda: users(sandbox) >= 20)
    jump.write_text("86400")
    running.wait_until(lambda: users(sandbox) >= 40)
    running.send(signal.SIGKILL)
    running.end()
    jump.write_text("-86400")
    sandbox.update(latency=0.0)
    document = started(cli, WITH_A_JUMPING_CLOCK, jump, "resume", "--json").end().document
    assert (document["state"], document["created"], document["existing"]) == ("finished", len(ROWS), 0)
    assert document["users"]["created"] == document["memberships"]["created"] == len(ROWS)
    assert all(0 <= seconds < 3_600 for seconds in document["seconds"].values())
    assert_exact(sandbox, ROWS)
    (job,) = json.loads(cli("jobs", "--json", code=0).stdout)
    assert job["updated"] < job["started"], "what is shown is the machine's own time"


# -- the source -------------------------------------------------------------------------------------------------


def test_a_source_that_is_edited_is_told_on_stderr_while_the_job_goes_on(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    source = write_source(tmp_path / "a.csv", ROWS)
    running = amid(cli, sandbox, source)
    sandbox.update(latency=0.1)
    with source.open("a", encoding="utf-8") as file:
        file.write("late@example.com\n")
    words = "a.csv was written to or replaced since it was scanned: the job has its own frozen rows."
    running.wait_until(lambda: words in running.stderr)
    sandbox.update(latency=0.0)
    ended = running.end()
    assert (ended.code, ended.document["created"], ended.stderr.count(words)) == (0, len(ROWS), 1)
    with open_reader(cli.job_folder("j")) as reader:
        assert sum("was written to or replaced" in message for _, _, _, message in reader.log()) == 1
    assert_exact(sandbox, ROWS)
