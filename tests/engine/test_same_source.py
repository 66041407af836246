"""Two jobs of one source that were recorded all the same: the later one is refused before its first write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import assert_exact, finish, open_job, person, write_source
from tui_importer.engine.errors import JobUnfinished
from tui_importer.engine.job import store

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tui_importer.sandbox.server import Sandbox

ROWS = [person(number, number % 3) for number in range(12)]


def test_the_later_of_two_copies_is_refused_after_its_scan(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (write_source(tmp_path / name, ROWS) for name in ("a.csv", "b.csv"))
    monkeypatch.setattr(store, "refuse_second", lambda *_: None)  # as if both had been recorded at one moment
    with open_job(tmp_path, sandbox, first) as earlier, open_job(tmp_path, sandbox, second) as later:
        later.start()
        assert later.wait(60)
        assert isinstance(later.error, JobUnfinished)
        assert earlier.name in later.error.message
        assert later.exit_code == 2
        assert not sandbox.state.users
        assert finish(earlier).totals.created == len(ROWS)
    assert_exact(sandbox, ROWS)


def test_a_copy_with_another_content_is_another_source(tmp_path: Path, sandbox: Sandbox) -> None:
    first = write_source(tmp_path / "a.csv", ROWS)
    second = write_source(tmp_path / "b.csv", [row | {"first_name": "Eva"} for row in ROWS[:-1]] + ROWS[-1:])
    assert first.stat().st_size == second.stat().st_size
    with open_job(tmp_path, sandbox, first), open_job(tmp_path, sandbox, second) as job:
        assert finish(job).totals.created == len(ROWS)


def test_a_file_that_was_edited_is_another_source_although_its_size_is_the_same(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    source = write_source(tmp_path / "users.csv", ROWS)
    with open_job(tmp_path, sandbox, source) as job:
        job.start(2)
        assert job.wait(60)
    source.write_text(source.read_text(encoding="utf-8").replace("user3@", "user7@"), encoding="utf-8")
    with open_job(tmp_path, sandbox, source) as other:
        assert other.error is None
