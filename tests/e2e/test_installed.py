"""The program as it was installed: of this environment, or of those that `--installed VENV` names.

With wheels in environments of their own, for each Python, this shows what a package holds and starts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.cli.conftest import FAST, SECONDS
from tests.e2e.test_tmux_journeys import limit_rows
from tests.e2e.tmux import in_tmux
from tests.support import person, write_source
from tui_importer import __version__

if TYPE_CHECKING:
    import pytest

ROWS = [person(number, number % 3) for number in range(12)]
EVERY_MODULE = """
import importlib, os, pkgutil, sys, tui_importer
assert os.path.realpath(tui_importer.__file__).startswith(os.path.realpath(sys.argv[1])), tui_importer.__file__
for module in pkgutil.walk_packages(tui_importer.__path__, "tui_importer."):
    if not module.name.endswith(".__main__"):
        importlib.import_module(module.name)
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    folders = metafunc.config.getoption("--installed") or [sys.prefix]
    programs = [Path(folder).absolute() / "bin" / "tui-importer" for folder in folders]
    metafunc.parametrize("program", programs, ids=[program.parent.parent.name for program in programs])


def run(program: Path, folder: Path, *arguments: str | Path, **variables: str) -> str:
    """Run a command in a folder where nothing of ours lies; what it wrote to stdout."""
    done = subprocess.run(
        [program, *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "TUI_IMPORTER_HOME": str(folder / "home"), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done
    return done.stdout


def test_it_says_its_version(program: Path, tmp_path: Path) -> None:
    assert run(program, tmp_path, "--version").strip() == f"tui-importer {__version__}"


def test_every_module_is_there_with_what_it_imports(program: Path, tmp_path: Path) -> None:
    package = Path(__file__).parent.parent.parent if program.is_relative_to(sys.prefix) else program.parent.parent
    run(program.with_name("python"), tmp_path, "-W", "error", "-c", EVERY_MODULE, package)


def test_it_scans_and_imports_into_its_sandbox(program: Path, tmp_path: Path) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    scanned = json.loads(run(program, tmp_path, "scan", source, "--json"))
    assert (scanned["rows"], scanned["organizations"], scanned["problems"]) == (len(ROWS), 3, [])
    command = [str(program), "sandbox", "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as sandbox:
        try:
            assert sandbox.stdout is not None
            server: dict[str, Any] = json.loads(sandbox.stdout.readline())
            variables = {"WORKOS_BASE_URL": server["url"], "WORKOS_API_KEY": server["key"]}
            done = json.loads(run(program, tmp_path, "run", source, *FAST, "--json", **variables))
        finally:
            sandbox.terminate()
            sandbox.wait(SECONDS)
    assert (done["state"], done["created"], done["failed"]) == ("finished", len(ROWS), 0)


def test_the_demo_in_a_terminal_from_its_start_to_its_end(program: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {"TMPDIR": str(temporary)}
    with in_tmux(tmp_path / "demo", "demo", environment=environment, program=[str(program)]) as demo:
        limit_rows(demo, 60)
        demo.wait_for("Nothing has been written yet", key="Enter")
        demo.wait_for("RUNNING", "▶ Organizations", key="Enter")
        demo.wait_for("FINISHED", "60 created")
        demo.press("q")
        assert demo.end() == 0
        demo.assert_given_back()
    assert list(temporary.iterdir()) == []
