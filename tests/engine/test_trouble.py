"""What stops a job, or holds it up, through no fault of a row: the key, permissions, the service, a whole column."""

from __future__ import annotations

import socket
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.engine.faulty import QUICK
from tests.engine.test_limits import most_at_once
from tests.support import (
    COLUMNS,
    IMPATIENT,
    UNLIMITED,
    assert_exact,
    finish,
    open_job,
    person,
    settled_summary,
    write_source,
)
from tui_importer.engine.options import RunOptions
from tui_importer.sandbox.routes import CALLS
from tui_importer.sandbox.settings import Fault
from tui_importer.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tui_importer.engine.job.job import Job
    from tui_importer.sandbox.server import Sandbox
    from tui_importer.sandbox.settings import SandboxSettings
    from tui_importer.sandbox.stats import Asked

OPTIONS = RunOptions(workers=4, prewarm_concurrency=4, writes_per_10s=0)
THREADS = 4
PATIENCE = replace(IMPATIENT, organization_lookup=0.3)
"""A refused call has an open intent, too: its effect is looked for this long."""


@pytest.fixture
def sandbox_settings() -> SandboxSettings:
    return replace(UNLIMITED, latency=0.005)


def log_of(job: Job) -> list[str]:
    job._journal.flush()
    return [entry.message for entry in job.log_after(0)]


def assert_paused_by_the_key(job: Job, reason: str) -> None:
    now = settled_summary(job)
    assert (now.state, now.reason, job.exit_code) == ("paused", reason, 4)
    assert job.snapshot().next_step
    assert (now.totals.failed, now.organizations.failed) == (0, 0)
    assert job.failures_after(0) == []


class TestKey:
    @pytest.mark.parametrize(("phase", "accepted"), [("scan", 15), ("prewarm", 15), ("import", 70)])
    def test_a_revoked_key_stops_the_job_at_once_and_only_another_that_is_valid_goes_on(
        self, tmp_path: Path, sandbox: Sandbox, phase: str, accepted: int
    ) -> None:
        rows = [person(n, n % 20) for n in range(40)]
        sandbox.update(revoke_after=accepted)
        source = write_source(tmp_path / "users.csv", rows)
        with open_job(tmp_path, sandbox, source, OPTIONS, patience=PATIENCE, chunk_size=5) as job:
            (job.prepare if phase == "scan" else job.start)()
            assert job.wait(60)
            assert_paused_by_the_key(job, "key rejected")
            assert job.snapshot().phase == phase
            assert 1 <= sandbox.snapshot(objects=False).unauthorized <= THREADS

            asked = sandbox.snapshot(objects=False).total
            sandbox.set_key("sk_test_second_key")
            job.set_key(Secret("sk_test_mistyped"))
            job.start()
            assert job.wait(60)
            assert_paused_by_the_key(job, "key rejected")
            assert sandbox.snapshot(objects=False).total == asked + 1, "a new key is tried by one harmless request"

            job.set_key(Secret("sk_test_second_key"))
            assert finish(job).totals.created == 40
            assert job.exit_code == 0
        assert_exact(sandbox, rows)
        assert sandbox.snapshot(objects=False).conflicts == {}

    @pytest.mark.parametrize(
        "call",
        [
            "get_organization_by_external_id", "create_organization", "create_user", "create_membership",
            "list_memberships",
        ],
    )  # fmt: skip
    def test_a_missing_permission_is_named_and_once_it_is_given_the_job_goes_on(
        self, tmp_path: Path, sandbox: Sandbox, call: str
    ) -> None:
        rows = [person(n, n % 6) for n in range(40)]
        for n in range(30, 40):
            sandbox.seed_user(f"user{n}@example.com")  # memberships of people who were there are listed
        sandbox.update(forbidden={call})
        source = write_source(tmp_path / "users.csv", rows)
        with open_job(tmp_path, sandbox, source, OPTIONS, patience=PATIENCE, chunk_size=5) as job:
            job.start()
            assert job.wait(60)
            assert_paused_by_the_key(job, f"permission missing: {call.replace('_', ' ')}")
            assert "403" in job.snapshot().next_step
            assert 1 <= sandbox.snapshot(objects=False).asked(call, 403) <= THREADS
            sandbox.update(forbidden=())
            summary = finish(job)
        assert (summary.totals.created, summary.totals.failed, summary.users.existing) == (40, 0, 10)
        assert_exact(sandbox, rows)

    def test_a_permission_missing_for_the_plan_is_named_too(self, tmp_path: Path, sandbox: Sandbox) -> None:
        rows = [person(n, n % 6) for n in range(12)]
        sandbox.update(forbidden={"get_organization_by_external_id"})
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), OPTIONS) as job:
            job.prepare()
            assert job.wait(60)
            assert_paused_by_the_key(job, "permission missing: get organization by external id")
            sandbox.update(forbidden=())
            job.prepare()
            assert job.wait(60)
            assert (job.snapshot().state, job.error) == ("ready", None)


