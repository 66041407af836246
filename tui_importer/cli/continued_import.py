"""Import of what is missing of a job without a screen: the bodies of `resume` and `retry`."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tui_importer.cli.api_key import obtain_key
from tui_importer.cli.connection import connect
from tui_importer.cli.error_boundary import crash_file
from tui_importer.cli.import_run import ConsentMissing, check_consent, drive, naming_unfinished, print_summary
from tui_importer.cli.output import note
from tui_importer.cli.prompts import can_ask
from tui_importer.cli.signals import noticed
from tui_importer.config import CHANGEABLE, paths
from tui_importer.engine.errors import OptionsFrozen
from tui_importer.engine.job.retry import Selection
from tui_importer.engine.job.store import Jobs
from tui_importer.engine.options import run_options
from tui_importer.engine.plan.environment import read_environment
from tui_importer.errors import ExitCode, ImporterError
from tui_importer.text import plural, safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_importer.cli.run_request import RunRequest
    from tui_importer.engine.options import RunOptions


class NoSingleJob(ImporterError):
    """Resume without a name where there is not exactly one unfinished job."""

    kind = "no_single_job"


def resume(job: str | None, request: RunRequest) -> int:
    """Go on with a job, without a name the only unfinished one; return the exit code. Raises ImporterError."""
    jobs = Jobs(paths().jobs, crash_file)
    name = job or _only_unfinished(jobs)
    _, _, job_summary = jobs.options_of(name)
    if job_summary.state == "finished":
        _check_base_url(request, jobs, name)
        code = ExitCode.PROBLEMS if job_summary.totals.failed else ExitCode.DONE
        print_summary(request, jobs.reader_folder(name), code)
        return code
    return _continue(request, jobs, name)


def retry(job: str, kind: str | None, request: RunRequest) -> int:
    """Try a job's failed rows again, only those of a given `kind`; return the exit code. Raises ImporterError."""
    return _continue(request, Jobs(paths().jobs, crash_file), job, Selection(kind=kind))


def options_over(kept: RunOptions, request: RunRequest) -> RunOptions:
    """Replace those of the job's own options that were given again."""
    now = run_options(request.settings)
    changes: Mapping[str, Any] = {name: getattr(now, name) for name in CHANGEABLE if name in request.given}
    return replace(kept, **changes)


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
    options = options_over(kept, request)
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
    with naming_unfinished(jobs, name), contextlib.closing(opened) as job:
        agreed = (job.begun or job.is_accepted(environment.name)) and jobs.vouches_for(name, connection.key)
        if not agreed:
            if not (request.yes or can_ask()):
                raise ConsentMissing(
                    "There is no yes to this job's plan with this key yet, and no terminal to ask on.",
                    "Give --yes.",
                )
            check_consent(request, environment, name)
        if again is not None:
            rows = job.retry(again)
            note(f"{plural(rows, 'failed row is', 'failed rows are')} tried again")
        if again is not None and not job.has_rows_to_retry:
            code = job.exit_code if job.is_over else ExitCode.PAUSED
        else:
            code = drive(job, request, environment, agreed=agreed, retried=again is not None)
    print_summary(request, jobs.reader_folder(name), code)
    return code


def _only_unfinished(jobs: Jobs) -> str:
    unfinished = [job.job for job in jobs.list() if not job.is_over and not job.problem]
    if len(unfinished) == 1:
        return unfinished[0]
    if not unfinished:
        raise NoSingleJob("There is no unfinished job.", "See all jobs with: tui-importer jobs")
    names = ", ".join(safe(name) for name in unfinished[:10])
    raise NoSingleJob(f"{len(unfinished)} jobs are unfinished: {names}.", "Name one: tui-importer resume JOB")
