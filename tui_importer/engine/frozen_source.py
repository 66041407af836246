"""The job's own rows: scanned once, frozen in its folder, safe from whatever happens to the source afterwards."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tui_importer.engine.errors import Interrupted, SourceChanged
from tui_importer.engine.options import DEFAULT_CHUNK_SIZE
from tui_importer.engine.tally import Tally
from tui_importer.journal.records import OrganizationRecord
from tui_importer.text import safe

if TYPE_CHECKING:
    from tui_importer.engine.lifecycle import Lifecycle
    from tui_importer.engine.options import FrozenOptions
    from tui_importer.journal.journal import Journal
    from tui_importer.source.frozen import FrozenRows
    from tui_importer.source.models import ScanProgress, ScanResult

SMALLEST_CHUNK = 25
CHUNKS_WANTED = 60


class FrozenSource:
    """Scans when that was not done yet, else reads what an earlier scan left. `progress` is for the screen."""

    def __init__(self, folder: Path, journal: Journal, frozen: FrozenOptions, lifecycle: Lifecycle) -> None:
        self._folder = folder
        self._journal = journal
        self._frozen = frozen
        self._lifecycle = lifecycle
        self._rows: FrozenRows | None = None
        self._scan: ScanResult | None = None
        self.cancelled = threading.Event()
        self.progress: ScanProgress | None = None
        self.record = journal.job()
        self.organizations = journal.organizations()
        self.tally = self._load_tally() if self.is_scanned else None

    @property
    def is_scanned(self) -> bool:
        """Whether the rows are frozen."""
        return self.record.rows is not None

    @property
    def rows(self) -> FrozenRows:
        """Access to the frozen rows; only after the scan."""
        from tui_importer.source.frozen import FrozenRows

        if self._rows is None:
            self._rows = FrozenRows(self._folder)
        return self._rows

    @property
    def scan(self) -> ScanResult:
        """What the scan found; only after it."""
        from tui_importer.source.scan import read_scan

        if self._scan is None:
            self._scan = read_scan(self._folder)
        return self._scan

    def ensure(self) -> None:
        """Scan unless that was done. Raises SourceError, SourceChanged, Interrupted, JournalUnwritable."""
        from tui_importer.source.scan import ScanCancelled

        if self.is_scanned:
            if self._changed():
                self._lifecycle.say("warning", "The source has changed since the scan; the job uses its frozen rows.")
            return
        if self._changed():
            raise SourceChanged(
                f"{safe(self.record.source)} has changed or is gone since the job was recorded, and its rows were not "
                "frozen yet.",
                "Restore the file, or purge this job and start a new one.",
            )
        self._lifecycle.say("info", f"Scanning {self.record.source}")
        try:
            self._lifecycle.timed("scan", self._do_scan)
        except ScanCancelled as error:
            raise Interrupted from error

    def reload(self) -> Tally:
        """Read counts and organizations anew from the journal, for a new run."""
        self.organizations = self._journal.organizations()
        self.tally = self._load_tally()
        return self.tally

    def _do_scan(self) -> None:
        from tui_importer.source.scan import scan

        def progressed(progress: ScanProgress) -> None:
            self.progress = progress

        result = scan(
            Path(self.record.source),
            self._folder,
            limit=self._frozen.limit,
            progress=progressed,
            cancelled=self.cancelled,
        )
        self._scan = result
        self._journal.add_organizations(
            OrganizationRecord(o.key, o.kind, o.value, o.name, o.rows, o.first_row) for o in result.organizations
        )
        self._journal.update_job(
            rows=result.rows,
            sha256=result.fingerprint.sha256,
            chunk_size=self._frozen.chunk_size or fitting_chunk_size(result.rows),
        ).wait()
        self.record = self._journal.job()
        self.reload()
        refused = result.rows - result.importable
        organizations = len(result.organizations)
        self._lifecycle.say(
            "info", f"Scanned {result.rows:,} rows, {organizations:,} organizations, {refused:,} refused"
        )

    def _load_tally(self) -> Tally:
        size = self.record.chunk_size or DEFAULT_CHUNK_SIZE
        return Tally(self.record.rows or 0, size, self._journal.chunk_counts(size))

    def _changed(self) -> bool:
        try:
            found = Path(self.record.source).stat()
        except OSError:
            return True
        return (found.st_size, found.st_mtime_ns) != (self.record.size, self.record.mtime_ns)


def fitting_chunk_size(rows: int) -> int:
    """Small files get small chunks, so that all workers have one; large ones DEFAULT_CHUNK_SIZE."""
    wanted = -(-rows // CHUNKS_WANTED)
    rounded = -(-wanted // SMALLEST_CHUNK) * SMALLEST_CHUNK
    return min(DEFAULT_CHUNK_SIZE, max(SMALLEST_CHUNK, rounded))
