"""Print the Pythons of this machine that the importer allows, oldest first: `3.12 /usr/bin/python3.12` a line.

They are looked for on PATH and below `${PYENV_ROOT:-$HOME/.pyenv}/versions`. One counts if it runs and can make a
virtual environment: the shims that pyenv puts on PATH run nothing for versions that are not chosen.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
PROBE = """
import ensurepip, os, platform, sys, venv
if platform.python_implementation() == "CPython" and sys.version_info.releaselevel == "final":
    print(*sys.version_info[:2], os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
"""
SECONDS = 30.0

Version = tuple[int, int]


def candidates() -> list[Path]:
    """Whatever is called like a Python, in the order in which a shell would find it."""
    name = re.compile(r"python3(\.\d+)?")
    on_path = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    folders = [*on_path, *sorted(pyenv.glob("*/bin"))]
    return [
        file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir()) if name.fullmatch(file.name)
    ]


def probe(file: Path) -> tuple[Version, Path] | None:
    """The version and the real program of a Python that runs; None for any other file."""
    try:
        # Isolated and in no folder of ours: neither a variable nor a file beside us decides what it says.
        done = subprocess.run(
            [file, "-I", "-c", PROBE], cwd="/", capture_output=True, text=True, check=True, timeout=SECONDS
        )
        major, minor, program = done.stdout.split(maxsplit=2)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return (int(major), int(minor)), Path(program.strip())


def find() -> dict[Version, Path]:
    """The first Python of each allowed version, oldest first."""
    found: dict[Version, Path] = {}
    seen: set[Path] = set()
    for file in candidates():
        if file.resolve() in seen:
            continue
        seen.add(file.resolve())
        if (result := probe(file)) is not None and result[0] >= OLDEST:
            found.setdefault(*result)
    return dict(sorted(found.items()))


if __name__ == "__main__":
    sys.stdout.writelines(f"{major}.{minor} {program}\n" for (major, minor), program in find().items())
