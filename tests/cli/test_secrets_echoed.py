"""A server that repeats secrets, in whatever disguise: whole jobs over HTTP, then a search of everything kept."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.cli.conftest import BRIEF, Cli, Ended
from tests.console.driving import console, press, screen_text, settle
from tests.secret_search import found_in, seen_in
from tests.support import COLUMNS, person, write_source
from tui_importer.cli.backend import ConsoleBackend
from tui_importer.config import Config, RecentFiles, paths
from tui_importer.sandbox.settings import Fault
from tui_importer.secret import Secret
from tui_importer.tui.launch import StartAt
from tui_importer.tui.preferences import Preferences

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.sandbox.server import Sandbox

KEY = "sk_test_kQ7yN2vXw9ZrTb4M"
PASSWORD = 'Cörrect "Horse" <&> bättery{}'
PLAIN = "correct-Horse-battery-{:02}"
HASH = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lh{:02}"
SEED = "JBSWY3DPEHPK3PX{:02}"
BROKEN = "swordfish-of-a-broken-row-{:02}"
WITH_SECRETS = (*COLUMNS, "password", "password_hash", "password_hash_type", "totp_secret")


def people(count: int) -> list[dict[str, str]]:
    """Rows with a secret of every kind."""
    secrets = (
        lambda n: {"password": PASSWORD.format(n)},
        lambda n: {"password": PLAIN.format(n)},
        lambda n: {"password_hash": HASH.format(n), "password_hash_type": "bcrypt"},
    )
    return [person(n, n % 3, totp_secret=SEED.format(n), **secrets[n % 3](n)) for n in range(count)]


def planted(rows: list[dict[str, str]]) -> set[str]:
    """All that must not be found."""
    secret = ("password", "password_hash", "totp_secret")
    return {row[name] for row in rows for name in secret if row.get(name)} | {KEY}


@pytest.fixture
def guarded(cli: Cli, sandbox: Sandbox) -> Cli:
    sandbox.set_key(KEY)
    return cli.at(key=KEY)


def said(*ended: Ended) -> list[str]:
    return [each.stdout + each.stderr for each in ended]


def test_what_a_server_echoes_is_kept_nowhere(tmp_path: Path, guarded: Cli, sandbox: Sandbox) -> None:
    rows = people(9)
    source = write_source(tmp_path / "users.csv", rows, WITH_SECRETS)
    sandbox.update(faults={"echo": Fault(1, calls=("create_user",))})
    ended = guarded("run", source, *BRIEF, "--max-failed", "off", "--job", "j", "--json", code=1)
    assert ended.document["failed"] == 9
    target = tmp_path / "exports" / "failed.csv"
    target.parent.mkdir()
    errors, written = guarded("errors", "j", code=0), guarded("errors", "j", "--output", target, code=0)
    texts = said(ended, errors, written, guarded("resume", "j", "--json"), guarded("jobs", "--json"))
    assert "is not accepted (•••)" in errors.stdout
    assert seen_in(texts, planted(rows)) == set()
    assert found_in((guarded.home, guarded.folder, target.parent), planted(rows), "secrets.parquet") == {}
    assert pl.read_parquet(guarded.job_folder("j") / "secrets.parquet").height == 9, "a retry needs them"


def test_a_hostile_journey_leaves_secrets_only_where_a_retry_needs_them(
    tmp_path: Path, guarded: Cli, sandbox: Sandbox
) -> None:
    rows = people(40)
    source = write_source(tmp_path / "users.csv", rows, WITH_SECRETS)
    broken = [BROKEN.format(n) for n in range(3)]
    with source.open("a", encoding="utf-8") as file:
        file.write(f"short@example.com,{broken[0]}\n")
        file.write("long@example.com,Ada,Long,,x-1,,,,,a,b,c," + f"{broken[1]},{broken[1]},{broken[1]}\n")
        file.write(f'quotes@example.com,Ada,"Qu"otes,,x-2,,,,,{broken[2]},,,\n')
    secrets = planted(rows) | set(broken)
    exports = tmp_path / "exports"
    exports.mkdir()
    everywhere = (guarded.home, guarded.folder, exports)

    texts = said(guarded("scan", source), guarded("scan", source, "--json"), guarded("run", source, "--dry-run"))
    assert found_in(everywhere, secrets) == {}, "nothing of a file that was only read is kept"

    sandbox.update(
        latency=0.02,
        faults={"echo": Fault(0.2, calls=("create_user",)), "500": 0.05, "truncated": 0.05, "drop_after": 0.05},
    )
    running = guarded.start("run", source, *BRIEF, "--max-failed", "off", "--workers", "2", "--job", "j", "--json")
    running.wait_until(lambda: sandbox.snapshot(objects=False).counts["users"] >= 5)
    running.send(signal.SIGKILL)
    running.process.wait()
    assert found_in(everywhere, secrets, "secrets.parquet") == {}
    sandbox.update(latency=0.0)
    texts += said(guarded("resume", "j", "--json", code=1))
    sandbox.update(faults={}, forbidden=("create_membership",))
    texts += said(guarded("retry", "j", "--json", "--yes"), guarded("errors", "j"))
    sandbox.update(forbidden=())
    texts += said(guarded("resume", "j", "--json"), guarded("retry", "j", "--json"))
    texts += said(guarded("errors", "j", "--output", exports / "failed.csv", code=0), guarded("jobs"))
    assert seen_in(texts, secrets) == set()
    assert found_in(everywhere, secrets, "secrets.parquet") == {}
    kept = guarded.job_folder("j") / "secrets.parquet"
    assert not kept.exists() or set(pl.read_parquet(kept)["row"]) <= {41, 42, 43}
    guarded("purge", "j", "--yes", code=0)
    assert found_in(everywhere, secrets) == {}


async def test_screens_exports_and_the_clipboard_of_the_console_have_no_secrets(
    tmp_path: Path, guarded: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = people(6)
    source = write_source(tmp_path / "users.csv", rows, WITH_SECRETS)
    sandbox.update(faults={"echo": Fault(1, calls=("create_user",))})
    guarded("run", source, *BRIEF, "--max-failed", "off", "--job", "j", code=1)
    exports = tmp_path / "exports"
    exports.mkdir()
    monkeypatch.chdir(exports)
    preferences = Preferences(Config(paths().config_file, {"base_url": sandbox.url}), RecentFiles(paths().recent))
    app = console(ConsoleBackend(paths().jobs, preferences, key=Secret(KEY)), start=StartAt.at_job("j"))
    texts = []
    async with app.run_test(size=(200, 50), notifications=True) as pilot:
        await settle(pilot)
        for keys in (("3",), ("x",), ("a", "y"), ("enter",), ("y",), ("d",), ("escape",), ("escape",), ("5",), ("x",)):
            await press(pilot, *keys)
            texts += [screen_text(app), app.clipboard]
            texts += [toast.message for toast in app._notifications]
    assert any("  never shown" in text for text in texts)
    assert any("password_hash, totp_secret hold secrets, which are never exported" in text for text in texts)
    assert len(list(exports.iterdir())) == 2
    assert seen_in(texts, planted(rows)) == set()
    assert found_in((exports, guarded.home), planted(rows), "secrets.parquet") == {}


def test_an_export_says_that_it_holds_no_secrets_and_is_no_source_of_them(
    tmp_path: Path, guarded: Cli, sandbox: Sandbox
) -> None:
    rows = [*people(3), person(9, 1, first_name="No secret")]
    source = write_source(tmp_path / "users.csv", rows, WITH_SECRETS)
    sandbox.update(faults={"echo": Fault(1, calls=("create_user",))})
    guarded("run", source, *BRIEF, "--max-failed", "off", "--job", "j", code=1)
    target = tmp_path / "failed.csv"
    written = guarded("errors", "j", "--output", target, code=0)
    note = "password, password_hash, totp_secret hold secrets, which are never exported: ••• stands for them."
    assert note in written.stderr
    assert note in guarded("errors", "j", code=0).stderr
    sandbox.update(faults={})

    scanned = guarded("scan", target, "--json", code=1).document["problems"]
    assert {(each["row"], each["column"], each["kind"]) for each in scanned if each["kind"] == "value_masked"} == {
        (1, "password", "value_masked"),
        (2, "password", "value_masked"),
        (3, "password_hash", "value_masked"),
    }
    assert "never holds secrets" in scanned[0]["message"]
    ended = guarded("run", target, *BRIEF, "--max-failed", "off", "--job", "again", "--json", code=1)
    assert (ended.document["created"], ended.document["failed"]) == (1, 3)
    assert sandbox.state.counts["users"] == 1
