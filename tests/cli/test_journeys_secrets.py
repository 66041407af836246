"""Neither key nor password nor hash is shown, logged or kept in clear, and none stays longer than it is needed."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.cli.conftest import BRIEF, FAST
from tests.support import COLUMNS, person, write_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Cli, Ended
    from tui_importer.sandbox.server import Sandbox

KEY = "sk_test_kQ7yN2vXw9ZrTb4M"
PASSWORD = "correct-Horse-battery-{}"
HASH = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lh{:02}"
WITH_SECRETS = (*COLUMNS, "password", "password_hash", "password_hash_type")
MARKS = (KEY, "correct-Horse", "N9qo8uLOickgx2ZMRZoMye", "weak-one")


def rows() -> Iterator[dict[str, str]]:
    for n in range(8):
        if n % 2:
            yield person(n, n % 2, password=PASSWORD.format(n))
        else:
            yield person(n, n % 2, password_hash=HASH.format(n), password_hash_type="bcrypt")


def kept(folder: Path) -> dict[str, bytes]:
    """All bytes of a home by file, Parquet files unpacked; `secrets.parquet` left out."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "secrets.parquet":
            found[path.name] = path.read_bytes()
            if path.suffix == ".parquet":
                found[path.name] += str(pl.read_parquet(path).rows()).encode()
    return found


def assert_hidden(cli: Cli, *ended: Ended) -> None:
    for mark in MARKS:
        for each in ended:
            assert mark not in each.stdout + each.stderr
        for name, content in kept(cli.home).items():
            assert mark.encode() not in content, name


def modes(folder: Path) -> set[tuple[str, int]]:
    """The modes of everything below a folder, by kind."""
    return {
        ("folder" if path.is_dir() else "file", stat.S_IMODE(path.stat().st_mode))
        for path in (folder, *folder.rglob("*"))
    }


@pytest.fixture
def guarded(cli: Cli, sandbox: Sandbox) -> Cli:
    sandbox.set_key(KEY)
    return cli.at(key=KEY)


def test_secrets_are_nowhere_and_gone_when_all_is_done(tmp_path: Path, guarded: Cli, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "users.csv", rows(), WITH_SECRETS)
    sandbox.update(latency=0.02, revoke_after=12)
    paused = guarded("run", source, *BRIEF, "--workers", "2", "--job", "j", "--json", code=4)
    secrets = guarded.job_folder("j") / "secrets.parquet"
    assert pl.read_parquet(secrets).height == 8, "a paused job needs them"
    assert modes(guarded.home / "jobs") == {("folder", 0o700), ("file", 0o600)}
    assert_hidden(guarded, paused)

    sandbox.set_key(KEY)
    ended = guarded("resume", "--json", code=0)
    assert ended.document["created"] == 8
    assert not secrets.exists()
    assert modes(guarded.home / "jobs") == {("folder", 0o700), ("file", 0o600)}
    assert_hidden(guarded, ended, guarded("jobs", "--json"), guarded("errors", "j"))


def test_secrets_of_failed_rows_alone_are_kept_and_masked_in_every_report(
    tmp_path: Path, guarded: Cli, sandbox: Sandbox
) -> None:
    bad = [
        person(90, 1, password="weak-one"),
        person(91, 1, password=PASSWORD.format(91), role_slug="pilot"),
        person(92, 1, password_hash=HASH.format(92)[:-3], password_hash_type="bcrypt"),
        person(93, 1, password=PASSWORD.format(93), email="nope"),
    ]
    source = write_source(tmp_path / "users.csv", [*rows(), *bad], WITH_SECRETS)
    ended = guarded("run", source, *FAST, "--max-failed", "off", "--job", "j", code=1)
    errors = guarded("errors", "j", code=0)
    document = guarded("resume", "j", "--json", code=1)
    assert (document.document["created"], document.document["failed"]) == (8, 4)
    assert "•••" in errors.stdout
    assert "password" in errors.stdout.splitlines()[0]
    secrets = guarded.job_folder("j") / "secrets.parquet"
    assert sorted(pl.read_parquet(secrets)["row"]) == [9, 10, 11, 12]
    assert modes(guarded.home / "jobs") == {("folder", 0o700), ("file", 0o600)}
    scanned = guarded("scan", source)
    assert_hidden(guarded, ended, errors, document, scanned, guarded("run", source, "--dry-run"))
    guarded("purge", "j", "--yes", code=0)
    assert not secrets.parent.exists()


def test_an_open_folder_is_closed_and_a_damaged_one_is_refused(tmp_path: Path, guarded: Cli) -> None:
    (guarded.home / "jobs").mkdir(mode=0o755)
    source = write_source(tmp_path / "users.csv", rows(), WITH_SECRETS)
    guarded("run", source, *FAST, "--job", "j", code=0)
    assert modes(guarded.home / "jobs") == {("folder", 0o700), ("file", 0o600)}
    (guarded.job_folder("j") / "scan.json").write_text("{}", encoding="utf-8")
    ended = guarded("errors", "j")
    assert ended.code == 2
    assert_hidden(guarded, ended)
