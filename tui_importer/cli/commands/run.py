"""The bodies of `run` and `resume`: the engine without a screen."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from tui_importer.cli.api_key import obtain_key
from tui_importer.cli.error_boundary import crash_file, unfinished_job
from tui_importer.cli.output import delivered, not_shown, note, write, write_json
from tui_importer.cli.progress import Drain, Progress, wait_for
from tui_importer.cli.prompts import ask, can_ask, confirmed
from tui_importer.cli.scratch_folders import scratch_folder
from tui_importer.cli.signals import noticed
from tui_importer.cli.source_file import readable
from tui_importer.cli.source_flags import save_mapping
from tui_importer.config import load, paths, private_folder
from tui_importer.engine.errors import OptionsFrozen, SourceGone
from tui_importer.engine.job.retry import Selection
from tui_importer.engine.job.store import Jobs
from tui_importer.engine.options import NewJob
from tui_importer.engine.plan.environment import read_environment
from tui_importer.errors import ExitCode, ImporterError, lacking
from tui_importer.report.plan import plan_document, plan_lines
from tui_importer.report.summary import summary_document, summary_lines, summary_of
from tui_importer.source.read.pipe import pipe_of
from tui_importer.text import plural, safe
from tui_importer.workos.connection import Connection
from tui_importer.workos.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tui_importer.cli.requests import RetryRequest, RunRequest
    from tui_importer.cli.source_file import Readable
    from tui_importer.engine.job.job import Job
    from tui_importer.engine.options import RunOptions
    from tui_importer.engine.plan.plan import Environment, Plan
    from tui_importer.secret import Secret
    from tui_importer.source.read.pipe import Pipe


_OVER = frozenset({"finished", "aborted"})


class ConsentMissing(ImporterError):
    """Nothing is written before somebody has said yes to the plan."""

    kind = "consent_missing"


class Declined(ImporterError):
    """Somebody said no to the plan."""

    kind = "declined"


class LeftUndecided(ImporterError):
    """Somebody left while the plan waited for a yes: the job is kept."""

    kind = "interrupted"
    exit_code = ExitCode.INTERRUPTED


class PlanStopped(ImporterError):
    """A dry run ended before it had its plan."""

    kind = "plan_stopped"

    def __init__(self, job: Job) -> None:
        snapshot = job.snapshot()
        super().__init__(f"There is no plan: {snapshot.reason}.", "Try again.")
        self.exit_code = job.exit_code


class PipeLost(ImporterError):
    """The scan of a pipe was stopped: its rows are gone, and so is the job."""

    kind = "interrupted"

    def __init__(self, pipe: str, exit_code: int) -> None:
        super().__init__(
            f"The scan was stopped, and {safe(pipe)} cannot be read again: nothing was sent and nothing is kept.",
            "Start it again.",
        )
        self.exit_code = exit_code


class NoSingleJob(ImporterError):
    """`resume` without a name needs exactly one unfinished job."""

    kind = "no_single_job"


def connect(base_url: str, key: Secret, options: RunOptions) -> Connection:
    """The connection that these options mean. Raises BadBaseUrl, InsecureUrl."""
    return Connection(base_url, key, RateLimiter(writes_per_10s=options.writes_per_10s, share=options.share))


def run(request: RunRequest) -> int:
    """Import a source; returns the exit code. Raises ImporterError when refused."""
    assert request.source is not None  # noqa: S101 - the command's argument
    pipe = pipe_of(request.source)
    if not (request.yes or request.dry_run):
        _check_can_ask(pipe)
    if pipe is None:
        _save_mapping(request, request.source)
    base_url = request.settings.base_url
    key = obtain_key(base_url, profile=request.profile)
    connection = connect(base_url, key, request.run_options)
    with noticed():
        environment = read_environment(connection)
    with readable(request.source) as source:
        if pipe is not None:
            _save_mapping(request, source.path)
        if request.dry_run:
            return _dry_run(request, source, connection, environment)
        return _import(request, source, connection, environment)


def _check_can_ask(pipe: Pipe | None) -> None:
    """Refuse early what would end at the question. Raises ConsentMissing."""
    if pipe is not None and pipe.is_stdin:
        raise ConsentMissing(
            "`run` shows its plan and asks, but standard input is the file here, so nobody can answer on it.",
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
            plan = _plan(job, Progress())
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
    return NewJob(source.path, name, request.frozen_options, request.run_options, source.pipe)


def _import(request: RunRequest, source: Readable, connection: Connection, environment: Environment) -> int:
    jobs = Jobs(private_folder(paths().jobs), crash_file)
    new = _new_job(request, source, jobs)
    name = new.name
    _check_consent(request, environment, name)
    job = jobs.create(new, connection, environment=environment.name)
    try:
        with _naming_unfinished(jobs, name), contextlib.closing(job):
            if request.yes:
                job.accept(environment.name)
            code = _drive(job, request, environment, agreed=False, planned=source.forget)
        jobs.refuse_lost_source(name)
    except SourceGone as lost:  # the scan was stopped: nothing of it is of any use
        jobs.purge(name)
        raise PipeLost(source.pipe, code) from lost
    except ImporterError as refusal:
        if refusal.exit_code == ExitCode.REFUSED and not job.begun:
            jobs.purge(name)
        raise
    _print_summary(request, jobs.reader_folder(name), code)
    return code


def resume(request: RunRequest) -> int:
    """Go on with a job; returns the exit code. Raises ImporterError when refused."""
    jobs = Jobs(paths().jobs, crash_file)
    name = request.job or _only_unfinished(jobs)
    _, _, job_summary = jobs.options_of(name)
    if job_summary.state == "finished":
        _check_base_url(request, jobs, name)
        code = ExitCode.PROBLEMS if job_summary.totals.failed else ExitCode.DONE
        _print_summary(request, jobs.reader_folder(name), code)
        return code
    return _continue(request, jobs, name)


def retry(request: RetryRequest) -> int:
    """Try a job's failed rows again and nothing else; returns the exit code. Raises ImporterError when refused."""
    assert request.run.job is not None  # noqa: S101 - the command's argument
    return _continue(request.run, Jobs(paths().jobs, crash_file), request.run.job, Selection(kind=request.kind))


