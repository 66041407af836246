"""The console's way to jobs, sources and the API; see `tui.backend` for the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_importer.config import private_folder
from tui_importer.engine.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tui_importer.engine.options import NewJob, RunOptions
    from tui_importer.engine.plan import Environment
    from tui_importer.engine.snapshot import JobSummary, JobView
    from tui_importer.secret import Secret
    from tui_importer.source.models import Preview


class ConsoleBackend:
    """Implements `Backend`; imports polars and httpx only when a method needs them."""

    def __init__(self, jobs_folder: Path, *, base_url: str, run_options: RunOptions, key: Secret | None) -> None:
        self._folder = jobs_folder
        self._base_url = base_url
        self._run_options = run_options
        self._environments: dict[str, str] = {}
        self.key = key

    @property
    def default_run_options(self) -> RunOptions:
        """Defaults of flags, environment and config file."""
        return self._run_options

    @property
    def default_base_url(self) -> str:
        """The base URL that flag, environment and config file give."""
        return self._base_url

    def jobs(self) -> Sequence[JobSummary]:
        """All jobs, newest first."""
        from tui_importer.engine.listing import list_jobs

        return list_jobs(self._folder)

    def preview(self, source: Path) -> Preview:
        """A quick look at a source."""
        from tui_importer.source.preview import preview

        return preview(source)

    def environment(self, base_url: str) -> Environment:
        """Read back where the key leads."""
        from tui_importer.cli.run import connect
        from tui_importer.engine.environment import read_environment

        found = read_environment(connect(base_url, self._need_key(), self._run_options))
        self._environments[base_url] = found.name
        return found

    def default_job_name(self, source: Path) -> str:
        """The file's stem plus today's date, made unique."""
        from tui_importer.engine.jobs import Jobs

        return Jobs(self._folder).default_name(source)

    def prepare(self, new: NewJob) -> JobView:
        """Record the job."""
        from tui_importer.cli.run import connect
        from tui_importer.engine.jobs import Jobs

        private_folder(self._folder)
        connection = connect(new.frozen.base_url, self._need_key(), new.run)
        environment = self._environments.get(new.frozen.base_url, "UNKNOWN")
        return Jobs(self._folder).create(new, connection, environment=environment)

    def open(self, job: str) -> JobView:
        """Open an existing job, paused where it stood."""
        from tui_importer.cli.run import connect
        from tui_importer.engine.jobs import Jobs

        jobs = Jobs(self._folder)
        frozen, options, _ = jobs.options_of(job)
        return jobs.open(job, connect(frozen.base_url, self._need_key(), options), options)

    def purge(self, job: str) -> None:
        """Remove a job's folder."""
        from tui_importer.engine.jobs import Jobs

        Jobs(self._folder).purge(job)

    def _need_key(self) -> Secret:
        if self.key is None:
            raise EngineError("There is no API key yet.", "Set WORKOS_API_KEY and start again, or enter the key.")
        return self.key
