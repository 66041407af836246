"""Five thousand rows against a server that fails, drops and forgets, undisturbed and killed again and again."""

from __future__ import annotations

import json
import random
import signal
import urllib.request
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SECONDS, wait_until
from tests.cli.test_journeys_large import BUSY, sandbox_process, state_of
from tests.support import assert_exact, person, write_source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Ended, Running

SERVER = ("--latency-ms", "10", "--fault", "500:0.02", "--fault", "drop_after:0.02", "--fault", "drop_before:0.02")
ORGANIZATIONS = 152


def import_to_the_end(cli: Cli, url: str, source: Path, kills: int, total: int) -> Ended:
    """Run, kill at random moments, resume; the last process may end by itself."""
    rng = random.Random(20_261_125)
    running = cli.start("run", source, "--yes", "--share", "100", "--job", "j", "--json")
    for _ in range(kills):
        moment = asked(url) + rng.randrange(20, 2 * total // (kills + 1))
        wait_until(partial(over_or_asked, running, url, moment), pause=0.005, seconds=BUSY)
        assert running.alive, "it ended before it could be killed"
        running.send(signal.SIGKILL)
        assert running.end().code == -signal.SIGKILL
        running = cli.start("resume", "--yes", "--json")
    return running.end(2 * BUSY)


def over_or_asked(running: Running, url: str, total: int) -> bool:
    return not running.alive or asked(url) >= total


def asked(url: str) -> int:
    """How many requests the server has had."""
    with urllib.request.urlopen(f"{url}/__sandbox/state?objects=0", timeout=SECONDS) as answer:
        return int(json.load(answer)["total"])


@pytest.mark.long
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("kills", [0, 10])
def test_five_thousand_rows_arrive_exactly_at_a_server_that_fails(tmp_path: Path, cli: Cli, kills: int) -> None:
    rows = [person(n, n % ORGANIZATIONS) for n in range(4_600)]
    rows += [person(n, (n + 1) % ORGANIZATIONS) for n in range(0, 4_000, 10)]
    source = write_source(tmp_path / "users.csv", rows)
    with sandbox_process(*SERVER, "--seed", "3") as server:
        ended = import_to_the_end(cli.at(server["url"], server["key"]), server["url"], source, kills, len(rows))
        assert ended.code == 0, ended
        truth = state_of(server["url"])
    document = ended.document
    assert (document["rows"], document["created"], document["existing"], document["failed"]) == (5_000, 5_000, 0, 0)
    assert document["users"] == {"created": 4_600, "existing": 0, "updated": 0, "failed": 0}
    assert document["memberships"] == {"created": 5_000, "existing": 0}
    assert document["organizations"] == {"resolved": ORGANIZATIONS, "created": ORGANIZATIONS, "failed": 0}
    assert document["cache"]["misses"] == 0
    assert_exact(truth, rows)
