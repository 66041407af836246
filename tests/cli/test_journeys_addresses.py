"""A slip in the address of the API is refused with a sentence about the address, before anything is read or sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import BRIEF
from tests.support import person, write_source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

SLIPS = ["https://api..workos.com", "https://256.1.1.1", "https://api.workos .com", "api.workos.com", "http:/127.0.0.1"]


@pytest.mark.parametrize("url", SLIPS)
def test_a_slip_in_the_flag_is_about_the_address(cli: Cli, tmp_path: Path, url: str) -> None:
    source = write_source(tmp_path / "users.csv", [person(1)])
    ended = cli("run", source, *BRIEF, "--base-url", url, "--json", code=2)
    message = ended.refusal["message"]
    assert ("--base-url" in message, url in message, "https://api.workos.com" in message) == (True, True, True), message
    assert "row" not in message + ended.refusal["next"]
    assert cli.jobs == []


def test_a_slip_in_the_variable_or_the_config_file_is_about_the_address(cli: Cli, tmp_path: Path) -> None:
    source = write_source(tmp_path / "users.csv", [person(1)])
    for given in (cli.at(url=SLIPS[0]), cli.at(url="")):
        cli.settings(base_url=SLIPS[1])
        refusal = given("run", source, *BRIEF, "--json", code=2).refusal
        assert "an https:// address" in refusal["message"] + refusal["next"], refusal
