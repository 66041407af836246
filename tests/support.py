"""What tests of the engine share: sources, a sandbox, jobs on it, and the comparison with the server's truth."""

from __future__ import annotations

import csv
import json
import random
import threading
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from tui_importer.engine.job.store import Jobs
from tui_importer.engine.options import FrozenOptions, NewJob, RunOptions
from tui_importer.engine.service.timeouts import Patience
from tui_importer.engine.snapshot.invariants import disorder
from tui_importer.report.summary import summary_of
from tui_importer.sandbox.settings import SandboxSettings
from tui_importer.secret import Secret
from tui_importer.workos.connection import ANSWER_SECONDS, Connection
from tui_importer.workos.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tui_importer.engine.job.job import Job
    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.report.summary import Summary
    from tui_importer.sandbox.server import Sandbox

COLUMNS = (
    "email", "first_name", "last_name", "email_verified", "external_id", "metadata", "org_external_id", "org_name",
    "role_slug",
)  # fmt: skip
UNLIMITED = SandboxSettings(writes_per_10s=0, reads_per_10s=0)
FAST = RunOptions(writes_per_10s=0, workers=8)
JOB_SECONDS = 120.0
IMPATIENT = Patience(
    organization_lookup=6.0,
    organization_search=1.0,
    user_lookup=2.0,
    membership_lookup=2.0,
    first_poll=0.05,
    longest_poll=0.2,
    first_backoff=0.02,
    longest_backoff=0.2,
    probe_longest=0.5,
)
"""For tests against a local server."""


def person(number: int, organization: int | None = None, **cells: str) -> dict[str, str]:
    """A row: person `number`, in an organization or none."""
    row = {
        "email": f"user{number}@example.com",
        "first_name": "Ada",
        "last_name": f"Person {number}",
        "external_id": f"legacy-{number}",
    }
    if organization is not None:
        row |= {"org_external_id": f"org-{organization}", "org_name": f"Organization {organization}"}
    return row | cells


