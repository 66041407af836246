"""The engine's tests: a sandbox without limits, unless a file wants other settings; and a source of eighty rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.machine import ROWS
from tests.support import UNLIMITED, write_source
from tui_importer.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tui_importer.sandbox.settings import SandboxSettings


@pytest.fixture
def sandbox_settings() -> SandboxSettings:
    return UNLIMITED


@pytest.fixture
def sandbox(sandbox_settings: SandboxSettings) -> Iterator[Sandbox]:
    with Sandbox(sandbox_settings) as running:
        yield running


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "users.csv", ROWS)
