"""Answers that nobody foresaw fail the row that they are about, never the job; ours to blame is what hits all rows."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import (
    IMPATIENT,
    assert_exact,
    connection_to,
    finish,
    open_job,
    person,
    reopen_job,
    with_workers,
    write_source,
)
from tui_importer.crash_report import write_crash
from tui_importer.engine.job.retry import Selection
from tui_importer.engine.job.store import Jobs
from tui_importer.engine.run import user_step
from tui_importer.engine.run.step_context import stamp_of
from tui_importer.sandbox.settings import Fault
from tui_importer.workos import decoding

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.sandbox.server import Sandbox
    from tui_importer.workos.models import User

ROWS = [person(n, n % 3) for n in range(20)]
OPTIONS = replace(with_workers(4), max_failed=None)
PATIENCE = replace(IMPATIENT, organization_lookup=0.2)
SECRET = "Zebra-crossing-47"


@pytest.mark.parametrize("kind", ["deep", "huge"])
@pytest.mark.parametrize("call", ["create_user", "create_membership", "create_organization"])
def test_an_answer_too_deep_or_too_large_fails_its_row_alone(
    tmp_path: Path, sandbox: Sandbox, kind: str, call: str
) -> None:
    sandbox.update(faults={kind: Fault(1, calls={call}, times=1 if kind == "deep" else 8)})
    with open_job(
        tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), OPTIONS, patience=PATIENCE, chunk_size=5
    ) as job:
        summary = finish(job)
        assert (summary.state, job.exit_code in {0, 1}) == ("finished", True), summary.reason
        failures = [each for each in job.failures_after(0) if each.kind != "organization_failed"]
        assert len(failures) <= 1
        if kind == "deep":
            assert (failures[0].status, failures[0].kind) == (422, "refused")
            assert len(failures[0].message) <= 500
        job.retry(Selection())
        assert finish(job).totals.created == len(ROWS)
    assert_exact(sandbox, ROWS)


class Poison:
    """Fails when the user of an address is read, as a mistake of ours would, as long as it is armed."""

    def __init__(self, patch: pytest.MonkeyPatch, is_poison: Callable[[str], bool], error: Exception) -> None:
        self.is_armed = True
        self.times = 0
        read = decoding.user

        def user(body: object) -> User:
            found = read(body)
            if self.is_armed and is_poison(found.email):
                self.times += 1
                raise error
            return found

        patch.setattr(decoding, "user", user)


def test_an_answer_that_was_not_understood_leaves_its_row_open_and_then_fails_it(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = Poison(monkeypatch, lambda email: email.startswith("user7@"), RuntimeError(SECRET))
    with open_job(
        tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), OPTIONS, patience=PATIENCE, chunk_size=5
    ) as job:
        summary = finish(job)
        assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", 19, 1)
        (failure,) = job.failures_after(0)
        assert (failure.kind, failure.step, failure.row) == ("internal_error", "user", 8)
        assert failure.message.startswith("unforeseen error: RuntimeError at test_poison_answers.py:")
        assert SECRET not in failure.message
        assert poison.times == 2, "after the write it is looked up before the row fails"
        detail = job.failure_detail(failure.sequence)
        assert "This program failed" in detail.meaning
        assert [attempt.message for attempt in detail.attempts] == ["unforeseen error: RuntimeError"]
        assert sandbox.snapshot(objects=False).asked("create_user") == 20

        poison.is_armed = False
        job.retry(Selection())
        summary = finish(job)
        assert (summary.totals.created, summary.users.created) == (20, 20), "what it had made counts as created"
    assert sandbox.snapshot(objects=False).asked("create_user") == 20
    assert_exact(sandbox, ROWS)


def test_an_error_after_an_answer_that_was_understood_fails_its_row_at_once(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:

    def broken(made: User) -> object:
        if made.email.startswith("user7@"):
            raise RecursionError(SECRET)
        return stamp_of(made)

    with open_job(
        tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), OPTIONS, patience=PATIENCE, chunk_size=5
    ) as job:
        with monkeypatch.context() as patch:
            patch.setattr(user_step, "stamp_of", broken)
            assert finish(job).totals.failed == 1
        asked = sandbox.snapshot(objects=False).asked("list_users")
        assert asked == 0, "nothing was in doubt"
        job.retry(Selection())
        assert finish(job).users.created == 20
    assert_exact(sandbox, ROWS)


def test_an_organization_fails_by_it_like_a_row(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = decoding.organization

    def organization(body: object) -> object:
        found = read(body)
        if found.external_id == "org-1":
            raise KeyError(SECRET)
        return found

    with open_job(
        tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), OPTIONS, patience=PATIENCE, chunk_size=5
    ) as job:
        with monkeypatch.context() as patch:
            patch.setattr(decoding, "organization", organization)
            summary = finish(job)
            assert (summary.state, summary.organizations.failed) == ("finished", 1)
            kinds = {failure.kind for failure in job.failures_after(0)}
            assert kinds == {"internal_error", "organization_failed"}
        job.retry(Selection())
        summary = finish(job)
        assert (summary.totals.created, summary.organizations.created) == (20, 3)
    assert_exact(sandbox, ROWS)


def test_three_in_a_row_stop_the_run_and_it_can_be_resumed(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = Poison(monkeypatch, lambda _: True, ZeroDivisionError(SECRET))
    with open_job(
        tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), with_workers(1), patience=PATIENCE, chunk_size=5
    ) as job:
        summary = finish(job)
        assert (summary.state, job.exit_code, summary.totals.failed) == ("paused", 70, 3)
        assert summary.reason.startswith("3 unforeseen errors one after the other: ZeroDivisionError at")
        poison.is_armed = False
        summary = finish(job)
        assert (summary.state, summary.totals.created, summary.totals.failed) == ("finished", 17, 3)
        job.retry(Selection())
        assert finish(job).users.created == 20
    assert_exact(sandbox, ROWS)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "full"), 70),
        (OSError(errno.EIO, "broken"), 70),
        (MemoryError(), 3),
        (OSError(errno.EMFILE, "too many"), 3),
        (RuntimeError("Too many open files (os error 24)"), 3),  # as a library says it
    ],
    ids=repr,
)
def test_what_is_wrong_with_the_machine_is_no_rows_fault(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    with open_job(
        tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), OPTIONS, patience=PATIENCE, chunk_size=5
    ) as job:
        with monkeypatch.context() as patch:
            Poison(patch, lambda email: email.startswith("user7@"), error)
            summary = finish(job)
        assert (summary.state, summary.totals.failed, job.exit_code) == ("paused", 0, code)
        assert finish(job).totals.created == 20
    assert_exact(sandbox, ROWS)


def test_the_crash_file_is_written_once_and_named_and_has_no_secret(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = {"user3@example.com", "user11@example.com"}
    rows = [person(n, password=SECRET) for n in range(20)]
    source = write_source(tmp_path / "users.csv", rows, (*rows[0], "role_slug"))
    name = recorded(tmp_path, sandbox, source)
    job = Jobs(tmp_path / "jobs", keep_in(tmp_path)).open(name, connection_to(sandbox, OPTIONS), OPTIONS)
    try:
        Poison(monkeypatch, poisoned.__contains__, RuntimeError(f"it was {SECRET}"))
        summary = finish(job)
        assert (summary.state, summary.totals.failed) == ("finished", 2)
        (file,) = tmp_path.glob("crash-*.txt")
        assert all(f"(crash file {file.name})" in failure.message for failure in job.failures_after(0))
        text = file.read_text(encoding="utf-8")
        assert "RuntimeError" in text
        assert SECRET not in text
    finally:
        job.close()


def recorded(folder: Path, sandbox: Sandbox, source: Path) -> str:
    with open_job(folder, sandbox, source, OPTIONS) as job:
        return job.name


def keep_in(folder: Path) -> Callable[[BaseException, Callable[[str], str]], str]:
    return lambda error, mask: write_crash(error, folder, mask).name


def test_a_row_that_is_open_when_the_process_ends_is_looked_up_on_resume(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_job(tmp_path, sandbox, write_source(tmp_path / "users.csv", ROWS), with_workers(1)) as job:
        name = job.name
        with monkeypatch.context() as patch:

            def stop(email: str) -> bool:
                if email.startswith("user7@"):
                    job.stop_now()
                    return True
                return False

            Poison(patch, stop, RuntimeError(SECRET))
            summary = finish(job)
        assert (summary.state, summary.totals.failed) == ("paused", 0)
        assert sandbox.snapshot(objects=False).counts["users"] == summary.totals.created + 1
    with reopen_job(tmp_path, sandbox, name) as job:
        assert finish(job).users.created == 20
    assert_exact(sandbox, ROWS)
