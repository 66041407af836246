"""A journal with something of everything, and all questions to it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from tui_importer.journal import statements
from tui_importer.journal.errors import JournalCorrupt, JournalNewer
from tui_importer.journal.journal import Journal
from tui_importer.journal.records import FailedAttempt, Failure, Flag, How, JobRecord, OrganizationRecord, Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.journal.reader import Reader


ROWS = 400


def record(name: str = "job") -> JobRecord:
    return JobRecord(
        name=name, source="users.csv", created_at=1.0, updated_at=1.0, environment="SANDBOX", key_hint="sk_…",
        key_salt="salt", key_hash="hash", frozen_options="{}", run_options="{}", size=10, mtime_ns=1, sha256=None,
        rows=1_000_000, chunk_size=None, state="ready", phase="scan", reason="", next_step="", seconds_scan=0.0,
        seconds_prewarm=0.0, seconds_import=0.0,
    )  # fmt: skip


def failure(row: int, message: str = "no") -> Failure:
    return Failure(row, None, 1.0, row + 1, f"u{row}@x.com", "Acme", "user", "refused", 400, message, "req_1", message)


def fill(journal: Journal) -> None:
    """Something of everything, on many pages."""
    for row in range(1, ROWS + 1):
        journal.submit(statements.user_intended(row, 1_700_000_000.0 + row))
        journal.submit(statements.user_known(row, f"user_{row:026}", How.CREATED, Flag.NONE, 1_700_000_001.0))
        if row % 8 == 0:
            attempt = FailedAttempt(1.0, "POST", "/users", 400, "code", "no", "req_1", 12.5, "{}", "x" * 300)
            journal.submit(
                statements.row_ended(row, Outcome.FAILED, None, None, Flag.NONE),
                *statements.failed(failure(row)),
                *statements.attempted(row, None, [attempt]),
            )
        elif row % 8 != 1:
            journal.submit(statements.row_ended(row, Outcome.CREATED, f"om_{row:026}", How.CREATED, Flag.NONE))
        journal.log_entry("info", f"row {row}")
    journal.add_organizations(
        OrganizationRecord(f"external_id:{n}", "external_id", str(n), f"Organization {n}", 8, n + 1) for n in range(50)
    )
    counted = journal.count({"requests": 1_000, "retries": 3})
    assert counted is not None
    journal.submit(counted)
    journal.update_job(rows=ROWS, chunk_size=50).wait()


def everything(journal: Reader) -> int:
    """Ask all questions; the number of rows that have an outcome, which is the same for every way to count it."""
    totals = journal.totals()
    counted = dict.fromkeys(Outcome, 0)
    for found in journal.chunk_counts(50):
        if found.outcome is not None:
            counted[found.outcome] += found.rows
    assert counted == totals
    records = journal.rows(1, ROWS)
    for outcome in Outcome:
        assert sum(row.outcome is outcome for row in records.values()) == totals[outcome]
    journal.job()
    journal.counters()
    journal.organizations()
    journal.failures()
    journal.most_frequent_failure()
    journal.any_object()
    journal.log()
    for row in list(journal.failed_rows())[:3]:
        journal.attempts(row, None)
    return sum(totals.values())


def opened(folder: Path) -> bool:
    """Whether the journal opens; then it agrees with itself and can be written. Else it says why and what to do."""
    try:
        with closing(Journal(folder)) as journal:
            before = everything(journal)
            journal.submit(statements.row_ended(1, Outcome.EXISTING, None, None, Flag.NONE)).wait()
            assert everything(journal) == before + 1
    except (JournalCorrupt, JournalNewer) as error:
        refused = error
    else:
        return True
    assert str(folder) in refused.message
    assert refused.next
    return False
