"""What a branch has changed, as git tells it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def changed_since(branch: str, root: Path) -> frozenset[str]:
    """Files that differ from where HEAD left `branch`, committed or not; none when git does not tell."""
    for name in (branch, f"origin/{branch}"):
        base = _git(root, "merge-base", "HEAD", name)
        if base:
            return frozenset(filter(None, _git(root, "diff", "--name-only", "-z", "--relative", base).split("\0")))
    return frozenset()


def _git(root: Path, *arguments: str) -> str:
    """What git says, empty when it is not there or refuses."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
