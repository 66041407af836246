"""What the job screen costs while a job runs: python tests/benchmarks/dashboard.py [SECONDS]

The real console in a pseudo-terminal looks four times a second at a job of 16 workers, 1,000 chunks and 20,000 errors
that advances by 40 rows a second; the engine's own counters make the snapshots, nothing is sent. Figures are the CPU of
that process, in percent of one core: the whole console, and beside it what taking the snapshots alone costs. A machine
that does other things slows every process down: `slowed` tells how much longer a fixed piece of work took than in the
best of the runs, `corrected` is the console's figure divided by it.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.console.driving import JOB  # noqa: E402 - after the path
from tests.console.fakes import FakeBackend, FakeJobView  # noqa: E402
from tests.console.snapshots import failure, importing  # noqa: E402
from tui_importer.config import Config, RecentFiles  # noqa: E402
from tui_importer.engine.run.row_importer import RowResult  # noqa: E402
from tui_importer.engine.run.tally import Tally  # noqa: E402
from tui_importer.engine.service.metrics import Metrics  # noqa: E402
from tui_importer.engine.snapshot.eta import Rates, bound_of  # noqa: E402
from tui_importer.engine.snapshot.models import PhaseSeconds, Snapshot, WorkerView  # noqa: E402
from tui_importer.journal.records import ChunkCounts, How, Outcome  # noqa: E402
from tui_importer.tui.app import ImporterApp  # noqa: E402
from tui_importer.tui.launch import StartAt  # noqa: E402
from tui_importer.tui.preferences import Preferences  # noqa: E402
from tui_importer.workos.errors import Attempt  # noqa: E402
from tui_importer.workos.rate_limiter import RateLimiter  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_importer.engine.snapshot.models import FailureView

SIZES = ((80, 24), (120, 36), (200, 50))
TABS = {"chunks": "1", "workers": "2", "errors": "3"}
WORKERS, CHUNKS, CHUNK_SIZE, ERRORS = 16, 1_000, 1_000, 20_000
ROWS_A_SECOND, ERRORS_A_SECOND = 40, 2
WARM_UP = 3.0
"""Seconds until the screen is there and the errors are read."""


class Advancing(FakeJobView):
    """A job that advances when it is looked at, as if its workers had gone on meanwhile."""

    def __init__(self) -> None:
        super().__init__(importing())
        self._tally = Tally(CHUNKS * CHUNK_SIZE, CHUNK_SIZE, _half_done())
        self._metrics = Metrics({"requests": 500_000, "writes": 480_000, "status_200": 500_000})
        self._limiter = RateLimiter()
        self._rates = Rates()
        self._began = time.monotonic()
        self._done = 0
        self._at = [CHUNKS // 2 + worker for worker in range(WORKERS)]
        self._errors = [failure(n) for n in range(1, ERRORS + 1)]
        for worker, chunk in enumerate(self._at):
            self._tally.chunk_started(chunk, worker + 1)
        self.cost = 0.0

    def snapshot(self) -> Snapshot:
        """A picture as the engine takes it."""
        before = time.thread_time()
        self._advance()
        between = time.thread_time()
        made = self._picture()
        self.cost += time.thread_time() - between
        self.advancing = between - before
        return made

    def _advance(self) -> None:
        seconds = time.monotonic() - self._began
        for number in range(self._done, int(seconds * ROWS_A_SECOND)):
            worker = number % WORKERS
            row = self._at[worker] * CHUNK_SIZE + 1 + number // WORKERS % CHUNK_SIZE
            is_error = number % (ROWS_A_SECOND // ERRORS_A_SECOND) == 0
            outcome = Outcome.FAILED if is_error else Outcome.CREATED
            self._tally.row_ended(row, RowResult(outcome, How.CREATED))
            self._metrics.observe(_attempt(422 if is_error else 200))
            if is_error:
                self._errors.append(failure(len(self._errors) + 1))
            self._done = number + 1

    def _picture(self) -> Snapshot:
        found = self._tally.counts(blocked=0)
        seconds = time.monotonic() - self._began
        made = replace(
            self.now, elapsed=seconds, seconds=PhaseSeconds(1.0, 4.0, seconds), totals=found.totals, users=found.users,
            memberships=found.memberships, chunks=found.chunks, workers=self._workers(), workers_wanted=WORKERS,
            requests=self._metrics.stats(self._limiter, in_flight=11), failures=len(self._errors), log_entries=0,
        )  # fmt: skip
        return replace(made, eta=self._rates.eta(made, found.totals), bound=bound_of(made))

    def _workers(self) -> tuple[WorkerView, ...]:
        made = []
        for worker, chunk in enumerate(self._at):
            row = chunk * CHUNK_SIZE + self._done // WORKERS
            latency = 160.0 + (self._done + worker) % 40
            made.append(
                WorkerView(worker + 1, "running", f"row {row:,}", chunk + 1, row, self._done // WORKERS, 3, latency)
            )
        return tuple(made)

    def failures_after(self, sequence: int, limit: int = 5_000) -> Sequence[FailureView]:
        """Failures are numbered from 1."""
        start = max(0, sequence)
        return self._errors[start : start + limit]


def _half_done() -> list[ChunkCounts]:
    counts = []
    for chunk in range(CHUNKS // 2):
        failed = 2 * ERRORS // CHUNKS
        for outcome, rows in ((Outcome.CREATED, CHUNK_SIZE - failed), (Outcome.FAILED, failed)):
            counts.append(ChunkCounts(chunk, outcome, How.CREATED, How.CREATED, updated=False, rows=rows))
    return counts


def _attempt(status: int) -> Attempt:
    return Attempt("create_user", "POST", "/user_management/users", datetime.now(UTC), 0.16, 0.0, status, "", "", "req")


def child(tab: str, seconds: float, answer: Path) -> None:
    """Run the console on this process's terminal and write what it cost."""
    view = Advancing()
    preferences = Preferences(Config(answer.with_name("config.toml")), RecentFiles(answer.with_name("recent")))
    app = ImporterApp(FakeBackend(views={JOB: view}), preferences, start=StartAt.at_job(JOB))
    marks: list[tuple[float, float, float]] = []
    spins: list[float] = []

    def mark() -> None:
        marks.append((time.process_time(), time.monotonic(), view.cost))
        spins.append(_spin())

    def end() -> None:
        mark()
        (cpu, clock, cost), (cpu_after, clock_after, cost_after) = marks
        span = clock_after - clock
        spun = sum(spins) / len(spins)
        console = (cpu_after - cpu - spins[0]) / span
        found = {"console": console, "snapshots": (cost_after - cost) / span, "spin": spun}
        answer.write_text(json.dumps(found), encoding="utf-8")
        os._exit(0)

    def timers() -> None:
        threading.Timer(WARM_UP - 1, app.call_from_thread, [app.simulate_key, TABS[tab]]).start()
        threading.Timer(WARM_UP, app.call_from_thread, [mark]).start()
        threading.Timer(WARM_UP + seconds, app.call_from_thread, [end]).start()

    app.call_later(timers)
    app.run()