def _naming_unfinished(jobs: Jobs, name: str) -> contextlib.AbstractContextManager[None]:
    """Report an unforeseen error in this context with the command that resumes the job, unless that is over."""

    def is_unfinished() -> bool:
        with contextlib.suppress(ImporterError):  # its folder is gone, or it cannot be read
            return jobs.options_of(name)[2].state not in _OVER
        return False

    return unfinished_job(safe(name), is_unfinished)


def _check_base_url(request: RunRequest, jobs: Jobs, name: str) -> None:
    frozen, _, _ = jobs.options_of(name)
    if request.given_base_url is not None and request.given_base_url.rstrip("/") != frozen.base_url.rstrip("/"):
        raise OptionsFrozen(
            f"The job {safe(name)} writes to {safe(frozen.base_url)}; another base URL would be another environment.",
            "Leave --base-url and WORKOS_BASE_URL out, or start a new job.",
        )


def _continue(request: RunRequest, jobs: Jobs, name: str, again: Selection | None = None) -> int:
    """Run what is missing of a job, and the failures of `again`."""
    _check_base_url(request, jobs, name)
    jobs.refuse_lost_source(name)
    frozen, kept, _ = jobs.options_of(name)
    options = request.run_options_over(kept)
    key = obtain_key(
        frozen.base_url,
        profile=request.profile,
        others=request.profiles,
        recognised=partial(jobs.was_recorded_with, name),
    )
    connection = connect(frozen.base_url, key, options)
    with noticed():
        environment = read_environment(connection)
    opened = jobs.open(name, connection, options)
    with _naming_unfinished(jobs, name), contextlib.closing(opened) as job:
        agreed = (job.begun or job.is_accepted(environment.name)) and jobs.vouches_for(name, connection.key)
        if not agreed:
            if not (request.yes or can_ask()):
                raise ConsentMissing(
                    "Nobody has agreed to this job's plan with this key yet, and there is no terminal.",
                    "Give --yes.",
                )
            _check_consent(request, environment, name)
        if again is not None:
            rows = job.retry(again)
            note(f"{plural(rows, 'failed row is', 'failed rows are')} tried again")
        if again is not None and not job.has_rows_to_retry:
            code = job.exit_code if job.snapshot().state in _OVER else ExitCode.PAUSED
        else:
            code = _drive(job, request, environment, agreed=agreed, retried=again is not None)
    _print_summary(request, jobs.reader_folder(name), code)
    return code


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


