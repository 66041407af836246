"""Another API key for a job: tested on the job's own objects before anything is sent with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import wait_until
from tests.support import UNLIMITED, assert_exact, finish, open_job, person, reopen_job, write_source
from tui_importer.engine.errors import KeyMismatch, NotNow
from tui_importer.engine.job.key_change import TriedKey
from tui_importer.engine.options import RunOptions
from tui_importer.engine.plan.plan import Environment
from tui_importer.sandbox.server import Sandbox
from tui_importer.secret import Secret
from tui_importer.workos.errors import KeyRejected

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.engine.job.job import Job

SECOND = Secret("sk_test_second_key")
SLOW = RunOptions(writes_per_10s=400, workers=2)
ROWS = [person(n, n % 3) for n in range(40)]


def lines(job: Job) -> list[str]:
    job._journal.flush()
    return [entry.message for entry in job.log_after(0)]


def test_a_running_job_goes_on_with_a_key_that_sees_its_objects(tmp_path: Path, sandbox: Sandbox) -> None:
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), SLOW, chunk_size=5) as job:
        job.start()
        wait_until(lambda: job.snapshot().totals.done > 3)
        first = job.connection.key
        with pytest.raises(KeyRejected):
            job.try_key(SECOND)
        assert job.connection.key is first, "a key that fails the test is not used"
        assert job.snapshot().state == "running"

        sandbox.set_key(SECOND.reveal())  # the first one is revoked: the job rests
        wait_until(lambda: job.snapshot().needs_key)
        assert job.snapshot().state == "paused"
        tried = job.try_key(SECOND)
        assert (tried.proven, tried.environment.name) == (True, "SANDBOX")
        job.use_key(tried)
        assert job.snapshot().key_hint == SECOND.hint
        summary = finish(job)
        assert not job.snapshot().needs_key
        said = [line for line in lines(job) if SECOND.hint in line]
        assert said == [f"Another key: {SECOND.hint}; it reads back this job's objects"]
        name = job.name
    assert (summary.totals.created, summary.totals.failed) == (40, 0)
    assert_exact(sandbox, ROWS)
    with reopen_job(tmp_path, sandbox, name) as job:
        assert job.snapshot().key_hint == SECOND.hint, "kept"


def test_the_key_is_replaced_under_a_running_job_without_a_pause(tmp_path: Path, sandbox: Sandbox) -> None:
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), SLOW, chunk_size=5) as job:
        job.start()
        wait_until(lambda: job.snapshot().totals.done > 3)
        tried = job.try_key(job.connection.key)
        assert tried.proven
        job.use_key(tried)
        assert job.snapshot().state == "running"
        job.use_key(replace(tried, key=SECOND))  # the server does not know it, so it answers the next requests with 401
        wait_until(lambda: job.snapshot().needs_key)
        assert 0 < job.snapshot().totals.done < 40
        job.use_key(tried)
        assert finish(job).totals.created == 40
    assert_exact(sandbox, ROWS)


def test_a_key_of_another_environment_is_refused(tmp_path: Path, sandbox: Sandbox) -> None:
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS[:6])) as job:
        finish(job)
        with Sandbox(UNLIMITED) as other:
            elsewhere = job.connection.with_key(Secret(other.key))
            elsewhere.base = type(elsewhere.base).parse(other.url)
            job.connection.base = elsewhere.base
            with pytest.raises(KeyMismatch, match="another environment"):
                job.try_key(Secret(other.key))


def test_a_running_job_without_objects_takes_no_other_key(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.update(latency=0.5)  # an organization is looked up before it is created
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS[:6])) as job:
        tried = TriedKey(SECOND, Environment("PRODUCTION", SECOND.hint, sandbox.url), proven=False)
        job.start()
        with pytest.raises(NotNow, match="no objects yet"):
            job.try_key(job.connection.key)
        with pytest.raises(KeyRejected):
            job.use_key(tried)
        assert job.connection.key == Secret(sandbox.key)
        sandbox.update(latency=0.0)
        assert job.wait(60)


def test_a_key_that_was_not_proved_is_tested_again_when_it_is_used(tmp_path: Path, sandbox: Sandbox) -> None:
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS[:6])) as job:
        finish(job)
        before = job.connection.key
        with pytest.raises(KeyRejected):
            job.use_key(TriedKey(SECOND, Environment("PRODUCTION", SECOND.hint, sandbox.url), proven=False))
        assert job.connection.key is before
        assert job.snapshot().environment == "SANDBOX"


def test_without_objects_the_environment_is_named_and_nothing_is_proved(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.seed_organization("Acme")
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS[:6])) as job:
        job.prepare()
        assert job.wait(60)
        tried = job.try_key(job.connection.key)
        assert not tried.proven
        assert (tried.environment.name, tried.environment.organizations) == ("SANDBOX", ("Acme",))
        with pytest.raises(KeyRejected, match="characters that no key has"):
            job.try_key(Secret("sk test"))
        assert all(call.startswith(("get", "list")) for call in sandbox.snapshot(objects=False).requests)