def _spin() -> float:
    """CPU seconds of a fixed piece of work."""
    before = time.process_time()
    sum(number % 7 for number in range(400_000))
    return time.process_time() - before


def measure(size: tuple[int, int], tab: str, seconds: float) -> dict[str, float]:
    """Run a console of this size in a pseudo-terminal; shares of one core."""
    with tempfile.TemporaryDirectory(prefix="tui-importer-") as folder:
        answer = Path(folder) / "answer.json"
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "TUI_IMPORTER_HOME": folder}
        command = [sys.executable, __file__, "--child", tab, str(seconds), str(answer)]
        process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        tail = _read(master)
        process.wait()
        os.close(master)
        if not answer.exists():
            sys.exit(f"the console did not come to its end:\n{tail.decode(errors='replace')}")
        found: dict[str, float] = json.loads(answer.read_text(encoding="utf-8"))
        return found


def _read(master: int) -> bytes:
    """Read what the console draws until it ends."""
    tail = b""
    while True:
        try:
            found = os.read(master, 65_536)
        except OSError:
            return tail
        if not found:
            return tail
        tail = (tail + found)[-4_000:]


def main() -> None:
    """Measure every size with every tab."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], float(sys.argv[3]), Path(sys.argv[4]))
        return
    seconds = float(sys.argv[1]) if sys.argv[1:] else 8.0
    print(f"{WORKERS} workers, {CHUNKS:,} chunks, {ERRORS:,} errors, 4 looks a second, {seconds:.0f} s each")
    cases = [(size, tab) for size in SIZES for tab in TABS]
    results = [measure(size, tab, seconds) for size, tab in cases]
    best = min(found["spin"] for found in results)
    print(f"{'size':>8}  {'tab':<8} {'console':>8} {'snapshots':>10} {'slowed':>8} {'corrected':>10}")
    for (size, tab), found in zip(cases, results, strict=True):
        slowed = found["spin"] / best
        print(
            f"{size[0]:>4}x{size[1]:<3}  {tab:<8} {found['console']:>8.1%} {found['snapshots']:>10.1%}"
            f" {slowed:>7.1f}x {found['console'] / slowed:>10.1%}"
        )


if __name__ == "__main__":
    main()
