"""The job's own rows: scanned once, frozen in its folder, safe from whatever happens to the source afterwards."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tui_importer.engine.errors import Interrupted, SourceChanged, SourceGone
from tui_importer.engine.options import DEFAULT_CHUNK_SIZE
from tui_importer.engine.run.tally import Tally
from tui_importer.journal.errors import JournalError
from tui_importer.journal.records import OrganizationRecord
from tui_importer.text import plural, safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_importer.engine.job.state import Lifecycle
    from tui_importer.engine.options import FrozenOptions
    from tui_importer.journal.journal import Journal
    from tui_importer.source.frozen.reader import FrozenRows
    from tui_importer.source.models import ScanProgress, ScanResult

SMALLEST_CHUNK = 25
CHUNKS_WANTED = 60
LOOK_EVERY = 2.0
"""Seconds between checks of the source while the job works on its frozen rows; a check is one `stat`."""
LAST_LOOK = 1.0
"""Seconds that the last check may take: a network disk that went away may never answer."""


class FrozenSource:
    """Scans when that was not done yet, else reads what an earlier scan left. `progress` is for the screen.

    `change` says what became of the source since the scan, empty while it is as it was; it is logged once in a process.
    `copy` is the file to scan when the source is a pipe. Without `keeps_secrets` they are not written to the disk.
    """

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        frozen: FrozenOptions,
        lifecycle: Lifecycle,
        copy: Path | None = None,
        *,
        keeps_secrets: bool = True,
    ) -> None:
        self._folder = folder
        self._journal = journal
        self._frozen = frozen
        self._lifecycle = lifecycle
        self._copy = copy
        self._keeps_secrets = keeps_secrets
        self._rows: FrozenRows | None = None
        self._scan: ScanResult | None = None
        self.cancelled = threading.Event()
        self.progress: ScanProgress | None = None
        self.change = ""
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
        from tui_importer.source.frozen.reader import FrozenRows

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
        """Scan unless that was done. Raises SourceError, SourceChanged, SourceGone, Interrupted, JournalError."""
        from tui_importer.source.scan import ScanCancelled

        if self.is_scanned:
            return
        if self.record.is_piped and (self._copy is None or not self._copy.exists()):
            raise SourceGone(self.record.name, self.record.source)
        change = self._look()
        if change:
            raise SourceChanged(
                f"{safe(self.record.source)} {change} since the job was recorded, and its rows were not frozen yet.",
                "Restore the file, or purge this job and start a new one.",
            )
        self._lifecycle.say("info", f"Scanning {self.record.source}")
        try:
            self._lifecycle.timed("scan", self._do_scan)
        except ScanCancelled as error:
            raise Interrupted from error

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Check the source now, every few seconds, and once more at the end; a change is logged once.

        It cannot harm the job, but the operator may believe that what was corrected in the file meanwhile is imported.
        """
        over = threading.Event()

        def watch() -> None:
            with contextlib.suppress(JournalError):  # the job was closed before the disk had answered
                while not self._report_change() and not over.wait(LOOK_EVERY):
                    pass
                self._report_change()

        watcher = threading.Thread(target=watch, name="source-watch", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join(LAST_LOOK)

    def reload(self) -> Tally:
        """Read counts and organizations from the journal again, for a new run."""
        self.organizations = self._journal.organizations()
        self.tally = self._load_tally()
        return self.tally

    def _do_scan(self) -> None:
        from tui_importer.source.scan import scan

        def progressed(progress: ScanProgress) -> None:
            self.progress = progress

        result = scan(
            self._copy or Path(self.record.source),
            self._folder,
            self._frozen.reading,
            limit=self._frozen.limit,
            keeps_secrets=self._keeps_secrets,
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
            "info",
            f"Scanned {plural(result.rows, 'row')}, {plural(organizations, 'organization')}, {refused:,} refused",
        )

    def _load_tally(self) -> Tally:
        size = self.record.chunk_size or DEFAULT_CHUNK_SIZE
        return Tally(self.record.rows or 0, size, self._journal.chunk_counts(size))

    def _report_change(self) -> bool:
        """Whether the source is not what it was; logs it the first time."""
        if not self.change:
            self.change = self._look()
            if self.change:
                name = Path(self.record.source).name
                text = f"{name} {self.change} since it was scanned: the job goes on with its own frozen rows."
                self._lifecycle.say("warning", text)
        return bool(self.change)

    def _look(self) -> str:
        if self.record.is_piped:
            return ""
        try:
            found = Path(self.record.source).stat()
        except FileNotFoundError:
            return "was removed"
        except OSError as error:
            return f"cannot be looked at any more ({safe(error.strerror)})"
        same = (found.st_size, found.st_mtime_ns) == (self.record.size, self.record.mtime_ns)
        return "" if same else "was written to or replaced"


def fitting_chunk_size(rows: int) -> int:
    """Small files get small chunks, so that all workers have one; large ones DEFAULT_CHUNK_SIZE."""
    wanted = -(-rows // CHUNKS_WANTED)
    rounded = -(-wanted // SMALLEST_CHUNK) * SMALLEST_CHUNK
    return min(DEFAULT_CHUNK_SIZE, max(SMALLEST_CHUNK, rounded))
