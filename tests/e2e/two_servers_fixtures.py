"""Fixtures of the contract's tests: `pytest_plugins = ("tests.emulator", "tests.e2e.two_servers_fixtures")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.two_servers import ROLES, Side, open_side
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.emulator import Emulator


@pytest.fixture(scope="module")
def sandbox_server() -> Iterator[Sandbox]:
    settings = SandboxSettings(writes_per_10s=0, reads_per_10s=0, roles=tuple(ROLES), multiple_roles=True)
    with Sandbox(settings) as running:
        yield running


@pytest.fixture
def live(sandbox_server: Sandbox) -> Iterator[Side]:
    yield from open_side("sandbox", sandbox_server.url, sandbox_server.key)


@pytest.fixture
def loose(emulator: Emulator) -> Iterator[Side]:
    yield from open_side("emulator", emulator.url, emulator.fresh_key())


@pytest.fixture
def both(live: Side, loose: Side) -> tuple[Side, Side]:
    return live, loose
