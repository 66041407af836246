"""From the command to the first picture, beside an empty Textual app: python tests/benchmarks/cold_start.py [TIMES]

All start as processes of their own in a pseudo-terminal of 120x36, in turns, so that a busy machine slows all. A time
ends when a picture has been written: for the empty app its one word; for the console the screen of the jobs, and later
the jobs in it (there are three on the disk). The goal is that the median of the screen is at most 1.3 times the empty
app's.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[2]
SIZE = (120, 36)
GOAL = 1.3
EMPTY = """
from textual.app import App, ComposeResult
from textual.widgets import Static

class Empty(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("nothing-else")

Empty().run()
"""


def seconds_to(word: bytes, command: list[str], home: str) -> float:
    """Seconds until `word` is written to the terminal in which `command` runs."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    environment = {**os.environ, "TUI_IMPORTER_HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled, as Textual is here
    began = time.perf_counter()
    child = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, env=environment, start_new_session=True
    )
    os.close(slave)
    seen = b""
    try:
        while word not in seen:
            if not select.select([master], [], [], 60)[0]:
                raise SystemExit(f"{command}: nothing was drawn in a minute")
            seen += os.read(master, 65_536)
        return time.perf_counter() - began
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        os.close(master)


def record_jobs(home: str) -> None:
    """Three small jobs that were created and never started."""
    from tui_importer.engine.job.store import Jobs
    from tui_importer.engine.options import FrozenOptions, NewJob, RunOptions
    from tui_importer.secret import Secret
    from tui_importer.workos.connection import Connection
    from tui_importer.workos.rate_limiter import RateLimiter

    for name in ("first", "second", "third"):
        source = Path(home) / f"{name}.csv"
        source.write_text("email\nann@example.com\n")
        connection = Connection("http://127.0.0.1:9", Secret("sk_test_nobody"), RateLimiter())
        new = NewJob(source, name, FrozenOptions(base_url="http://127.0.0.1:9"), RunOptions())
        with closing(Jobs(Path(home) / "jobs").create(new, connection)):
            pass


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    apps = {
        "an empty Textual app": (b"nothing-else", [sys.executable, "-c", EMPTY]),
        "the screen of the jobs": (b"Reading the jobs", [sys.executable, "-m", "tui_importer"]),
        "the jobs in it": (b"third", [sys.executable, "-m", "tui_importer"]),
    }
    found: dict[str, list[float]] = {name: [] for name in apps}
    with tempfile.TemporaryDirectory() as home:
        record_jobs(home)
        for number in range(times + 1):
            for name, (word, command) in apps.items():
                seconds = seconds_to(word, command, home)
                if number:  # the first ones fill the caches
                    found[name].append(seconds * 1e3)
    print(f"python tests/benchmarks/cold_start.py {times}")
    for name, taken in found.items():
        print(f"{name:22} {times}x   p50 {median(taken):5.0f} ms   p95 {quantiles(taken, n=20)[18]:5.0f} ms")
    empty, ours, _ = (median(taken) for taken in found.values())
    print(f"ratio of the medians {ours / empty:.2f}   goal {GOAL}")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
