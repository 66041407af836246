"""What was agreed to is remembered: a run that was killed before its first write asks nothing again."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.cli.conftest import FAST
from tests.support import assert_exact, person, write_source
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Veil
    from tui_importer.sandbox.server import Sandbox

ROWS = [person(number, number % 3) for number in range(20)]
HANGS = {"no_answer": Fault(1.0, calls={"list_users"})}
"""The plan looks people up, and so does not come to its end."""


def kill_in_plan(cli: Cli, sandbox: Sandbox, *arguments: str | Path) -> None:
    sandbox.update(faults=HANGS)
    running = cli.start("run", *arguments, "--writes-per-10s", "0")
    running.wait_until(lambda: sandbox.state.in_flight > 0 and cli.jobs)
    running.send(signal.SIGKILL)
    running.end()
    sandbox.update(faults={})
    assert not sandbox.state.users


def test_a_yes_before_the_first_write_is_remembered(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    kill_in_plan(cli, sandbox, source, "--yes")
    document = cli("resume", "--json", code=0).document
    assert (document["state"], document["created"]) == ("finished", len(ROWS))
    assert_exact(sandbox, ROWS)


def test_productions_confirmation_is_remembered_too(tmp_path: Path, cli: Cli, sandbox: Sandbox, veil: Veil) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    production = cli.at(veil.url, "sk_live_sandbox")
    sandbox.set_key("sk_live_sandbox")
    kill_in_plan(production, sandbox, source, "--yes", "--job", "moving", "--confirm-production", "moving")
    assert production("resume", "--json", code=0).document["created"] == len(ROWS)


def test_another_environment_or_other_options_are_asked_about_again(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    kill_in_plan(cli, sandbox, source, "--yes", "--job", "j")
    with closing(sqlite3.connect(cli.home / "jobs" / "j" / "journal.sqlite")) as journal, journal:
        journal.execute("UPDATE job SET frozen_options = json_set(frozen_options, '$.on_existing', 'update')")
    assert cli("resume", "--json", code=2).refusal["kind"] == "consent_missing"
    sandbox.set_key("sk_test_other")
    other = cli.at(key="sk_test_other")
    assert other("resume", "--json", code=2).refusal["kind"] == "consent_missing"
    assert other("resume", *FAST, "--json", code=0).document["created"] == len(ROWS)


def test_nobody_agreed_to_a_job_that_was_killed_while_it_asked(tmp_path: Path, cli: Cli, sandbox: Sandbox) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    kill_in_plan(cli, sandbox, source, "--yes", "--job", "j")
    with closing(sqlite3.connect(cli.home / "jobs" / "j" / "journal.sqlite")) as journal, journal:
        journal.execute("UPDATE job SET accepted = ''")
    assert cli("resume", "--json", code=2).refusal["kind"] == "consent_missing"
