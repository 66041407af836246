"""Deliberate mistakes are noticed: each is made in a copy of the project, where its tests must fail."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.mutations.every_mistake import MISTAKES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.mutations.mistake import Mistake

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "tui_importer"

PASSED, FAILED = 0, 1
"""What pytest ends with; other codes say that it could not run the tests."""


def test_names_are_names() -> None:
    twice = [name for name, times in Counter(mistake.name for mistake in MISTAKES).items() if times > 1]
    assert twice == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_can_be_made(mistake: Mistake) -> None:
    """The data is of the code as it is: what changes there is changed here."""
    assert (PACKAGE / mistake.file).read_text(encoding="utf-8").count(mistake.old) == 1
    assert mistake.old != mistake.new
    assert mistake.tests
    for test in mistake.tests:
        file, *names = test.partition("[")[0].split("::")
        text = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert all(re.search(rf"^ *(async def|def|class) {name}\b", text, re.MULTILINE) for name in names), test


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_noticed(mistake: Mistake, tmp_path: Path) -> None:
    copy = copied(tmp_path)
    file = copy / "tui_importer" / mistake.file
    file.write_text(file.read_text(encoding="utf-8").replace(mistake.old, mistake.new), encoding="utf-8")
    done = run_in(copy, mistake.tests)
    assert done.returncode == FAILED, done.stdout[-3_000:] + done.stderr[-1_000:]


@pytest.mark.long
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("file", sorted({test.partition("::")[0] for each in MISTAKES for test in each.tests}))
def test_without_a_mistake_the_same_tests_pass(file: str, tmp_path: Path) -> None:
    """Or they would fail in the copy because it is one, and notice nothing."""
    tests = {test for each in MISTAKES for test in each.tests if test.partition("::")[0] == file}
    done = run_in(copied(tmp_path), sorted(tests))
    assert done.returncode == PASSED, done.stdout[-3_000:] + done.stderr[-1_000:]


def copied(folder: Path) -> Path:
    """A copy of what tests need of the project."""
    for name in ("tui_importer", "tests", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "pictures"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def run_in(folder: Path, tests: Iterable[str]) -> subprocess.CompletedProcess[str]:
    """What becomes of some tests in a copy, which end with the first that fails."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *(f"tests/{test}" for test in tests)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