class TestBreaker:
    def test_a_role_that_is_deleted_meanwhile_pauses_the_job_which_goes_on_when_it_is_back(
        self, tmp_path: Path, sandbox: Sandbox
    ) -> None:
        rows = [person(n, n % 3, role_slug="admin") for n in range(250)]
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), OPTIONS, chunk_size=10) as job:
            job.start()
            wait_until(lambda: job.snapshot().totals.done >= 60)
            sandbox.update(roles=("member",))
            assert job.wait(60)
            paused = settled_summary(job)
            assert (paused.state, job.exit_code) == ("paused", 3)
            assert paused.reason.startswith("too many failures: 1")
            assert "most often invalid_role (" in paused.reason
            assert 6 <= paused.totals.failed <= 40, "about a tenth of the rows until then"
            assert {failure.kind for failure in job.failures_after(0)} == {"invalid_role"}
            sandbox.update(roles=("member", "admin"))
            ended = finish(job)
        assert (ended.state, ended.totals.failed) == ("finished", paused.totals.failed), "the window is empty again"
        assert ended.totals.created == 250 - paused.totals.failed
        assert sandbox.snapshot(objects=False).counts["users"] == 250

    def test_a_bad_column_pauses_the_job_after_fifty_rows_and_says_why(self, tmp_path: Path, sandbox: Sandbox) -> None:
        rows = [person(n, n % 3) | {"password": "short"} for n in range(300)]
        source = write_source(tmp_path / "users.csv", rows, (*COLUMNS, "password"))
        with open_job(tmp_path, sandbox, source, OPTIONS, chunk_size=10) as job:
            paused = finish(job)
            assert (paused.state, job.exit_code) == ("paused", 3)
            assert paused.reason.startswith("too many failures: 100 % of the last rows, most often password_too_short")
            assert 50 <= paused.totals.failed < 50 + THREADS
            assert job.snapshot().next_step == "Look at the errors, correct the cause, then resume."
        assert sandbox.snapshot(objects=False).counts["users"] == 0

    def test_rows_that_the_scan_refuses_stop_nothing(self, tmp_path: Path, sandbox: Sandbox) -> None:
        """The plan has said how many they are before anybody agreed to it; the limit is for surprises."""
        rows = [person(n, n % 3) | ({"email": f"broken {n}"} if n % 2 else {}) for n in range(200)]
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), OPTIONS, chunk_size=10) as job:
            ended = finish(job)
            assert {failure.kind for failure in job.failures_after(0)} == {"email_malformed"}
        assert (ended.state, ended.totals.created, ended.totals.failed) == ("finished", 100, 100)


def run_into_trouble(job: Job, cause: str) -> None:
    """Wait until the job backs off, and for a few probes more."""
    wait_until(lambda: cause in job.snapshot().backing_off)
    tried = job.snapshot().requests.retries
    wait_until(lambda: job.snapshot().requests.retries >= tried + 3)
    assert job.snapshot().state == "running"


def are_probes(last: Sequence[Asked], fault: str) -> bool:
    """Whether these requests met the fault, one at a time.

    Not so with those that were sent before the gate closed, and may arrive late.
    """
    return {asked.fault for asked in last} == {fault} and most_at_once(last, CALLS) == 1


