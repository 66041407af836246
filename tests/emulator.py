"""The official WorkOS emulator (npm `workos`), installed once into a cache and started for the tests that want it.

A test module asks for the fixture with `pytest_plugins = ("tests.emulator",)`. Node 20 and npm are needed: without them
such tests are skipped, or fail where the environment says CI=true.

Its limit is 1,000 requests a minute and key, so it is started with several keys; all of them see the same objects.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE, VERSION = "workos", "0.14.0"
OLDEST_NODE = (20, 0)
INSTALL_SECONDS = 280.0
START_SECONDS = 120.0
KEYS = 100


class EmulatorUnavailable(Exception):
    """Why the emulator cannot be run here."""


@dataclass
class Emulator:
    """A running emulator; each of its keys has a rate limit of its own."""

    url: str
    keys: tuple[str, ...]
    _next: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def fresh_key(self) -> str:
        """A key that was not handed out before, as long as there are any."""
        return self.keys[next(self._next) % len(self.keys)]


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tui-importer-tests" / f"{PACKAGE}-{VERSION}"


def find_node() -> tuple[str, str]:
    """Paths of node and npm. Raises EmulatorUnavailable."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise EmulatorUnavailable("The official emulator needs Node 20 and npm; they are not installed.")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    found = re.match(r"v(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_NODE:
        raise EmulatorUnavailable(f"The official emulator needs Node 20; this is {version}.")
    return node, npm


def install(npm: str, folder: Path) -> Path:
    """The emulator's program, installed if it is not there yet; processes wait for each other."""
    program = folder / "node_modules" / PACKAGE / "dist" / "bin.js"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if program.exists():
            return program
        with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
            command = [npm, "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            result = subprocess.run(
                [*command, f"--prefix={unfinished}", f"{PACKAGE}@{VERSION}"],
                cwd=unfinished,
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
            if result.returncode:
                raise EmulatorUnavailable(f"npm could not install {PACKAGE}@{VERSION}: {result.stderr[-500:].strip()}")
            Path(unfinished, "node_modules").rename(_emptied(folder) / "node_modules")
    return program


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@contextmanager
def running_emulator(seed: dict[str, Any] | None = None) -> Iterator[Emulator]:
    """Start it on a free port with these objects and stop it. Raises EmulatorUnavailable."""
    node, npm = find_node()
    program = install(npm, cache_folder())
    keys = tuple(f"sk_test_emulator{number:02d}" for number in range(KEYS))
    with tempfile.TemporaryDirectory() as folder:
        seed_file = Path(folder, "seed.json")
        seed_file.write_text(json.dumps({"apiKeys": {key: {"environment": "test"} for key in keys}, **(seed or {})}))
        # It runs in a folder and a home of its own, so that nothing of this machine configures it.
        environment = {**os.environ, "HOME": folder, "WORKOS_TELEMETRY": "false"}
        with (
            Path(folder, "errors.txt").open("w+") as errors,
            subprocess.Popen(
                [node, str(program), "emulate", "--port", "0", "--json", "--seed", str(seed_file)],
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                text=True,
            ) as process,
        ):
            try:
                yield Emulator(_listening(process, Path(errors.name)), keys)
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()


def _listening(process: subprocess.Popen[str], errors: Path) -> str:
    """The URL from the first line; a process that says nothing is killed after a while, which ends the line."""
    assert process.stdout is not None
    impatience = threading.Timer(START_SECONDS, process.kill)
    impatience.start()
    try:
        line = process.stdout.readline()
    finally:
        impatience.cancel()
        impatience.join()
    try:
        port = json.loads(line)["port"]
    except (ValueError, KeyError):
        raise EmulatorUnavailable(f"The emulator did not start: {line}{errors.read_text()[-500:]}") from None
    return f"http://127.0.0.1:{port}"


def give_up(reason: EmulatorUnavailable) -> None:
    """Skip, or fail where everything must run."""
    if os.environ.get("CI") == "true":
        pytest.fail(str(reason))
    pytest.skip(str(reason))


@pytest.fixture(scope="module")
def emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """A running emulator for a test module, with the objects of the module's `EMULATOR_SEED`, if it has one."""
    try:
        with running_emulator(getattr(request.module, "EMULATOR_SEED", None)) as running:
            yield running
    except EmulatorUnavailable as reason:
        give_up(reason)
