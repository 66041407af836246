"""Deliberate mistakes are noticed: each is made in a copy of the project, where its tests must fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.mutations.wrong_writes import MISTAKES, Mistake

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "tui_importer"


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_can_be_made(mistake: Mistake) -> None:
    """The data is of the code as it is: what changes there is changed here."""
    assert (PACKAGE / mistake.file).read_text(encoding="utf-8").count(mistake.old) == 1
    assert mistake.old != mistake.new
    assert all((ROOT / "tests" / test).is_file() for test in mistake.tests)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_noticed(mistake: Mistake, tmp_path: Path) -> None:
    for name in ("tui_importer", "tests", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "pictures"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    file = tmp_path / "tui_importer" / mistake.file
    file.write_text(file.read_text(encoding="utf-8").replace(mistake.old, mistake.new), encoding="utf-8")
    tests = [f"tests/{test}" for test in mistake.tests]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *tests],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout[-3_000:] + done.stderr[-1_000:]
