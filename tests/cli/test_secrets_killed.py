"""kill -9 of what needs no job: no password is on the disk, and what is left goes with the next command."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import COMMAND, ROOT, SECONDS, Cli
from tests.secret_search import found_in
from tests.support import COLUMNS, person, write_source
from tui_importer.cli.scratch_folders import Scratch, sweep

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.sandbox.server import Sandbox

PASSWORD = "correct-Horse-battery-staple"
HASH = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
SEED = "JBSWY3DPEHPK3PXP"
SECRETS = (PASSWORD, HASH, SEED)


def secretive(path: Path, rows: int = 40, **cells: str) -> Path:
    """A source in which each row has secrets, and is sure to have a finding."""
    people = (
        person(
            n,
            n,
            totp_secret=SEED,
            role_slug="team.lead",
            **({"password": PASSWORD} if n % 2 else {"password_hash": HASH, "password_hash_type": "bcrypt"}),
            **cells,
        )
        for n in range(rows)
    )
    return write_source(path, people, (*COLUMNS, "password", "password_hash", "password_hash_type", "totp_secret"))


def frozen(cli: Cli) -> list[Path]:
    return [path for folder in (cli.home, cli.folder) for path in folder.rglob("rows.parquet")]


def left_in(cli: Cli) -> list[Path]:
    return [*(cli.home / "scratch").glob("*/*"), *cli.folder.glob("tui-importer-*/*")]


def assert_no_secrets(cli: Cli) -> None:
    assert found_in((cli.home, cli.folder), SECRETS) == {}
    for path in (path for left in left_in(cli) for path in left.rglob("*")):
        assert "secret" not in path.name
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def assert_swept_by_the_next_command(cli: Cli) -> None:
    assert left_in(cli), "it was killed while it worked"
    cli("jobs", code=0)
    assert (left_in(cli), (cli.home / "scratch").exists()) == ([], False)


def test_a_scan_that_is_killed_leaves_no_password(tmp_path: Path, cli: Cli) -> None:
    source = secretive(tmp_path / "users.csv", 4_000)
    with subprocess.Popen([*COMMAND, "scan", source], cwd=ROOT, env=cli.environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline(), "all is frozen, and most of the findings wait for their reader"
        assert frozen(cli)
        process.kill()
        process.wait(SECONDS)
    assert_no_secrets(cli)
    assert_swept_by_the_next_command(cli)


def test_a_scan_that_is_killed_while_it_reads_leaves_no_password(tmp_path: Path, cli: Cli) -> None:
    source = secretive(tmp_path / "users.csv", 60_000)
    scanning = cli.start("scan", source)
    scanning.wait_until(lambda: frozen(cli), pause=0.001)
    scanning.send(signal.SIGKILL)
    scanning.process.wait(SECONDS)
    assert_no_secrets(cli)
    assert_swept_by_the_next_command(cli)


def test_a_dry_run_that_is_killed_leaves_no_password(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    sandbox.update(latency=0.2)
    planning = cli.start("run", secretive(tmp_path / "users.csv"), "--dry-run")
    planning.wait_until(lambda: sandbox.snapshot(objects=False).total > 5)
    planning.send(signal.SIGKILL)
    planning.process.wait(SECONDS)
    assert frozen(cli), "it was killed in its plan"
    assert_no_secrets(cli)
    sandbox.update(latency=0.0)
    assert_swept_by_the_next_command(cli)
    assert cli.jobs == []


def test_a_scan_finds_the_same_without_keeping_secrets(tmp_path: Path, cli: Cli) -> None:
    rows = [
        person(1, 1, password=PASSWORD),
        person(1, 1, password=PASSWORD),
        person(1, 1, password=PASSWORD[::-1]),
        person(2, 1, password_hash=HASH, password_hash_type="bcrypt"),
        person(2, 2, password_hash=HASH[:-1] + "u", password_hash_type="bcrypt"),
    ]
    source = write_source(tmp_path / "users.csv", rows, (*COLUMNS, "password", "password_hash", "password_hash_type"))
    scanned = cli("scan", source, "--json", code=0).document["problems"]
    assert [(each["row"], each["kind"], each["column"]) for each in scanned] == [
        (2, "row_duplicate", ""),
        (3, "profile_conflict", "password"),
        (5, "profile_conflict", "password_hash"),
    ]
    planned = cli("run", source, "--dry-run", "--json", code=0).document["problems"]
    assert planned == {"row_duplicate": 1, "profile_conflict": 2}


def test_where_home_cannot_be_written_the_folder_is_among_the_temporary_files_and_swept_there(
    tmp_path: Path, cli: Cli
) -> None:
    (cli.home / "scratch").write_text("in the way", encoding="utf-8")
    source = secretive(tmp_path / "users.csv", 4_000)
    with subprocess.Popen([*COMMAND, "scan", source], cwd=ROOT, env=cli.environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.kill()
        process.wait(SECONDS)
    (place,) = cli.folder.glob("tui-importer-*")
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert left_in(cli)
    assert_no_secrets(cli)
    cli("jobs", code=0)
    assert list(cli.folder.glob("tui-importer-*")) == []


def test_a_place_among_the_temporary_files_that_is_a_link_is_not_used(tmp_path: Path, cli: Cli) -> None:
    (cli.home / "scratch").write_text("in the way", encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (cli.folder / f"tui-importer-{os.getuid()}").symlink_to(elsewhere)
    others = {name: str(cli.folder) for name in ("TEMP", "TMP")}
    with subprocess.Popen(
        [*COMMAND, "scan", secretive(tmp_path / "users.csv", 4_000)],
        cwd=ROOT,
        env={**cli.environment, **others},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        assert list(elsewhere.iterdir()) == []
        process.kill()
    cli("jobs", code=0)


def test_nothing_but_our_own_dead_folders_is_swept(home: Path) -> None:
    place = home / "scratch"
    living = Scratch("plan", place)
    for name in ("my-thesis", "plan-notmade", "scan-12345678"):
        (place / name).mkdir()
        (place / name / "chapter").write_text("1", encoding="utf-8")
    dead = place / "scan-abcdefgh"
    (dead / "kept").mkdir(parents=True)
    sweep()
    assert not dead.exists()
    assert {path.name for path in place.iterdir()} == {
        "my-thesis",
        "plan-notmade",
        "scan-12345678",
        living.path.parent.name,
    }
    living.remove()
    assert not living.path.exists()


@pytest.mark.parametrize("command", [("jobs",), ("errors", "j"), ("purge", "j", "--yes"), ("resume",), ("help",)])
def test_every_command_sweeps(cli: Cli, command: tuple[str, ...]) -> None:
    (cli.home / "scratch" / "pipe-abcdefgh" / "kept").mkdir(parents=True)
    (cli.home / "scratch" / "pipe-abcdefgh" / "kept" / "stdin").write_text(PASSWORD, encoding="utf-8")
    cli(*command)
    assert not (cli.home / "scratch").exists()


def test_a_home_without_leftovers_costs_a_command_nothing(home: Path) -> None:
    sweep()
    assert list(home.iterdir()) == []
