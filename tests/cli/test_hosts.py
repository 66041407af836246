"""The command line on machines and for accounts of every kind: each works, or is refused with a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tui_importer
from tests.cli.conftest import BRIEF, COMMAND, ROOT, Ended, Running, Terminal
from tests.cli.test_journeys_machine import AS_ANYBODY, linux
from tests.support import person, write_source
from tui_importer.cli.command_table import COMMANDS
from tui_importer.journal.journal import FILE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.cli.conftest import Cli

ROWS = [person(n, n % 2) for n in range(6)]

MAIN = """
from tui_importer.cli.main import main
main(sys.argv[1:])
"""
WITHOUT_ACCOUNT = f"""
import pwd, sys
def unknown(*_):
    raise KeyError("getpwuid(): uid not found")
pwd.getpwuid = pwd.getpwnam = unknown
{MAIN}"""
ON_WINDOWS = f"""
import os, signal, sys
import click, shutil  # which would look for Windows itself, on Windows
for module in ("fcntl", "pwd", "grp", "termios", "tty", "pty", "resource", "syslog", "_posixsubprocess"):
    sys.modules[module] = None
for name in ("pwrite", "pread", "getuid", "geteuid", "fork", "mkfifo"):
    delattr(os, name)
del signal.SIGHUP
sys.platform, os.name = "win32", "nt"
{MAIN}"""
WITHOUT_TEMPORARY_FOLDER = f"""
import sys, tempfile
tempfile._candidate_tempdir_list = lambda: ["/nowhere"]
{MAIN}"""
ON_AN_OLD_PROCESSOR = f"""
import importlib.util, pathlib, sys
place = pathlib.Path(importlib.util.find_spec("polars").origin).with_name("_cpu_check.py")
spec = importlib.util.spec_from_file_location("polars._cpu_check", place)
check = sys.modules["polars._cpu_check"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check)
class Flags(dict):
    def __missing__(self, flag):
        return flag not in ("avx2", "bmi1")
    def __contains__(self, flag):
        return True
check._read_cpu_flags = Flags
{MAIN}"""
ON_A_NETWORK_DISK = f"""
import os, pathlib, sys
from tui_importer.journal import file_systems
device = os.stat(os.environ["TUI_IMPORTER_HOME"]).st_dev
mounts = pathlib.Path(os.environ["TMPDIR"], "mountinfo")
number = f"{{os.major(device)}}:{{os.minor(device)}}"
mounts.write_text(f"36 35 {{number}} / /home rw shared:1 - nfs4 files:/home rw,vers=4.2\\n")
file_systems.MOUNTS = mounts
{MAIN}"""

SENTENCE = "tui-importer: "


def ended(
    program: str | None, *arguments: str | Path, environment: Mapping[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A command with exactly this environment."""
    command: Sequence[str | Path] = COMMAND if program is None else [sys.executable, "-c", program]
    return subprocess.run(
        [*command, *arguments],
        cwd=folder or ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def assert_refused(done: subprocess.CompletedProcess[str] | Ended, kind: str, *words: str, as_json: bool) -> None:
    """A sentence and a next step on stderr, exit 2, and with --json the one document with the same words."""
    code = done.code if isinstance(done, Ended) else done.returncode
    assert code == 2, done
    message, next_step = done.stderr.splitlines()
    assert (message[: len(SENTENCE)], next_step[:6]) == (SENTENCE, "Next: ")
    for word in words:
        assert word in done.stderr
    if as_json:
        (line,) = done.stdout.splitlines()
        error = json.loads(line)["error"]
        assert (error["kind"], SENTENCE + error["message"], f"Next: {error['next']}") == (kind, message, next_step)
    else:
        assert done.stdout == ""


def flags(*, as_json: bool) -> list[str]:
    return ["--json"] if as_json else []


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "users.csv", ROWS)


