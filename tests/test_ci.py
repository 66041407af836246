"""What the README tells people to run is what is run for every change."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_checks_run_exactly_the_readmes_test_command() -> None:
    blocks = re.findall(
        r"```(?:sh|bash|console)\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    commands = [line.strip() for block in blocks for line in block.splitlines() if "pytest" in line]
    assert commands, "the README has no test command"
    lines = [line.strip() for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()]
    assert commands[0] in lines
