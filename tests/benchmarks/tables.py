"""From a key to the screen, in a table of a million errors: python tests/benchmarks/tables.py [--engine]

The console runs in a terminal of its own (a pty of 120x36). Keys are written to it as bytes; a time ends when the
bytes of the screen that shows their effect have been written back. All times are milliseconds; `cpu` is the median of
the time that the process worked in between, which a busy machine stretches less. With --engine a job imports at full
speed in the same process meanwhile, against a sandbox in another one, and its numbers are on the screen.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import pty
import random
import resource
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tui_importer.engine.job.job import Job
    from tui_importer.engine.job.view import JobView
    from tui_importer.engine.snapshot.models import FailureView, Snapshot
    from tui_importer.tui.app import ImporterApp
    from tui_importer.tui.table.table import VirtualTable

SIZE = (120, 36)
DOWN, PAGE_DOWN, RIGHT, LEFT, END, HOME, ESCAPE = (
    b"\x1b[B", b"\x1b[6~", b"\x1b[C", b"\x1b[D", b"\x1b[F", b"\x1b[H", b"\x1b",
)  # fmt: skip
GOALS = {"cursor key": 50, "typed character": 50, "filtered rows": 250}


class ManyErrors:
    """A job with a million errors, which grow; everything else is the job's own."""

    def __init__(self, view: JobView, rows: int) -> None:
        self.view, self.rows = view, rows

    def __getattr__(self, name: str) -> object:
        return getattr(self.view, name)

    def snapshot(self) -> Snapshot:
        return replace(self.view.snapshot(), failures=self.rows)

    def failures_after(self, sequence: int, limit: int = 5_000) -> Sequence[FailureView]:
        first = max(1, sequence + 1)
        return [an_error(n) for n in range(first, min(self.rows + 1, first + limit))]


def an_error(number: int) -> FailureView:
    """One of many: a million different people and rows, a thousand different messages."""
    from tests.console.snapshots import NOW
    from tui_importer.engine.snapshot.models import FailureView

    return FailureView(
        sequence=number, time=NOW, row=number * 3, line=number * 3 + 1, email=f"p{number}@example{number % 97}.com",
        organization=f"external_id:org-{number % 15_000}", step="user" if number % 9 else "membership",
        kind="user_invalid" if number % 5 else "server_error", status=422 if number % 5 else 503,
        message=f"email is not valid: {number % 977}", request_id=f"req_{number:07}",
    )  # fmt: skip


@dataclass
class Probe:
    """Writes keys into the terminal and notes when the screen shows what they do."""

    app: ImporterApp
    terminal: int

    def __post_init__(self) -> None:
        self.cpu = 0.0
        self._awaited: list[tuple[Callable[[], bool], asyncio.Future[float]]] = []
        self.app.post_display_hook = self._look  # type: ignore[method-assign]  # it is there for this

    def _look(self) -> None:
        for holds, painted in self._awaited:
            if not painted.done() and holds():
                painted.set_result(time.perf_counter())

    async def press(self, keys: bytes, *effects: Callable[[], bool]) -> list[float]:
        """Milliseconds until each of the effects of `keys` is on the screen."""
        loop = asyncio.get_running_loop()
        self._awaited = [(holds, loop.create_future()) for holds in effects]
        began, cpu = time.perf_counter(), time.process_time()
        os.write(self.terminal, keys)
        ended = await asyncio.wait_for(asyncio.gather(*(painted for _, painted in self._awaited)), 30)
        self.cpu = (time.process_time() - cpu) * 1e3
        await asyncio.sleep(random.uniform(0.02, 0.08))
        return [(each - began) * 1e3 for each in ended]

    async def send(self, keys: bytes) -> None:
        """Press keys that may do nothing."""
        os.write(self.terminal, keys)
        await asyncio.sleep(0.5)

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():  # noqa: ASYNC110 - what is awaited is no event
            await asyncio.sleep(0.02)


def line(name: str, times: Sequence[float]) -> str:
    cuts = quantiles(times, n=20)
    goal = next((f"goal {limit} ms" for key, limit in GOALS.items() if name.startswith(key)), "")
    return f"{name:46} {len(times):4}x   p50 {cuts[9]:6.1f} ms   p95 {cuts[18]:6.1f} ms   {goal}"


