"""The command line as a process: help, refusals, exit codes, what reaches which stream."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tui_importer
from tui_importer.cli.command_table import COMMANDS
from tui_importer.cli.commands import sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tui_importer.sandbox.settings import SandboxSettings

ROOT = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-m", "tui_importer")


def run(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def guarded(statement: str, home: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """A process whose command does `statement`."""
    program = f"""
import os, signal, sys
import click
from tui_importer.cli.error_boundary import guarded
from tui_importer.cli.output import prepare_streams
prepare_streams()
def call():
    local_only = "sk_test_" + "LOCALVALUE123"
    {statement}
sys.exit(guarded(call, as_json="--json" in sys.argv))
"""
    return subprocess.run(
        [sys.executable, "-c", program, *flags],
        cwd=ROOT,
        env={**os.environ, "TUI_IMPORTER_HOME": str(home)},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def test_the_version() -> None:
    done = run("--version")
    assert (done.stdout, done.stderr, done.returncode) == (f"tui-importer {tui_importer.__version__}\n", "", 0)


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_the_help_names_every_command_and_only_those(flag: str) -> None:
    done = run(flag)
    assert done.returncode == 0
    listed = re.findall(r"^  ([a-z]+)  +\S", done.stdout.partition("Commands:")[2], re.MULTILINE)
    assert listed == list(COMMANDS)


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_has_a_help(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"Usage: tui-importer {command}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["frobnicate"], "frobnicate"),
        (["scan"], "CSV"),
        (["scan", "x.csv", "--jsn"], "--jsn"),
        (["--nonsense"], "--nonsense"),
        (["sandbox", "--port", "70000"], "70000"),
        (["sandbox", "--fault", "storm:0.1"], "storm"),
        (["sandbox", "--fault", "500:2"], "0 to 1"),
    ],
)
def test_wrong_usage_is_a_sentence_and_a_next_step(arguments: Sequence[str], word: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    message, next_step = done.stderr.splitlines()
    assert message.startswith("tui-importer: ")
    assert word in message
    assert re.match(r"Next: See `tui-importer.* --help`\.", next_step)


@pytest.mark.parametrize("arguments", [["scan", "--json"], ["frobnicate", "--json"], ["sandbox", "--json", "--x"]])
def test_with_json_wrong_usage_is_one_document(arguments: Sequence[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 1
    error = json.loads(done.stdout)["error"]
    assert error.keys() == {"kind", "message", "next"}
    assert error["kind"] == "usage"


def test_json_after_a_double_dash_is_no_flag() -> None:
    assert run("scan", "--nonsense", "--", "--json").stdout == ""


def test_arguments_cannot_drive_the_terminal() -> None:
    done = run("\x1b]2;PWNED\x07\n")
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert "PWNED" in done.stderr


def test_a_refusal_is_message_next_and_exit_code(home: Path) -> None:
    raising = "from tui_importer.errors import ImporterError; raise ImporterError('It is\\x1b so.', 'Do this.')"
    done = guarded(raising, home)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "tui-importer: It is␛ so.\nNext: Do this.\n"
    done = guarded(raising, home, "--json")
    assert json.loads(done.stdout) == {"error": {"kind": "error", "message": "It is␛ so.", "next": "Do this."}}


def test_a_subclass_brings_its_kind_and_exit_code(home: Path) -> None:
    done = guarded("from tui_importer.workos.errors import KeyRejected; raise KeyRejected('No.')", home, "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["error"]["kind"] == "key_rejected"


@pytest.mark.parametrize("error", ["KeyError('sk_test_MESSAGEVALUE')", "type('Panic', (BaseException,), {})('x')"])
def test_the_unforeseen_is_a_sentence_and_a_report_without_secrets(home: Path, error: str) -> None:
    done = guarded(f"raise {error}", home, "--json")
    assert done.returncode == 70
    assert json.loads(done.stdout)["error"]["kind"] == "internal"
    assert "Traceback" not in done.stderr
    (report,) = (home / "logs").iterdir()
    assert str(report) in done.stderr
    text = report.read_text(encoding="utf-8")
    assert "in call" in text
    for secret in ("LOCALVALUE", "MESSAGEVALUE"):
        assert secret not in text + done.stderr + done.stdout


def test_without_a_place_for_the_report_there_is_still_a_sentence(home: Path) -> None:
    (home / "logs").write_text("", encoding="utf-8")
    done = guarded("import tempfile; tempfile.tempdir = '/nowhere'; raise KeyError('x')", home)
    assert done.returncode == 70
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert "resume" not in done.stderr, "no job was open"


def test_without_a_log_folder_the_report_is_among_the_temporary_files(home: Path) -> None:
    (home / "logs").write_text("", encoding="utf-8")
    done = guarded(f"import tempfile; tempfile.tempdir = {str(home)!r}; raise KeyError('x')", home)
    (report,) = home.glob("crash-*")
    assert str(report) in done.stderr


FAILING = "def fail(*_, **__): raise RuntimeError('again')"


@pytest.mark.parametrize(
    "broken",
    [
        "import tui_importer.crash_report as c; c.write_crash = fail",
        "import tui_importer.config as c; c.paths = fail",
        "import tui_importer.text, tui_importer.cli.error_boundary as b; b.safe = fail",
        "sys.modules['click'] = None",
        "import tui_importer.cli.error_boundary as b; b.note = b.write_json = b.flush_stdout = fail",
        "sys.stdout.write = sys.stderr.write = fail",
        "sys.stdout = sys.stderr = None",
        "import tui_importer.cli.output as o; o._abandon = fail; os.close(1); os.close(2)",
    ],
)
@pytest.mark.parametrize("error", ["KeyError('x')", "KeyboardInterrupt", "type('Odd', (OSError,), {'errno': 28})()"])
def test_the_boundary_itself_never_fails(home: Path, broken: str, error: str) -> None:
    program = f"exec({FAILING!r}, globals()); {broken}; raise {error}"
    for flags in ([], ["--json"]):
        done = guarded(program, home, *flags)
        assert "Traceback" not in done.stderr
        assert done.returncode in {70, 130}
        if "close(1)" not in broken:
            assert done.stderr.startswith("tui-importer: ")
            assert done.stderr.endswith("\n")
            assert bool(flags) == bool(done.stdout)
        if flags and done.stdout:
            assert json.loads(done.stdout)["error"].keys() == {"kind", "message", "next"}


@pytest.mark.parametrize("statement", ["os.kill(os.getpid(), signal.SIGINT)", "raise click.Abort"])
def test_an_interruption_ends_with_130(home: Path, statement: str) -> None:
    done = guarded(statement, home)
    assert done.returncode == 130
    assert done.stderr == "tui-importer: Interrupted.\n"


def test_a_reader_that_left_is_no_error(home: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [*COMMAND, "--help"], cwd=ROOT, stdout=write, stderr=subprocess.PIPE, check=False, timeout=120
        )
    finally:
        os.close(write)
    assert done.stderr == b""
    assert done.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_a_sentence() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [*COMMAND, "--help"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False, timeout=120
        )
    assert done.returncode == 69
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


def test_closed_streams_are_no_error() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" -m tui_importer --help <&- >&- 2>&-', sys.executable],
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0


def test_output_is_utf8_whatever_the_locale_says(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("LC_ALL", "C"), ("PYTHONCOERCECLOCALE", "0"), ("PYTHONUTF8", "0")):
        monkeypatch.setenv(name, value)
    raising = "from tui_importer.errors import ImporterError; raise ImporterError('na' + chr(0xEF) + 've')"
    assert guarded(raising, home).stderr == "tui-importer: naïve\n"


def test_a_sandbox_says_where_it_is_serves_and_ends_with_ctrl_c() -> None:
    with subprocess.Popen(
        [*COMMAND, "sandbox", "--port", "0", "--seed", "1", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        assert told.keys() == {"url", "key"}
        request = urllib.request.Request(
            told["url"] + "/organizations?limit=1", headers={"Authorization": f"Bearer {told['key']}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer)["data"] == []
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0


def test_the_sandbox_says_url_and_key_in_its_first_line() -> None:
    with subprocess.Popen(
        [*COMMAND, "sandbox", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as server:
        assert server.stdout is not None
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+ sk_test_sandbox\n", server.stdout.readline())
        server.terminate()
        assert server.wait(60) == 0


def test_the_sandbox_refuses_a_taken_port() -> None:
    with subprocess.Popen(
        [*COMMAND, "sandbox", "--port", "0", "--json"], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8"
    ) as server:
        assert server.stdout is not None
        port = json.loads(server.stdout.readline())["url"].rpartition(":")[2]
        done = run("sandbox", "--port", port, "--json")
        server.terminate()
        server.wait(60)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["kind"] == "sandbox"


def test_the_sandboxs_flags_are_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[SandboxSettings] = []
    arguments = [
        "--latency-ms", "20", "--writes-per-10s", "7", "--reads-per-10s", "0", "--visible-after-ms", "300",
        "--revoke-after", "9", "--fault", "500:0.1", "--fault", "slow:0.2", "--seed", "5",
    ]  # fmt: skip

    def serve(settings: SandboxSettings, *_: object, **__: object) -> None:
        seen.append(settings)

    monkeypatch.setattr("tui_importer.sandbox.server.serve_forever", serve)
    sandbox.command.main(arguments, standalone_mode=False)
    (settings,) = seen
    assert (settings.latency, settings.writes_per_10s, settings.reads_per_10s) == (0.02, 7, 0)
    assert settings.visible_after == 0.3
    assert (settings.revoke_after, settings.seed) == (9, 5)
    assert {kind: fault.probability for kind, fault in settings.fault_table.items()} == {"500": 0.1, "slow": 0.2}
