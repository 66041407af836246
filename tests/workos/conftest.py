"""A server behind TLS of a private CA, as a company's network has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.network import Authority, forget_the_machine
from tests.workos.fake_api import ORGANIZATION
from tests.workos.raw_server import RawServer, reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def authority() -> Authority:
    """A private CA."""
    return Authority()


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither proxies nor certificates of the machine that runs the tests."""
    forget_the_machine(monkeypatch)


@pytest.fixture
def ca_file(authority: Authority, tmp_path: Path) -> Path:
    """The private CA's certificate."""
    return authority.write(tmp_path / "company ca.pem")


@pytest.fixture
def plain_server() -> Iterator[RawServer]:
    """What is behind the TLS."""
    with RawServer(reply(200, ORGANIZATION)) as server:
        yield server