class Measured:
    """Times by what was measured, in the order of the first of each."""

    def __init__(self, probe: Probe, table: VirtualTable, times: int) -> None:
        self.probe, self.table, self.times = probe, table, times
        self.found: dict[str, list[float]] = {}
        self.cpu: dict[str, list[float]] = {}

    async def press(self, name: str, keys: bytes, holds: Callable[[], bool]) -> None:
        """Press a key and note how long its effect took."""
        self.found.setdefault(name, []).extend(await self.probe.press(keys, holds))
        self.cpu.setdefault(name, []).append(self.probe.cpu)

    async def move(self, name: str, keys: bytes, target: int) -> None:
        """Press a key that moves the cursor to `target`."""
        await self.press(name, keys, lambda: self.table.cursor == target)

    async def read_all(self, rows: int) -> str:
        """Press keys while the errors are read from the journal."""
        began = time.perf_counter()
        await self.probe.send(b"3")
        await self.probe.until(lambda: len(self.table.rows) > 0)
        while len(self.table.rows) < rows:
            await self.move("cursor key while errors are read: down", DOWN, self.table.cursor + 1)
        return f"{rows:,} errors read in {time.perf_counter() - began:.1f} s beside the console"

    async def cursor(self) -> None:
        """All keys that move the cursor."""
        table = self.table
        for _ in range(self.times):
            await self.move("cursor key: down", DOWN, table.cursor + 1)
        for _ in range(self.times):
            await self.move("cursor key: page down", PAGE_DOWN, table.cursor + table.page)
        for _ in range(self.times // 2):
            await self.move("cursor key: end", END, len(table.rows) - 1)
            await self.move("cursor key: home", HOME, 0)
        for _ in range(self.times // 2):
            await self.press("cursor key: right", RIGHT, lambda: table.column == "row")
            await self.press("cursor key: left", LEFT, lambda: table.column == "time")

    async def filters(self) -> None:
        """A filter typed letter by letter, then cleared."""
        from tui_importer.tui.table.pane import TablePane

        table, app = self.table, self.probe.app
        field = app.screen.query_one("#errors-pane", TablePane).field
        for text in ["1234", "valid", "p7", "server"] * max(1, self.times // 40):
            await self.press("filter opened", b"/", lambda: app.focused is field)
            for length in range(1, len(text) + 1):
                query = text[:length]
                effects = (
                    lambda query=query: field.value == query,
                    lambda query=query: table.filter_text == query,
                )  # fmt: skip
                typed, filtered = await self.probe.press(query[-1].encode(), *effects)
                self.found.setdefault("typed character: shown", []).append(typed)
                self.found.setdefault("filtered rows: shown, 60 ms of rest included", []).append(filtered)
                self.cpu.setdefault("filtered rows: shown, 60 ms of rest included", []).append(self.probe.cpu)
            await self.press("filter cleared", ESCAPE, lambda: app.focused is table and table.row_query.is_plain)

    async def orders(self) -> None:
        """Sorting, and moving about in a sorted table."""
        table = self.table
        await self.probe.send(HOME)
        for _ in range(max(3, self.times // 20)):
            await self.press("sorted by time", b"s", lambda: table.row_query.sort == "time")
            await self.press("sorted by time", b"s", lambda: table.row_query.descending)
            await self.press("back to their own order", b"s", lambda: table.row_query.is_plain)
        while table.column != "email":
            await self.probe.send(RIGHT)
        for n in range(max(4, self.times // 20)):
            await self.press("sorted by e-mail", b"S", lambda down=n % 2 == 0: table.row_query.descending is down)  # type: ignore[misc]  # bound at once
        await self.probe.send(HOME)
        for _ in range(self.times):
            await self.move("cursor key, sorted: down", DOWN, table.cursor + 1)

    async def marks(self) -> None:
        """All rows marked; then one of them unmarked and marked."""
        table = self.table
        await self.press("all marked", b"a", lambda: len(table.marked) == len(table.rows))
        for _ in range(max(5, self.times // 20)):
            await self.press("one unmarked of all", b" ", lambda before=table.marked: table.marked is not before)  # type: ignore[misc]  # bound at once

    def lines(self) -> Iterator[str]:
        """One line for each key."""
        for name, times in self.found.items():
            goal = next((f"   goal {limit}" for key, limit in GOALS.items() if name.startswith(key)), "")
            cuts = quantiles(times, n=20, method="inclusive") if len(times) > 1 else times * 19
            cpu = f"   cpu {median(self.cpu[name]):5.1f}" if name in self.cpu else " " * 12
            yield f"{name:46} {len(times):4}x   p50 {cuts[9]:6.1f}   p95 {cuts[18]:6.1f}{cpu}{goal}".rstrip()


async def measure(probe: Probe, times: int, rows: int) -> list[str]:
    """Everything, on the tab of errors."""
    from tui_importer.tui.table.table import VirtualTable

    app = probe.app
    await probe.until(lambda: app.is_running and bool(app.screen.query("#errors")))
    measured = Measured(probe, app.screen.query_one("#errors", VirtualTable), times)
    first = await measured.read_all(rows)
    await measured.cursor()
    await measured.filters()
    await measured.orders()
    await measured.marks()
    return [first, *measured.lines()]


async def inside(terminal: int, report: int, *, rows: int, times: int, engine: bool) -> None:
    """The console's process."""
    from tests.console.driving import JOB, console
    from tests.console.fakes import FakeBackend, FakeJobView
    from tests.console.snapshots import importing
    from tui_importer.tui.launch import Pace, StartAt

    with ExitStack() as stack:
        job = running_job(stack) if engine else None
        view = ManyErrors(job or FakeJobView(importing()), rows)
        app = console(FakeBackend(views={JOB: view}), start=StartAt.at_job(JOB))  # type: ignore[dict-item]  # a view all the same
        app.pace = Pace()
        probe = Probe(app, terminal)
        running = asyncio.create_task(app.run_async())
        began, cpu = time.perf_counter(), time.process_time()
        try:
            lines = await measure(probe, times, rows)
            load = (time.process_time() - cpu) / (time.perf_counter() - began)
            if job is not None:
                now = job.snapshot()
                rate, done = now.requests.rate, now.totals.done
                lines.append(f"meanwhile: {rate:.0f} requests/s, {len(now.workers)} workers, {done:,} rows imported")
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            lines.append(f"the process: {load:.0%} of a core, {memory:.0f} MB at most")
            os.write(report, "\n".join(lines).encode())
        finally:
            app.exit()
            await running


def running_job(stack: ExitStack) -> Job:
    """A job that imports as fast as it can, against a sandbox in another process."""
    from tui_importer.engine.job.store import Jobs
    from tui_importer.engine.options import FrozenOptions, NewJob, RunOptions
    from tui_importer.secret import Secret
    from tui_importer.workos.connection import Connection
    from tui_importer.workos.rate_limiter import RateLimiter

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    command = [sys.executable, "-m", "tui_importer", "sandbox", "--port", "0", "--latency-ms", "50", "--writes-per-10s",
               "0", "--reads-per-10s", "0", "--json"]  # fmt: skip
    sandbox = stack.enter_context(
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    )
    stack.callback(sandbox.terminate)
    assert sandbox.stdout is not None
    told = json.loads(sandbox.stdout.readline())
    source = folder / "users.csv"
    lines = (f"user{n}@example.com,org-{n % 150},Organization {n % 150}" for n in range(200_000))
    source.write_text("\n".join(["email,org_external_id,org_name", *lines]))
    options = RunOptions(writes_per_10s=0, workers=32)
    connection = Connection(told["url"], Secret(told["key"]), RateLimiter(writes_per_10s=0))
    new = NewJob(source, "benchmark", FrozenOptions(base_url=told["url"]), options)
    job = stack.enter_context(closing(Jobs(folder / "jobs").create(new, connection)))
    stack.callback(job.stop_now)
    job.start()
    while job.snapshot().phase != "import":
        time.sleep(0.1)
    return job


def outside(arguments: list[str]) -> int:
    """The terminal: it takes what is written, and the report at the end."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    reads, writes = os.pipe()
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "TUI_IMPORTER_HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        command = [sys.executable, __file__, *arguments, "--terminal", str(master), "--report", str(writes)]
        child = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, pass_fds=(master, writes), env=environment,
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        os.close(writes)
        seen = bytearray()
        while child.poll() is None:
            if select.select([master], [], [], 0.2)[0]:
                with suppress(OSError):  # its end is closed while it ends
                    seen = (seen + os.read(master, 65_536))[-4_000:]
    with open(reads, encoding="utf-8") as stream:  # noqa: PTH123 - a pipe
        report = stream.read()
    print(report or seen.decode(errors="replace"))
    return child.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=200, help="how often each key is pressed")
    parser.add_argument("--engine", action="store_true", help="while a job imports at full speed in the same process")
    parser.add_argument("--terminal", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--report", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.terminal is None:
        print(f"python tests/benchmarks/tables.py {' '.join(sys.argv[1:])}".rstrip())
        return outside(sys.argv[1:])
    asyncio.run(inside(given.terminal, given.report, rows=given.rows, times=given.times, engine=given.engine))
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.exit(main())
