"""The journal through its public methods: conservation, order, durability, refusals."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journal.filled import failure, record
from tui_importer.journal import statements
from tui_importer.journal.errors import JobLocked, JournalCorrupt, JournalNewer, JournalUnwritable
from tui_importer.journal.journal import FILE, Journal, open_reader
from tui_importer.journal.lock import JobLock, is_locked
from tui_importer.journal.records import Flag, How, OrganizationRecord, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tui_importer.journal.writer import Statement


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    Journal.create(tmp_path, record())
    with closing(Journal(tmp_path)) as opened:
        yield opened


def test_a_new_journal_knows_its_job_and_no_rows(journal: Journal) -> None:
    assert journal.job() == record()
    assert journal.totals() == dict.fromkeys(Outcome, 0)
    assert journal.row(1) is None


def test_a_row_keeps_what_each_step_added(journal: Journal) -> None:
    journal.submit(statements.user_intended(1, 100.0)).wait()
    journal.submit(statements.user_intended(1, 200.0)).wait()
    journal.submit(statements.user_known(1, "user_1", How.CREATED, Flag.NONE, 300.0)).wait()
    journal.submit(statements.membership_intended(1, "user_1", 400.0)).wait()
    journal.submit(statements.row_ended(1, Outcome.CREATED, "om_1", How.CREATED, Flag.ROLE_DIFFERS)).wait()
    row = journal.row(1)
    assert row is not None
    assert (row.user_intent, row.membership_intent) == (100.0, 300.0), "the earliest intent decides on recovery"
    assert (row.user_id, row.user_how, row.membership_id) == ("user_1", How.CREATED, "om_1")
    assert row.flags == Flag.ROLE_DIFFERS
    assert row.outcome is Outcome.CREATED


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from(list(Outcome))), max_size=120))
def test_totals_are_the_rows_outcomes_whatever_happens_to_them(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, Outcome]]
) -> None:
    folder = tmp_path_factory.mktemp("totals")
    Journal.create(folder, record())
    with closing(Journal(folder)) as journal:
        last: dict[int, Outcome] = {}
        for row, outcome in changes:
            journal.submit(statements.row_ended(row, outcome, None, None, Flag.NONE))
            last[row] = outcome
        journal.flush()
        expected = {outcome: sum(value is outcome for value in last.values()) for outcome in Outcome}
        assert journal.totals() == expected
        counted = dict.fromkeys(Outcome, 0)
        for found in journal.chunk_counts(7):
            assert found.outcome is not None
            counted[found.outcome] += found.rows
        assert counted == expected


def test_statements_of_many_threads_are_all_committed_in_each_threads_order(journal: Journal) -> None:
    def work(number: int) -> None:
        for step in range(50):
            row = number * 100 + step
            journal.submit(statements.user_intended(row, float(step))).wait()
            journal.submit(statements.row_ended(row, Outcome.CREATED, None, None, Flag.NONE))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.flush()
    assert journal.totals()[Outcome.CREATED] == 600


def test_what_was_reported_durable_survives_kill_9(tmp_path: Path) -> None:
    Journal.create(tmp_path, record())
    script = f"""
import sys
from pathlib import Path
from tui_importer.journal.journal import Journal
from tui_importer.journal import statements
journal = Journal(Path({str(tmp_path)!r}))
row = 0
while True:
    row += 1
    journal.submit(statements.user_intended(row, 1.0)).wait()
    print(row, flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = 0
    for line in process.stdout:
        acknowledged = int(line)
        if acknowledged >= 200:
            break
    process.kill()
    rest, _ = process.communicate()
    acknowledged = int(rest.splitlines()[-1]) if rest.strip() else acknowledged
    with closing(Journal(tmp_path)) as journal:
        assert set(journal.rows(1, acknowledged)) == set(range(1, acknowledged + 1))


def test_a_failure_is_replaced_by_the_next_of_the_same_row_and_pages_by_sequence(journal: Journal) -> None:
    for row in (1, 2, 3):
        journal.submit(*statements.failed(failure(row)))
    journal.submit(*statements.failed(failure(2, "again")))
    journal.flush()
    found = journal.failures()
    assert [(f.row, f.message) for f in found] == [(1, "no"), (3, "no"), (2, "again")]
    assert [f.row for f in journal.failures(found[0].sequence)] == [3, 2]
    assert list(journal.failed_rows()) == [1, 2, 3]
    assert journal.most_frequent_failure() == ("refused", "again")


def test_organizations_keep_their_result_when_the_scan_is_repeated(journal: Journal) -> None:
    found = OrganizationRecord("external_id:a", "external_id", "a", "Acme", 3, 1)
    journal.add_organizations([found])
    journal.submit(
        *statements.organization_resolved("external_id:a", "org_1", "Acme", 0.2, created=True, uncertain=False)
    )
    journal.add_organizations([found])
    (kept,) = journal.organizations()
    assert (kept.state, kept.workos_id) == ("created", "org_1")
    assert journal.any_object() == ("organization", "org_1")


def test_a_second_holder_is_refused_and_learns_who_has_the_job(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tui_importer.journal.lock import JobLock; "
        f"lock = JobLock(Path({str(tmp_path)!r})); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "held\n"
        assert is_locked(tmp_path)
        with pytest.raises(JobLocked, match=f"process {process.pid} on "):
            JobLock(tmp_path)
        process.kill()
    assert not is_locked(tmp_path), "a dead process leaves no lock"
    JobLock(tmp_path).release()


def test_a_missing_a_foreign_a_damaged_and_a_newer_file_are_each_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalCorrupt, match="the file is missing"), open_reader(tmp_path):
        pass
    path = tmp_path / FILE
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(JournalCorrupt):
        Journal(tmp_path)
    path.unlink()
    with closing(sqlite3.connect(path)) as foreign:
        foreign.execute("CREATE TABLE something (x)")
    with pytest.raises(JournalCorrupt, match="not a journal"):
        Journal(tmp_path)
    path.unlink()
    Journal.create(tmp_path, record())
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalNewer, match="newer"), open_reader(tmp_path):
        pass


def test_a_full_disk_is_reported_to_the_waiter_and_nothing_queued_is_lost(tmp_path: Path) -> None:
    Journal.create(tmp_path, record())
    reported = threading.Event()
    journal = Journal(tmp_path, lambda _: reported.set())
    writing = journal._writer._connection
    (pages,) = writing.execute("PRAGMA page_count").fetchone()
    writing.execute(f"PRAGMA max_page_count = {pages + 2}")
    big = "x" * 4_000
    with pytest.raises(JournalUnwritable, match="full"):
        journal.submit(
            *[("INSERT INTO log (time, level, message) VALUES (1, 'info', ?)", (big,)) for _ in range(9)]
        ).wait()
    assert reported.wait(10)
    journal.submit(statements.row_ended(1, Outcome.CREATED, None, None, Flag.NONE))
    writing.execute("PRAGMA max_page_count = 1000000")
    deadline = time.monotonic() + 20
    while journal.totals()[Outcome.CREATED] != 1 and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert journal.totals()[Outcome.CREATED] == 1
    assert journal.last_log() == 9
    journal.close()


def test_submitting_after_close_is_refused(tmp_path: Path) -> None:
    Journal.create(tmp_path, record())
    journal = Journal(tmp_path)
    journal.close()
    statement: Statement = ("SELECT 1", ())
    with pytest.raises(JournalUnwritable):
        journal.submit(statement)
