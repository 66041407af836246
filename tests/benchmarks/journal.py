"""What durability costs: python tests/benchmarks/journal.py [--folder DIR] [--rows N] [--open-rows N]

- rows a second of whole imports against a sandbox without latency or limits (a process of its own), with the journal
  and with one that forgets rows: the difference is the journal's price;
- rows a second that the journal alone takes from 16 threads, each row with its two durable intents and its outcome;
- how long a commit takes, for 16 threads that all wait for theirs;
- size on disk, and the time to open (which proves the whole file) and to count, for a large finished job.

`--folder` is where the journals are: what a commit costs is the disk's sync.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from tui_importer.engine.job.store import Jobs
from tui_importer.engine.options import FrozenOptions, NewJob, RunOptions
from tui_importer.journal import statements
from tui_importer.journal.journal import FILE, Journal
from tui_importer.journal.records import Flag, How, Outcome
from tui_importer.journal.writer import Commit
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_importer.engine.job.job import Job
    from tui_importer.journal.writer import Statement

THREADS = 16
OPTIONS = RunOptions(writes_per_10s=0, workers=THREADS)
CHUNK = 1_000


class Forgetful(Journal):
    """Says at once that rows are durable, and writes all but them."""

    def submit(self, *entries: Statement) -> Commit:
        kept = [entry for entry in entries if not entry[0].startswith("INSERT INTO rows")]
        if kept or not entries:
            return super().submit(*kept)
        done = Commit()
        done.finish()
        return done


@contextmanager
def sandbox_process() -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "tui_importer", "sandbox", "--port", "0", "--json"]
    unlimited = ["--writes-per-10s", "0", "--reads-per-10s", "0"]
    with subprocess.Popen([*command, *unlimited], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def new_job(folder: Path, rows: int, url: str = "http://127.0.0.1:9", key: str = "sk_test_benchmark") -> Job:
    source = folder / "users.csv"
    lines = (f"user{n}@example.com,org-{n % 20},Organization {n % 20}" for n in range(rows))
    source.write_text("\n".join(["email,org_external_id,org_name", *lines]))
    new = NewJob(source, "benchmark", FrozenOptions(base_url=url), OPTIONS)
    return Jobs(folder / "jobs").create(new, Connection(url, Secret(key), RateLimiter(writes_per_10s=0)))


def import_rate(folder: Path, rows: int, kind: type[Journal]) -> float:
    """Rows a second of the import phase."""
    with (
        sandbox_process() as server,
        patch("tui_importer.engine.job.job.Journal", kind),
        closing(new_job(folder, rows, server["url"], server["key"])) as job,
    ):
        job.start()
        job.wait()
        ended = job.snapshot()
        assert (ended.state, ended.totals.created) == ("finished", rows), ended
        return rows / ended.seconds.import_


@contextmanager
def new_journal(folder: Path) -> Iterator[Journal]:
    """The journal of a job that has done nothing yet."""
    new_job(folder, 1).close()
    with closing(Journal(folder / "jobs" / "benchmark")) as journal:
        yield journal


def row_statements(row: int) -> tuple[Statement, Statement, Statement]:
    """What an import writes of one row, in order: the first two are waited for."""
    user, membership = f"user_01KBENCHMARK{row:015}", f"om_01KBENCHMARK{row:015}"
    return (
        statements.user_intended(row, time.time()),
        statements.user_known(row, user, How.CREATED, Flag.NONE, time.time()),
        statements.row_ended(row, Outcome.CREATED, membership, How.CREATED, Flag.NONE),
    )


def commit_waits(folder: Path, rows: int) -> tuple[float, list[float]]:
    """Rows a second that the journal takes from threads that wait, and the waits in milliseconds, sorted."""
    numbers = itertools.count(1)
    waits: list[float] = []

    def work() -> None:
        own = []
        while (row := next(numbers)) <= rows:
            user_intended, user_known, row_ended = row_statements(row)
            for entry in (user_intended, user_known):
                began = time.perf_counter()
                journal.submit(entry).wait()
                own.append(1e3 * (time.perf_counter() - began))
            journal.submit(row_ended)
        waits.extend(own)

    with new_journal(folder) as journal:
        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        journal.flush()
        seconds = time.perf_counter() - began
    return rows / seconds, sorted(waits)


def large(folder: Path, rows: int) -> tuple[int, float, float]:
    """Bytes of a finished job's journal, seconds to open it, seconds to count its rows by chunk."""
    with new_journal(folder) as journal:
        journal.update_job(rows=rows, chunk_size=CHUNK)
        for row in range(1, rows + 1):
            journal.submit(*row_statements(row))
            if row % 10_000 == 0:
                journal.flush()
    place = folder / "jobs" / "benchmark"
    began = time.perf_counter()
    with closing(Journal(place)) as journal:
        opened = time.perf_counter() - began
        began = time.perf_counter()
        assert sum(counts.rows for counts in journal.chunk_counts(CHUNK)) == rows
        counted = time.perf_counter() - began
    return (place / FILE).stat().st_size, opened, counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where the journals are, a temporary folder by default")
    parser.add_argument("--rows", type=int, default=5_000, help="rows of an import")
    parser.add_argument("--open-rows", type=int, default=1_000_000, help="rows of the large job")
    arguments = parser.parse_args()

    def fresh() -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(dir=arguments.folder)

    for name, kind in (("with the journal", Journal), ("with one that forgets", Forgetful)):
        with fresh() as folder:
            print(f"import {name:22} {import_rate(Path(folder), arguments.rows, kind):8,.0f} rows/s", flush=True)
    with fresh() as folder:
        rate, waits = commit_waits(Path(folder), 4 * arguments.rows)
    print(f"the journal alone             {rate:8,.0f} rows/s from {THREADS} threads")
    half, most = waits[len(waits) // 2], waits[int(0.99 * len(waits))]
    print(f"a commit, {THREADS} threads waiting    p50 {half:.1f} ms, p99 {most:.1f} ms", flush=True)
    with fresh() as folder:
        size, opened, counted = large(Path(folder), arguments.open_rows)
    print(f"size                          {size / arguments.open_rows / 10:8.1f} MB for 100,000 rows")
    print(f"opening {arguments.open_rows:,} rows       {opened:8.2f} s, counting them {counted:.2f} s")


if __name__ == "__main__":
    main()