# -- accounts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("home", [{}, {"HOME": ""}])
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("command", [["jobs"], ["run", "users.csv"], ["resume"], ["retry", "job"]])
def test_without_a_home_what_needs_one_is_refused(
    source: Path, command: list[str], home: dict[str, str], *, as_json: bool
) -> None:
    given = [source if word == "users.csv" else word for word in command]
    done = ended(WITHOUT_ACCOUNT, *given, *flags(as_json=as_json), environment=home)
    assert_refused(done, "home_unusable", "The home folder is not known", "TUI_IMPORTER_HOME", as_json=as_json)


@pytest.mark.parametrize("command", [["errors", "job"], ["purge", "job", "--yes"]])
def test_without_a_home_no_job_is_looked_for(command: list[str]) -> None:
    done = ended(WITHOUT_ACCOUNT, *command, environment={})
    assert_refused(done, "home_unusable", "TUI_IMPORTER_HOME", as_json=False)


@pytest.mark.parametrize("home", [{}, {"HOME": ""}])
def test_without_a_home_what_needs_none_works(source: Path, home: dict[str, str]) -> None:
    commands: list[list[str | Path]] = [["--version"], ["--help"], ["run", "--help"], ["scan", source]]
    for arguments in commands:
        done = ended(WITHOUT_ACCOUNT, *arguments, environment=home)
        assert (done.returncode, done.stderr) == (0, ""), done


def test_a_home_that_is_named_is_enough(source: Path, tmp_path: Path, cli: Cli) -> None:
    environment = {"TUI_IMPORTER_HOME": str(tmp_path / "here"), "WORKOS_BASE_URL": cli.url, "WORKOS_API_KEY": cli.key}
    done = ended(WITHOUT_ACCOUNT, "run", source, *BRIEF, "--json", environment=environment)
    assert (done.returncode, json.loads(done.stdout)["created"]) == (0, len(ROWS)), done


def test_the_demo_needs_no_home(cli: Cli) -> None:
    homeless = "import os; [os.environ.pop(name, None) for name in ('HOME', 'TUI_IMPORTER_HOME')]\n" + WITHOUT_ACCOUNT
    demo = Terminal(cli, "demo", command=[sys.executable, "-c", homeless])
    demo.wait_for("acme-users")
    demo.type("\x03")
    demo.read_to_end()
    assert demo.process.wait(60) == 0, demo.seen


@pytest.mark.parametrize("target", ["~no-such-user-of-ours/users.csv", "no\udcff", "x" * 300, "nobody.csv"])
def test_what_cannot_be_opened_is_a_sentence(cli: Cli, target: str) -> None:
    console = Terminal(cli, "open", target, columns=500)
    assert console.end() == 2, console.seen
    assert "is neither a file nor a job" in console.seen


@linux
def test_a_home_that_is_not_ours_is_a_sentence(source: Path, cli: Cli) -> None:
    closed = cli.home / "closed"
    closed.mkdir()
    environment = {**cli.environment, "TUI_IMPORTER_HOME": str(closed)}

    def as_anybody(*command: str | Path) -> subprocess.CompletedProcess[str]:
        return ended(AS_ANYBODY, *command, environment=environment)

    closed.chmod(0o500)
    done = as_anybody("run", source, *BRIEF, "--json")
    assert_refused(done, "config", str(closed), "Permission denied", "TUI_IMPORTER_HOME", as_json=True)
    closed.chmod(0)
    kinds = {"jobs": "jobs_unreadable", "resume": "config", "retry": "config"}
    for command, kind in kinds.items():
        done = as_anybody(command, *(["j"] if command == "retry" else []), "--json")
        assert_refused(done, kind, "Permission denied", "TUI_IMPORTER_HOME", as_json=True)
    for command in ("errors", "purge"):
        assert_refused(as_anybody(command, "j"), "", "Permission denied", "TUI_IMPORTER_HOME", as_json=False)
    closed.chmod(0o700)


