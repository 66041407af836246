"""Fixtures for all tests: an own home, no discovered config, the long form behind a flag."""

from __future__ import annotations

import gc
import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from pathlib import Path

# Time says nothing on a busy machine: a property holds or it does not.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# Tests start the importer hundreds of times: compiling it each time is a fifth of that or more.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Below `nohup`, and in the background of a script: what tests start would ignore these, too, unlike a handler.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


DISPLAY = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PAGER", "LESS")
"""Variables that say how text is shown; checks often run with some of them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", default=False, help="also run the long forms of tests")
    parser.addoption("--installed", action="append", metavar="VENV", help="test the program installed there")
    parser.addoption("--update-pictures", action="store_true", default=False, help="keep the console's pictures anew")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Distribute by work stealing: a process without tests takes over some of another's, which may be slower ones.

    Here and not among the options of pyproject.toml, which pytest would not know without xdist.
    """
    if config.getoption("numprocesses", None) and config.getoption("dist") == "no":
        config.option.dist = "worksteal"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: two processes a core, because many tests wait for servers and terminals."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    kept = [item for item in items if item.get_closest_marker("long") is None]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_collection_finish() -> None:
    """Leave what was imported out of the search for garbage, and search seldom: a sixth of a pilot test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for every test, and neither settings nor keys from the machine that runs it."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("TUI_IMPORTER_HOME", str(folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    for name in ("WORKOS_API_KEY", "WORKOS_BASE_URL", *DISPLAY, "_TUI_IMPORTER_COMPLETE"):
        monkeypatch.delenv(name, raising=False)
    return folder
