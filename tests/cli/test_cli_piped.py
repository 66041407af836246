"""Sources that can be read only once: standard input, named pipes, what a shell gives as <(…)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, FAST, ROOT, SECONDS, Cli, Terminal, wait_until
from tui_importer.engine.job.store import Jobs
from tui_importer.engine.options import FrozenOptions, NewJob, RunOptions
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import DEFAULT_KEY, SandboxSettings
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.rate_limiter import RateLimiter

ROWS = "email,org_name\nada@x.com,Acme\ngrace@x.com,Acme\n"


def piped(cli: Cli, *arguments: str | Path, text: str = ROWS, before: str = "") -> subprocess.CompletedProcess[str]:
    """A command whose standard input is `text`."""
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(
        ["/bin/sh", "-c", f'{before} exec "$@"', "sh", *command] if before else command,
        cwd=ROOT,
        env=cli.environment,
        input=text,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=SECONDS,
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    return done.stderr


def left_behind(cli: Cli) -> list[Path]:
    """Copies that are still there."""
    return [*(cli.home / "scratch").glob("*"), *cli.folder.glob("tui-importer-*")]


def test_a_scan_reads_standard_input_and_pipes_as_it_reads_the_file(cli: Cli, tmp_path: Path) -> None:
    source, pipe = tmp_path / "users.csv", tmp_path / "users.pipe"
    source.write_text(ROWS, encoding="utf-8")
    os.mkfifo(pipe)
    wanted = cli("scan", source, "--json", code=0).document
    assert json.loads(piped(cli, "scan", "-", "--json").stdout) == wanted
    assert json.loads(piped(cli, "scan", "/dev/stdin", "--json").stdout) == wanted
    writer = threading.Thread(target=pipe.write_text, args=(ROWS,))
    writer.start()
    assert cli("scan", pipe, "--json", code=0).document == wanted
    writer.join()
    shell = subprocess.run(
        ["bash", "-c", '"$0" -m tui_importer scan --json <(cat "$1")', COMMAND[0], source],
        cwd=ROOT,
        env=cli.environment,
        capture_output=True,
        check=True,
        timeout=SECONDS,
    )
    assert json.loads(shell.stdout) == wanted
    assert left_behind(cli) == []


def test_the_report_and_the_refusals_name_standard_input(cli: Cli) -> None:
    assert piped(cli, "scan", "-").stdout.startswith("stdin: 2 rows, 2 columns, ")
    assert "stdin: the file is empty." in refusal(piped(cli, "scan", "-", text=""))
    assert "stdin, line 1" in refusal(piped(cli, "scan", "-", text="name\nAda\n"))
    assert left_behind(cli) == []


def test_a_run_imports_standard_input_and_keeps_nothing_but_the_job(cli: Cli, sandbox: Sandbox) -> None:
    done = piped(cli, "run", "-", *FAST, "--json", "--limit", "1")
    assert done.returncode == 0, done
    summary = json.loads(done.stdout)
    assert summary["users"]["created"] == 1
    assert summary["job"].startswith("stdin-2")
    assert "since it was scanned" not in done.stderr
    assert left_behind(cli) == []
    (job,) = json.loads(cli("jobs", "--json").stdout)
    assert job["source"] == "stdin"
    assert cli("resume", job["job"], "--json", code=0).document["created"] == 1


def test_the_copy_is_gone_while_the_rows_are_imported(cli: Cli) -> None:
    text = "email\n" + "".join(f"user{number}@x.com\n" for number in range(40))
    with Sandbox(SandboxSettings(latency=0.2)) as slow:
        flags = ("--yes", "--workers", "1", "--look-up-users", "none")
        with subprocess.Popen(
            [*COMMAND, "run", "-", *flags], cwd=ROOT, env=cli.at(slow.url).environment, stdin=subprocess.PIPE
        ) as process:
            assert process.stdin is not None
            process.stdin.write(text.encode())
            process.stdin.close()
            wait_until(lambda: slow.snapshot(objects=False).counts["users"])
            assert [path for left in left_behind(cli) for path in left.glob("*/*")] == []
            process.kill()


def test_a_dry_run_plans_what_is_in_a_named_pipe(cli: Cli, tmp_path: Path) -> None:
    pipe = tmp_path / "people"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(ROWS,))
    writer.start()
    assert cli("run", pipe, "--dry-run", "--json", code=0).document["users"] == 2
    writer.join()
    assert (cli.jobs, left_behind(cli)) == ([], [])


def test_a_run_of_standard_input_needs_the_yes_before_it_reads(cli: Cli) -> None:
    message = refusal(piped(cli, "run", "-"))
    assert "standard input is the file" in message
    assert "--yes" in message


def test_a_mapping_of_standard_input_is_saved(cli: Cli) -> None:
    text = "Work mail,org_name\nada@x.com,Acme\n"
    for command in (("scan", "-"), ("run", "-", *FAST)):
        done = piped(cli, *command, "--map", "Work mail=email", "--save-mapping", command[0], text=text)
        assert done.returncode == 0, done
        assert f"[mappings.{command[0]}]" in (cli.home / "config.toml").read_text(encoding="utf-8")


def test_a_job_whose_pipe_was_not_scanned_to_its_end_cannot_be_resumed(
    cli: Cli, sandbox: Sandbox, tmp_path: Path
) -> None:
    copy = tmp_path / "stdin"
    copy.write_text(ROWS, encoding="utf-8")
    new = NewJob(copy, "lost", FrozenOptions(base_url=sandbox.url), RunOptions(), "stdin")
    connection = Connection(sandbox.url, Secret(DEFAULT_KEY), RateLimiter())
    Jobs(cli.home / "jobs").create(new, connection, environment="SANDBOX").close()
    copy.unlink()
    error = cli("resume", "lost", "--yes", "--json", code=2).refusal
    assert error["kind"] == "source_gone"
    assert "stdin, which cannot be read again" in error["message"]
    assert "tui-importer purge lost" in error["next"]
    assert "cannot be read again" in cli.at(key="")("resume", "lost", code=2).stderr, "no key is asked for in vain"
    cli("purge", "lost", "--yes", code=0)


@pytest.mark.parametrize("command", [("scan", "-"), ("run", "-", *FAST)])
def test_an_interruption_while_it_reads_leaves_no_copy(cli: Cli, command: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [*COMMAND, *command], cwd=ROOT, env=cli.environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(ROWS.encode())
        process.stdin.flush()
        wait_until(lambda: [path for left in left_behind(cli) for path in left.glob("*/stdin") if path.stat().st_size])
        (copy,) = (path for left in left_behind(cli) for path in left.glob("*/stdin"))
        assert copy.stat().st_mode & 0o777 == 0o600
        assert copy.parent.parent.stat().st_mode & 0o777 == 0o700
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, said
    assert said.splitlines()[0] == b"tui-importer: " + (
        b"The scan was cancelled." if "scan" in command else b"Interrupted."
    )
    assert (left_behind(cli), cli.jobs) == ([], [])


def test_a_run_that_is_stopped_in_the_scan_keeps_no_job_that_could_not_be_resumed(cli: Cli, tmp_path: Path) -> None:
    source = tmp_path / "users.csv"
    with source.open("w", encoding="utf-8") as file:
        file.write("email,name\n")
        file.writelines(f"user{number}@example.com,{'x' * 100}\n" for number in range(200_000))
    with (
        source.open("rb") as stdin,
        subprocess.Popen(
            [*COMMAND, "run", "-", *FAST, "--json"],
            cwd=ROOT,
            env=cli.environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        wait_until(lambda: list((cli.home / "jobs").glob("stdin-*/.scan-*")), pause=0.001)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, said
    error = json.loads(out)["error"]
    assert "stdin cannot be read again" in error["message"]
    assert error["next"] == "Start it again."
    assert (left_behind(cli), cli.jobs) == ([], [])


@pytest.mark.parametrize("command", [("scan", "-"), ("run", "-", *FAST)])
def test_what_a_killed_command_left_is_removed_by_the_next(cli: Cli, command: tuple[str, ...]) -> None:
    def copies() -> list[Path]:
        return [path for left in left_behind(cli) for path in left.glob("*/stdin") if path.stat().st_size]

    with subprocess.Popen([*COMMAND, *command], cwd=ROOT, env=cli.environment, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(ROWS.encode())
        process.stdin.flush()
        wait_until(copies)
        (left,) = left_behind(cli)
        assert piped(cli, *command).returncode == 0
        assert left_behind(cli) == [left], "what a living process uses stays"
        process.kill()
    assert left_behind(cli) == [left]
    assert piped(cli, *command, "--profile-from", "last", text=ROWS + "c@x.com,Acme\n").returncode == 0
    assert left_behind(cli) == []


@pytest.mark.parametrize("command", [("scan", "-"), ("run", "-", "--dry-run")])
def test_a_copy_for_which_there_is_no_room_is_a_sentence(cli: Cli, command: tuple[str, ...]) -> None:
    text = "email\n" + "".join(f"user{number}@example.com\n" for number in range(4_000))
    message = refusal(piped(cli, *command, text=text, before="ulimit -f 16;"))
    assert "stdin: no copy of it can be kept in" in message
    assert "TMPDIR" in message
    assert left_behind(cli) == []


@pytest.mark.parametrize("command", ["scan", "run"])
def test_what_is_no_file_and_no_pipe_is_refused_and_named(cli: Cli, tmp_path: Path, command: str) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path, what in (
            (tmp_path, "this is a folder."),
            (Path("/dev/null"), "this is a device."),
            (tmp_path / "socket", "this is a socket."),
            (tmp_path / "nothing.csv", f"there is no file {tmp_path}/nothing.csv."),
        ):
            assert what in cli(command, path, code=2).stderr


def test_the_file_is_named_before_settings_and_consent(cli: Cli, tmp_path: Path) -> None:
    (cli.home / "config.toml").write_text("no = toml = at all", encoding="utf-8")
    missing = tmp_path / "nothing.csv"
    assert "--nonsense" in cli("run", missing, "--nonsense", code=2).stderr
    assert "there is no file" in cli("run", missing, "--profile", "x", code=2).stderr
    assert "there is no file" in cli("scan", missing, "--mapping", "x", code=2).stderr
    missing.write_text(ROWS, encoding="utf-8")
    assert "config.toml" in cli("run", missing, code=2).stderr
    (cli.home / "config.toml").unlink()
    assert "Give --yes." in cli("run", missing, code=2).stderr


def test_a_file_named_dash_is_read_by_its_path(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "-").write_text(ROWS, encoding="utf-8")
    done = subprocess.run(
        [*COMMAND, "scan", "./-"],
        cwd=tmp_path,
        env={**cli.environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=SECONDS,
    )
    assert done.stdout.startswith("-: 2 rows")


def test_rows_may_be_typed_at_a_terminal(cli: Cli) -> None:
    terminal = Terminal(cli, "scan", "-")
    terminal.wait_for("Reading standard input; Ctrl-D ends it.")
    terminal.type("email\nada@x.com\n\x04")
    terminal.wait_for("stdin: 1 row, 1 column,")
    assert terminal.end() == 0


def test_the_console_says_that_it_cannot_read_a_pipe(cli: Cli, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for target, named in ((str(tmp_path / "pipe"), "pipe"), ("-", "Standard input")):
        terminal = Terminal(cli, "open", target, columns=200)
        terminal.wait_for("can be read only once")
        assert named in terminal.seen
        assert terminal.end() == 2