def test_a_name_of_bytes_that_are_no_text_is_refused(tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/b\xff")
    try:
        Path(odd).mkdir()
    except OSError:  # macOS keeps no such name
        return
    done = ended(None, "jobs", environment={"TUI_IMPORTER_HOME": odd})
    assert_refused(done, "home_unusable", "not UTF-8", as_json=False)


def test_without_a_temporary_folder_a_scan_and_a_dry_run_use_the_programs_home(source: Path, cli: Cli) -> None:
    commands: list[list[str | Path]] = [["scan", source], ["run", source, "--dry-run"]]
    for command in commands:
        done = ended(WITHOUT_TEMPORARY_FOLDER, *command, environment=cli.environment)
        assert done.returncode == 0, done
        assert not (cli.home / "scratch").exists()


# -- systems ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS), ["run", "users.csv", "--json"], ["--json"]])
def test_on_windows_every_command_is_refused_with_the_way_out(command: list[str]) -> None:
    done = ended(ON_WINDOWS, *command, environment={})
    assert_refused(done, "unsupported_system", "Windows", "WSL", "Linux or macOS", as_json="--json" in command)


def test_on_windows_the_version_is_told() -> None:
    done = ended(ON_WINDOWS, "--version", environment={})
    assert (done.returncode, done.stdout, done.stderr) == (0, f"tui-importer {tui_importer.__version__}\n", "")


# -- processors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_json", [False, True])
def test_a_processor_that_polars_cannot_use_is_named_with_the_cure(source: Path, cli: Cli, *, as_json: bool) -> None:
    words = ("This processor lacks what polars is compiled for (avx2, bmi1)", "pip install 'polars[rtcompat]'")
    commands: list[list[str | Path]] = [["scan", source], ["run", source, "--dry-run"], ["run", source, *BRIEF]]
    for command in commands:
        done = ended(ON_AN_OLD_PROCESSOR, *command, *flags(as_json=as_json), environment=cli.environment)
        assert_refused(done, "polars_unusable", *words, as_json=as_json)
    assert cli.jobs == []
    assert ended(ON_AN_OLD_PROCESSOR, "jobs", environment=cli.environment).returncode == 0


# -- network disks ----------------------------------------------------------------------------------------------


@pytest.fixture
def networked(cli: Cli) -> NetworkDisk:
    return NetworkDisk(cli)


class NetworkDisk:
    """The command line with its home on a disk that other machines may have, too."""

    def __init__(self, cli: Cli) -> None:
        self.cli = cli

    def __call__(self, *arguments: str | Path) -> Ended:
        running = Running([sys.executable, "-c", ON_A_NETWORK_DISK, *arguments], self.cli.environment, self.cli.folder)
        self.cli.left.append(running)
        return running.end()


@linux
class TestOnANetworkDisk:
    def test_no_job_is_begun(self, source: Path, networked: NetworkDisk) -> None:
        done = networked("run", source, *BRIEF, "--json")
        words = ("network disk (nfs4)", "two machines", "TUI_IMPORTER_HOME")
        assert_refused(done, "network_disk", *words, as_json=True)
        assert networked.cli.jobs == []

    def test_a_job_at_rest_is_listed_and_exported_but_not_resumed(self, source: Path, networked: NetworkDisk) -> None:
        networked.cli("run", source, *BRIEF, "--canary", "2", "--job", "j", code=3)
        (listed,) = json.loads(networked("jobs", "--json").stdout)
        assert (listed["job"], listed["created"], listed["state"]) == ("j", 2, "paused")
        assert networked("errors", "j").code == 0
        assert_refused(networked("resume", "j", "--json"), "network_disk", "TUI_IMPORTER_HOME", as_json=True)
        assert networked("purge", "j", "--yes").code == 0
        assert networked.cli.jobs == []

    def test_a_journal_that_may_be_open_elsewhere_is_not_even_read(self, source: Path, networked: NetworkDisk) -> None:
        networked.cli("run", source, *BRIEF, "--job", "j", code=0)
        beside = networked.cli.job_folder("j") / f"{FILE}-wal"
        beside.write_bytes(b"what is not in the file yet")
        memory = beside.with_name(f"{FILE}-shm")
        memory.unlink(missing_ok=True)
        (listed,) = json.loads(networked("jobs", "--json").stdout)
        assert (listed["job"], listed["reason"]) == ("j", "unreadable")
        assert "network disk" in networked("jobs").stdout
        assert_refused(networked("errors", "j"), "network_disk", as_json=False)
        assert not memory.exists(), "SQLite has not opened it"
