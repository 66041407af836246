"""Import of a new source without a screen: the body of `run`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tui_importer.cli.api_key import obtain_key
from tui_importer.cli.connection import connect
from tui_importer.cli.error_boundary import crash_file
from tui_importer.cli.import_run import (
    ConsentMissing,
    check_consent,
    drive,
    naming_unfinished,
    print_summary,
    scan_and_plan,
)
from tui_importer.cli.output import delivered, write, write_json
from tui_importer.cli.progress import Progress
from tui_importer.cli.prompts import can_ask
from tui_importer.cli.scratch_folders import scratch_folder
from tui_importer.cli.signals import noticed
from tui_importer.cli.source_file import readable
from tui_importer.cli.source_flags import save_mapping
from tui_importer.config import load, paths, private_folder
from tui_importer.engine.errors import SourceGone
from tui_importer.engine.job.store import Jobs
from tui_importer.engine.options import NewJob, frozen_options, run_options
from tui_importer.engine.plan.environment import read_environment
from tui_importer.errors import ExitCode, ImporterError
from tui_importer.report.plan import plan_document, plan_lines
from tui_importer.source.read.pipe import pipe_of
from tui_importer.text import safe

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.cli.run_request import RunRequest
    from tui_importer.cli.source_file import Readable
    from tui_importer.engine.job.job import Job
    from tui_importer.engine.plan.plan import Environment
    from tui_importer.source.read.pipe import Pipe
    from tui_importer.workos.connection import Connection


class PlanStopped(ImporterError):
    """Dry run that ended before it had its plan."""

    kind = "plan_stopped"

    def __init__(self, job: Job) -> None:
        snapshot = job.snapshot()
        super().__init__(f"There is no plan: {snapshot.reason}.", "Try again.")
        self.exit_code = job.exit_code


class PipeLost(ImporterError):
    """Stopped scan of a pipe: its rows are gone, and so is the job."""

    kind = "interrupted"

    def __init__(self, pipe: str, exit_code: int) -> None:
        super().__init__(
            f"The scan was stopped, and {safe(pipe)} cannot be read again: nothing was sent and nothing is kept.",
            "Start it again.",
        )
        self.exit_code = exit_code


def run(source: Path, request: RunRequest) -> int:
    """Import a source; return the exit code. Raises ImporterError when refused."""
    pipe = pipe_of(source)
    if not (request.yes or request.dry_run):
        _check_can_ask(pipe)
    if pipe is None:
        _save_mapping(request, source)
    base_url = request.settings.base_url
    key = obtain_key(base_url, profile=request.profile)
    connection = connect(base_url, key, run_options(request.settings))
    with noticed():
        environment = read_environment(connection)
    with readable(source) as file:
        if pipe is not None:
            _save_mapping(request, file.path)
        if request.dry_run:
            return _dry_run(request, file, connection, environment)
        return _import(request, file, connection, environment)


def _check_can_ask(pipe: Pipe | None) -> None:
    """Refuse early what would end at the question. Raises ConsentMissing."""
    if pipe is not None and pipe.is_stdin:
        raise ConsentMissing(
            "`run` shows its plan and asks, but standard input is the file here, so no answer can be read from it.",
            "Give --yes, or --dry-run to see the plan first.",
        )
    if not can_ask():
        raise ConsentMissing("`run` shows its plan and asks, but there is no terminal to ask on.", "Give --yes.")


def _save_mapping(request: RunRequest, source: Path) -> None:
    if request.save_mapping:
        save_mapping(request.save_mapping, source, request.reading, load())


def _dry_run(request: RunRequest, source: Readable, connection: Connection, environment: Environment) -> int:
    """Plan in a folder that is removed afterwards; 0 when everything could be imported, else 1."""
    with scratch_folder("plan") as folder:
        jobs = Jobs(folder, crash_file)
        new = _new_job(request, source, jobs)
        with contextlib.closing(jobs.create(new, connection, environment=environment.name, dry_run=True)) as job:
            plan = scan_and_plan(job, Progress())
            if plan is None:
                raise job.error or PlanStopped(job)
    organizations = plan.organizations
    clean = not (plan.refused_rows or plan.roles_missing or organizations.conflict or organizations.unknown)
    code = ExitCode.DONE if clean else ExitCode.PROBLEMS
    with delivered(code):
        if request.json:
            write_json(plan_document(plan))
        else:
            for line in plan_lines(plan):
                write(line)
    return code


def _new_job(request: RunRequest, source: Readable, jobs: Jobs) -> NewJob:
    name = request.job or jobs.default_name(source.path)
    frozen = frozen_options(request.settings, request.limit, request.reading)
    return NewJob(source.path, name, frozen, run_options(request.settings), source.pipe)


def _import(request: RunRequest, source: Readable, connection: Connection, environment: Environment) -> int:
    jobs = Jobs(private_folder(paths().jobs), crash_file)
    new = _new_job(request, source, jobs)
    name = new.name
    check_consent(request, environment, name)
    job = jobs.create(new, connection, environment=environment.name)
    try:
        with naming_unfinished(jobs, name), contextlib.closing(job):
            if request.yes:
                job.accept(environment.name)
            code = drive(job, request, environment, agreed=False, planned=source.forget)
        jobs.refuse_lost_source(name)
    except SourceGone as lost:  # the scan was stopped: nothing of it is of any use
        jobs.purge(name)
        raise PipeLost(source.pipe, code) from lost
    except ImporterError as refusal:
        if refusal.exit_code == ExitCode.REFUSED and not job.begun:
            jobs.purge(name)
        raise
    print_summary(request, jobs.reader_folder(name), code)
    return code