def _drive(
    job: Job,
    request: RunRequest,
    environment: Environment,
    *,
    agreed: bool,
    planned: Callable[[], None] = lambda: None,
    retried: bool = False,
) -> int:
    """Plan and ask unless that is done, then import; returns the exit code. Raises ImporterError when refused.

    A plan that was `agreed` to before is shown again as long as nothing was written.
    `planned` is called when the source is not needed any more. With `retried` only the rows that were made pending
    again are tried; the others wait for `resume`.
    """
    progress = Progress()
    if not (agreed and job.begun):
        plan = _plan(job, progress)
        if plan is None:
            return job.exit_code
        planned()
        for line in plan_lines(plan):
            note(line)
        if not agreed:
            _ask(job, request, environment)
            job.accept(environment.name)
    with Drain(job) as drain:
        job.start(request.canary, retried=retried)
        wait_for(job, progress, drain)
    _raise_refusal(job)
    if job.canary_done and not retried and _wants_rest(job, request):
        with Drain(job) as drain:
            job.start()
            wait_for(job, progress, drain)
        _raise_refusal(job)
    return job.exit_code


def _wants_rest(job: Job, request: RunRequest) -> bool:
    """Whether somebody at a terminal wants the other rows, too, after the canary. Without one it stays paused."""
    if request.yes or not can_ask():
        return False
    snapshot = job.snapshot()
    note(f"Canary: {snapshot.reason}.")
    try:
        return confirmed(f"Go on with the other {plural(snapshot.totals.pending, 'row')}?")
    except (EOFError, KeyboardInterrupt):
        return False


def _plan(job: Job, progress: Progress) -> Plan | None:
    """Scan and plan; None when that was stopped in a way that can be resumed."""
    with Drain(job) as drain:
        job.prepare()
        wait_for(job, progress, drain)
        if drain.pending:  # it came when everything was done already
            raise KeyboardInterrupt
    _raise_refusal(job)
    return job.plan()


def _raise_refusal(job: Job) -> None:
    if job.error is not None and job.exit_code == ExitCode.REFUSED:
        raise job.error


def _ask(job: Job, request: RunRequest, environment: Environment) -> None:
    """Return when somebody says yes. Raises Declined, LeftUndecided."""
    if request.yes:
        return
    try:
        if environment.name == "PRODUCTION" and not request.confirm_production:
            question = f"This writes to PRODUCTION. Type the job's name ({safe(job.name)}) to begin: "
            agreed = ask(question) == job.name
        else:
            agreed = confirmed("Begin the import?")
    except (EOFError, KeyboardInterrupt) as error:
        raise LeftUndecided(
            "Nothing was written: nobody said yes.", f"Go on with: tui-importer resume {safe(job.name)}"
        ) from error
    if not agreed:
        raise Declined("Nothing was written.")


def _print_summary(request: RunRequest, folder: Path, code: int) -> None:
    try:
        summary = summary_of(folder)
    except Exception as error:
        if (lack := lacking(error)) is None:
            raise
        raise not_shown(lack.what, code, folder.name) from error
    with delivered(code, summary.job):
        if request.json:
            write_json(summary_document(summary))
            return
        for line in summary_lines(summary):
            write(line)
        if summary.totals.failed:
            write(f"Look at the failures with: tui-importer errors {safe(summary.job)}")


def _only_unfinished(jobs: Jobs) -> str:
    unfinished = [job.job for job in jobs.list() if job.state not in _OVER and not job.problem]
    if len(unfinished) == 1:
        return unfinished[0]
    if not unfinished:
        raise NoSingleJob("There is no unfinished job.", "See all jobs with: tui-importer jobs")
    names = ", ".join(safe(name) for name in unfinished[:10])
    raise NoSingleJob(f"{len(unfinished)} jobs are unfinished: {names}.", "Name one: tui-importer resume JOB")