class TestService:
    @pytest.mark.parametrize(
        ("kind", "cause"),
        [
            ("503", "503"),
            ("no_answer", "127.0.0.1"),
            pytest.param("html", "502", marks=pytest.mark.long),
            pytest.param("drop_before", "127.0.0.1", marks=pytest.mark.long),
        ],
    )
    def test_a_service_in_trouble_is_probed_one_request_at_a_time_until_it_answers_again(
        self, tmp_path: Path, sandbox: Sandbox, kind: str, cause: str
    ) -> None:
        rows = [person(n, n % 3) for n in range(60)]
        source = write_source(tmp_path / "users.csv", rows)
        with open_job(tmp_path, sandbox, source, OPTIONS, chunk_size=5, answer_seconds=0.3) as job:
            job.start()
            wait_until(lambda: job.snapshot().totals.done >= 10)
            sandbox.update(faults={kind: 1})
            wait_until(lambda: cause in job.snapshot().backing_off)
            wait_until(lambda: are_probes(sandbox.requests(8), kind), 30)
            wait_until(lambda: any(line.startswith("Nothing succeeds (") and cause in line for line in log_of(job)))
            assert job.snapshot().state == "running"
            sandbox.update(faults={})
            assert job.wait(60), "it does not go on by itself"
            summary = settled_summary(job)
            assert "The service answers again" in log_of(job)
        assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", 60, 0)
        assert_exact(sandbox, rows)

    def test_rows_that_the_scan_refuses_are_no_success_of_the_service(self, tmp_path: Path, sandbox: Sandbox) -> None:
        """Between rows that wait for the service they end one by one, and each would begin the patience afresh."""
        rows = [person(n) | ({"email": f"broken {n}"} if n % 2 else {}) for n in range(80)]
        options = replace(OPTIONS, workers=1, give_up_after=0.5 / 60)
        source = write_source(tmp_path / "users.csv", rows)
        with open_job(tmp_path, sandbox, source, options, patience=QUICK, chunk_size=80) as job:
            job.prepare()
            assert job.wait(60)
            sandbox.update(faults={"503": 1})
            paused = finish(job)
            assert paused.reason == "service unavailable: 503"
            assert 0 < paused.totals.failed < 40, "the others wait, too"
            sandbox.update(faults={})
            ended = finish(job)
        assert (ended.state, ended.totals.created, ended.totals.failed) == ("finished", 40, 40)

    def test_a_network_that_is_gone_is_waited_for(self, tmp_path: Path, sandbox: Sandbox) -> None:
        rows = [person(n, n % 3) for n in range(60)]
        with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", rows), OPTIONS, chunk_size=5) as job:
            job.start()
            wait_until(lambda: job.snapshot().totals.done >= 10)
            sandbox.close()
            run_into_trouble(job, "No connection")
            sandbox.start()
            assert job.wait(60)
            assert settled_summary(job).totals.created == 60
        assert_exact(sandbox, rows)

    def test_a_name_that_does_not_resolve_is_waited_for_but_refused_at_the_beginning(
        self, tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows = [person(n, n % 3) for n in range(60)]
        by_name = ByName(sandbox.url.replace("127.0.0.1", "localhost"), sandbox.key)
        with open_job(tmp_path, by_name, write_source(tmp_path / "users.csv", rows), OPTIONS, chunk_size=5) as job:
            with monkeypatch.context() as patched:
                patched.setattr(socket, "getaddrinfo", unresolved)
                job.prepare()
                assert job.wait(60)
                assert (job.snapshot().state, job.exit_code) == ("paused", 2)
                assert "Name or service not known" in job.snapshot().reason
            job.start()
            wait_until(lambda: job.snapshot().totals.done >= 10)
            with monkeypatch.context() as patched:
                patched.setattr(socket, "getaddrinfo", unresolved)
                sandbox.close()
                sandbox.start()  # connections that stood are gone
                run_into_trouble(job, "No connection")
            assert job.wait(60)
            assert settled_summary(job).totals.created == 60
        assert_exact(sandbox, rows)

    @pytest.mark.parametrize(("phase", "kind"), [("scan", "503"), ("prewarm", "503"), ("import", "no_answer")])
    def test_when_patience_ends_the_job_pauses_and_no_row_has_failed(
        self, tmp_path: Path, sandbox: Sandbox, phase: str, kind: str
    ) -> None:
        rows = [person(n, n % 20) for n in range(60)]
        options = replace(OPTIONS, give_up_after=0.5 / 60)
        source = write_source(tmp_path / "users.csv", rows)
        with open_job(tmp_path, sandbox, source, options, chunk_size=5, answer_seconds=0.2) as job:
            if phase != "import":
                sandbox.update(faults={kind: Fault(1, calls={"get_organization_by_external_id"})})
            (job.prepare if phase == "scan" else job.start)()
            if phase == "import":
                wait_until(lambda: job.snapshot().totals.done >= 10)
                sandbox.update(faults={kind: 1})
            assert job.wait(30)
            paused = settled_summary(job)
            assert (paused.state, job.snapshot().phase) == ("paused", phase)
            assert job.exit_code == (2 if phase == "scan" else 3)
            assert paused.reason.startswith("service unavailable: ")
            assert (paused.totals.failed, paused.organizations.failed) == (0, 0)
            sandbox.update(faults={})
            assert finish(job).totals.created == 60
        assert_exact(sandbox, rows)


@dataclass(frozen=True)
class ByName:
    """The sandbox by a name that must be resolved."""

    url: str
    key: str


def unresolved(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_trouble_that_ends_with_a_refusal_of_the_first_question_is_over(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [person(n, n % 3) for n in range(12)]
    source = write_source(tmp_path / "users.csv", rows)
    sandbox.update(send_date=False)  # the server's time is asked for before every run
    options = replace(OPTIONS, give_up_after=0.5)  # minutes
    with open_job(tmp_path, sandbox, source, options, patience=PATIENCE, chunk_size=5) as job:
        job.prepare()
        assert job.wait(60)
        asked = {"list_organizations"}
        sandbox.update(faults={"503": Fault(1, calls=asked)})
        job.start()
        wait_until(lambda: job.snapshot().backing_off)
        sandbox.update(faults={"deep": Fault(1, calls=asked)})
        assert job.wait(60)
        summary = settled_summary(job)
        assert (summary.state, summary.totals.created) == ("finished", 12)
    assert sandbox.snapshot(objects=False).faults["deep"] >= 1
    assert_exact(sandbox, rows)
