"""The bodies of `run` and `resume`: the engine without a screen."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_importer.cli.headless import Progress, draining_signals, wait_for
from tui_importer.cli.key import obtain_key
from tui_importer.cli.output import note, write, write_json
from tui_importer.cli.terminal import can_ask
from tui_importer.config import paths, private_folder
from tui_importer.engine.environment import read_environment
from tui_importer.engine.errors import OptionsFrozen
from tui_importer.engine.jobs import Jobs
from tui_importer.engine.options import NewJob
from tui_importer.errors import ImporterError
from tui_importer.report.plan import plan_document, plan_lines
from tui_importer.report.summary import summary_document, summary_lines, summary_of
from tui_importer.text import safe
from tui_importer.workos.connection import Connection
from tui_importer.workos.limits import RateLimiter

if TYPE_CHECKING:
    from tui_importer.cli.requests import RunRequest
    from tui_importer.engine.job import Job
    from tui_importer.engine.options import RunOptions
    from tui_importer.engine.plan import Environment
    from tui_importer.secret import Secret

EXIT_REFUSED = 2


class ConsentMissing(ImporterError):
    """Nothing is written before somebody has said yes to the plan."""

    kind = "consent_missing"


class NoSingleJob(ImporterError):
    """`resume` without a name needs exactly one unfinished job."""

    kind = "no_single_job"


def connect(base_url: str, key: Secret, options: RunOptions) -> Connection:
    """The connection that these options mean. Raises BadBaseUrl, InsecureUrl."""
    return Connection(base_url, key, RateLimiter(writes_per_10s=options.writes_per_10s, share=options.share))


def run(request: RunRequest) -> int:
    """Import a source; returns the exit code. Raises ImporterError when refused."""
    assert request.source is not None  # noqa: S101 - the command's argument
    if not (request.yes or request.dry_run or can_ask()):
        raise ConsentMissing("`run` shows its plan and asks, but there is no terminal to ask on.", "Give --yes.")
    _readable(request.source)
    options = request.run_options
    connection = connect(request.settings.base_url, obtain_key(request.settings.base_url), options)
    environment = read_environment(connection)
    with contextlib.ExitStack() as stack:
        if request.dry_run:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tui-importer-plan-")))
        else:
            folder = private_folder(paths().jobs)
        jobs = Jobs(folder)
        name = request.job or jobs.default_name(request.source)
        if not request.dry_run:
            _check_consent(request, environment, name)
        new = NewJob(request.source, name, request.frozen_options, options)
        with contextlib.closing(jobs.create(new, connection, environment=environment.name)) as job:
            code = _plan(job, request, environment)
            keep = code is None or code != EXIT_REFUSED
            if code is None:
                code = _go(job)
        if not keep:
            jobs.purge(name)
        if job.error is not None and job.error.exit_code == EXIT_REFUSED:
            raise job.error
        if not request.dry_run and keep:
            _print_summary(request, jobs.reader_folder(name))
        return code


def resume(request: RunRequest) -> int:
    """Go on with a job; returns the exit code. Raises ImporterError when refused."""
    jobs = Jobs(paths().jobs)
    name = request.job or _only_unfinished(jobs)
    frozen, kept, job_summary = jobs.options_of(name)
    if request.given_base_url is not None and request.given_base_url.rstrip("/") != frozen.base_url.rstrip("/"):
        raise OptionsFrozen(
            f"The job {safe(name)} writes to {safe(frozen.base_url)}; another base URL would be another environment.",
            "Leave --base-url and WORKOS_BASE_URL out, or start a new job.",
        )
    if job_summary.state == "finished":
        _print_summary(request, jobs.reader_folder(name))
        return 1 if job_summary.totals.failed else 0
    options = request.run_options_over(kept)
    connection = connect(frozen.base_url, obtain_key(frozen.base_url), options)
    environment = read_environment(connection)
    with contextlib.closing(jobs.open(name, connection, options)) as job:
        code = None
        if not job.begun:
            if not (request.yes or can_ask()):
                raise ConsentMissing("This job's plan was not agreed to yet, and there is no terminal.", "Give --yes.")
            _check_consent(request, environment, name)
            code = _plan(job, request, environment)
        if code is None:
            code = _go(job)
    if job.error is not None and job.error.exit_code == EXIT_REFUSED:
        raise job.error
    _print_summary(request, jobs.reader_folder(name))
    return code


def _readable(source: Path) -> None:
    try:
        with source.open("rb"):
            return
    except OSError as error:
        from tui_importer.engine.errors import EngineError

        raise EngineError(f"{safe(source)} cannot be read: {error.strerror}.", "Check the path.") from error


def _check_consent(request: RunRequest, environment: Environment, name: str) -> None:
    """Refuse early what would be refused after the scan."""
    if environment.name != "PRODUCTION" or request.confirm_production == name:
        return
    if request.confirm_production:
        raise ConsentMissing(
            f"--confirm-production says {safe(request.confirm_production)!r}, but the job is named {safe(name)!r}.",
            "Give the job's own name: --job NAME --confirm-production NAME.",
        )
    if request.yes or not can_ask():
        raise ConsentMissing(
            f"The key {environment.key_hint} writes to PRODUCTION.",
            f"If you mean it: --job {safe(name)} --confirm-production {safe(name)}",
        )


def _plan(job: Job, request: RunRequest, environment: Environment) -> int | None:
    """Scan, plan, show, ask. None when the import may begin, else the exit code."""
    progress = Progress()
    with draining_signals(job):
        job.prepare()
        wait_for(job, progress)
    plan = job.plan()
    if plan is None:
        return job.exit_code
    if request.dry_run and request.json:
        write_json(plan_document(plan))
    else:
        for line in plan_lines(plan):
            (write if request.dry_run else note)(line)
    if request.dry_run:
        clean = not plan.refused_rows and not plan.roles_missing
        return 0 if clean and not (plan.organizations.conflict or plan.organizations.unknown) else 1
    if request.yes:
        return None
    if environment.name == "PRODUCTION" and not request.confirm_production:
        typed = click.prompt(f"This writes to PRODUCTION. Type the job's name ({job.name}) to begin", err=True)
        return None if typed == job.name else _declined()
    return None if click.confirm("Begin the import?", default=False, err=True) else _declined()


def _declined() -> int:
    note("Nothing was written.")
    return EXIT_REFUSED


def _go(job: Job) -> int:
    with draining_signals(job):
        job.start()
        wait_for(job, Progress())
    return job.exit_code


def _print_summary(request: RunRequest, folder: Path) -> None:
    summary = summary_of(folder)
    if request.json:
        write_json(summary_document(summary))
        return
    for line in summary_lines(summary):
        write(line)
    if summary.totals.failed:
        write(f"Look at the failures with: tui-importer errors {safe(summary.job)}")


def _only_unfinished(jobs: Jobs) -> str:
    unfinished = [job.job for job in jobs.list() if job.state not in {"finished", "aborted"}]
    if len(unfinished) == 1:
        return unfinished[0]
    if not unfinished:
        raise NoSingleJob("There is no unfinished job.", "See all jobs with: tui-importer jobs")
    names = ", ".join(safe(name) for name in unfinished[:10])
    raise NoSingleJob(f"{len(unfinished)} jobs are unfinished: {names}.", "Name one: tui-importer resume JOB")
