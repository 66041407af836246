"""A server that asks to wait for a year, as the command line meets it: told, asked again, given up, interrupted."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from tests.cli.conftest import FAST
from tests.support import assert_exact, person, write_source
from tui_importer.sandbox.settings import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tui_importer.sandbox.server import Sandbox

ROWS = [person(n, n % 3) for n in range(20)]
WAIT = {"long_wait": Fault(1, calls={"create_user"})}


def test_a_wait_of_a_year_is_told_at_once_and_the_first_signal_ends_it(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    sandbox.update(faults=WAIT)
    running = cli.start("run", write_source(tmp_path / "a.csv", ROWS), *FAST, "--job", "j", "--json")
    running.wait_until(lambda: "waiting: the server asks for 365 days; next try in 4:" in running.stderr)
    began = time.monotonic()
    running.send(signal.SIGTERM)
    ended = running.end()
    assert time.monotonic() - began < 15, "it waits for minutes"
    assert (ended.code, ended.document["reason"]) == (130, "interrupted by SIGTERM")

    sandbox.update(faults={})
    document = cli("resume", "--json", code=0).document
    assert (document["created"], document["failed"], document["uncertain"]) == (20, 0, 0)
    assert_exact(sandbox, ROWS)


def test_a_run_that_only_waits_is_given_up_like_a_service_that_is_down(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    sandbox.update(faults=WAIT)
    flags = (*FAST, "--give-up-after", "0.02", "--job", "j", "--json")
    document = cli("run", write_source(tmp_path / "a.csv", ROWS), *flags, code=3).document
    assert (document["state"], document["failed"]) == ("paused", 0)
    assert document["reason"].startswith("service unavailable: 429, the server asks for 365 days; next try in 4:5")


def test_a_command_that_cannot_even_begin_says_how_long_the_server_asks_to_wait(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    sandbox.update(faults={"long_wait": 1})
    refusal = cli("run", write_source(tmp_path / "a.csv", ROWS), *FAST, "--json", code=2).refusal
    assert refusal["kind"] == "rate_limited"
    assert refusal["next"] == "The server asks to wait 365 days: try again then."
    assert cli.jobs == []
