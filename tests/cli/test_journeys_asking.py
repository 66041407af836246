"""Nothing is written before somebody has said yes, and production needs more than a yes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import FAST, Terminal
from tests.support import assert_exact, person, write_source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Veil
    from tui_importer.sandbox.server import Sandbox

ROWS = [person(n, n % 2) for n in range(6)]
NOTHING = {"organizations": 0, "users": 0, "memberships": 0}
LIVE = "sk_live_a1B2c3D4e5F6"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "users.csv", ROWS)


def test_without_a_terminal_a_yes_is_needed_before_anything_happens(cli: Cli, sandbox: Sandbox, source: Path) -> None:
    refusal = cli("run", source, "--json", code=2).refusal
    assert refusal["kind"] == "consent_missing"
    assert "--yes" in refusal["next"]
    assert sandbox.snapshot(objects=False).total == 0
    assert cli.jobs == []


def test_on_a_terminal_a_no_writes_nothing_and_leaves_nothing(cli: Cli, sandbox: Sandbox, source: Path) -> None:
    for answer, flags in (("n\n", ()), ("\n", ("--limit", "3"))):
        terminal = Terminal(cli, "run", source, *flags)
        terminal.wait_for("Begin the import? [y/N] ")
        assert "SANDBOX" in terminal.seen
        assert f"Rows           {3 if flags else 6}" in terminal.seen
        terminal.type(answer)
        assert terminal.end() == 2
        assert "Nothing was written" in terminal.seen
        assert "Traceback" not in terminal.seen
    assert sandbox.snapshot(objects=False).counts == NOTHING
    assert cli.jobs == []


def test_a_yes_begins_and_the_result_alone_is_on_stdout(
    tmp_path: Path, cli: Cli, sandbox: Sandbox, source: Path
) -> None:
    result = tmp_path / "result.json"
    terminal = Terminal(cli, "run", source, "--json", stdout=result)
    terminal.wait_for("Begin the import? [y/N] ")
    terminal.type("perhaps\n")
    terminal.wait_for("perhaps\r\nBegin the import? [y/N] ")
    terminal.type("y\n")
    assert terminal.end() == 0
    text = result.read_text(encoding="utf-8")
    assert text.startswith("{")
    assert json.loads(text)["created"] == 6
    assert_exact(sandbox, ROWS)


def test_who_leaves_at_the_question_can_go_on_later(cli: Cli, sandbox: Sandbox, source: Path) -> None:
    for number, leave in enumerate(("\x03", "\x04")):
        terminal = Terminal(cli, "run", source, "--job", f"j{number}", "--limit", str(6 - number))
        terminal.wait_for("Begin the import? [y/N] ")
        terminal.type(leave)
        assert terminal.end() == 130
        assert f"tui-importer resume j{number}" in terminal.seen
        assert "Traceback" not in terminal.seen
        if number == 0:
            cli("purge", "j0", "--yes", code=0)
    assert sandbox.snapshot(objects=False).counts == NOTHING
    terminal = Terminal(cli, "resume")
    terminal.wait_for("Begin the import? [y/N] ")
    terminal.type("y\n")
    assert terminal.end() == 0
    assert_exact(sandbox, ROWS[:5])


def test_a_test_key_leads_to_staging_and_only_the_sandbox_is_the_sandbox(cli: Cli, veil: Veil, source: Path) -> None:
    assert cli("run", source, "--dry-run", "--json", code=0).document["environment"] == "SANDBOX"
    staging = cli.at(veil.url)
    assert staging("run", source, "--dry-run", "--json", code=0).document["environment"] == "STAGING"
    assert staging("run", source, *FAST, "--json", code=0).document["created"] == 6
    assert json.loads(cli("jobs", "--json", code=0).stdout)[0]["environment"] == "STAGING"


def test_production_needs_the_jobs_name_as_well(cli: Cli, veil: Veil, sandbox: Sandbox, source: Path) -> None:
    sandbox.set_key(LIVE)
    live = cli.at(veil.url, LIVE)
    assert live("run", source, "--dry-run", "--json", code=0).document["environment"] == "PRODUCTION"
    for wrong in ((), ("--confirm-production", "k"), ("--confirm-production", "")):
        refusal = live("run", source, *FAST, "--job", "j", *wrong, "--json", code=2).refusal
        assert refusal["kind"] == "consent_missing"
        assert "--confirm-production j" in refusal["next"] or "--confirm-production NAME" in refusal["next"]
        assert LIVE not in str(refusal)
        assert cli.jobs == []
    assert sandbox.snapshot(objects=False).counts == NOTHING
    document = live("run", source, *FAST, "--job", "j", "--confirm-production", "j", "--json", code=0).document
    assert document["created"] == 6


def test_on_a_terminal_production_asks_for_the_jobs_name(cli: Cli, veil: Veil, sandbox: Sandbox, source: Path) -> None:
    sandbox.set_key(LIVE)
    live = cli.at(veil.url, LIVE)
    for typed, code in (("y\n", 2), ("j\n", 0)):
        terminal = Terminal(live, "run", source, "--job", "j")
        terminal.wait_for("Type the job's name (j) to begin: ")
        terminal.type(typed)
        assert terminal.end() == code
        assert LIVE not in terminal.seen
    assert_exact(sandbox, ROWS)


def test_a_yes_on_a_terminal_is_none_for_production(cli: Cli, veil: Veil, sandbox: Sandbox, source: Path) -> None:
    """`--yes` skips the question, and with it the job's name that is typed there."""
    sandbox.set_key(LIVE)
    terminal = Terminal(cli.at(veil.url, LIVE), "run", source, *FAST, "--job", "j")
    assert terminal.end() == 2
    assert "--confirm-production j" in terminal.seen
    assert sandbox.snapshot(objects=False).counts == NOTHING
    assert cli.jobs == []


def test_a_key_that_nothing_vouches_for_is_agreed_to_anew(
    cli: Cli, veil: Veil, sandbox: Sandbox, tmp_path: Path
) -> None:
    rows = [person(n) for n in range(6)]
    source = write_source(tmp_path / "people.csv", rows)
    sandbox.update(revoke_after=2)  # the key and the plan are checked, the first user is refused
    staging = cli.at(veil.url)
    document = staging("run", source, *FAST, "--workers", "1", "--job", "j", "--json", code=4).document
    assert (document["created"], document["pending"], document["reason"]) == (0, 6, "key rejected")
    sandbox.set_key(LIVE)
    live = cli.at(veil.url, LIVE)
    for flags in ((), ("--yes",)):
        assert live("resume", *flags, "--json", code=2).refusal["kind"] == "consent_missing"
    assert sandbox.snapshot(objects=False).counts == NOTHING
    ended = live("resume", "--yes", "--confirm-production", "j", "--json", code=0)
    assert ended.document["created"] == 6
    assert "PRODUCTION" in ended.stderr
    assert json.loads(cli("jobs", "--json", code=0).stdout)[0]["environment"] == "PRODUCTION"
    assert_exact(sandbox, rows)
