"""What docs/platforms.md says: every line names a test that exists, a trial, or says that it is reasoned."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parent.parent
TEXT: Final = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
LINES: Final = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith(("| what |", "| --- |"))
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0])
def test_every_line_says_how_it_is_known(line: list[str]) -> None:
    what, happens, known = line
    assert what
    assert happens
    tests = re.findall(r"`([\w/]+\.py(?:::\w+)+)`", known)
    assert tests or known == "all tests" or re.match(r"(trial: |reasoned$)", known)
    for test in tests:
        path, *_, name = test.split("::")
        content = (ROOT / "tests" / path).read_text(encoding="utf-8")
        assert re.search(rf"^ *(async )?def {name}\(", content, re.MULTILINE), test


def test_the_readme_leads_to_it() -> None:
    assert "/docs/platforms.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
