"""Start-up stays light, and the engine and all below it know no screen."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import tui_importer

ROOT = Path(__file__).parent.parent
HEAVY = {"polars", "httpx", "textual", "rich", "sqlite3", "asyncio", "platformdirs", "keyring"}
LOWER = ("engine", "journal", "source", "workos", "report", "config", "sandbox")

LOADED_BY_ARGUMENTS = """
import json, sys
from tui_importer.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert end.code == 0, end.code
finally:
    sys.stderr.write(json.dumps(sorted(sys.modules)))
"""
LOADED_BY_IMPORTS = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
sys.stderr.write(json.dumps(sorted(sys.modules)))
"""


def loaded(program: str, *arguments: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter has after `program`."""
    return {name.partition(".")[0] for name in modules_loaded(program, *arguments)}


def modules_loaded(program: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    modules: list[str] = json.loads(done.stderr)
    return modules


def modules_of(package: str) -> list[str]:
    path = Path(tui_importer.__path__[0]) / package
    found = pkgutil.walk_packages([str(path)], f"tui_importer.{package}.")
    return [f"tui_importer.{package}", *(module.name for module in found)]


def command_names() -> list[str]:
    from tui_importer.cli.command_table import COMMANDS

    return list(COMMANDS)


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_import_nothing_heavy(argument: str) -> None:
    assert loaded(LOADED_BY_ARGUMENTS, argument) & HEAVY == set()


@pytest.mark.parametrize("command", command_names())
def test_the_help_of_a_command_imports_nothing_heavy(command: str) -> None:
    modules = modules_loaded(LOADED_BY_ARGUMENTS, command, "--help")
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()
    at_work = tuple(f"tui_importer.{package}" for package in ("engine", "workos", "tui", "report", "sandbox"))
    assert [name for name in modules if name.startswith(at_work)] == []


@pytest.mark.parametrize("package", LOWER)
def test_what_is_below_the_screens_never_imports_them(package: str) -> None:
    # Nor what httpx would bring along where it is installed.
    assert loaded(LOADED_BY_IMPORTS, *modules_of(package)) & {"textual", "rich", "click", "pygments"} == set()


def test_the_sandbox_needs_neither_polars_nor_httpx() -> None:
    assert loaded(LOADED_BY_IMPORTS, *modules_of("sandbox")) & {"polars", "httpx"} == set()


def test_imports_go_downwards_only() -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
