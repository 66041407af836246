"""How much of a server's limit the limiter reaches, and how many 429s it takes: python tests/benchmarks/limiter.py

Writes go through the real client to a sandbox that enforces a limit, in real time. `reached` is the share of what the
server allows in the time after the first window; `spread` is the difference between the busiest and the idlest thread.
Where the mean wait is near zero, the machine and not the limiter set the pace.
"""

from __future__ import annotations

import argparse
import itertools
import threading
import time
from dataclasses import dataclass
from statistics import mean

from tui_importer.sandbox.server import Sandbox
from tui_importer.sandbox.settings import SandboxSettings
from tui_importer.secret import Secret
from tui_importer.workos.connection import Connection
from tui_importer.workos.errors import Attempt, RateLimited
from tui_importer.workos.limits import Budget, RateLimiter


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
        refused = sandbox.picture(objects=False).rate_limited
    steady = [at for at in accepted if 10.0 <= at < seconds]
    reached = len(steady) / (case.settings.writes_per_10s / 10.0 * (seconds - 10.0))
    spread = (max(counts) - min(counts)) / max(counts)
    answered, waited = (mean(getattr(each, name) for each in attempts) * 1e3 for name in ("seconds", "waited"))
    return (
        f"{case.name:20} {len(accepted):6} accepted   reached {reached:6.1%}   429s {refused:3}   spread {spread:5.1%}"
        f"   answered in {answered:3.0f} ms after waiting {waited:3.0f} ms"
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
    seconds = parser.parse_args().seconds
    print(cost(100_000))
    for case in CASES:
        print(run(case, seconds), flush=True)


if __name__ == "__main__":
    main()
