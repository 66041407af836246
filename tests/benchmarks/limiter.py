"""How much of a server's limit the limiter reaches, and how many 429s it takes: python tests/benchmarks/limiter.py

Writes go through the real client to a sandbox that enforces a limit, in real time. `reached` is the share of what the
server allows in the time after the first window; `spread` is the difference between the busiest and the idlest thread.
Where the mean wait is near zero, the machine and not the limiter set the pace. The last lines are of whole jobs: scan,
pre-warm, and an import by as many workers as the engine chooses.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from tui_importer.engine.job.store import Jobs
from tui_importer.engine.options import FrozenOptions, NewJob, RunOptions
from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import SandboxSettings
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.errors import Attempt, RateLimited
from tui_importer.workos.rate_limiter import Budget, RateLimiter


@dataclass(frozen=True)
class Case:
    name: str
    settings: SandboxSettings
    threads: int


def settings(*, allowed: int = 500, latency: float = 0.2, jitter: float = 0.0, fixed: bool = False) -> SandboxSettings:
    return SandboxSettings(
        writes_per_10s=allowed, latency=latency, jitter=jitter, window_kind="fixed" if fixed else "sliding", seed=1
    )


CASES = (
    Case("sliding, 200 ms", settings(), 16),
    Case("sliding, 10-400 ms", settings(latency=0.205, jitter=0.195), 32),
    Case("fixed, 200 ms", settings(fixed=True), 16),
    Case("fixed, 10-400 ms", settings(latency=0.205, jitter=0.195, fixed=True), 32),
    Case("sliding, allows 400", settings(allowed=400), 16),
    Case("fixed, allows 400", settings(allowed=400, fixed=True), 16),
)

ENGINE_CASES = (
    Case("a job, 200 ms", settings(), 0),
    Case("a job, 10-400 ms", settings(latency=0.205, jitter=0.195), 0),
    Case("a job, allows 400", settings(allowed=400), 0),
    Case("a job, allows 200", settings(allowed=200), 0),
)


def run(case: Case, seconds: float) -> str:
    numbers = itertools.count()
    accepted: list[float] = []
    counts = [0] * case.threads
    limiter = RateLimiter(share=100)
    with Sandbox(case.settings) as sandbox:
        attempts: list[Attempt] = []
        connection = Connection(sandbox.url, Secret(sandbox.key), limiter, observe=attempts.append)
        began = time.monotonic()

        def work(thread: int) -> None:
            with connection.client() as client:
                while time.monotonic() - began < seconds:
                    try:
                        client.create_user({"email": f"user{next(numbers)}@example.com"})
                    except RateLimited:
                        continue
                    accepted.append(time.monotonic() - began)
                    counts[thread] += 1

        threads = [threading.Thread(target=work, args=(number,)) for number in range(case.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = sandbox.snapshot(objects=False).rate_limited
    steady = [at for at in accepted if 10.0 <= at < seconds]
    reached = len(steady) / (case.settings.writes_per_10s / 10.0 * (seconds - 10.0))
    spread = (max(counts) - min(counts)) / max(counts)
    answered, waited = (mean(getattr(each, name) for each in attempts) * 1e3 for name in ("seconds", "waited"))
    return (
        f"{case.name:20} {len(accepted):6} accepted   reached {reached:6.1%}   429s {refused:3}   spread {spread:5.1%}"
        f"   answered in {answered:3.0f} ms after waiting {waited:3.0f} ms"
    )


def run_engine(case: Case, seconds: float) -> str:
    """A job with more rows (two writes each) than the server takes in that time: its end, when workers run out of
    rows, says nothing about the limiter."""
    rows = int(case.settings.writes_per_10s / 10.0 * (seconds + 30.0) / 2)
    with Sandbox(case.settings) as sandbox, tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "users.csv")
        lines = (f"user{n}@example.com,org-{n % 20},Organization {n % 20}" for n in range(rows))
        source.write_text("\n".join(["email,org_external_id,org_name", *lines]))
        connection = Connection(sandbox.url, Secret(sandbox.key), RateLimiter(share=100))
        new = NewJob(source, "benchmark", FrozenOptions(base_url=sandbox.url), RunOptions(share=100))
        with closing(Jobs(Path(folder, "jobs")).create(new, connection)) as job:
            job.start()
            while job.snapshot().seconds.import_ < seconds:
                job.wait(0.1)
            ended = job.snapshot()
        asked = sandbox.requests(100_000)
        refused = sandbox.snapshot(objects=False).rate_limited
    times = sorted(each.at for each in asked if each.applied and each.call in {"create_user", "create_membership"})
    steady = [at for at in times if 10.0 <= at - times[0] < seconds]
    reached = len(steady) / (case.settings.writes_per_10s / 10.0 * (seconds - 10.0))
    return (
        f"{case.name:20} {len(times):6} accepted   reached {reached:6.1%}   429s {refused:3}"
        f"   {ended.totals.failed} rows failed   {ended.workers_wanted} workers"
    )


def cost(calls: int) -> str:
    """The limiter's own cost, nobody waiting."""
    limiter = RateLimiter(writes_per_10s=10_000_000)
    began = time.perf_counter()
    for _ in range(calls):
        limiter.acquire(Budget.READS)
    return f"{(time.perf_counter() - began) / calls * 1e6:.1f} us a call that does not wait"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each case, more than 10")
    parser.add_argument("--jobs-only", action="store_true", help="whole jobs only")
    arguments = parser.parse_args()
    seconds = arguments.seconds
    print(cost(100_000))
    for case in () if arguments.jobs_only else CASES:
        print(run(case, seconds), flush=True)
    for case in ENGINE_CASES:
        print(run_engine(case, seconds), flush=True)


if __name__ == "__main__":
    main()
