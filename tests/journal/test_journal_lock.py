"""A job's lock: held by one process at a time, whatever becomes of its file."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tui_importer.journal.errors import JobLocked
from tui_importer.journal.lock import LOCK, JobLock, is_locked

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("content", [b"", b"\xff\x00garbage", b'{"pid": "x"}', b'{"host": "h", "pid": 1}', b"[]"])
def test_a_lock_file_that_nobody_holds_is_no_obstacle_whatever_is_in_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LOCK).write_bytes(content)
    assert not is_locked(tmp_path)
    lock = JobLock(tmp_path)
    assert is_locked(tmp_path)
    lock.release()
    assert not is_locked(tmp_path)


def test_deleting_the_lock_file_lets_nobody_in(tmp_path: Path) -> None:
    lock = JobLock(tmp_path)
    (tmp_path / LOCK).unlink()
    assert is_locked(tmp_path)
    with pytest.raises(JobLocked, match="open in another process"):
        JobLock(tmp_path)
    lock.release()
    JobLock(tmp_path).release()


def test_somebody_who_only_asks_keeps_nobody_out(tmp_path: Path) -> None:
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            is_locked(tmp_path)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(50):
            JobLock(tmp_path).release()
    finally:
        over.set()
        asking.join()