def write_source(path: Path, rows: Iterable[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> Path:
    """Write a CSV of these rows."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_large_source(path: Path, rows: int = 14_997, organizations: int = 152) -> Path:
    """Write the size of file that migrations have: about 19 MB, its organizations spread over the whole file."""
    rng = random.Random(20)
    weights = [1 / (rank + 1) ** 0.6 for rank in range(organizations)]
    numbers = rng.choices(range(organizations), weights, k=rows)
    note = "".join(rng.choices("abcdefghij klmnop,qrst", k=500))

    def make(number: int, organization: int) -> dict[str, str]:
        padding = {"note_0": note, "note_1": note[::-1], "note_2": note[:85]}
        metadata = json.dumps({"plan": "team", "legacy_id": str(number), **padding})
        return person(number, organization, email_verified="true", metadata=metadata, role_slug="member")

    return write_source(path, (make(number, organization) for number, organization in enumerate(numbers)))


class Server(Protocol):
    """Where a job goes: the sandbox, or another server that speaks the API."""

    @property
    def url(self) -> str: ...

    @property
    def key(self) -> str: ...


@contextmanager
def open_job(
    folder: Path,
    server: Server,
    source: Path,
    options: RunOptions = FAST,
    *,
    patience: Patience = IMPATIENT,
    answer_seconds: float = ANSWER_SECONDS,
    **frozen: Any,  # noqa: ANN401 - fields of FrozenOptions
) -> Iterator[Job]:
    """A new job on the server, closed at the end."""
    jobs = Jobs(folder / "jobs")
    new = NewJob(source, jobs.default_name(source), FrozenOptions(base_url=server.url, **frozen), options)
    connection = connection_to(server, options, answer_seconds)
    job = jobs.create(new, connection, patience=patience)
    with closing(job), conserved(job):
        yield job


@contextmanager
def reopen_job(
    folder: Path, server: Server, name: str, options: RunOptions = FAST, patience: Patience = IMPATIENT
) -> Iterator[Job]:
    """A job that exists, opened as another process would."""
    job = Jobs(folder / "jobs").open(name, connection_to(server, options), options, patience)
    with closing(job), conserved(job):
        yield job


@contextmanager
def conserved(job: Job) -> Iterator[None]:
    """Look at snapshots all the time: in none of them may a row be lost, counted twice, or come back."""
    before: list[Snapshot] = []
    broken: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not broken:
            found = job.snapshot()
            broken.extend(disorder(found))
            if before:
                broken.extend(losses(before[-1], found))
            before[:] = [found]
            if over.wait(0.01):
                return

    watcher = threading.Thread(target=watch, name="conserved")
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    assert not broken, (broken, before)


def losses(before: Snapshot, now: Snapshot) -> Iterator[str]:
    """What went missing between two snapshots of one run."""
    if not before.totals.rows:
        return
    if now.totals.rows != before.totals.rows:
        yield "the number of rows has changed"
    for name in ("created", "existing", "skipped"):  # failed ones may be tried again
        if getattr(now.totals, name) < getattr(before.totals, name):
            yield f"{name} rows became fewer"


def connection_to(server: Server, options: RunOptions = FAST, answer_seconds: float = ANSWER_SECONDS) -> Connection:
    """A connection as the command line makes it."""
    limiter = RateLimiter(writes_per_10s=options.writes_per_10s, share=options.share)
    return Connection(server.url, Secret(server.key), limiter, answer_seconds=answer_seconds)


def finish(job: Job) -> Summary:
    """Start the job, wait until it rests, check that rows are conserved, return its journal's summary."""
    job.start()
    assert job.wait(JOB_SECONDS), f"the job did not come to rest: {job.snapshot()}"
    return settled_summary(job)


def settled_summary(job: Job) -> Summary:
    """The journal's summary of a job at rest; memory and journal agree and no row is lost."""
    job._journal.flush()
    summary = summary_of(job._folder)
    snapshot = job.snapshot()
    assert snapshot.totals == summary.totals, f"{snapshot.totals} {summary}"
    assert snapshot.users == summary.users
    assert snapshot.memberships == summary.memberships
    totals = summary.totals
    assert totals.rows == totals.created + totals.existing + totals.failed + totals.skipped + totals.pending
    assert sum(chunk.done for chunk in snapshot.chunks) == totals.done
    assert sum(chunk.rows for chunk in snapshot.chunks) == totals.rows
    if summary.state == "finished":
        assert totals.pending == 0
    return summary


def memberships_on(sandbox: Sandbox) -> Counter[tuple[str, str]]:
    """(e-mail, organization's external id or name) of every membership the server has."""
    state = sandbox.state
    users = {user["id"]: str(user["email"]) for user in state.users}
    organizations = {o["id"]: str(o.get("external_id") or o["name"]) for o in state.organizations}
    return Counter((users[m["user_id"]], organizations[m["organization_id"]]) for m in state.memberships)


def memberships_in(rows: Iterable[Mapping[str, str]]) -> Counter[tuple[str, str]]:
    """The same for a source: each pair once."""
    return Counter({(row["email"].lower(), row["org_external_id"]): 1 for row in rows if row.get("org_external_id")})


def assert_exact(sandbox: Sandbox, rows: Sequence[Mapping[str, str]]) -> None:
    """The server has each user, organization and membership of the source exactly once, and nothing else."""
    state = sandbox.state
    assert Counter(str(user["email"]) for user in state.users) == Counter({row["email"].lower(): 1 for row in rows})
    organizations = {row["org_external_id"] for row in rows if row.get("org_external_id")}
    assert Counter(o.get("external_id") for o in state.organizations) == Counter(dict.fromkeys(organizations, 1))
    assert memberships_on(sandbox) == memberships_in(rows)


def with_workers(workers: int, options: RunOptions = FAST) -> RunOptions:
    """Other options with this number of workers."""
    return replace(options, workers=workers)
