"""Interface of the console to jobs, sources and the API; the command line implements it, tests fake it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tui_importer.engine.job.view import JobView
    from tui_importer.engine.options import NewJob
    from tui_importer.engine.plan.plan import Environment
    from tui_importer.engine.snapshot.models import JobSummary
    from tui_importer.secret import Secret
    from tui_importer.source.models import Preview
    from tui_importer.source.options import Reading

ApiKeySource = Literal["", "environment", "keyring", "typed"]
"""Where the key in use is from; "" while there is none."""


class Backend(Protocol):
    """Jobs on this machine and the way to a new one. Methods that may block are called from a thread."""

    @property
    def key(self) -> Secret | None:
        """The API key, when the environment gave one or it was entered."""

    @key.setter
    def key(self, value: Secret | None) -> None: ...

    def stored_key(self, job: str) -> Secret | None:
        """The key in the system's keyring that fits this job (blocks for long). Raises ImporterError."""

    def jobs(self) -> Sequence[JobSummary]:
        """All jobs, newest first (blocks for some milliseconds; no polars)."""

    def preview(
        self, source: Path, reading: Reading, progress: Callable[[Preview], None], cancelled: threading.Event
    ) -> Preview:
        """Preview a source, read in this way (blocks). Raises ImporterError, ScanCancelled when `cancelled`.

        `progress` is called, from the thread, with what is known while a long source is counted.
        """

    def environment(self, base_url: str) -> Environment:
        """Read back where the key leads (blocks, network). Raises ImporterError."""

    def default_job_name(self, source: Path) -> str:
        """The file's stem plus today's date, made unique."""

    def prepare(self, new: NewJob, *, dry_run: bool = False) -> JobView:
        """Record the job; its `prepare()` then scans and plans. Raises ImporterError.

        A dry run is recorded where nothing stays: `forget_dry_run` removes it when its view was closed, or the end of
        the process does.
        """

    def forget_dry_run(self) -> None:
        """Remove what a dry run left (blocks)."""

    def open(self, job: str) -> JobView:
        """Open an existing job, paused where it stood. Raises ImporterError."""

    def folder_of(self, job: str) -> Path:
        """Where a job's journal and rows are, for reading (blocks). Raises ImporterError."""

    def purge(self, job: str) -> None:
        """Remove a job's folder. Raises ImporterError when it is running."""
