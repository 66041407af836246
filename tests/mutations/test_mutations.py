"""Deliberate mistakes are noticed: each is made in a copy of the project, where its tests must fail.

With `--long` all of them are made, and their tests are run in a copy without any, too. Without it only mistakes of
files that were changed since this branch left main, `AT_ONCE` at most: each takes seconds. So a branch that changes a
file or two tries the mistakes of just these, and a wide one tries a sample, of as many files as possible; that each can
still be made is checked always. Where there is no git, no repository or no main, as in a source distribution, none is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.mutations.changed_files import changed_since
from tests.mutations.every_mistake import MISTAKES
from tests.mutations.mistake import Mistake

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "tui_importer"

AT_ONCE: Final = 5
"""How many mistakes are made by default at most."""

PASSED, FAILED = 0, 1
"""What pytest ends with; other codes say that it could not run the tests."""


def of_changed_files(mistakes: Iterable[Mistake], changed: Collection[str], most: int) -> list[Mistake]:
    """Mistakes of these files (below the package), `most` of them: the first of each file, then the second, and on."""
    by_file: dict[str, list[Mistake]] = {}
    for mistake in mistakes:
        if mistake.file in changed:
            by_file.setdefault(mistake.file, []).append(mistake)
    in_turn = (each for turn in zip_longest(*by_file.values()) for each in turn if each is not None)
    return list(islice(in_turn, most))


CHANGED: Final = {
    name.removeprefix("tui_importer/") for name in changed_since("main", ROOT) if name.startswith("tui_importer/")
}
NOW: Final = of_changed_files(MISTAKES, CHANGED, AT_ONCE)


def test_mistakes_of_changed_files_are_made_by_default_in_turn() -> None:
    made = [
        Mistake(f"{n} of {file}", file, "a", "b", ("test.py",)) for file in ("x.py", "y.py", "z.py") for n in (1, 2)
    ]
    names = [mistake.name for mistake in of_changed_files(made, {"x.py", "z.py", "other.py"}, 3)]
    assert names == ["1 of x.py", "1 of z.py", "2 of x.py"]
    assert of_changed_files(made, {"y.py"}, 3) == made[2:4]
    assert of_changed_files(made, (), 3) == []


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_files_are_changed_since_the_branch_left(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def write(name: str, text: str) -> None:
        (tmp_path / name).write_text(text, encoding="utf-8")
        git("add", name)

    assert changed_since("main", tmp_path) == frozenset(), "it is no repository"
    git("init", "--initial-branch", "main")
    assert changed_since("main", tmp_path) == frozenset(), "there is no main"
    for name in ("kept.py", "committed.py", "edited.py"):
        write(name, "before")
    git("commit", "--message", "Begin")
    git("switch", "--create", "branch")
    write("committed.py", "after")
    git("commit", "--message", "Go on")
    git("switch", "main")
    write("kept.py", "changed on main, which is nothing of the branch")
    git("commit", "--message", "Elsewhere")
    git("switch", "branch")
    (tmp_path / "edited.py").write_text("after", encoding="utf-8")
    assert changed_since("main", tmp_path) == {"committed.py", "edited.py"}


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


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "mistake",
    [pytest.param(each, id=each.name, marks=() if each in NOW else pytest.mark.long) for each in MISTAKES],
)
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
