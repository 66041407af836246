"""Backend of the console: jobs, sources and the API; see `tui.backend` for the contract."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui_importer.cli.error_boundary import crash_file
from tui_importer.cli.scratch_folders import Scratch
from tui_importer.config import private_folder

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
    from tui_importer.tui.preferences import Preferences


class ConsoleBackend:
    """Implementation of `Backend`; imports polars and httpx only when a method needs them."""

    def __init__(self, jobs_folder: Path, preferences: Preferences, *, key: Secret | None) -> None:
        self._folder = jobs_folder
        self._preferences = preferences
        self._environments: dict[str, str] = {}
        self._trial: Scratch | None = None
        self.key = key

    def stored_key(self, job: str) -> Secret | None:
        """The keyring's key that the job was recorded with, else the default profile's."""
        from tui_importer.cli.api_key import stored_key
        from tui_importer.config.keyring import NoKeyStore
        from tui_importer.engine.job.store import Jobs

        preferences = self._preferences
        if preferences.keys is None:
            return None
        jobs = Jobs(self._folder)
        frozen, _, _ = jobs.options_of(job)
        profile = preferences.resolved().profile
        recognised = partial(jobs.was_recorded_with, job)
        try:
            return stored_key(preferences.keys, frozen.base_url, profile, preferences.profiles, recognised)
        except NoKeyStore:
            return None

    def jobs(self) -> Sequence[JobSummary]:
        """All jobs, newest first."""
        from tui_importer.engine.job.listing import list_jobs

        return list_jobs(self._folder)

    def preview(
        self, source: Path, reading: Reading, progress: Callable[[Preview], None], cancelled: threading.Event
    ) -> Preview:
        """Preview a source."""
        from tui_importer.source.preview import preview

        return preview(source, reading, progress=progress, cancelled=cancelled)

    def environment(self, base_url: str) -> Environment:
        """Read back where the key leads."""
        from tui_importer.cli.connection import connect
        from tui_importer.engine.options import run_options
        from tui_importer.engine.plan.environment import read_environment

        found = read_environment(connect(base_url, self._need_key(), run_options(self._preferences.settings)))
        self._environments[base_url] = found.name
        return found

    def default_job_name(self, source: Path) -> str:
        """The file's stem plus today's date, made unique."""
        from tui_importer.engine.job.store import Jobs

        return Jobs(self._folder).default_name(source)

    def prepare(self, new: NewJob, *, dry_run: bool = False) -> JobView:
        """Record the job; a dry run in a folder that is removed afterwards."""
        from tui_importer.cli.connection import connect
        from tui_importer.engine.job.store import Jobs

        connection = connect(new.frozen.base_url, self._need_key(), new.run)
        environment = self._environments.get(new.frozen.base_url, "UNKNOWN")
        if dry_run:
            self.forget_dry_run()
            self._trial = Scratch("plan", self._folder.with_name("scratch"))
        folder = self._trial.path if dry_run and self._trial else private_folder(self._folder)
        return Jobs(folder, crash_file).create(new, connection, environment=environment, dry_run=dry_run)

    def forget_dry_run(self) -> None:
        """Remove the folder of the last dry run."""
        trial, self._trial = self._trial, None
        if trial is not None:
            trial.remove()

    def open(self, job: str) -> JobView:
        """Open an existing job, paused where it stood."""
        from tui_importer.cli.connection import connect
        from tui_importer.engine.job.store import Jobs

        jobs = Jobs(self._folder, crash_file)
        frozen, options, _ = jobs.options_of(job)
        return jobs.open(job, connect(frozen.base_url, self._need_key(), options), options)

    def folder_of(self, job: str) -> Path:
        """A job's folder."""
        from tui_importer.engine.job.store import Jobs

        return Jobs(self._folder).reader_folder(job)

    def purge(self, job: str) -> None:
        """Remove a job's folder."""
        from tui_importer.engine.job.store import Jobs

        Jobs(self._folder).purge(job)

    def _need_key(self) -> Secret:
        if self.key is None:
            from tui_importer.engine.errors import EngineError

            raise EngineError("There is no API key yet.", "Set WORKOS_API_KEY and start again, or enter the key.")
        return self.key
